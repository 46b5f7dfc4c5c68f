"""What one run of training is told: flat, complete, checked where it enters.

One dataclass a kind of run. A recipe file names every field of its kind and no other
(`read_recipe`); each number in the shipped ones says where it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What every run needs. Lengths are tokens, shares are fractions 0-1."""

    kind: str
    model: str  # a Hub id, a folder, `minilm` (installed), `tiny-encoder` or `tiny-causal` (made)
    model_revision: str  # a commit or tag of a Hub id; "": its main branch
    data: str  # a build, a released folder, or a Hub id
    data_revision: str
    allow_invented: bool  # may rows of the invented sample be trained on? a trial run
    limit: int  # at most so many rows of `train`, chosen by hash of their ids; 0: all
    seed: int
    max_length: int
    epochs: float
    max_steps: int  # optimizer steps; 0: as `epochs` say
    learning_rate: float
    schedule: Literal["linear", "cosine", "constant"]
    warmup_share: float  # of the steps
    weight_decay: float
    max_grad_norm: float
    batch_size: int  # rows of one forward pass on one device
    accumulation: int  # forward passes of one optimizer step
    precision: Literal["float32", "bfloat16"]
    activation_checkpointing: bool
    attention: Literal["sdpa", "eager", "flash_attention_2"]
    device: Literal["auto", "cpu"]
    evaluate_every: float  # share of all steps between evaluations on `validation`; 0: at the end
    save_every: float  # share of all steps between two checkpoints
    early_stopping: int  # evaluations without improvement before the run ends; 0: never
    trackers: tuple[str, ...]  # "tensorboard", "wandb", "mlflow", ...; (): none


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierRecipe(Recipe):
    """An encoder with a head of two classes over (title + post, comment)."""

    n_seeds: int  # runs with seed, seed + 1, ...; the first is the one that is published
    target: Literal["posterior", "hard"]  # p_effective, or the label
    row_weight: Literal["opportunity", "none"]
    class_weight: Literal["balanced", "none"]
    split: Literal["released", "era"]  # era: train on early days, test on late ones
    types_weight: float  # of the second head's loss (support types); 0: no second head
    pair_weight: float  # of the ranking loss inside threads; 0: none
    layer_decay: float  # learning rate of each layer over that of the one above; 1: all alike
    frozen_layers: int  # lowest layers (and embeddings) that are not trained; 0: all are
    attention_dropout: float  # on a CPU anything but 0 costs as much as the whole forward pass


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorRecipe(Recipe):
    """What all runs on a causal language model share: the adapter (LoRA)."""

    start: str  # a run or adapter folder to go on from; "": a new adapter on the plain model
    base_name: str  # the Hub id that a published adapter names as its base; "": that of `model`
    quantization: Literal["none", "4bit"]
    lora_r: int  # 0: no adapter, all weights are trained
    lora_alpha: int
    lora_dropout: float
    lora_targets: tuple[str, ...]  # names of modules; ("all-linear",): every linear layer
    prompt_cap: int  # longest prompt, template included; a longer one loses its middle


@dataclass(frozen=True, slots=True, kw_only=True)
class SftRecipe(GeneratorRecipe):
    """Supervised fine-tuning on config `sft`: loss on the answer only."""

    packing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DpoRecipe(GeneratorRecipe):
    """Direct preference optimisation on config `preferences`; reference: where it starts."""

    beta: float
    loss: Literal["sigmoid", "robust", "ipo"]
    label_smoothing: float
    sft_weight: float  # of the likelihood of `chosen` beside the preference loss


@dataclass(frozen=True, slots=True, kw_only=True)
class KtoRecipe(GeneratorRecipe):
    """Kahneman-Tversky optimisation on config `unpaired`."""

    beta: float
    desirable_weight: float  # times what makes both kinds of rows weigh the same
    undesirable_weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardRecipe(GeneratorRecipe):
    """A Bradley-Terry reward model on `preferences`: it reads prompt and answer, nothing else."""

    center_rewards: float  # coefficient of the squared sum of both rewards; 0: off


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpoRecipe(GeneratorRecipe):
    """Group-relative policy optimisation on prompts of config `sft`; rewards with their weights."""

    beta: float
    n_generations: int  # answers to one prompt
    max_completion: int
    temperature: float
    reward_model: str  # folder or Hub id of a classifier or reward model
    evaluation_model: str  # the one that will judge the result; must be another
    reward_effectiveness: float
    reward_screen: float
    reward_length: float
    reward_copy: float


KINDS: dict[str, type[Recipe]] = {
    "classifier": ClassifierRecipe,
    "sft": SftRecipe,
    "dpo": DpoRecipe,
    "kto": KtoRecipe,
    "reward": RewardRecipe,
    "grpo": GrpoRecipe,
}
