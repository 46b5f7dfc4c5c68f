"""The rows that models are trained and measured on: found, proven whole, guarded, in order."""
