"""Reasoning over llama.cpp: a template that opens a think block as R1 does, its cap, and a schema behind it."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import pytest_asyncio

from kefu.generation.config import WeightsConfig
from kefu.generation.engine import Channel, Finished, GenerationRequest, Message, Piece
from kefu.generation.engines.llamacpp import LlamaCppEngine, LlamaCppSettings, open_llamacpp
from kefu.generation.models.catalog import SMOLLM2
from kefu.generation.models.local_model import LocalModel
from kefu.generation.models.resolver import resolve_gguf

pytestmark = [
    pytest.mark.engines,
    pytest.mark.model,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
]
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n<think>\n{# it ends by </think> #}"
)
QUESTION = (Message("user", "Tell me at length how bread is baked."),)
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"n": {"enum": [1, 2, 3]}}, "required": ["n"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LlamaCppEngine]:
    path = tmp_path_factory.mktemp("reasoning") / "reasons.gguf"
    await _with_template(resolve_gguf(SMOLLM2.name, WeightsConfig().cache_dir).path, path)
    async with open_llamacpp(LocalModel("m", path, "f"), LlamaCppSettings(1024, 2, 0.25, 64, 60.0, 2)) as opened:
        yield opened
    path.unlink()


async def _with_template(source: Path, target: Path) -> None:
    """The same model with another chat template."""
    command = [sys.executable, "-m", "gguf.scripts.gguf_new_metadata", "--chat-template", TEMPLATE]
    subprocess.run([*command, str(source), str(target)], check=True, capture_output=True)


async def answer(engine: LlamaCppEngine, **fields: Any) -> tuple[str, str, Finished]:
    """The reasoning, the answer, and its end."""
    said = {Channel.REASONING: "", Channel.TEXT: ""}
    end: Finished | None = None
    async for event in engine.generate(GenerationRequest(QUESTION, temperature=0, **fields)):
        if isinstance(event, Piece):
            said[event.channel] += event.text
        elif isinstance(event, Finished):
            end = event
    assert end is not None
    return said[Channel.REASONING], said[Channel.TEXT], end


async def test_reasoning_stops_at_its_cap_and_the_answer_has_its_own_tokens(engine: LlamaCppEngine) -> None:
    reasoning, text, end = await answer(engine, reasoning_tokens=20, max_tokens=15)
    assert engine.describe().supports_reasoning
    assert reasoning.strip()
    assert text.strip()
    assert "think>" not in reasoning + text
    closing = end.reasoning_tokens - 20
    assert 0 <= closing <= 8  # the tokens that close the block in the model's name
    assert end.completion_tokens - end.reasoning_tokens <= 15


async def test_without_reasoning_the_answer_comes_at_once(engine: LlamaCppEngine) -> None:
    reasoning, text, end = await answer(engine, max_tokens=15)
    assert (reasoning, end.reasoning_tokens) == ("", 0)
    assert text.strip()


async def test_a_schema_binds_the_answer_behind_free_reasoning(engine: LlamaCppEngine) -> None:
    reasoning, text, _ = await answer(engine, reasoning_tokens=20, max_tokens=30, json_schema=json.dumps(SCHEMA))
    assert reasoning.strip()
    checker: Any = jsonschema.Draft202012Validator(SCHEMA)
    assert checker.is_valid(json.loads(text))
