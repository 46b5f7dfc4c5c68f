"""`redditess label llm`: a language model's opinion on the comments of a build."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from .endpoint import Asker
    from .llm_rows import Plan


def add(group: typer.Typer) -> None:
    """Adds `llm` to the group `label`."""
    group.command("llm")(llm)


def llm(
    build: Annotated[Path, typer.Argument(help="A build folder (what --out named).")],
    model: Annotated[str, typer.Option(help="The model's name, as the server knows it.")],
    endpoint: Annotated[
        str, typer.Option(metavar="URL", help="An OpenAI-compatible server, up to /v1.")
    ] = "",
    local: Annotated[
        bool, typer.Option("--local", help="Load the model here, with transformers.")
    ] = False,
    only_plan: Annotated[
        bool, typer.Option("--plan", help="Estimate calls, tokens and cost; ask nothing.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="A random N comments; nested in larger.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Calls at a time.")] = 8,
    per_minute: Annotated[
        float | None, typer.Option(min=0.01, help="Calls a minute, at most.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for one call.")] = 120.0,
    attempts: Annotated[int, typer.Option(min=1, help="Tries per call.")] = 6,
    max_tokens: Annotated[int, typer.Option(min=16, help="Tokens of an answer, at most.")] = 400,
    temperature: Annotated[
        float, typer.Option(help="Below 0: not sent (some models refuse it).")
    ] = 0.0,
    json_mode: Annotated[
        bool,
        typer.Option("--json-mode", help="Ask the server for JSON; answers are checked anyway."),
    ] = False,
    price_in: Annotated[
        float | None, typer.Option(min=0, help="Price of 1,000 tokens read, for --plan.")
    ] = None,
    price_out: Annotated[
        float | None, typer.Option(min=0, help="Price of 1,000 tokens written, for --plan.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the table; default: the model's.")
    ] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Masked text may leave this machine.")
    ] = False,
    governance: Annotated[
        Path, typer.Option(metavar="FILE", help="Which endpoints are agreed on, what for.")
    ] = Path("governance.toml"),
    key_env: Annotated[
        str, typer.Option(metavar="NAME", help="Environment variable that holds the server's key.")
    ] = "REDDITESS_LLM_KEY",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Ask a language model, one comment a call, whether it is effective support, and why.

    Its votes stand in BUILD/llm/ beside the others and never enter p_effective. Answers are stored
    as they come: after an interruption the same command goes on. See docs/llm_labelers.md.
    """
    from ..corpus.errors import SettingsError
    from ..corpus.folder import BuildFolder
    from ..corpus.governance import remote_purpose
    from .callstore import CallStore
    from .endpoint import Endpoint, Sampling
    from .ledger import Ledger
    from .llm_rows import plan
    from .pacing import Pace

    if bool(endpoint) == local:
        raise SettingsError("give one of --endpoint URL and --local", "label llm", "see --help")
    sampling = Sampling(max_tokens, temperature if temperature >= 0 else None, 0, json_mode)
    folder, store = BuildFolder(build), CallStore()
    if only_plan:
        asker: Asker = _Nobody(model, endpoint, sampling)
        found = plan(folder, asker, store, limit=limit, price_in=price_in, price_out=price_out)
        typer.echo(json.dumps(found.to_json()) if as_json else _plan_text(found))
        return
    purpose = remote_purpose(endpoint, allowed=allow_remote, path=governance) if endpoint else None
    if local:
        from .local_llm import LocalLlm

        asker, concurrency = LocalLlm(model, sampling=sampling), 1
    else:
        asker = Endpoint(
            endpoint, model, key=os.environ.get(key_env), sampling=sampling, timeout_s=timeout,
            attempts=attempts, pace=Pace(per_minute),
        )  # fmt: skip
    stats = _run(
        folder, asker, store, name=name, limit=limit, concurrency=concurrency,
        ledger=Ledger() if purpose else None, purpose=purpose or "",
    )  # fmt: skip
    typer.echo(json.dumps(stats, ensure_ascii=False) if as_json else _stats_text(stats))


class _Nobody:
    """Stands for the labeller in a plan: has its name, answers nothing."""

    def __init__(self, model: str, endpoint: str, sampling: Any):
        from ..corpus.governance import place_of

        self.model, self.sampling, self.server = model, sampling, "local"
        if endpoint:
            place = place_of(endpoint)
            self.server = "loopback" if place.loopback else place.host

    def ask(self, messages: Any) -> Any:
        raise AssertionError("a plan asks nothing")


def _run(folder: Any, asker: Any, store: Any, *, limit: int | None, **options: Any) -> Any:
    """The run with a bar on stderr: rows that have their answer, and calls so far."""
    import pyarrow.parquet as pq
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from .llm_run import label_llm

    n = sum(pq.read_metadata(f).num_rows for f in folder.buckets(folder.interactions))
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bars:
        bar = bars.add_task("asking", total=min(n, limit) if limit else n)

        def told(done: int, calls: int) -> None:
            bars.update(bar, completed=done, description=f"asking ({calls} calls)")

        return label_llm(folder, asker, store, limit=limit, told=told, **options)


def _plan_text(plan: Plan) -> str:
    cost = "give --price-in and --price-out" if plan.cost is None else f"about {plan.cost:.2f}"
    return "\n".join(
        [
            f"rows        {plan.rows:,} ({plan.stored:,} answered already, "
            f"{plan.same_text:,} with the text of another)",
            f"calls       {plan.calls:,} (planted items included; retries not)",
            f"tokens      about {plan.tokens_in:,} read, {plan.tokens_out:,} written",
            f"cost        {cost}",
        ]
    )


def _stats_text(stats: dict[str, Any]) -> str:
    votes = ", ".join(f"{n:,} {word.replace('_', ' ')}" for word, n in stats["votes"].items())
    lost = ", ".join(f"{n:,} {why}" for why, n in stats["unscored"].items()) or "none"
    return "\n".join(
        [
            f"scored      {stats['scored']:,} of {stats['rows']:,}: {votes}",
            f"unscored    {lost}",
            f"calls       {stats['calls']:,} ({stats['stored']:,} rows were stored), tokens "
            f"{stats['tokens_in']:,} read, {stats['tokens_out']:,} written",
            f"table       {stats['table']}",
        ]
    )
