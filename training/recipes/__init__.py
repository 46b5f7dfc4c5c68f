"""What a run of training is told: the recipes that ship, and how one is read and checked."""
