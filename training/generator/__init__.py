"""Language models that are tuned: SFT, DPO, KTO, reward models, GRPO; adapters and merging."""
