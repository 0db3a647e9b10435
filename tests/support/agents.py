"""Agents at the desk, and pages that watch a session."""

import asyncio
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import grpc.aio

from kefu.router.v1 import chat_pb2, desk_pb2
from tests.support.router_harness import RouterClient

EventT = TypeVar("EventT")
State = chat_pb2.Session


class BackgroundStream(Generic[EventT]):
    """A stream that is read in the background. `events` holds those received so far."""

    def __init__(self, call: "grpc.aio.UnaryStreamCall[Any, EventT]") -> None:
        self.call = call
        self.events: list[EventT] = []
        self._received = asyncio.Event()
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for event in self.call:
                self.events.append(event)
                self._received.set()
        finally:
            self._received.set()

    async def wait_until(self, condition: Callable[[list[EventT]], bool], seconds: float = 30.0) -> list[EventT]:
        """Wait for a condition of the events so far, and return them. Raises the error that the stream failed with."""
        async with asyncio.timeout(seconds):
            while not condition(self.events):
                if self.reading.done():
                    self.reading.result()
                    raise AssertionError("the stream has ended")
                self._received.clear()
                await self._received.wait()
        return self.events

    async def wait_for_count(self, number: int) -> list[EventT]:
        """Wait for so many events, and return the first `number`."""
        return (await self.wait_until(lambda events: len(events) >= number))[:number]

    async def wait_for_failure(self) -> grpc.aio.AioRpcError:
        """Wait for the stream to fail, and return its error."""
        await asyncio.wait({self.reading}, timeout=30)
        error = self.reading.exception()
        assert isinstance(error, grpc.aio.AioRpcError)
        return error

    async def disconnect(self) -> None:
        """Cancel the call, as a client that goes away does."""
        self.call.cancel()
        await asyncio.wait({self.reading})


async def watch_session(
    customer: RouterClient, session: str, after: str = ""
) -> BackgroundStream[chat_pb2.SessionEvent]:
    """Watch a session as a page does: from now on, or after an event."""
    request = chat_pb2.WatchSessionRequest(session=session, after=after)
    call = customer.chat.WatchSession(request, metadata=customer.metadata)
    stream = BackgroundStream[chat_pb2.SessionEvent](call)
    await call.initial_metadata()
    return stream


def watch_desk(client: RouterClient, agent: str) -> BackgroundStream[desk_pb2.DeskEvent]:
    """Watch the desk as an agent does."""
    request = desk_pb2.WatchDeskRequest(agent=agent)
    return BackgroundStream[desk_pb2.DeskEvent](client.desk.WatchDesk(request, metadata=client.metadata))


async def claim_session(
    client: RouterClient, session: str, agent: str = "Mei", *, take_over: bool = False
) -> desk_pb2.ClaimSessionResponse:
    """Claim a session for an agent."""
    request = desk_pb2.ClaimSessionRequest(session=session, agent=agent, take_over=take_over)
    return await client.desk.ClaimSession(request, metadata=client.metadata)


async def send_reply(
    client: RouterClient, session: str, claimed: int, text: str, request_id: str = ""
) -> chat_pb2.Turn:
    """Write to the customer as the agent with the claim."""
    request = desk_pb2.ReplyRequest(session=session, claim=claimed, text=text, request_id=request_id)
    return (await client.desk.Reply(request, metadata=client.metadata)).turn


async def return_session(
    client: RouterClient,
    session: str,
    claimed: int,
    to: desk_pb2.ReturnSessionRequest.To.ValueType = desk_pb2.ReturnSessionRequest.TO_BOT,
) -> desk_pb2.Conversation:
    """Return a claimed session to Kefu, or to the inbox."""
    request = desk_pb2.ReturnSessionRequest(session=session, claim=claimed, to=to)
    return (await client.desk.ReturnSession(request, metadata=client.metadata)).conversation


async def list_conversations(
    client: RouterClient, *states: chat_pb2.Session.State.ValueType
) -> list[desk_pb2.Conversation]:
    """List the conversations at the desk, all pages."""
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
    """Find one conversation in what the desk lists. One that changes its state between two pages is on neither."""
    states = (State.STATE_WAITING, State.STATE_HUMAN, State.STATE_RETURNED, State.STATE_CLOSED)
    async with asyncio.timeout(10):
        while True:
            for found in await list_conversations(client, *states):
                if found.session.name == session:
                    return found
            await asyncio.sleep(0.05)


async def wait_until_escalated(client: RouterClient, session: str) -> desk_pb2.Conversation:
    """Wait until a conversation is escalated, and return it."""
    async with asyncio.timeout(30):
        while not (found := await find_conversation(client, session)).escalated:
            await asyncio.sleep(0.05)
    return found
