"""The client: every call that a customer's program makes, retried, resumed, with typed errors."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Self, TypedDict, TypeVar, Unpack

import grpc
import grpc.aio

from kefu.client.answer import Answer, Event
from kefu.client.channels import open_channel
from kefu.client.importing import Document, Progress, send
from kefu.client.persistence import PATIENCE_SECONDS, Persistence
from kefu.client.turns import ANSWER_SECONDS, Metadata, follow
from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.retrieval.v1 import knowledge_pb2_grpc as kb_rpc
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc

NEW_SESSION = "sessions/-"
"""In place of a session's name: open one with this message."""
_PAGE = 100
RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")


class Asking(TypedDict, total=False):
    """Fields of ConverseRequest, see there."""

    request_id: str
    collections: Sequence[str]
    user: str
    on_busy: pb.OnBusy.ValueType
    as_of: str
    reasoning: pb.ReasoningOptions
    max_tokens: int
    temperature: float
    language: str
    filters: Iterable[pb.Filter]


class Searching(TypedDict, total=False):
    """Fields of SearchRequest, see there."""

    collections: Sequence[str]
    top_k: int
    as_of: str
    history: Sequence[str]
    audience: kb.Audience.ValueType
    languages: Sequence[str]
    filters: Iterable[kb.Filter]


class Client:
    """Calls a Kefu while `async with` lasts.

    `target` is the routers' address, host:port, or https://host:port for TLS; `knowledge` that of the retrieval
    service, when it is another one. `tls`: True for TLS with the system's certificates, or the path of the one to
    trust. A call that is lost, or refused with a time to come back, is made again until it made no progress for
    `patience` seconds.
    """

    def __init__(
        self,
        target: str,
        *,
        key: str = "",
        knowledge: str = "",
        tls: bool | Path = False,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._targets = [_with_tls(one, tls) for one in (target, knowledge or target)]
        self._root = str(tls) if isinstance(tls, Path) else ""
        self._metadata: Metadata = (("authorization", f"Bearer {key}"),) if key else ()
        self._patience = patience
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open connections; whether somebody is there shows with the first call."""
        self._router, self._retrieval = [
            await self._stack.enter_async_context(open_channel(one, self._root)) for one in self._targets
        ]
        self._chat, self._knowledge = rpc.ChatServiceStub(self._router), kb_rpc.KnowledgeServiceStub(self._retrieval)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them, with what is in flight."""
        await self._stack.aclose()

    def converse(
        self, session: str, text: str, *, seconds: float = ANSWER_SECONDS, **options: Unpack[Asking]
    ) -> AsyncGenerator[Event, None]:
        """Say something in a session; the events of the answer, as ChatService.Converse describes them.

        Each is told once, however often the connection was lost. A TextDelta nearly always begins where the text ends;
        one that begins lower replaces from there, which `Answer.add` does. Whoever leaves the loop early calls `stop`.
        """
        request = pb.ConverseRequest(session=session, text=text, **options)
        return follow(self._router, request, self._metadata, self._persistence(), seconds)

    async def ask(
        self, text: str, session: str = NEW_SESSION, *, seconds: float = ANSWER_SECONDS, **options: Unpack[Asking]
    ) -> Answer:
        """Say something, and have the whole answer."""
        answer = Answer()
        async with aclosing(self.converse(session, text, seconds=seconds, **options)) as events:
            async for event in events:
                answer.add(event)
        return answer

    async def stop(self, turn: str) -> None:
        """End a running answer; what was sent is kept."""
        await self._call(self._chat.StopTurn, pb.StopTurnRequest(turn=turn))

    async def rate(self, turn: str, rating: pb.Rating.ValueType, comment: str = "") -> None:
        """Store what the customer thought of an answer."""
        await self._call(self._chat.RateTurn, pb.RateTurnRequest(turn=turn, rating=rating, comment=comment))

    async def get_session(self, session: str) -> pb.Session:
        """Who answers in it, and what runs. A session is opened by its first message."""
        return (await self._call(self._chat.GetSession, pb.GetSessionRequest(name=session))).session

    async def sessions(self, user: str = "") -> AsyncIterator[pb.Session]:
        """Sessions that this key opened, the latest first; with `user`, that person's."""
        request, page = pb.ListSessionsRequest(user=user, page_size=_PAGE), None
        while page is None or page.next_page_token:
            request.page_token = page.next_page_token if page else ""
            page = await self._call(self._chat.ListSessions, request)
            for session in page.sessions:
                yield session

    async def turns(self, session: str) -> AsyncIterator[pb.Turn]:
        """A session's turns, oldest first."""
        request, page = pb.ListTurnsRequest(session=session, page_size=_PAGE), None
        while page is None or page.next_page_token:
            request.page_token = page.next_page_token if page else ""
            page = await self._call(self._chat.ListTurns, request)
            for turn in page.turns:
                yield turn

    async def delete_session(self, session: str) -> None:
        """Erase a session with its turns."""
        await self._call(self._chat.DeleteSession, pb.DeleteSessionRequest(name=session))

    async def delete_user(self, user: str) -> int:
        """Erase every session opened for a user; returns how many."""
        return (await self._call(self._chat.DeleteUser, pb.DeleteUserRequest(user=user))).sessions_deleted

    async def watch(self, session: str, after: str = "") -> AsyncGenerator[pb.SessionEvent, None]:
        """What happens in a session from now on, or after the event with this id; a lost line costs nothing.

        Ends only by an error: SessionNotFound when the session is deleted, or BackendUnavailable after `patience`.
        """
        persistence = self._persistence()
        after = after or (await self.get_session(session)).last_event
        while True:
            request = pb.WatchSessionRequest(session=session, after=after)
            call = self._chat.WatchSession(request, metadata=self._metadata)
            try:
                await call.initial_metadata()
                persistence.progressed()
                async for event in call:
                    after = event.id
                    yield event
            except grpc.aio.AioRpcError as error:
                await persistence.pause(error)
            finally:
                call.cancel()

    async def search(self, query: str, **options: Unpack[Searching]) -> kb.SearchResponse:
        """The passages that may answer a question, by the scorer that answers go by. Needs a key for `knowledge`."""
        return await self._call(self._knowledge.Search, kb.SearchRequest(query=query, **options))

    async def import_documents(
        self,
        collection: str,
        documents: Iterable[Document],
        *,
        create: bool = False,
        progress: Progress = lambda _: None,
    ) -> dict[str, kb.DocumentResult]:
        """What became of each document, by path; each that did not fail is on disk. `create` makes the collection.

        `progress` hears of every step. Needs a key for `knowledge`.
        """
        start = kb.ImportStart(collection=collection, create=create)
        persistence = self._persistence()
        return await send(self._retrieval, start, list(documents), progress, self._metadata, persistence)

    def _persistence(self) -> Persistence:
        return Persistence(self._patience)

    async def _call(
        self, call: "grpc.aio.UnaryUnaryMultiCallable[RequestT, ResponseT]", request: RequestT
    ) -> ResponseT:
        persistence = self._persistence()
        while True:
            try:
                return await call(request, metadata=self._metadata)
            except grpc.aio.AioRpcError as error:
                await persistence.pause(error)


def _with_tls(target: str, tls: bool | Path) -> str:
    return f"https://{target}" if tls and "://" not in target else target
