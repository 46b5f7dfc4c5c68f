"""Licences of the models that shipped recipes start from; of any other the card says `other`.

What their authors state on the Hub, as far as we know it; who publishes looks it up again, since it
may change. A base that is not listed, or a folder, has the licence `other`: we do not guess.
"""

from __future__ import annotations

from typing import NamedTuple


class Licence(NamedTuple):
    """The Hub's id of a licence, and the sentence that it asks every copy to carry."""

    id: str
    notice: str = ""


LLAMA_2 = Licence(
    "llama2",
    "Llama 2 is licensed under the LLAMA 2 Community License, Copyright (c) Meta Platforms, Inc. "
    "All Rights Reserved.",
)
UNKNOWN = Licence("other")
LICENCES = {
    "bert-base-uncased": Licence("apache-2.0"),
    "google-bert/bert-base-uncased": Licence("apache-2.0"),
    "roberta-base": Licence("mit"),
    "FacebookAI/roberta-base": Licence("mit"),
    "answerdotai/ModernBERT-base": Licence("apache-2.0"),
    "sentence-transformers/all-MiniLM-L6-v2": Licence("apache-2.0"),
    "meta-llama/Llama-2-7b-hf": LLAMA_2,
    "meta-llama/Llama-2-7b-chat-hf": LLAMA_2,
    "Qwen/Qwen3-4B-Instruct-2507": Licence("apache-2.0"),
    "redditess/tiny-encoder": Licence("apache-2.0"),  # made by our own code, of random numbers
    "redditess/tiny-causal": Licence("apache-2.0"),
}


def licence_of(base: str) -> Licence:
    """What a model made from `base` is under, as far as the base decides.

    >>> licence_of("meta-llama/Llama-2-7b-hf").id, licence_of("somebody/else").id
    ('llama2', 'other')
    """
    return LICENCES.get(base, UNKNOWN)
