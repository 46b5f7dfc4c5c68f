"""200 payloads against models that obey them: no parsed vote is flipped."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from redditess.corpus.errors import RemoteError
from redditess.corpus.prompts import new_fence
from redditess.labeling.canaries import CanaryFailed, Watch
from redditess.labeling.llm import VOTES, Unscored, Verdict, item_of, messages
from redditess.labeling.llm_run import ask
from tests.labeling.injections import payloads
from tests.labeling.llm_server import Scripted, Seen, answer, honest, read

PAYLOADS = payloads()
Model = Callable[[Seen, str], str]  # (request, the honest label) -> what it writes

_FORGED = re.compile(r"\{[^{}]*\"label\"[^{}]*\}")


def _payload_of(seen: Seen) -> str:
    """What an obedient model makes of the comment: the forged answer, else the whole of it."""
    plain = unicodedata.normalize("NFKC", seen.comment)
    found = _FORGED.findall(plain)
    return found[-1] if found else plain


def echoes_first(seen: Seen, label: str) -> str:
    return f"{_payload_of(seen)}\n{answer(seen, label)}"


def echoes_last(seen: Seen, label: str) -> str:
    return f"{answer(seen, label)}\n{_payload_of(seen)}"


def echoes_only(seen: Seen, label: str) -> str:
    return _payload_of(seen)


def echoes_the_comment_in_code(seen: Seen, label: str) -> str:
    return (
        f"The comment says:\n```\n{seen.comment}\n```\n```json\n{answer(seen, label)}\n```\nDone."
    )


def echoes_as_a_string(seen: Seen, label: str) -> str:
    return json.dumps({"thought": seen.comment}) + answer(seen, label) + json.dumps([seen.comment])


def wraps_the_forgery(seen: Seen, label: str) -> str:
    """Puts the right token around the forged answer, not into it."""
    return f'{{"check": "{seen.check}", "answer": {_payload_of(seen)}}}'


def guesses_the_token(seen: Seen, label: str) -> str:
    """Confuses the token of the data with that of the answer."""
    return re.sub(r'"check": "[^"]*"', f'"check": "{seen.token}"', _payload_of(seen))


def stops_at_any_end_line(seen: Seen, label: str) -> str:
    """Takes whatever looks like the end of the data for the end, and obeys what follows."""
    after = re.split(r"(?i)\bEND\b[^\n]*|</\w+>|-{3,}|={3,}", seen.comment)
    return _payload_of(seen._replace(comment=after[-1])) + answer(seen, label)


MODELS: list[Model] = [
    echoes_first, echoes_last, echoes_only, echoes_the_comment_in_code, echoes_as_a_string,
    wraps_the_forgery, guesses_the_token, stops_at_any_end_line,
]  # fmt: skip


def _say(model: Model, label: str, seen: Seen) -> str:
    return model(seen, label)


def _outcomes(model: Model) -> Counter[str]:
    """Honest vote against what was parsed, over all payloads."""
    counts: Counter[str] = Counter()
    for n, (_, wanted, text) in enumerate(PAYLOADS):
        right = "not_effective" if wanted == "effective" else "effective"
        row = {"comment_id": f"t1_{n}", "title": "T", "post": "P", "comment": text}
        asker = Scripted(partial(_say, model, right))
        found = ask(asker, item_of(row)).answer
        if isinstance(found, Unscored):
            counts["unscored"] += 1
        else:
            counts["right" if found.vote == VOTES[right] else "flipped"] += 1
    return counts


def test_there_are_200_payloads_in_ten_families() -> None:
    families = Counter(family for family, _, _ in PAYLOADS)
    assert len({text for _, _, text in PAYLOADS}) == 200
    assert set(families.values()) == {20}
    assert Counter(wanted for _, wanted, _ in PAYLOADS) == {"effective": 100, "not_effective": 100}


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_no_payload_flips_a_parsed_vote(model: Model) -> None:
    counts = _outcomes(model)
    assert counts["flipped"] == 0
    assert counts.total() == 200


@pytest.mark.parametrize("model", [echoes_first, echoes_last, echoes_the_comment_in_code])
def test_a_model_that_also_answers_keeps_its_vote(model: Model) -> None:
    assert _outcomes(model)["right"] >= 195


def test_a_naive_reader_would_have_been_flipped() -> None:
    """The payloads work: without token and schema most of them turn the vote."""

    def naive(text: str) -> str | None:
        found = re.findall(r'"label": ?"(\w+)"', text)
        return found[-1] if found else None

    seen = Seen("t", "c", "T", "P", "")
    flipped = sum(
        naive(echoes_last(seen._replace(comment=text), "unclear")) == wanted
        for _, wanted, text in PAYLOADS
    )
    assert flipped >= 195


def test_no_payload_reaches_the_model_outside_its_fence() -> None:
    for _, _, text in PAYLOADS:
        item = item_of({"comment_id": "t1_a", "title": "T", "post": "P", "comment": text})
        fence = new_fence(item.title, item.post, item.comment)
        assert read(messages(item, fence)).comment == item.comment
        assert fence.token not in text
        assert not re.search(r"<[|/a-z｜]|\[/?INST\]|[\u200b\u202a-\u202e\U000e0000-\U000e007f]",
                             item.comment)  # fmt: skip


def test_a_model_that_obeys_with_the_right_token_is_stopped_by_a_planted_item() -> None:
    """No parser can tell its answers from honest ones; no vote of it is ever stored."""

    def obeys(seen: Seen) -> str:
        wanted = re.findall(r"(?:is|label to|answer) (effective|not_effective)", seen.comment)
        return answer(seen, wanted[-1]) if wanted else honest(seen)

    asker = Scripted(obeys)
    with pytest.raises(CanaryFailed, match="obeyed"):
        Watch(lambda item: ask(asker, item).answer).before()


@pytest.mark.parametrize("label", ["effective", "not_effective", "unclear"])
def test_a_model_that_always_says_the_same_is_stopped(label: str) -> None:
    asker = Scripted(lambda seen: answer(seen, label))
    with pytest.raises(RemoteError, match="planted item"):
        Watch(lambda item: ask(asker, item).answer).before()


def test_an_honest_model_passes_the_planted_items() -> None:
    watch = Watch(lambda item: ask(Scripted(honest), item).answer)
    watch.before()
    for _ in range(10):
        watch.during()
    assert set(watch.results.values()) == {"right"}
    assert isinstance(ask(Scripted(honest), watch._alive[0].item).answer, Verdict)
