"""What every trainer is told, whatever it trains; and trainers that keep to themselves."""

from __future__ import annotations

from typing import Any

from ...corpus.errors import SettingsError
from ..recipes.recipe import GeneratorRecipe, Recipe
from .callbacks import as_callback
from .checkpoints import WholeCheckpoints
from .folder import RunFolder
from .progress import RunLog

AT_THE_END = 1 - 1e-9  # as a share of the steps: 1.0 would mean "every single step"
LOGGED = 0.01  # ours: a hundred points make a curve, whatever the length of the run


def common_arguments(recipe: Recipe, run: RunFolder, *, validates: bool = True) -> dict[str, Any]:
    """Keywords that TrainingArguments and all its subclasses take.

    Without a GPU (or with `device: cpu`) everything is float32 on the CPU, whatever `precision`
    says: TRL would otherwise turn bfloat16 on. `validates`: is there a dataset to evaluate on?
    Raises SettingsError where early stopping is asked of a run that never evaluates.
    """
    stops = recipe.early_stopping > 0
    if stops and not (validates and recipe.evaluate_every):
        raise SettingsError(
            "early_stopping without evaluations",
            "recipe",
            "set evaluate_every, or early_stopping: 0",
        )
    gpu = uses_gpu(recipe)
    schedule: str = recipe.schedule
    if schedule == "constant" and recipe.warmup_share:
        schedule += "_with_warmup"
    return {
        "output_dir": str(run.checkpoints), "run_name": run.root.name,
        "seed": recipe.seed, "data_seed": recipe.seed,
        "num_train_epochs": recipe.epochs, "max_steps": recipe.max_steps or -1,
        "per_device_train_batch_size": recipe.batch_size,
        "per_device_eval_batch_size": recipe.batch_size,
        "gradient_accumulation_steps": recipe.accumulation,
        "learning_rate": recipe.learning_rate, "lr_scheduler_type": schedule,
        "warmup_steps": recipe.warmup_share, "weight_decay": recipe.weight_decay,
        "max_grad_norm": recipe.max_grad_norm,
        "optim": "adamw_torch_fused" if gpu else "adamw_torch",
        "use_cpu": not gpu, "bf16": in_bfloat16(recipe), "dataloader_pin_memory": gpu,
        "activation_checkpointing": recipe.activation_checkpointing,
        "report_to": list(recipe.trackers) or "none", "logging_steps": LOGGED,
        # every step uses all weights of a generator: no search for those that were left out
        "ddp_find_unused_parameters": False if isinstance(recipe, GeneratorRecipe) else None,
        "disable_tqdm": True, "log_level": "warning",
        "restore_callback_states_from_checkpoint": True,  # the patience of early stopping
        **_evaluations(recipe, validates), **_saves(recipe),
    }  # fmt: skip


def _evaluations(recipe: Recipe, validates: bool) -> dict[str, Any]:
    if not validates:
        return {"eval_strategy": "no"}
    return {"eval_strategy": "steps", "eval_steps": _share(recipe.evaluate_every)}


def _saves(recipe: Recipe) -> dict[str, Any]:
    """`checkpoints.WholeCheckpoints` says which ones go: the Trainer would drop the last whole one
    before the next is whole.
    """
    if recipe.early_stopping:  # the best step must be there to be gone back to
        return {
            "save_strategy": "steps", "save_steps": _share(recipe.evaluate_every),
            "load_best_model_at_end": True, "metric_for_best_model": "eval_loss",
            "greater_is_better": False, "save_total_limit": None,
        }  # fmt: skip
    if not recipe.save_every:
        return {"save_strategy": "no"}
    return {
        "save_strategy": "steps", "save_steps": _share(recipe.save_every), "save_total_limit": None,
    }  # fmt: skip


def _share(share: float) -> float:
    return share if 0 < share < 1 else AT_THE_END


def uses_gpu(recipe: Recipe) -> bool:
    """Only CUDA: other accelerators were never tried with these trainers."""
    import torch

    return recipe.device == "auto" and torch.cuda.is_available()


def in_bfloat16(recipe: Recipe) -> bool:
    """Whether forward passes run in bfloat16: never on a CPU, where it is slow and differs."""
    return recipe.precision == "bfloat16" and uses_gpu(recipe)


def weights_dtype(recipe: Recipe) -> Any:
    """The dtype in which frozen or trained weights are held.

    Frozen weights under an adapter may be bfloat16; weights that are trained stay float32, because
    a step of 1e-6 is lost when it is added to a bfloat16 number.
    """
    import torch

    frozen = isinstance(recipe, GeneratorRecipe) and recipe.lora_r > 0
    return torch.bfloat16 if frozen and in_bfloat16(recipe) else torch.float32


def keeps_to_itself(trainer: Any) -> Any:
    """The same class of trainer, but: no telemetry, nothing printed on stdout, no README of its
    own beside checkpoints, no training_args.bin (a pickle with local paths), and no question to
    the Hub while it saves.

    TRL sends the trainer's name, the architecture and the GPU to the Hub unless an environment
    variable was set before `huggingface_hub` was imported.
    """
    from transformers.trainer_callback import PrinterCallback

    def add_callback(made: Any, callback: Any) -> None:
        if callback is not PrinterCallback:
            trainer.add_callback(made, callback)

    own = {
        "_send_telemetry": _nothing, "create_model_card": _nothing, "_save": _save,
        "add_callback": add_callback,
    }  # fmt: skip
    return type(trainer.__name__, (trainer,), own)


def _nothing(trainer: Any, *args: Any, **kwargs: Any) -> None:
    return None


def _save(trainer: Any, output_dir: str | None = None, state_dict: Any = None) -> None:
    """In place of `Trainer._save`: weights (safetensors), configuration, tokenizer."""
    from peft import PeftModel

    folder, model = output_dir or trainer.args.output_dir, trainer.model
    adapter = isinstance(trainer.accelerator.unwrap_model(model), PeftModel)
    model.save_pretrained(
        folder, state_dict=state_dict, is_main_process=trainer.args.should_save,
        **({"save_embedding_layers": False} if adapter else {}),
    )  # fmt: skip
    if trainer.args.should_save and trainer.processing_class is not None:
        trainer.processing_class.save_pretrained(folder)


def listeners(recipe: Recipe, run: RunFolder) -> list[Any]:
    """Callbacks of every trainer: whole checkpoints, log.jsonl, early stopping where asked."""
    from transformers import EarlyStoppingCallback

    stopping = [EarlyStoppingCallback(recipe.early_stopping)] if recipe.early_stopping else []
    return [as_callback(WholeCheckpoints(run)), as_callback(RunLog(run)), *stopping]
