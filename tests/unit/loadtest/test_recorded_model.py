"""The recorded model: it answers by the prompt's key, and lists what it does not know."""

import json
from pathlib import Path

import httpx
import pytest

from loadtest.quality.recorded_model import RecordedModel, prompt_key, recorded_app

KNOWN = [{"role": "user", "content": "Question: How long?"}]
SENTENCE = [*KNOWN, {"role": "assistant", "content": "Two days."}, {"role": "user", "content": "A, B or C?"}]
STRANGE = [{"role": "user", "content": "Question: 多久？"}]


def load(folder: Path, *rows: dict[str, object] | str) -> RecordedModel:
    recording = folder / "replies.jsonl"
    recording.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return RecordedModel.load(recording, folder / "unknown.jsonl")


async def post(model: RecordedModel, messages: list[dict[str, str]], **more: object) -> httpx.Response:
    transport = httpx.ASGITransport(recorded_app(model))
    async with httpx.AsyncClient(transport=transport, base_url="http://recorded") as client:
        body = {"model": "recorded", "messages": messages, **more}
        return await client.post("/v1/chat/completions", json=body)


async def test_a_known_prompt_is_answered_in_pieces_and_an_unknown_one_is_listed_once(tmp_path: Path) -> None:
    model = load(tmp_path, {"key": prompt_key(KNOWN), "reply": "Two days, 两天。"})
    events = [line.removeprefix("data: ") for line in (await post(model, KNOWN)).text.splitlines() if line]
    assert events[-1] == "[DONE]"
    chunks = [json.loads(event) for event in events[:-1]]
    written = [each["choices"][0]["delta"].get("content", "") for each in chunks if each["choices"]]
    assert "".join(written) == "Two days, 两天。"
    assert len(written) > 2
    assert not model.unknown.exists()
    for _ in range(2):
        assert "NOT_FOUND" in (await post(model, STRANGE)).text
    [listed] = map(json.loads, model.unknown.read_text().splitlines())
    assert listed == {"key": prompt_key(STRANGE), "messages": STRANGE, "is_choice": False}


async def test_a_question_for_a_letter_is_answered_with_its_odds(tmp_path: Path) -> None:
    model = load(tmp_path, {"key": prompt_key(SENTENCE), "odds": {"A": 0.9, "B": 0.1}})
    choice = (await post(model, SENTENCE, logprobs=True)).json()["choices"][0]
    assert choice["message"]["content"] == "A"
    listed = {each["token"]: each["logprob"] for each in choice["logprobs"]["content"][0]["top_logprobs"]}
    assert listed["A"] > listed["B"] > listed["C"]
    assert (await post(model, KNOWN, logprobs=True)).json()["choices"][0]["message"]["content"] == "C"
    assert json.loads(model.unknown.read_text())["is_choice"] is True


@pytest.mark.parametrize("row", ["no JSON", "[]", '{"key": "k"}', '{"reply": "r"}', '{"key": "k", "odds": 1}'])
def test_a_line_that_is_no_reply_is_refused_with_its_number(tmp_path: Path, row: str) -> None:
    with pytest.raises(ValueError, match=r"replies\.jsonl:2: no "):
        load(tmp_path, {"key": "k", "reply": "r"}, row)
