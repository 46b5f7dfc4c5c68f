"""Rows of a released config as what a trainer takes: a prompt that fits, and whole answers.

TRL cuts what is too long at its end, and the end is the answer. So we shorten prompts ourselves,
in the middle, and leave out a row whose answer does not fit: a model trained on answers that break
off learns to break off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...corpus.errors import SettingsError
from ..recipes.recipe import GeneratorRecipe

if TYPE_CHECKING:
    from datasets import Dataset

Messages = list[dict[str, str]]
ANSWERS = ("completion", "chosen", "rejected")
MARK = "\n[…]\n"  # where the middle of a prompt was
SHORTENED, TOO_LONG = "prompt_shortened", "answer_too_long"


class Tokens(NamedTuple):
    """A conversation as a model reads it; the loss is on what comes after `n_prompt`."""

    ids: list[int]
    n_prompt: int


def with_prompts(dataset: Dataset) -> Dataset:
    """`messages` of config `sft` become `prompt` and `completion`; other configs have theirs."""
    if "messages" not in dataset.column_names:
        return dataset
    return dataset.map(_divided, remove_columns=["messages"], desc="Prompts")


def _divided(row: dict[str, Any]) -> dict[str, Messages]:
    return {"prompt": row["messages"][:-1], "completion": row["messages"][-1:]}


def _no_rows(dataset: Dataset) -> Dataset:
    """`map` adds no column where there is no row."""
    from datasets import Dataset

    names = [name for name in dataset.column_names if name != "messages"]
    made = ["prompt", "completion"] if len(names) < len(dataset.column_names) else []
    return Dataset.from_dict({name: [] for name in [*names, *made]})


def capped_prompts(
    dataset: Dataset, tokenizer: Any, recipe: GeneratorRecipe, counts: Counter[str] | None = None
) -> Dataset:
    """The same rows with no prompt over `prompt_cap` tokens, template included.

    A longer one loses the middle of its longest message, where a mark then stands; `counts`
    counts them under "prompt_shortened". Raises SettingsError where the template and the other
    messages alone are over the cap.
    """
    made = with_prompts(dataset).map(
        _capped, fn_kwargs={"tokenizer": tokenizer, "cap": recipe.prompt_cap}, desc="Shortening"
    )
    if counts is not None:
        counts[SHORTENED] += sum(made["_shortened"])
    return made.remove_columns("_shortened")


def whole_answers(
    dataset: Dataset, tokenizer: Any, recipe: GeneratorRecipe, counts: Counter[str] | None = None
) -> Dataset:
    """Rows whose prompt with each of its answers is at most `max_length` tokens long.

    Give it what `capped_prompts` made. `counts` counts the others under "answer_too_long".
    """
    made = dataset.map(
        _fits, fn_kwargs={"tokenizer": tokenizer, "longest": recipe.max_length}, desc="Measuring"
    )
    kept = [n for n, fits in enumerate(made["_fits"]) if fits]
    if counts is not None:
        counts[TOO_LONG] += len(made) - len(kept)
    return made.select(kept).remove_columns("_fits")


def prepared(
    dataset: Dataset, tokenizer: Any, recipe: GeneratorRecipe, counts: Counter[str]
) -> Dataset:
    """Shortened prompts, whole answers: what is trained on and what is evaluated on."""
    if not len(dataset):
        return _no_rows(dataset)
    short = capped_prompts(dataset, tokenizer, recipe, counts)
    return whole_answers(short, tokenizer, recipe, counts)


def refuse_none(rows: Dataset, counts: Counter[str], recipe: GeneratorRecipe) -> None:
    """Raises SettingsError where nothing is left to train on."""
    if len(rows):
        return
    if counts[TOO_LONG]:
        raise SettingsError(
            f"no row of train fits into max_length {recipe.max_length}", "recipe",
            "raise max_length, or lower prompt_cap",
        )  # fmt: skip
    raise SettingsError("no rows to train on", recipe.data, "name a dataset with a split train")


def tokens(tokenizer: Any, prompt: Messages, answer: Messages) -> Tokens:
    """As TRL does it: the answer starts where the prompt alone and the whole part ways."""
    alone, whole = rendered(tokenizer, prompt, True), rendered(tokenizer, prompt + answer, False)
    n = 0
    while n < min(len(alone), len(whole)) and alone[n] == whole[n]:
        n += 1
    return Tokens(whole, n)


def rendered(tokenizer: Any, messages: Messages, answering: bool) -> list[int]:
    """Token ids by the chat template; `answering`: up to where the model goes on."""
    made = tokenizer.apply_chat_template(
        messages, add_generation_prompt=answering, tokenize=True, return_dict=True
    )
    return list(made["input_ids"])


def shortened(tokenizer: Any, prompt: Messages, cap: int) -> Messages:
    """The prompt with at most `cap` tokens; the same object where it had no more."""
    over = len(rendered(tokenizer, prompt, True)) - cap
    if over <= 0:
        return prompt
    at = _longest(prompt)
    text = prompt[at]["content"]
    spans = tokenizer(
        text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
    )["offset_mapping"]  # fmt: skip
    kept = len(spans)
    while over > 0 and kept > 0:
        kept = max(0, kept - over)
        made = [
            *prompt[:at],
            {**prompt[at], "content": _ends(text, spans, kept)},
            *prompt[at + 1 :],
        ]
        over = len(rendered(tokenizer, made, True)) - cap
    if over > 0:
        raise SettingsError(
            f"prompt_cap {cap} leaves no room for a post: the template alone takes more", "recipe",
            f"set it to {cap + over} or, better, much more",
        )  # fmt: skip
    return made


def _ends(text: str, spans: Sequence[tuple[int, int]], kept: int) -> str:
    """The first half and the last half of `kept` tokens, the mark between them."""
    head, tail = (kept + 1) // 2, kept // 2
    left = spans[head - 1][1] if head else 0
    right = max(left, spans[len(spans) - tail][0]) if tail else len(text)
    return f"{text[:left].rstrip()}{MARK}{text[right:].lstrip()}"


def _longest(prompt: Messages) -> int:
    """Which message gives way: never the system's, which is an instruction and not a story."""
    said = [n for n, message in enumerate(prompt) if message["role"] != "system"]
    return max(said or range(len(prompt)), key=lambda n: len(prompt[n]["content"]))


def _capped(row: dict[str, Any], tokenizer: Any, cap: int) -> dict[str, Any]:
    made = shortened(tokenizer, row["prompt"], cap)
    return {"prompt": made, "_shortened": made is not row["prompt"]}


def _fits(row: dict[str, Any], tokenizer: Any, longest: int) -> dict[str, bool]:
    whole = (row["prompt"] + row[name] for name in ANSWERS if name in row)
    return {"_fits": all(len(rendered(tokenizer, said, False)) <= longest for said in whole)}
