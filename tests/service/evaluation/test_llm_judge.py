"""A language model as a second judge, at a server that speaks chat completions over real HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kefu.common.errors import StartupError
from kefu.evaluation.answer_set import ExpectedAnswer
from kefu.evaluation.arms import ArmAnswer
from kefu.evaluation.llm_judge import LlmJudge, open_judge, reference


@contextmanager
def judge(reply: str, status: int = 200) -> Iterator[tuple[LlmJudge, list[str]]]:
    """A judge that always replies the same, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append(body["messages"][0]["content"])
            choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": reply}}
            said = {"id": "x", "object": "chat.completion", "created": 0, "model": "j", "choices": [choice]}
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield open_judge(f"http://127.0.0.1:{server.server_address[1]}/v1", "j", ""), asked
        server.shutdown()
        thread.join()


def answered(text: str) -> ArmAnswer:
    return ArmAnswer("q-1", "How long do refunds take?", text, "generated", "stop")


WANTED = {"q-1": ExpectedAnswer(language="en", answers=(("7 days",), ("a week",)))}


@pytest.mark.parametrize(
    ("reply", "share"),
    [("RIGHT", 1.0), ("Right.", 1.0), ("WRONG", 0.0), ("<think>it is RIGHT</think>WRONG", 0.0), ("maybe", 0.0)],
)
async def test_a_verdict_is_one_word_behind_the_thinking(reply: str, share: float) -> None:
    with judge(reply) as (judging, asked):
        assert (await judging.share_right([answered("A week.")], WANTED)).value == share
        assert "Reference: 7 days or a week" in asked[0]


async def test_no_answer_is_wrong_without_asking() -> None:
    with judge("RIGHT") as (judging, asked):
        assert (await judging.share_right([answered("")], WANTED)).value == 0.0
        assert not asked


async def test_a_judge_that_cannot_be_asked_ends_the_run_with_a_reason() -> None:
    with judge("RIGHT", status=400) as (judging, _), pytest.raises(StartupError, match="could not be asked"):
        await judging.share_right([answered("A week.")], WANTED)


def test_a_persons_answer_is_the_better_reference() -> None:
    assert reference(ExpectedAnswer(language="en", answers=(("7",),), reference="Seven days.")) == "Seven days."
    assert reference(ExpectedAnswer(language="en", keywords=("settings", "save"))) == "settings, save"
