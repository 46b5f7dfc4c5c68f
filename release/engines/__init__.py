"""Who runs the tasks of a stage: this machine's worker processes, or a cluster's executors."""
