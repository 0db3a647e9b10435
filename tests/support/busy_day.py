"""A day at a shop's desk, in a running suite: questions answered, handed off, rated, replied to, sent to webhooks."""

import asyncio
from collections.abc import Sequence

import grpc.aio

from kefu.router.v1 import admin_pb2, admin_pb2_grpc, chat_pb2, desk_pb2, webhook_pb2, webhook_pb2_grpc
from kefu.router.v1.chat_pb2_grpc import ChatServiceStub
from kefu.router.v1.desk_pb2_grpc import DeskServiceStub
from tests.support.grpc_calls import bearer_metadata
from tests.support.suite_browser import SuiteBrowser

KNOWN = (
    "What does it cost to repair a kettle outside the warranty?",
    "What does a repair under warranty cost?",
    "Where is your workshop?",
    "Which kettles do you repair?",
    "Do I have to bring the receipt?",
    "What is the price of a repair?",
)
UNKNOWN = (
    ("How much do you charge for gift wrapping?", "How much is gift wrapping?", "What is the price of gift wrapping?"),
    (
        "How much do you charge for shipping to Norway?",
        "How much is shipping to Norway?",
        "What is the price of shipping to Norway?",
    ),
    ("你们能送货到香港吗？", "可以寄到香港吗？", "寄香港要多少运费？"),
    ("What is the price of your company?",),
)
"""Questions that the documents do not answer, grouped by subject."""
REPLY = "Yes, for 3 euros: choose “It is a gift” in the basket, and we wrap it in recycled paper."
PERSON = "I want to talk to a person, please."


class BusyDay:
    """Customers, an agent and an operator with one key."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        self._metadata = bearer_metadata(key)
        self._chat, self._desk = ChatServiceStub(channel), DeskServiceStub(channel)
        self._admin = admin_pb2_grpc.AdminServiceStub(channel)
        self._webhooks = webhook_pb2_grpc.WebhookServiceStub(channel)

    async def ask(self, text: str, session: str = "sessions/-") -> tuple[str, str]:
        """Ask a question. Returns the names of the session and the turn."""
        request = chat_pb2.ConverseRequest(session=session, text=text)
        events = [event async for event in self._chat.Converse(request, metadata=self._metadata)]
        return events[0].turn_started.session, events[0].turn_started.turn

    async def rate(self, turn: str, rating: chat_pb2.Rating.ValueType, comment: str = "") -> None:
        """Rate a turn as a customer does."""
        request = chat_pb2.RateTurnRequest(turn=turn, rating=rating, comment=comment)
        await self._chat.RateTurn(request, metadata=self._metadata)

    async def reply(self, session: str, text: str) -> None:
        """Reply as an agent does, and return the session to Kefu."""
        request = desk_pb2.ClaimSessionRequest(session=session, agent="Chen Jie")
        claim = (await self._desk.ClaimSession(request, metadata=self._metadata)).claim
        reply = desk_pb2.ReplyRequest(session=session, claim=claim, text=text)
        await self._desk.Reply(reply, metadata=self._metadata)
        back = desk_pb2.ReturnSessionRequest(session=session, claim=claim, to=desk_pb2.ReturnSessionRequest.TO_BOT)
        await self._desk.ReturnSession(back, metadata=self._metadata)

    async def create_webhook(self, url: str, *events: webhook_pb2.WebhookEvent.ValueType) -> None:
        """Create a webhook for these events."""
        request = webhook_pb2.CreateWebhookRequest(url=url, events=events)
        await self._webhooks.CreateWebhook(request, metadata=self._metadata)

    async def disable_clarification(self) -> None:
        """Switch clarification off, so that no question is answered with a question back."""
        found = await self._admin.GetTenantSettings(admin_pb2.GetTenantSettingsRequest(), metadata=self._metadata)
        found.settings.asks_back = False
        request = admin_pb2.UpdateTenantSettingsRequest(settings=found.settings, revision=found.revision)
        await self._admin.UpdateTenantSettings(request, metadata=self._metadata)


async def play_busy_day(suite_browser: SuiteBrowser, webhooks: Sequence[str]) -> None:
    """Seventeen questions: six answered, three of them rated; nine about three things that nobody wrote down, one about
    a fourth, two of them replied to; and a human request. `webhooks` receive handoffs and ratings.
    """
    async with grpc.aio.insecure_channel(suite_browser.suite.router) as channel:
        day = BusyDay(channel, suite_browser.suite.key)
        await day.disable_clarification()
        for url in webhooks:
            await day.create_webhook(url, webhook_pb2.WEBHOOK_EVENT_HANDOFF, webhook_pb2.WEBHOOK_EVENT_RATING)
        answered = await asyncio.gather(*map(day.ask, KNOWN))
        (_, first), (_, second), (_, third), *_ = answered
        await day.rate(first, chat_pb2.RATING_UP)
        await day.rate(second, chat_pb2.RATING_UP)
        await day.rate(third, chat_pb2.RATING_DOWN, "It is out of date; you have moved")
        asked = {text: session for group in UNKNOWN for text in group for session, _ in [await day.ask(text)]}
        await day.reply(asked["How much is gift wrapping?"], REPLY)
        await day.reply(asked["可以寄到香港吗？"], "可以，运费 60 元，三至五天送达。")
        await day.ask(PERSON)
