"""`release check` says when nobody looked for names of people in texts of real people."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from redditess.release.check import privacy


@pytest.mark.parametrize(
    ("form", "invented", "mask_names", "verdict"),
    [
        ("text", 0, False, "warn"),
        ("text", 4, False, "warn"),
        ("text", 0, True, "pass"),
        ("text", 5, False, "pass"),
        ("dehydrated", 0, False, "pass"),
    ],
)
def test_texts_of_real_people_without_masked_names_are_a_warning(
    form: str, invented: int, mask_names: bool, verdict: str
) -> None:
    document = {
        "stages": {"full": {"rows_out": 5}}, "content": {"invented": invented},
        "settings": {"mask_names": mask_names},
    }  # fmt: skip
    result = privacy._people(SimpleNamespace(form=form, document=document))  # type: ignore[arg-type]
    assert result.verdict == verdict
