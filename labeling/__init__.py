"""From interactions to labels: labeling functions, the label matrix, label models."""

from ..corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE, NOT_OBSERVABLE
from .functions import RELEASED, LabelingFunction, Votes, labeling_function, resolve
from .matrix import Column, columns_of, label_matrix, patterns
from .models import LABEL_MODELS, LabelModel, MajorityVote, PaperRule, Recipient

__all__ = [
    "ABSTAIN", "EFFECTIVE", "LABEL_MODELS", "NOT_EFFECTIVE", "NOT_OBSERVABLE", "RELEASED",
    "Column", "LabelModel", "LabelingFunction", "MajorityVote", "PaperRule", "Recipient", "Votes",
    "columns_of", "label_matrix", "labeling_function", "patterns", "resolve",
]  # fmt: skip
