"""The lines of a card that load the model: short, and run word for word by a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CLASSIFIER = """\
from transformers import pipeline

classify = pipeline("text-classification", model="{place}", top_k=None)
exchange = {{
    "text": "I can't sleep before exams\\n\\nEvery time the same. Does it ever stop?",
    "text_pair": "It did for me, once I wrote my worries down in the evening. Be kind to yourself.",
}}
print(classify(exchange, truncation="only_first"))
"""
GENERATOR = """\
{imports}
from redditess.training.answers.generate import generate

tokenizer = AutoTokenizer.from_pretrained("{place}")
model = {loader}.from_pretrained("{place}")
post = "I can't sleep before exams\\n\\nEvery time the same. Does it ever stop?"
prompts = [[{{"role": "user", "content": post}}]]
for answer in generate((model, tokenizer), prompts, max_new_tokens=128):
    print(answer.text or ("withheld", answer.withheld, answer.risk, answer.help))
"""
REWARD = """\
{imports}

tokenizer = AutoTokenizer.from_pretrained("{place}")
model = {loader}.from_pretrained("{place}", num_labels=1)
post = "I can't sleep before exams\\n\\nEvery time the same. Does it ever stop?"
for answer in ("Just relax.", "It did for me, once I wrote my worries down in the evening."):
    turns = [{{"role": "user", "content": post}}, {{"role": "assistant", "content": answer}}]
    tokens = tokenizer.apply_chat_template(turns, return_tensors="pt", return_dict=True)
    print(answer, model(**tokens).logits.item())
"""
_TASK = {"reward": "SequenceClassification"}


def snippet(document: Mapping[str, Any], place: str) -> str:
    """Python that loads the model from `place`, a name on the Hub or a folder, and uses it once."""
    if document["kind"] == "classifier":
        return CLASSIFIER.format(place=place)
    task = _TASK.get(document["kind"], "CausalLM")
    if document["form"] == "adapter":
        loader = f"AutoPeftModelFor{task}"
        imports = f"from peft import {loader}\nfrom transformers import AutoTokenizer"
    else:
        loader = f"AutoModelFor{task}"
        imports = f"from transformers import {loader}, AutoTokenizer"
    body = REWARD if document["kind"] == "reward" else GENERATOR
    return body.format(place=place, loader=loader, imports=imports)
