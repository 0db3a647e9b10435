"""Messages that need no knowledge, as people send them: none is searched, and only wishes for a person hand over."""

from collections.abc import AsyncIterator

import pytest

from kefu.router.v1 import chat_pb2 as pb
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.shared_redis import SharedRedis

_ANSWERED = """
你好|谢谢|ok|bye
hi there!|hey, good morning|hello?|yo|Good afternoon team|hey kefu|thanks a bunch|Thank you kindly|appreciate it
ok cool thanks|perfect, thanks!|great, thank you|okay then|sure|yep, got it|understood, thanks|alright, will do|nice one
awesome!|bye for now|see ya|goodnight|that's everything, thank you|cheers, bye
哈喽哈喽|嗨，在吗|下午好|有人吗|亲，在不在|谢谢啦|多谢多谢|太谢谢了|感谢您的帮助|谢谢你的耐心解答|好的谢谢|好哒|嗯嗯好的|知道啦
明白了谢谢|收到，谢谢|行吧|ok好的|没事了|拜拜啦|再见，谢谢|晚安啦|回聊|先这样，拜拜
"""
_WISHES = """
转人工|agent please
real human please|can I talk to someone?|Put me through to an operator|I'd like to talk to a supervisor|get me a human
stop, I want a person|speak to an advisor please|this is no use, transfer me to customer service
人工服务|我要找人工客服|帮我转接真人|找你们经理|有没有人工客服|不要机器人，我要人工|轉人工客服啦|可以找个真人跟我聊吗
"""


def messages(table: str) -> list[str]:
    return [message for line in table.strip().splitlines() for message in line.split("|")]


@pytest.fixture
async def harness(redis: SharedRedis) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(redis) as opened:
        yield opened


@pytest.fixture
async def customer(harness: RouterHarness) -> RouterClient:
    return await harness.client()


async def test_six_messages_and_forty_more_are_answered_without_a_search_and_hand_nobody_over(
    harness: RouterHarness, customer: RouterClient
) -> None:
    assert len(messages(_ANSWERED)) + len(messages(_WISHES)) >= 46
    for text in messages(_ANSWERED):
        answer = await customer.ask(text)
        assert answer.kinds == ["turn_started", "text_delta", "turn_completed"], text
        assert answer.completed.source == pb.ANSWER_SOURCE_CANNED, text
    assert harness.knowledge.requests == []
    assert harness.replica.calls == []


async def test_every_wish_for_a_person_hands_over_without_a_search(
    harness: RouterHarness, customer: RouterClient
) -> None:
    for text in messages(_WISHES):
        answer = await customer.ask(text)
        assert answer.handoff.reason == pb.Handoff.REASON_CUSTOMER_ASKED, text
    assert harness.knowledge.requests == []
    assert harness.replica.calls == []
