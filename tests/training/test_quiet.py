"""A run keeps quiet about what nobody who trains can change, and about nothing else."""

from __future__ import annotations

import warnings

import pytest

from redditess.training.runs.quiet import quiet

pytestmark = pytest.mark.needs_torch
pytest.importorskip("transformers")


@pytest.mark.slow
def test_a_renamed_property_that_libraries_still_read_is_not_told() -> None:
    """peft reads it for a new adapter, TRL in every run of DPO, KTO and GRPO. Where this fails
    because nothing is heard outside, the filter can go.
    """
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "vocab_size": 8}
    model = LlamaForCausalLM(LlamaConfig(**shape, num_attention_heads=1, num_key_value_heads=1))
    with pytest.warns(FutureWarning, match="is_gradient_checkpointing"):
        assert not model.is_gradient_checkpointing
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with quiet():
            assert not model.is_gradient_checkpointing
        assert heard == []


def test_other_warnings_are_heard_inside() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with quiet():
            warnings.warn("`is_something_else` is deprecated", FutureWarning, stacklevel=1)
            warnings.warn("`is_gradient_checkpointing` is deprecated", UserWarning, stacklevel=1)
    assert len(heard) == 2
