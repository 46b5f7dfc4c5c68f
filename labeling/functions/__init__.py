"""Labeling functions: rules that turn an interaction into a vote, with evidence."""

from .base import AXES, LabelingFunction, Votes, labeling_function
from .registry import GROUP, RELEASED, resolve

__all__ = ["AXES", "GROUP", "RELEASED", "LabelingFunction", "Votes", "labeling_function", "resolve"]
