"""`redditess generate`: what a tuned model answers, screened before anybody sees it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from .answers.asked import Asked
    from .answers.generate import Answer
    from .answers.speaker import Speaker

NOT_REVIEWED = "not reviewed by a clinician"
INVENTED = "trained on invented rows"
SHOWN = "flagged answers are shown because of --show-withheld: do not send them to anybody"


def add_verbs(app: typer.Typer) -> None:
    """Puts `generate` on the command line."""
    app.command("generate")(generate)


def generate(
    model: Annotated[str, typer.Option(help="A run, a folder of weights, or a Hub id.")],
    adapter: Annotated[
        str, typer.Option(help="A folder or Hub id with an adapter for MODEL.")
    ] = "",
    build: Annotated[
        str, typer.Option(help="Ask the posts of a build, a released folder or a Hub id.")
    ] = "",
    split: Annotated[str, typer.Option(help="Of that build.")] = "test",
    prompts: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help='Ask the lines: {"prompt": "..."}.')
    ] = None,
    prompt: Annotated[str, typer.Option(metavar="TEXT", help="Ask one text.")] = "",
    n: Annotated[int, typer.Option("--n", min=0, help="At most N prompts; 0: all.")] = 0,
    seed: Annotated[int, typer.Option(help="The same prompt and seed, the same answer.")] = 0,
    batch_size: Annotated[int, typer.Option(min=1, help="Prompts at a time.")] = 8,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Longest answer.")] = 256,
    temperature: Annotated[float, typer.Option(min=0.0, help="0: always the likeliest.")] = 0.7,
    out: Annotated[Path | None, typer.Option(metavar="FILE.jsonl", help="JSON lines.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON lines on stdout; with --out the counts.")
    ] = False,
    show_withheld: Annotated[
        bool,
        typer.Option("--show-withheld", help="Answer and show everything: for safety studies."),
    ] = False,
) -> None:
    """Let a model answer posts; what the safety screen flags is withheld and counted.

    A post that speaks of a crisis, or of a writer under 18, is not answered: numbers of people to
    talk to stand there instead. The screen hears about half of what is there (docs/screen.md), and
    no clinician has reviewed it or any model: nothing here is for people who seek help.
    """
    if sum(map(bool, (build, prompts, prompt))) != 1:
        raise typer.BadParameter("give one of --build, --prompts, --prompt")
    from .answers.generate import generate as answers
    from .answers.speaker import load_speaker
    from .train import require_extra

    require_extra()
    asked = _asked(build, split, prompts, prompt, n)
    speaker = load_speaker(model, adapter)
    made = answers(
        speaker, (one.messages for one in asked), seed=seed, batch_size=batch_size,
        max_new_tokens=max_new_tokens, temperature=temperature, show_withheld=show_withheld,
    )  # fmt: skip
    drawn = {"model": speaker.name, "seed": seed, "temperature": temperature}
    counts: Counter[str] = Counter()
    rows = _counted(zip(asked, made, strict=True), counts)
    records = (_record(one, answer, drawn, _stamp(speaker)) for one, answer in rows)
    if out:
        _write(out, records, len(asked))
    elif as_json:
        for record in records:
            typer.echo(_line(record))
    else:
        for record in records:
            typer.echo("\n".join(_lines(record)))
    if out and as_json:
        typer.echo(json.dumps(dict(counts), sort_keys=True))
    typer.echo(_summary(counts, speaker, show_withheld), err=True)


def _asked(build: str, split: str, prompts: Path | None, prompt: str, n: int) -> list[Asked]:
    from ..corpus.errors import InputError
    from .answers.asked import of_build, of_file, of_text

    if prompt:
        return [of_text(prompt)]
    found = list(of_file(prompts, n) if prompts else of_build(build, split, n))
    if not found:
        raise InputError("no prompts", prompts or f"{build}, {split}", "give another split or file")
    return found


def _counted(
    rows: Iterable[tuple[Asked, Answer]], counts: Counter[str]
) -> Iterator[tuple[Asked, Answer]]:
    """The same rows; counts prompts, what was withheld, and each category."""
    for one, answer in rows:
        counts["prompts"] += 1
        counts["prompt_shortened"] += answer.shortened
        counts["answer_broken_off"] += answer.withheld != "prompt" and not answer.finished
        if answer.withheld:
            counts[f"withheld/{answer.withheld}"] += 1
        counts.update(f"prompt/{name}" for name in answer.prompt_risk)
        counts.update(f"answer/{name}" for name in answer.risk)
        yield one, answer


def _record(one: Asked, answer: Answer, drawn: dict[str, Any], stamp: list[str]) -> dict[str, Any]:
    told = answer._asdict()
    told["help"] = [line._asdict() for line in answer.help]
    return {"id": one.id, "prompt": one.messages, **told, **drawn, "stamp": stamp}


def _stamp(speaker: Speaker) -> list[str]:
    return [NOT_REVIEWED, *([INVENTED] if speaker.invented else [])]


def _line(record: dict[str, Any]) -> str:
    """ASCII only: a terminal obeys nothing in it, and a reader gets the very same text back."""
    return json.dumps(record, ensure_ascii=True)


def _write(out: Path, records: Iterable[dict[str, Any]], n: int) -> None:
    """All lines or no file."""
    from ..corpus.artefacts import committed
    from ..release.progress import shown

    with shown() as tell, committed(out) as tmp, tmp.open("w", encoding="utf8") as file:
        for done, record in enumerate(records, start=1):
            file.write(_line(record) + "\n")
            tell("answers", done, n)


def _lines(record: dict[str, Any]) -> Iterator[str]:
    """One record for a terminal: nothing that it would obey."""
    from ..corpus.first_help import ELSEWHERE, IN_DANGER, UNDER_AGE
    from ..corpus.selection import printable

    asked = " ".join(record["prompt"][-1]["content"].split())
    yield f"> {printable(asked, 200)}"
    if record["withheld"] == "prompt":
        child = record["prompt_risk"] == ("minor_disclosed",)
        yield UNDER_AGE if child else IN_DANGER
        yield from (f"  {x['country']}: {x['name']} {x['number']}" for x in record["help"])
        yield f"  {ELSEWHERE}"
    elif record["withheld"]:
        yield f"[withheld: {', '.join(record['risk'])}]"
    for line in (record["text"] or "").splitlines():
        yield printable(line, 10_000)
    yield ""


def _summary(counts: Counter[str], speaker: Speaker, show: bool) -> str:
    """Counts and stamps in a few words, for stderr."""
    told = [f"{counts['prompts']} prompts"]
    for kind, words in (("prompt", "not answered"), ("answer", "answers withheld")):
        if number := counts[f"withheld/{kind}"]:
            named = [f"{k.partition('/')[2]} {v}" for k, v in sorted(counts.items())
                     if k.startswith(f"{kind}/")]  # fmt: skip
            told.append(f"{number} {words} ({', '.join(named)})")
    notes = [*_stamp(speaker), *([SHOWN] if show else [])]
    return "; ".join(told) + "\n" + "\n".join(notes)
