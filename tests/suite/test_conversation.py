"""The suite as a whole: sample help centre, real Redis, real vLLM, four processes; a customer asks in two languages."""

import asyncio
import re
import sys
from pathlib import Path

import grpc.aio
import pytest

from kefu.common.redis.client import open_redis
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from kefu.testing.suite import Suite, clean_environment
from tests.support.grpc_calls import bearer_metadata

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.model,
    pytest.mark.timeout(1200),
]  # the first one starts it, and fetches and converts the model


@pytest.fixture
def suite(demo: Suite) -> Suite:
    """The sample help centre is imported, curated answers too, and two questions are asked."""
    return demo


async def test_the_demo_imports_the_sample_and_answers_in_both_languages(suite: Suite) -> None:
    printed = suite.printed()
    assert "0 failed" in printed
    assert printed.count("first text") == 2
    assert printed.count("Sources") == 2
    assert "total" in printed


async def converse(suite: Suite, text: str, session: str = "sessions/-") -> list[pb.ConverseEvent]:
    async with grpc.aio.insecure_channel(suite.router) as channel:
        request = pb.ConverseRequest(session=session, text=text)
        return [
            event async for event in rpc.ChatServiceStub(channel).Converse(request, metadata=bearer_metadata(suite.key))
        ]


def text_of(events: list[pb.ConverseEvent]) -> str:
    return "".join(event.text_delta.text for event in events)


@pytest.mark.parametrize(
    ("question", "figure", "document"),
    [
        ("How long are gift cards valid?", r"\b3 years", "gift"),
        ("How long does a parcel stay in a parcel locker?", r"\b48 hours", "locker"),
        ("For how long are call recordings kept?", r"\b90 days", "data|account"),  # three say so
        ("积分多久过期？", r"24\s*个月", "积分"),
        ("注销账户的冷静期是多少天？", r"14\s*天", "注销|长期未登录"),  # both say so
        ("通话录音保存多久？", r"90\s*天", "保存|导出|注销"),  # so here
    ],
)
async def test_an_answer_is_grounded_cited_and_in_the_language_of_the_question(
    suite: Suite, question: str, figure: str, document: str
) -> None:
    events = await converse(suite, question)
    completed = events[-1].turn_completed
    text = text_of(events)
    assert re.search(figure, text), text
    assert completed.finish_reason == pb.FINISH_REASON_STOP
    assert bool(re.search(r"[\u4e00-\u9fff]", text)) == bool(re.search(r"[\u4e00-\u9fff]", question))
    assert completed.text_bytes == len(text.encode())
    assert completed.citations
    titles = [citation.title for citation in completed.citations]
    assert any(re.search(document, title, re.IGNORECASE) for title in titles), (text, titles)
    for citation in completed.citations:
        assert 0 <= citation.start < citation.end <= completed.text_bytes
        text.encode()[citation.start : citation.end].decode()  # whole characters, or this raises


@pytest.mark.parametrize("question", ["Do you sell submarines?", "你们卖潜水艇吗？"])
async def test_what_the_knowledge_base_does_not_hold_is_asked_back_or_handed_over_without_a_model_call(
    suite: Suite, question: str
) -> None:
    events = await converse(suite, question)
    completed = events[-1].turn_completed
    assert not completed.HasField("usage")
    if completed.source == pb.ANSWER_SOURCE_CLARIFYING:
        assert completed.choices
        return
    assert [event.WhichOneof("event") for event in events][-2:] == ["handoff", "turn_completed"]
    assert completed.finish_reason == pb.FINISH_REASON_HANDOFF
    assert question in events[-2].handoff.summary


async def test_a_second_question_of_a_session_may_lean_on_the_first(suite: Suite) -> None:
    first = await converse(suite, "How long does express take?")
    assert "next day" in text_of(first), text_of(first)
    second = await converse(suite, "And what does it cost for Silver members?", first[0].turn_started.session)
    assert "¥18" in text_of(second), text_of(second)


async def test_a_question_about_something_else_does_not_lean_on_the_one_before(suite: Suite) -> None:
    for before, question, answer in (
        ("How long is the warranty on electronics?", "Do you take American Express?", "American Express"),
        ("礼品卡多久过期？", "支持货到付款吗？", "货到付款"),
    ):
        first = await converse(suite, before)
        second = await converse(suite, question, first[0].turn_started.session)
        assert answer in text_of(second), text_of(second)


async def test_every_key_in_redis_is_documented(suite: Suite) -> None:
    await converse(suite, "How long are gift cards valid?")
    documented = re.findall(r"^\|\s*`([^`]+)`", (ROOT / "docs/reference/data.md").read_text("utf-8"), re.MULTILINE)
    # Words in capitals stand for values.
    patterns = [re.compile(re.sub(r"[A-Z][A-Z0-9_]*", "[^{}]+", re.escape(key))) for key in documented]
    async with open_redis(suite.redis_url) as client:
        found: list[bytes] = [key async for key in client.scan_iter(count=1000)]  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    # The keys of a version have the names of those that a collection began with.
    keys = [re.sub(r":v:[0-9a-f]+:", ":", key.decode()) for key in found]
    assert keys
    assert [key for key in keys if not any(pattern.fullmatch(key) for pattern in patterns)] == []


async def test_the_python_of_the_readme_prints_an_answer_with_its_sources(suite: Suite) -> None:
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert code
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code[1]),
        stdout=asyncio.subprocess.PIPE,
        env=clean_environment() | {"KEFU_SERVER": suite.router, "KEFU_KEY": suite.key},
    )
    out, _ = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0
    assert "3 years" in out.decode()
    assert "Sources: [" in out.decode()
