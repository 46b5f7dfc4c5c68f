"""Real machinery with a tiny random model: a pipeline in this process, and `transformers serve`."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from redditess.corpus.errors import MissingExtra, SettingsError
from redditess.labeling.endpoint import Endpoint, Sampling
from redditess.labeling.llm import Item, Unscored
from redditess.labeling.llm_run import ask
from redditess.labeling.local_llm import LocalLlm

ITEM = Item("t1_a", "Awake", "I cannot sleep.", "Try to get up for a while.")
SHORT = Sampling(max_tokens=24, json_mode=True)


def test_without_transformers_the_error_has_the_install_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtra, match="pip install transformers torch"):
        LocalLlm("anything")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random one-layer model over bytes, with a chat template."""
    for name in ("torch", "transformers", "tokenizers"):
        pytest.importorskip(name, reason=f"{name} is not installed")
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    signs = ["<eos>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    words = Tokenizer(models.BPE({sign: i for i, sign in enumerate(signs)}, []))
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<eos>")
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}\n{% endfor %}:"
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(signs), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=16_384,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.slow
@pytest.mark.needs_torch
def test_a_local_pipeline_answers_and_is_read_like_any_other(tiny: Path) -> None:
    local = LocalLlm(str(tiny), sampling=SHORT)
    first, second = (local.ask([{"role": "user", "content": "Hello"}]).text for _ in range(2))
    assert first == second
    assert isinstance(ask(local, ITEM).answer, Unscored)


@pytest.mark.slow
@pytest.mark.needs_torch
def test_a_local_model_is_never_downloaded(tiny: Path) -> None:
    with pytest.raises(SettingsError, match="on this machine"):
        LocalLlm("nobody/no-such-model")


@pytest.fixture
def served(tiny: Path, tmp_path: Path) -> Iterator[str]:
    program = shutil.which("transformers", path=str(Path(sys.executable).parent))
    if program is None or importlib.util.find_spec("uvicorn") is None:
        pytest.skip("`transformers serve` is not installed here (transformers[serving])")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "hub").mkdir()  # the server looks into it
    line = [sys.executable, program, "serve", str(tiny), "--device", "cpu", "--dtype", "float32",
            "--port", str(port), "--default-seed", "0"]  # fmt: skip
    environment = os.environ | {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(line, env=environment, stdout=quiet, stderr=quiet)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", server)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            if server.poll() is not None:
                pytest.fail(f"the server ended with status {server.returncode}")
            time.sleep(0.5)
    pytest.fail("the server did not come up")


@pytest.mark.slow
@pytest.mark.needs_torch
def test_transformers_serve_ignores_the_format_and_we_notice(tiny: Path, served: str) -> None:
    """It answers 200 and takes `response_format`; what comes is not JSON, and not a vote."""
    asked = ask(Endpoint(served, str(tiny), sampling=SHORT, timeout_s=60), ITEM)
    assert asked.heard
    assert asked.tokens_in > 0
    assert isinstance(asked.answer, Unscored)
