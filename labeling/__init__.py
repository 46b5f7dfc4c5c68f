"""Interactions -> votes of labeling functions -> label model -> probabilities and labels."""

if "." not in __name__:
    # In a checkout a bare `import labeling` finds this folder on sys.path and would make a second
    # copy of every class in it, equal in name and never in isinstance().
    raise ImportError("write `from redditess import labeling`: the room has no name of its own")

from ..corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE, NOT_OBSERVABLE
from .functions import RELEASED, LabelingFunction, Votes, labeling_function, resolve
from .matrix import Column, columns_of, label_matrix, patterns
from .models import LABEL_MODELS, LabelModel, MajorityVote, PaperRule, Recipient

__all__ = [
    "ABSTAIN", "EFFECTIVE", "LABEL_MODELS", "NOT_EFFECTIVE", "NOT_OBSERVABLE", "RELEASED",
    "Column", "LabelModel", "LabelingFunction", "MajorityVote", "PaperRule", "Recipient", "Votes",
    "columns_of", "label_matrix", "labeling_function", "patterns", "resolve",
]  # fmt: skip
