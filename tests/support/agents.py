"""People at the desk, and pages that watch a session."""

import asyncio
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import grpc.aio

from kefu.router.v1 import chat_pb2, desk_pb2
from tests.support.router_harness import RouterClient

EventT = TypeVar("EventT")
State = chat_pb2.Session


class BackgroundStream(Generic[EventT]):
    """A stream that is read in the background; `events` has what came so far."""

    def __init__(self, call: "grpc.aio.UnaryStreamCall[Any, EventT]") -> None:
        self.call = call
        self.events: list[EventT] = []
        self._news = asyncio.Event()
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for event in self.call:
                self.events.append(event)
                self._news.set()
        finally:
            self._news.set()

    async def wait_until(self, true: Callable[[list[EventT]], bool], seconds: float = 30.0) -> list[EventT]:
        """All events so far, once they fulfil a condition. Raises what the stream failed with."""
        async with asyncio.timeout(seconds):
            while not true(self.events):
                if self.reading.done():
                    self.reading.result()
                    raise AssertionError("the stream has ended")
                self._news.clear()
                await self._news.wait()
        return self.events

    async def wait_for_count(self, number: int) -> list[EventT]:
        """The first so many events."""
        return (await self.wait_until(lambda events: len(events) >= number))[:number]

    async def wait_for_failure(self) -> grpc.aio.AioRpcError:
        """How it ends."""
        await asyncio.wait({self.reading}, timeout=30)
        error = self.reading.exception()
        assert isinstance(error, grpc.aio.AioRpcError)
        return error

    async def disconnect(self) -> None:
        """Its client goes away."""
        self.call.cancel()
        await asyncio.wait({self.reading})


async def watch_session(
    customer: RouterClient, session: str, after: str = ""
) -> BackgroundStream[chat_pb2.SessionEvent]:
    """A page that watches a session: from now on, or after an event."""
    request = chat_pb2.WatchSessionRequest(session=session, after=after)
    call = customer.chat.WatchSession(request, metadata=customer.metadata)
    stream = BackgroundStream[chat_pb2.SessionEvent](call)
    await call.initial_metadata()
    return stream


def watch_desk(client: RouterClient, agent: str) -> BackgroundStream[desk_pb2.DeskEvent]:
    """A person who follows the desk."""
    request = desk_pb2.WatchDeskRequest(agent=agent)
    return BackgroundStream[desk_pb2.DeskEvent](client.desk.WatchDesk(request, metadata=client.metadata))


async def claim_session(
    client: RouterClient, session: str, agent: str = "Mei", *, take_over: bool = False
) -> desk_pb2.ClaimSessionResponse:
    """Take a conversation over."""
    request = desk_pb2.ClaimSessionRequest(session=session, agent=agent, take_over=take_over)
    return await client.desk.ClaimSession(request, metadata=client.metadata)


async def send_reply(
    client: RouterClient, session: str, claimed: int, text: str, request_id: str = ""
) -> chat_pb2.Turn:
    """Write to the customer."""
    request = desk_pb2.ReplyRequest(session=session, claim=claimed, text=text, request_id=request_id)
    return (await client.desk.Reply(request, metadata=client.metadata)).turn


async def return_session(
    client: RouterClient,
    session: str,
    claimed: int,
    to: desk_pb2.ReturnSessionRequest.To.ValueType = desk_pb2.ReturnSessionRequest.TO_BOT,
) -> desk_pb2.Conversation:
    """Let somebody else answer."""
    request = desk_pb2.ReturnSessionRequest(session=session, claim=claimed, to=to)
    return (await client.desk.ReturnSession(request, metadata=client.metadata)).conversation


async def list_conversations(
    client: RouterClient, *states: chat_pb2.Session.State.ValueType
) -> list[desk_pb2.Conversation]:
    """What is at the desk, all pages."""
    found: list[desk_pb2.Conversation] = []
    token = ""
    while True:
        request = desk_pb2.ListConversationsRequest(states=states, page_size=2, page_token=token)
        page = await client.desk.ListConversations(request, metadata=client.metadata)
        found += page.conversations
        token = page.next_page_token
        if not token:
            return found


async def find_conversation(client: RouterClient, session: str) -> desk_pb2.Conversation:
    """One conversation, as the desk lists it."""
    states = (State.STATE_WAITING, State.STATE_HUMAN, State.STATE_RETURNED, State.STATE_CLOSED)
    [found] = [found for found in await list_conversations(client, *states) if found.session.name == session]
    return found


async def wait_until_escalated(client: RouterClient, session: str) -> desk_pb2.Conversation:
    """The same, once it is escalated."""
    async with asyncio.timeout(30):
        while not (found := await find_conversation(client, session)).escalated:
            await asyncio.sleep(0.05)
    return found
