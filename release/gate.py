"""What a person who asks for access reads, answers and promises: the gate of both forms.

The Hub shows it before anything else. Fields and their kinds are the Hub's
(`text`, `select`, `checkbox`, `date_picker`, `country`).
"""

from __future__ import annotations

from typing import Any

HEADING = "Words of people who asked for help: please say who you are and what for"
PROMPT = (
    "These texts were written by people in distress, for the people who might answer them. They "
    "did not write them for us. Each request is read by a person. What you promise below is the "
    "condition of access; it does not replace Reddit's terms, the law where you are, or your own "
    "ethics board."
)
ASKED: dict[str, Any] = {
    "Name": "text",
    "Institution": "text",
    "Country": "country",
    "Contact at the institution (e-mail)": "text",
    "Purpose, in one or two sentences": "text",
    "Ethics approval or exemption: board, reference, date": "text",
    "Kind of use": {
        "type": "select",
        "options": ["research", "moderation or community work", "teaching", "other"],
    },
}
PROMISES = {
    "no re-identification": "I will not try to find out who wrote any of this, or link it to "
    "accounts or other data about persons",
    "no contact": "I will not contact anybody who wrote any of this, nor quote single texts where "
    "a search engine could find their author",
    "no redistribution": "I will not pass the data on, nor anything that gives the texts back",
    "no clinical use": "I will not use the data, or a model made from it, to diagnose, rank or "
    "treat people, or to answer people in crisis without a human",
    "deletion on request": "I will delete rows when asked, and run `redditess release sync` on my "
    "copies before each use, and at least every 90 days",
}
BUTTON = "I promise this and ask for access"


def gate() -> dict[str, Any]:
    """The `extra_gated_*` keys of the card's YAML: five promises, all of them checkboxes."""
    promised = dict.fromkeys(PROMISES.values(), "checkbox")
    return {
        "extra_gated_heading": HEADING,
        "extra_gated_prompt": PROMPT,
        "extra_gated_fields": {**ASKED, **promised},
        "extra_gated_button_content": BUTTON,
    }
