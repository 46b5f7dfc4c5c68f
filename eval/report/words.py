"""Figures in words: never a number without its interval and what it stands on."""

from __future__ import annotations

from ...stats.intervals import Estimate


def per_cent(share: float, digits: int = 0) -> str:
    """A share for people, with a space that does not break.

    >>> per_cent(0.125, 1)
    '12.5\xa0%'
    """
    return f"{100 * share:.{digits}f}\xa0%"


def three(value: float) -> str:
    """A figure of a table; a dash where it is not known.

    >>> three(0.12345), three(float("nan"))
    ('0.123', '–')
    """
    return f"{value:.3f}" if value == value else "–"


def ends(e: Estimate) -> str:
    """The interval of a figure, for a table."""
    return f"{e.low:.3f} to {e.high:.3f}" if e.low == e.low else "–"


def signed(value: float) -> str:
    """A correlation with its sign, a true minus.

    >>> signed(-0.114)
    '−0.11'
    """
    return f"{value:+.2f}".replace("-", "−")


def estimate(e: Estimate) -> str:
    """A figure with its ends and what it stands on; "not known" where it is nan.

    >>> estimate(Estimate(0.625, 0.5, 0.75, 40, 9))
    '0.62 [0.50, 0.75], n = 40'
    """
    if e.value != e.value:
        return f"not known, n = {e.n:,}"
    ends = f"[{e.low:.2f}, {e.high:.2f}]" if e.low == e.low else "[no interval: too few threads]"
    return f"{e.value:.2f} {ends}, n = {e.n:,}"


def share_of(e: Estimate, of: str) -> str:
    """The same in per cent of something.

    >>> share_of(Estimate(0.625, 0.5, 0.75, 40, 9), "pairs").replace("\xa0", " ")
    '62 % of pairs [50, 75], n = 40'
    """
    if e.value != e.value:
        return f"an unknown share of {of}, n = {e.n:,}"
    ends = f" [{100 * e.low:.0f}, {100 * e.high:.0f}]" if e.low == e.low else ""
    return f"{per_cent(e.value)} of {of}{ends}, n = {e.n:,}"


def pair_words(e: Estimate) -> str:
    """What an AUC means for a reader, by its interval and not by its point."""
    if e.value != e.value:
        return "there are not both labels to compare."
    if not e.low > 0.5 and not e.high < 0.5:
        return "that cannot be told from a coin (50\xa0%)."
    gap = abs(e.value - 0.5)
    if gap < 0.1:
        return "a little off a coin (50\xa0%): a weak trace."
    if gap < 0.2:
        return "clearly off a coin (50\xa0%): a model could score that much without reading a word."
    return "far off a coin (50\xa0%): much of the label could be this alone."


def tie_words(e: Estimate, name: str) -> str:
    """What a partial correlation with something else than help means for a reader."""
    if e.value != e.value or e.low != e.low:
        return f"{name}: not known: too few threads, or one of the two does not vary."
    if e.low <= 0 <= e.high:
        return f"{name}: no tie that these rows could show."
    strength = "weak" if abs(e.value) < 0.1 else "moderate" if abs(e.value) < 0.3 else "strong"
    way = "more" if e.value > 0 else "less"
    return f"{name}: a {strength} tie; {way} of it, a higher p, at equal everything else."
