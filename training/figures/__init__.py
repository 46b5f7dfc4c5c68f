"""What a classifier must beat and what it reached: baselines, strata, intervals, one table."""
