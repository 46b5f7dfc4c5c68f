"""What GRPO is rewarded for: one plain function a file, prompts and answers -> floats in a range.

Effectiveness lies in [0, 1], every penalty in [-1, 0]; the recipe weighs them. The reward is never
the model that will judge the result (`identity.py`).
"""
