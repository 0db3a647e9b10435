"""A slice of the conversations with the real model, as users get it; docs/benchmarks/answers.md has the whole."""

import json
from pathlib import Path

import pytest

from kefu.local.suite import sample_folder
from kefu.testing.suite import Suite

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]

_ASKED = 30
_MOST_WRONG = 0.1
"""Of the answerable: .02 was measured of all of the set, and of so few questions one is .05."""
_LEAST_RIGHT = 0.5
""".63 was measured."""


@pytest.mark.asyncio(loop_scope="session")
async def test_few_answers_are_wrong_and_most_are_right(demo: Suite, tmp_path: Path) -> None:
    texts = tmp_path / "texts.jsonl"
    arguments = ("--odd", "--first", str(2 * _ASKED), "--json", "--texts", str(texts))
    server = ("--server", demo.router, "--collection", "help", "--key", demo.key)
    done = await demo.kefu("eval", "conversations", str(sample_folder()), *arguments, *server, seconds=550)
    assert done.status == 0, done.err
    found = json.loads(done.out)
    assert found["asked"] >= _ASKED
    assert found["answerable"]["wrong"]["value"] <= _MOST_WRONG, texts.read_text()
    assert found["answerable"]["right"]["value"] >= _LEAST_RIGHT, texts.read_text()
