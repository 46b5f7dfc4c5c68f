"""One run on disk: its folder, its life, its log, its checkpoints, what every trainer is told."""
