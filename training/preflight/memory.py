"""How much memory and disk a run takes, from the shape of its model: an estimate, measured against
real runs (benchmarks/preflight.py).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..recipes.recipe import ClassifierRecipe, GeneratorRecipe, Recipe
from ..runs.arguments import in_bfloat16, uses_gpu, weights_dtype
from .model import targeted

FOUR_BITS = 0.55  # bytes a parameter: NF4 with its double-quantised scales (arXiv 2305.14314 §3)
FLOAT = 4
ADAM = 2 * FLOAT  # two moments of every trained weight, float32
VECTORS = 9  # of the hidden width that a layer keeps a token: arXiv 2205.05198 eq. 1, without
# dropout's masks: two norms' inputs, attention's q, k, v and its output twice, two residuals
LOGITS = 5  # copies of a token's logits: computed, shifted, as log-probabilities, two gradients
# (measured on small models by benchmarks/preflight.py: 4.7 and 5.1)
TWO_SIDED = ("dpo", "reward")


class Sizes(NamedTuple):
    """Numbers of parameters."""

    weights: int
    trained: int


class Need(NamedTuple):
    """Bytes at the peak of a step."""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        return sum(self)

    @property
    def fixed(self) -> int:
        """What is certain: it depends on no row."""
        return self.weights + self.gradients + self.optimizer


def sizes(recipe: Recipe, skeleton: Any) -> Sizes:
    """What the model holds and what of it (or beside it) is trained."""
    n = sum(p.numel() for p in skeleton.parameters())
    if isinstance(recipe, GeneratorRecipe) and recipe.lora_r:
        places = targeted(skeleton, recipe.lora_targets)
        own = sum(recipe.lora_r * sum(module.weight.shape) for _, module in places)
        return Sizes(n + own, own)
    return Sizes(n, n - _frozen(recipe, skeleton))


def _frozen(recipe: Recipe, skeleton: Any) -> int:
    """Weights of embeddings and lowest layers that `frozen_layers` keeps as they are."""
    if not isinstance(recipe, ClassifierRecipe) or not recipe.frozen_layers:
        return 0
    lower = {str(i) for i in range(recipe.frozen_layers)}
    return sum(
        p.numel()
        for name, p in skeleton.named_parameters()
        if "embed" in name or ("layer" in name and lower & set(name.split(".")))
    )


def need(recipe: Recipe, skeleton: Any, longest: int) -> Need:
    """Peak of a training step on rows of `longest` tokens (at most max_length)."""
    found = sizes(recipe, skeleton)
    per_weight = weights_dtype(recipe).itemsize
    frozen = found.weights - found.trained
    quarter = getattr(recipe, "quantization", "none") == "4bit"
    copies = 2 if recipe.kind == "dpo" and not getattr(recipe, "lora_r", 0) else 1
    weights = copies * (
        found.trained * FLOAT + int(frozen * (FOUR_BITS if quarter else per_weight))
    )
    tokens = min(longest, recipe.max_length) * recipe.batch_size
    tokens *= 2 if recipe.kind in TWO_SIDED else 1
    return Need(
        weights, found.trained * FLOAT, found.trained * ADAM,
        int(tokens * _per_token(recipe, skeleton.config.get_text_config(), longest)),
    )  # fmt: skip


def _per_token(recipe: Recipe, config: Any, longest: int) -> float:
    """Bytes that one token leaves behind for the way back."""
    size = 2 if in_bfloat16(recipe) else FLOAT
    width, layers = config.hidden_size, config.num_hidden_layers
    inner = getattr(config, "intermediate_size", None) or 4 * width
    gated = 4 if getattr(config, "hidden_act", "") in ("silu", "swish") else 2
    layer = (VECTORS * width + gated * inner) * size
    if recipe.attention == "eager" or _drops_attention(recipe, config):
        layer += 3 * config.num_attention_heads * longest * size
    stack = layers * width * size + layer if recipe.activation_checkpointing else layers * layer
    scores = recipe.kind in ("classifier", "reward")
    return stack + (0 if scores else LOGITS * config.vocab_size * FLOAT)


def _drops_attention(recipe: Recipe, config: Any) -> bool:
    """Dropout inside attention makes torch's CPU kernels keep the whole matrix."""
    if uses_gpu(recipe):
        return False
    if isinstance(recipe, ClassifierRecipe):
        return recipe.attention_dropout > 0
    return bool(getattr(config, "attention_dropout", 0))


def on_disk(recipe: Recipe, skeleton: Any) -> int:
    """Bytes of checkpoints (the newest beside the one before, and the best one) and the model."""
    found = sizes(recipe, skeleton)
    saves = recipe.save_every or recipe.early_stopping
    kept = (3 if recipe.early_stopping else 2) if saves else 0
    of_model = found.trained if getattr(recipe, "lora_r", 0) else found.weights
    checkpoint = of_model * FLOAT + found.trained * ADAM
    return kept * checkpoint + of_model * FLOAT


def shorter_batch(recipe: Recipe) -> str:
    """What to change where memory is short, with a value that would do."""
    if recipe.batch_size > 1:
        half = max(recipe.batch_size // 2, 1)
        more = recipe.accumulation * recipe.batch_size // half
        return f"Set batch_size: {half} and accumulation: {more} (the same rows a step)"
    if not recipe.activation_checkpointing:
        return "Set activation_checkpointing: true"
    if isinstance(recipe, GeneratorRecipe) and recipe.quantization == "none":
        return "Set quantization: 4bit on a GPU, or choose a smaller model"
    return "Choose a smaller model or a shorter max_length"
