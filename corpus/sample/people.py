"""Who writes in the sample. Every name is invented and says so (`sample_...`)."""

from __future__ import annotations

from dataclasses import dataclass

from .dice import Dice

ANIMALS = (
    "otter", "heron", "badger", "wren", "lynx", "moth", "newt", "finch", "hare", "seal", "robin",
    "vole", "crane", "gecko", "ibis", "koala", "lemur", "marten", "owl", "puffin", "quail",
    "raven", "skink", "tapir", "urchin", "viper", "walrus", "yak", "zebra", "beetle", "cricket",
    "dove", "eel", "ferret", "goose", "hedgehog", "jay", "kestrel", "llama", "mole",
)  # fmt: skip

REGISTERS = {
    "plain": 0.26, "effusive": 0.09, "terse": 0.1, "slang": 0.08, "british": 0.08,
    "australian": 0.04, "indian_english": 0.06, "nigerian_english": 0.04,
    "african_american_english": 0.05, "second_language": 0.06, "teen": 0.05, "emoji": 0.03,
    "flat": 0.06, "literal": 0.07, "spanish": 0.02, "portuguese": 0.01,
}  # fmt: skip
"""Ways of speaking, with the share of posters who speak so (ours). Sarcasm is a mood, not a
register: any of them can answer "thanks for nothing"."""

MODERATORS = ("sample_mod_heron", "sample_mod_wren")
BOTS = ("AutoModerator", "helpful_sample_bot")


@dataclass(frozen=True)
class Person:
    """An account. The latent traits are standard normal; a dump never shows them."""

    name: str
    politeness: float = 0.0
    talkativeness: float = 0.0
    skill: float = 0.0  # how well their comments fit, beyond what kind of comment they are
    register: str = "plain"
    style: str = "as_is"  # how they type: see text.typed


STYLES = {"as_is": 0.76, "lower": 0.14, "no_apostrophes": 0.06, "dots": 0.04}


class Crowd:
    """The accounts of one sample: posters come once or a few times, some commenters daily."""

    def __init__(self, seed: int, n_threads: int):
        self.seed = seed
        self.n_posters = max(4, int(n_threads * 0.85))  # ours: one poster in six comes back
        self.n_commenters = max(30, n_threads)

    def poster(self, dice: Dice) -> Person:
        """Somebody who asks."""
        return self._person("op", dice.integer(0, self.n_posters - 1))

    def commenter(self, dice: Dice) -> Person:
        """Somebody who answers: a few regulars write much, most write once (a power law)."""
        return self._person("by", int(self.n_commenters * dice.uniform() ** 2.2))

    def _person(self, kind: str, number: int) -> Person:
        dice = Dice(self.seed, "person", kind, number)
        name = f"sample_{dice.pick(ANIMALS)}_{2 * number + (kind == 'by')}"
        politeness = dice.normal()
        return Person(
            name=name,
            politeness=politeness,
            talkativeness=0.3 * politeness + 0.95 * dice.normal(),
            skill=dice.normal(),
            register=dice.weighted(REGISTERS),
            style=dice.weighted(STYLES),
        )


def account_id(name: str) -> str:
    """An `author_fullname` that no account of Reddit's has: it is longer than theirs."""
    number = 0
    for letter in name:
        number = (number * 131 + ord(letter)) % 36**7
    return f"t2_smp{base36(number):0>7}"


def base36(number: int) -> str:
    """Reddit's digits.

    >>> base36(35), base36(36)
    ('z', '10')
    """
    digits = ""
    while number or not digits:
        number, last = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[last] + digits
    return digits
