"""The very tokens that a trainer will see, decoded and compared with what they should be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...corpus.errors import RedditessError
from .checks import Check
from .finding import GENERATORS, Finding, error, ok, refused, said, share, warning
from .stream import Stream, counted, frame, special_words
from .subject import Subject

TAUGHT = ("sft", "dpo", "kto")  # the loss is on the tokens of an answer
READ_WHOLE = ("sft", "dpo", "kto", "reward")  # streams of the answers that the data hold
UNKNOWN = 0.02  # of tokens: ours; emoji alone stay below it
_TEMPLATE = "Name the chat model of the family, or give the folder a chat_template.jinja"


def built(subject: Subject) -> Iterator[Finding]:
    """The tokenizer opens, has a chat template (a generator's) and makes streams."""
    kind = subject.recipe.kind
    for name in ("tokenizer", "encoded" if kind == "classifier" else "streams"):
        why = subject.failure(name)
        if isinstance(why, RedditessError):
            yield refused(why, "no tokens can be made: ")
            return
        if why is not None:
            yield error(
                said(f"No tokens can be made ({type(why).__name__}: {why})."),
                "Give a model whose folder holds tokenizer.json and, for a generator, a chat "
                "template that takes the roles user and assistant.",
            )
            return
    yield ok(f"Tokens of {len(subject.sample.places):,} rows were made as the trainer makes them.")


def beginning(subject: Subject) -> Iterator[Finding]:
    """A conversation begins with BOS once, where the model was trained with one."""
    tokenizer, streams = subject.tokenizer, subject.streams
    bos = tokenizer.bos_token_id
    if bos is None:
        yield ok("The tokenizer has no BOS, and no stream needs one.")
        return
    word = repr(tokenizer.bos_token)
    twice = sum(s.ids[:2] == [bos, bos] for s in streams)
    plain = list(tokenizer("a")["input_ids"])
    absent = sum(s.ids[:1] != [bos] for s in streams) if plain[:1] == [bos] else 0
    if twice:
        yield error(
            f"{share(twice, len(streams))} begin with BOS {word} twice.",
            "Remove one bos_token from the chat template (chat_template.jinja of the model).",
        )
    elif absent:
        yield error(
            f"{share(absent, len(streams))} begin without BOS {word}, with which the tokenizer "
            "begins every plain text.",
            "Begin the chat template (chat_template.jinja of the model) with {{ bos_token }}.",
        )
    else:
        yield ok(f"BOS {word} stands once where it belongs.")


def end(subject: Subject) -> Iterator[Finding]:
    """Every answer ends, in the loss, with one token that stops a generation."""
    stops, streams = _stops(subject), subject.streams
    names = ", ".join(repr(subject.tokenizer.convert_ids_to_tokens(i)) for i in sorted(stops))
    if not stops:
        yield error("The tokenizer has no EOS: no answer of the model would ever end.",
                    "Set eos_token in tokenizer_config.json of the model.")  # fmt: skip
        return
    blank = _blanks(subject.tokenizer, streams)
    tails = [[i for i in s.learned if i not in blank][-2:] for s in streams]
    none = sum(tail[-1:] == [] or tail[-1] not in stops for tail in tails)
    twice = sum(len(tail) == 2 and set(tail) <= stops for tail in tails)
    masked = sum(not set(s.learned) & stops and bool(set(s.ids[1:]) & stops) for s in streams)
    if masked:
        yield error(
            f"In {share(masked, len(streams))} EOS ({names}) stands outside of the loss: the model "
            "is not taught to stop.",
            "Let the chat template end the assistant's turn with {{ eos_token }}.",
        )
    elif none:
        yield error(
            f"{share(none, len(streams))} end without EOS ({names}): the model is not taught to "
            "stop.",
            "Let the chat template end the assistant's turn with {{ eos_token }}.",
        )
    elif twice:
        yield error(
            f"{share(twice, len(streams))} end with EOS twice ({names}).",
            "Remove one eos_token from the chat template (chat_template.jinja of the model).",
        )
    else:
        yield ok(f"Every answer ends in one EOS ({names}), in the loss.")


def _stops(subject: Subject) -> set[int]:
    """Ids that end a generation: the tokenizer's, the config's, and generation_config.json's."""
    from transformers import GenerationConfig

    named: list[Any] = [subject.tokenizer.eos_token_id, subject.config.eos_token_id]
    try:
        made = GenerationConfig.from_pretrained(subject.base.path, revision=_revision(subject))
        named.append(made.eos_token_id)
    except (OSError, ValueError):
        pass  # many models have none: then the config's own counts
    lists = [n if isinstance(n, list) else [n] for n in named]
    return {int(i) for ids in lists for i in ids if i is not None}


def _revision(subject: Subject) -> str:
    return subject.base.revision or "main"


def _blanks(tokenizer: Any, streams: Sequence[Stream]) -> set[int]:
    """Tokens of white space alone: some templates end a turn with a line break."""
    last = {i for s in streams for i in s.ids[-4:]}
    return {i for i in last if not tokenizer.decode([i]).strip()}


def pad_is_not_eos(subject: Subject) -> Iterator[Finding]:
    """A reward is read at the last token that is no padding: where EOS pads, that is not EOS."""
    tokenizer = subject.tokenizer
    if tokenizer.pad_token_id == tokenizer.eos_token_id:
        yield warning(
            f"The padding token is EOS ({tokenizer.eos_token!r}): it is masked as padding, and the "
            "reward is read one token before the end of an answer.",
            "Set another pad_token in tokenizer_config.json, e.g. the unknown token.",
        )
    else:
        yield ok(f"Padding ({tokenizer.pad_token!r}) is another token than EOS.")


def loss_mask(subject: Subject) -> Iterator[Finding]:
    """What is in the loss, decoded, is the answer: no word of the prompt, all of the answer."""
    tokenizer, streams = subject.tokenizer, subject.streams
    apart = [s for s in streams if s.n_prompt < s.n_alone]
    if apart:
        lost = tokenizer.decode(_alone(subject, apart[0])[apart[0].n_prompt :])
        yield error(
            f"In {share(len(apart), len(streams))} the prompt is rendered otherwise alone than "
            f"before its answer: its end ({lost[-80:]!r}) is not in what is trained on, so the "
            "loss begins elsewhere than an answer does.",
            f"{_TEMPLATE} that renders the prompt the same way in both cases.",
        )
        return
    empty = sum(not _words(tokenizer, s.learned) for s in streams)
    if empty:
        yield error(
            f"{share(empty, len(streams))} have nothing in the loss.",
            f"{_TEMPLATE} that renders what the assistant says.",
        )
        return
    more, less = _differences(tokenizer, streams)
    if more:
        yield error(
            f"In {share(more, len(streams))} the loss is on words before the answer, too.",
            f"{_TEMPLATE} in which the prompt is the beginning of the whole.",
        )
    elif less:
        yield error(
            f"In {share(less, len(streams))} the words in the loss are not those of the answer.",
            f"{_TEMPLATE} that renders an answer as it is.",
        )
    else:
        yield ok("The words in the loss are the answer's, all of them and no others.")


def _alone(subject: Subject, stream: Stream) -> list[int]:
    """The prompt of a stream as it is rendered for a model to go on; its first row is enough."""
    from ..answers.conversations import rendered

    plain = [{"role": role, "content": "a"} for role in stream.roles[:-1]]
    ids = rendered(subject.tokenizer, plain, True)
    return [0] * max(stream.n_alone - len(ids), 0) + ids


def _differences(tokenizer: Any, streams: Sequence[Stream]) -> tuple[int, int]:
    """How many learn more than their answer, and how many learn something else."""
    more = less = 0
    for s in streams:
        found, wanted = _words(tokenizer, s.learned), "".join(s.answer.split())
        if found == wanted or tokenizer.unk_token_id in s.learned:
            continue
        more += found.endswith(wanted)
        less += not found.endswith(wanted)
    return more, less


def _words(tokenizer: Any, ids: list[int]) -> str:
    """Decoded without special tokens and white space, which templates add and trim."""
    return "".join(tokenizer.decode(ids, skip_special_tokens=True).split())


def strangers(subject: Subject) -> Iterator[Finding]:
    """No text that somebody wrote becomes a special token of the model."""
    tokenizer, streams = subject.tokenizer, subject.streams
    special, expected = set(special_words(tokenizer).values()), frame(tokenizer)
    bad = [s for s in streams if counted(s.ids, special) != expected(s.roles)]
    yield from _strangers(subject, len(bad), len(streams), bad[0].id if bad else "", tokenizer)


def _strangers(subject: Subject, n: int, of: int, first: str, tokenizer: Any) -> Iterator[Finding]:
    if n:
        yield error(
            f"{share(n, of)} looked at hold special tokens that the template did not write: "
            f"somebody wrote their words (first: {first}).",
            "Leave these rows out, or choose a model whose special tokens nobody writes.",
        )
        return
    held = subject.sample.n_special
    yield ok(
        f"{held:,} texts hold a special token's words, and none becomes one." if held
        else f"No text holds the words of a special token ({len(special_words(tokenizer))} known)."
    )  # fmt: skip


def unknown(subject: Subject) -> Iterator[Finding]:
    """The tokenizer knows the characters of the texts."""
    tokenizer = subject.tokenizer
    if tokenizer.unk_token_id is None:
        return
    if subject.recipe.kind == "classifier":
        ids = [i for f in subject.encoded.features for i in f["input_ids"]]
    else:
        ids = [i for s in subject.streams for i in s.ids]
    part = ids.count(tokenizer.unk_token_id) / max(len(ids), 1)
    if part > UNKNOWN:
        yield warning(
            f"{100 * part:.1f} % of {len(ids):,} tokens are unknown to the tokenizer "
            f"({tokenizer.unk_token!r}): it was made for another language.",
            "Choose a model for the language of the texts.",
        )
    else:
        yield ok(f"{100 * part:.1f} % of {len(ids):,} tokens are unknown to the tokenizer.")


def pairs(subject: Subject) -> Iterator[Finding]:
    """An encoder's pair: [CLS] once, post, separator, comment, separator, and nothing besides."""
    tokenizer, features = subject.tokenizer, subject.encoded.features
    own = tokenizer.num_special_tokens_to_add(pair=True)
    if own < 2:
        yield error(
            f"The tokenizer puts {own} special tokens around a pair: post and comment run into "
            "each other.",
            "Give an encoder whose tokenizer.json has a post-processor ([CLS] A [SEP] B [SEP]).",
        )
        return
    first = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
    twice = sum(f["input_ids"][:2] == [first, first] for f in features)
    absent = sum(f["input_ids"][:1] != [first] for f in features)
    if twice:
        yield error(f"{share(twice, len(features))} begin with {tokenizer.cls_token!r} twice.",
                    "Mend the post-processor in tokenizer.json: one [CLS].")  # fmt: skip
    elif absent and first is not None:
        yield error(f"{share(absent, len(features))} begin without {tokenizer.cls_token!r}.",
                    "Mend the post-processor in tokenizer.json: [CLS] first.")  # fmt: skip
    special = set(special_words(tokenizer).values()) - {tokenizer.unk_token_id}
    bad = sum(sum(counted(f["input_ids"], special).values()) > own for f in features)
    if not twice:
        yield from _strangers(subject, bad, len(features), "", tokenizer)


def segments(subject: Subject) -> Iterator[Finding]:
    """Numbers of segments are such that the model has embeddings for them."""
    kinds = {i for f in subject.encoded.features for i in set(f.get("token_type_ids", ()))}
    has = getattr(subject.config, "type_vocab_size", None)
    if kinds and has is not None and max(kinds) >= has:
        yield error(
            f"The tokenizer numbers segments up to {max(kinds)}, and the model has {has}.",
            "Take token_type_ids out of model_input_names in tokenizer_config.json.",
        )


CHECKS = (
    Check(built), Check(beginning, GENERATORS), Check(end, READ_WHOLE),
    Check(pad_is_not_eos, ("reward",)), Check(loss_mask, TAUGHT),
    Check(strangers, GENERATORS), Check(pairs, ("classifier",)), Check(segments, ("classifier",)),
    Check(unknown),
)  # fmt: skip
