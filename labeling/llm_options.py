"""The options of `redditess label llm`: who is asked, what, how fast, and what may leave."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Build = Annotated[Path, typer.Argument(help="A build folder (what --out named).")]
Model = Annotated[str, typer.Option(help="The model's name, as the server knows it.")]
EndpointUrl = Annotated[
    str, typer.Option("--endpoint", metavar="URL", help="An OpenAI-compatible server, up to /v1.")
]
Local = Annotated[bool, typer.Option("--local", help="Load the model here, with transformers.")]

OnlyPlan = Annotated[
    bool, typer.Option("--plan", help="Estimate calls, tokens and cost; ask nothing.")
]
PriceIn = Annotated[
    float | None, typer.Option(min=0, help="Price of 1,000 tokens read, for --plan.")
]
PriceOut = Annotated[
    float | None, typer.Option(min=0, help="Price of 1,000 tokens written, for --plan.")
]
Limit = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="A random N comments; nested in larger.")
]
Name = Annotated[str | None, typer.Option(help="Name of the table; default: the model's.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]

MaxTokens = Annotated[int, typer.Option(min=16, help="Tokens of an answer, at most.")]
Temperature = Annotated[float, typer.Option(help="Below 0: not sent (some models refuse it).")]
JsonMode = Annotated[
    bool, typer.Option("--json-mode", help="Ask the server for JSON; answers are checked anyway.")
]

Concurrency = Annotated[int, typer.Option(min=1, max=256, help="Calls at a time.")]
PerMinute = Annotated[float | None, typer.Option(min=0.01, help="Calls a minute, at most.")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds for one call.")]
Attempts = Annotated[int, typer.Option(min=1, help="Tries per call.")]

AllowRemote = Annotated[
    bool, typer.Option("--allow-remote", help="Masked text may leave this machine.")
]
Governance = Annotated[
    Path, typer.Option(metavar="FILE", help="Which endpoints are agreed on, what for.")
]
KeyEnv = Annotated[
    str, typer.Option(metavar="NAME", help="Environment variable that holds the server's key.")
]
