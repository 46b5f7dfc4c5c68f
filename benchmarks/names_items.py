"""Invented sentences with one name of a person each, and sentences in which names are words.

The names are written by hand, apart from the lists of `corpus/names.py`: some are in none of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

FIRST = (
    "Sarah", "James", "Priya", "Mohammed", "Chloe", "Aoife", "Mateusz", "Linh", "Kwame", "Svetlana",
    "Jake", "Emily", "Tyler", "Dmitri", "Guadalupe", "Xiomara", "Brayden", "Kelsey", "Anneke",
    "Tunde", "Will", "Grace", "Hope", "Mark", "Rose", "Faith", "Frank", "Jack", "Drew", "Joy",
    "Bill",
    "Ray", "Summer", "Sandy", "Grant", "Rohan", "Thea", "Björn", "José", "Zoë", "Megan", "Ashley",
    "Olumide", "Sanne", "Yara", "Hamish", "Wiremu", "Tamsin", "Ezra", "Maeve",
)  # fmt: skip
LAST = (
    "Smith",
    "Okafor",
    "Nguyen",
    "Kowalski",
    "O'Brien",
    "García",
    "Haverbrook",
    "Patel",
    "Lindqvist",
)
FRAMES = (
    "My name is {n} and I am tired.", "Hi, I'm {n}, first time posting.",
    "Thanks {n}, that helped.",
    "thank you {n}!", "My brother {n} said it would pass.", "my best friend {n} left in May",
    "My therapist, {n}, thinks so too.", "I told {n} about the pills.", "Dr. {l} gave me 20 mg.",
    "Mrs {l} from school called.", "{n} told me to leave.", "Yesterday {n} said nothing at all.",
    "I broke up with {n} last week.", "Love, {n}", "it was hard for {n} and me",
    "RIP {n}, I miss you",
    "my ex {n} {l} posted it", "We named her {n}.", "{n}'s mother knows", "I am dating {n} now.",
    "Dear {n}, I am sorry.", "my daughter {n} is three", "I asked {n} why and {n} left.",
    "my roommate {n} {l} moved out", "I saw {n} at the shop.", "call me {n}", "Uncle {n} drank.",
)  # fmt: skip
CLEAN = (
    "I will try, and I hope it gets better.", "Will you be ok? Hope so.",
    "May I ask what you take?",
    "Hope this helps!", "Grace under pressure is not my thing.", "Mark my words.", "Faith is hard.",
    "In May and June I slept badly; since April it is fine.", "I rose at 5 to a summer morning.",
    "Be frank with your doctor.", "Joy comes back. Will it? It will.",
    "Thanks everyone, thanks OP!",
    "My mom is great, my dad I never met.", "I'm Tired. I'm Happy. I'm Sorry for that.",
    "Thank God it is Friday.", "Hi All, Hello Reddit, Dear Diary.", "My therapist says CBT helps.",
    "I drew a rose and paid the bill by mark of hand.", "Take a chance, grant yourself rest.",
    "We moved to Austin from Paris, then to Florida.", "I take Lexapro and Zoloft with Xanax.",
    "My sister is a nurse. My boss and I fight.",
    "The doctor said no. The Doctor Who fan in me cried.",
    "My name is not important.", "Call me crazy.", "I was born tired.", "I was born in 1998.",
    "I live on the edge of a road, 20 minute drive.", "High School was hell. My College too.",
    "Christmas and Easter are the worst.", "I love December. I love Sundays.", "I am English.",
    "Love, hope and faith; miss you all.", "Sorry If this is long. Thanks Again.", "RIP my sleep",
    "It's Monday. It's Over. It's May already.", "The Lord knows. Jesus, what a day.",
    "Hope said everything and nothing.", "with Grace and Patience one gets there",
)  # fmt: skip


def names(n: int, seed: int = 0) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(text, the names in it) n times, frames in turn."""
    rng = random.Random(seed)
    for i in range(n):
        first, last = rng.choice(FIRST), rng.choice(LAST)
        frame = FRAMES[i % len(FRAMES)]
        yield (
            frame.format(n=first, l=last),
            tuple(name for slot, name in (("{n}", first), ("{l}", last)) if slot in frame),
        )


def clean(n: int, seed: int = 0) -> Iterator[str]:
    """n texts of one or two sentences without a name."""
    rng = random.Random(seed)
    for _ in range(n):
        yield " ".join(rng.sample(CLEAN, rng.randint(1, 2)))
