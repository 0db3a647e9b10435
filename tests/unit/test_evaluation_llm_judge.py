"""A language model as a second judge, at a server that is played by a transport."""

import json

import httpx
import openai
import pytest

from kefu.common.errors import StartupError
from kefu.evaluation.answer_set import Wanted
from kefu.evaluation.arms import Answered
from kefu.evaluation.llm_judge import LlmJudge, reference


def judge(reply: str, status: int = 200) -> tuple[LlmJudge, list[str]]:
    asked: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content)["messages"][0]["content"])
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": reply}}
        body = {"id": "x", "object": "chat.completion", "created": 0, "model": "j", "choices": [choice]}
        return httpx.Response(status, json=body)

    client = httpx.AsyncClient(transport=httpx.MockTransport(serve))
    return LlmJudge(
        openai.AsyncOpenAI(base_url="http://j/v1", api_key="k", http_client=client, max_retries=0), "j"
    ), asked


def answered(text: str) -> Answered:
    return Answered("q-1", "How long do refunds take?", text, "generated", "stop")


WANTED = {"q-1": Wanted(language="en", answers=(("7 days",), ("a week",)))}


@pytest.mark.parametrize(
    ("reply", "share"),
    [("RIGHT", 1.0), ("Right.", 1.0), ("WRONG", 0.0), ("<think>it is RIGHT</think>WRONG", 0.0), ("maybe", 0.0)],
)
async def test_a_verdict_is_one_word_behind_the_thinking(reply: str, share: float) -> None:
    judging, asked = judge(reply)
    assert (await judging.share_right([answered("A week.")], WANTED)).value == share
    assert "Reference: 7 days or a week" in asked[0]


async def test_no_answer_is_wrong_without_asking() -> None:
    judging, asked = judge("RIGHT")
    assert (await judging.share_right([answered("")], WANTED)).value == 0.0
    assert not asked


async def test_a_judge_that_cannot_be_asked_ends_the_run_with_a_reason() -> None:
    judging, _ = judge("RIGHT", status=500)
    with pytest.raises(StartupError, match="could not be asked"):
        await judging.share_right([answered("A week.")], WANTED)


def test_a_persons_answer_is_the_better_reference() -> None:
    assert reference(Wanted(language="en", answers=(("7",),), reference="Seven days.")) == "Seven days."
    assert reference(Wanted(language="en", keywords=("settings", "save"))) == "settings, save"
