"""The responsible-AI part of croissant.json: all twenty terms of Croissant RAI 1.0.

Each is answered from `release.json`; where there is nothing, the term says so. Empty terms would
look like questions nobody asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import funnel
from .gate import PROMISES

CONFORMS_TO = "http://mlcommons.org/croissant/RAI/1.0"
# mlcroissant 1.1 reads two terms under spellings that the specification does not have; both are
# written, so that the specification and its own reader find them.
ALSO_SPELT = {
    "rai:dataCollectionTimeframe": "rai:dataCollectionTimeFrame",
    "rai:dataManipulationProtocol": "rai:dataDataManipulationProtocol",
}
Document = Mapping[str, Any]


def rai(document: Document) -> dict[str, Any]:
    """Term -> text, texts or days, in the order of the specification's tables."""
    found = {**_collection(document), **_labelling(document), **_use(document)}
    return {**found, **{also: found[term] for term, also in ALSO_SPELT.items()}}


def _collection(document: Document) -> dict[str, Any]:
    inputs, content = document["inputs"], document["content"]
    steps = {step.name: step for step in funnel.steps(document)}
    posts, comments = steps["posts"], steps["assemble"]
    n_invented = content["invented"]
    said = document.get("governance") or {}
    source = f" Source: {said['source']}." if said.get("source") else ""
    return {
        "rai:dataCollection": (
            f"{steps['ingest'].n_in:,} lines of {len(inputs)} Reddit dump file(s) were read; "
            f"{posts.n_out:,} of {posts.n_in:,} posts of the wanted communities were eligible, and "
            f"{comments.n_out:,} of {comments.n_in:,} comments were direct answers to them by "
            f"others.{source} {n_invented:,} of the released rows are invented."
        ),
        "rai:dataCollectionType": ["Secondary data analysis", "Web scraping"],
        "rai:dataCollectionMissingData": (
            "What a dump could not show is null, never 'no'; column `observable` says for each row "
            "what could be seen. Texts that were deleted or removed before the dump are missing. "
            + _by_signal(document)
        ),
        "rai:dataCollectionRawData": (
            "Monthly dumps of Reddit submissions and comments (JSON lines), made by others; they "
            "are not part of this release. release.json names each file with its sha256."
        ),
        "rai:dataCollectionTimeframe": [f"{day}T00:00:00" for day in content["days"]],
        "rai:dataImputationProtocol": "Nothing is imputed: a null is a null.",
        "rai:dataPreprocessingProtocol": [
            "Threads are put together; quotes and edit segments are cut from texts.",
            "Rows leave for a counted reason: "
            + "; ".join(
                f"{funnel.plain_reason(reason)} {n:,}"
                for step in steps.values()
                for reason, n in step.dropped.items()
            ),
            "Splits are by poster; a text that stands in two splits leaves the one nearer to "
            "training.",
        ],
        "rai:dataManipulationProtocol": (
            "Direct identifiers in texts are replaced by marks, ids by keyed digests, times by "
            "days; usernames are dropped; scores and probabilities are coarsened."
        ),
    }


def _by_signal(document: Document) -> str:
    n = document["stages"]["full"]["rows_out"]
    seen = document["content"]["observable"].items()
    return "Rows that could show a signal: " + ", ".join(
        f"{name} {funnel.share(rows, n)}" for name, rows in seen
    )


def _labelling(document: Document) -> dict[str, Any]:
    functions, settings = document["functions"], document["settings"]
    names = ", ".join(f["name"] for f in functions)
    tools = [f"redditess {document['version']}", f"label model {settings['label_model']}"]
    if settings.get("reader"):
        tools.append(f"reader {settings['reader']}")
    return {
        "rai:dataAnnotationProtocol": [
            "No human labelled a row. Labeling functions vote from what the poster and the "
            "community did after the comment; a label model turns votes into a probability. "
            "`effective` means that the poster acknowledged the comment, not clinical benefit.",
            "A row on which no function can tell has no label.",
        ],
        "rai:dataAnnotationPlatform": [f"redditess {document['version']}, by rules"],
        "rai:dataAnnotationAnalysis": [
            f"{f['name']} votes on {100 * f['coverage']:.1f} % of interactions and disagrees with "
            f"another function on {100 * f['conflict']:.1f} %"
            for f in functions
        ],
        "rai:annotationsPerItem": f"Up to {len(functions)} votes a row, one of each of {names}",
        "rai:annotatorDemographics": [
            *_judges(document),
            "No annotators of rows. Labels rest on reactions of posters and voters, about whom "
            "nothing is known but that they used English-speaking communities of Reddit.",
        ],
        "rai:machineAnnotationTools": tools,
    }


def _judges(document: Document) -> list[str]:
    gold = (document.get("label_model") or {}).get("gold")
    if not gold:
        return []
    return [
        f"People judged {gold['decided']:,} comments to choose and weigh the label model; nothing "
        "is recorded about them here."
    ]


def _use(document: Document) -> dict[str, Any]:
    said = document.get("governance") or {}
    contact = said.get("removal_contact", "not named yet: this release must not be published")
    return {
        "rai:dataReleaseMaintenancePlan": (
            f"Versions are rebuilt from the dumps with the same key; ids do not change. Removal "
            f"requests: {contact}. Removed rows are listed as tombstones, and `redditess release "
            f"sync` takes them out of copies. Retention: {said.get('retention', 'not stated yet')}."
        ),
        "rai:personalSensitiveInformation": [
            "Texts about mental health in their authors' own words, findable by search engines: "
            "pseudonymous, not anonymous.",
            "Usernames are not released; e-mail addresses, numbers, links and handles are masked "
            "by rules, which miss what they do not know.",
            f"Who asks for access promises: {'; '.join(PROMISES)}.",
        ],
        "rai:dataSocialImpact": (
            "May help to learn which answers help-seekers take up. May harm people who are found, "
            "quoted or contacted, and readers of a model that learns to please: thanks are not "
            "safety."
        ),
        "rai:dataBiases": [
            "Labelled rows favour posters who reply and who say thanks in words.",
            "Community scores favour early, short and agreeable comments.",
            "Eras differ in what a dump could show.",
            "English-speaking communities of one platform.",
        ],
        "rai:dataLimitations": [
            "A poster's thanks is politeness, relief or help; labels cannot tell these apart.",
            "Labels say nothing about safety, correctness or lasting benefit.",
            "Not for diagnosis, care decisions, people in acute crisis, or advice without human "
            "oversight.",
            _signed(document),
        ],
        "rai:dataUseCases": [
            "Research on peer support and on labels from reactions; training and testing of models "
            "whose answers a person sees before anybody in need does.",
        ],
    }


def _signed(document: Document) -> str:
    signed = document.get("signoff")
    if not signed:
        return "Not reviewed by a clinician."
    who = ", ".join(signed[part] for part in ("name", "role", "date"))
    return f"Screen signed off by {who}: {signed['scope']}."
