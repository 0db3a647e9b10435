"""The client: the calls of a customer's program, retried and resumed, with typed errors."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Self, TypedDict, TypeVar, Unpack

import grpc
import grpc.aio

from kefu.client.answer import Answer, Event
from kefu.client.attachments import session_of, upload
from kefu.client.channels import open_channel
from kefu.client.document_import import Document, Progress, send
from kefu.client.persistence import PATIENCE_SECONDS, Persistence
from kefu.client.turns import ANSWER_SECONDS, Metadata, follow
from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.retrieval.v1 import knowledge_pb2_grpc as kb_rpc
from kefu.router.v1 import attachment_pb2
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc

NEW_SESSION = "sessions/-"
"""In place of a session's name: the message opens a new session."""
_PAGE = 100
RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")


class Asking(TypedDict, total=False):
    """Options of a question: fields of ConverseRequest, see there."""

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
    identity_token: str
    profile: Mapping[str, str]
    attachments: Sequence[str]


class Searching(TypedDict, total=False):
    """Options of a search: fields of SearchRequest, see there."""

    collections: Sequence[str]
    top_k: int
    as_of: str
    history: Sequence[str]
    audience: kb.Audience.ValueType
    languages: Sequence[str]
    filters: Iterable[kb.Filter]


class Client:
    """A client of one Kefu while its `async with` block runs.

    A call that is lost, or refused with a time after which to retry, is made again. It fails once it has made no
    progress for `patience` seconds.

    Args:
        target: the routers' address, host:port, or https://host:port for TLS.
        key: the API key, `kefu_…`. Empty: none is sent.
        knowledge: the address of the retrieval service. Empty: `target`.
        tls: True for TLS with the system's certificates, or the path of the certificate (PEM) to trust.
        patience: seconds, 0 or more. 0 makes no call again.
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
        """Open the channels. They connect at the first call."""
        self._router, self._retrieval = [
            await self._stack.enter_async_context(open_channel(one, self._root)) for one in self._targets
        ]
        self._chat, self._knowledge = rpc.ChatServiceStub(self._router), kb_rpc.KnowledgeServiceStub(self._retrieval)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the channels, and end the calls in flight."""
        await self._stack.aclose()

    def converse(
        self, session: str, text: str, *, seconds: float = ANSWER_SECONDS, **options: Unpack[Asking]
    ) -> AsyncGenerator[Event, None]:
        """The events of the answer to a message in a session, as ChatService.Converse describes them.

        Each event comes once, however often the connection was lost. A TextDelta nearly always begins where the text
        ends. One that begins lower replaces the text from there, which `Answer.add` does. `seconds` is the deadline of
        the whole answer. A program that leaves the loop early calls `stop`.
        """
        request = pb.ConverseRequest(session=session, text=text, **options)
        return follow(self._router, request, self._metadata, self._persistence(), seconds)

    async def ask(
        self,
        text: str,
        session: str = NEW_SESSION,
        *,
        attach: Sequence[Path] = (),
        seconds: float = ANSWER_SECONDS,
        **options: Unpack[Asking],
    ) -> Answer:
        """The whole answer to a message; for the arguments see `converse`.

        `attach`: pictures and PDFs that go along, at most 4; `text` may be empty with them.
        """
        answer = Answer()
        names = list(options.get("attachments", ()))
        for file in attach:
            attachment = await self.upload(file, session)
            session = session_of(attachment)
            names.append(attachment.name)
        if names:
            options["attachments"] = names
        async with aclosing(self.converse(session, text, seconds=seconds, **options)) as events:
            async for event in events:
                answer.add(event)
        return answer

    async def upload(self, file: Path, session: str = NEW_SESSION) -> attachment_pb2.Attachment:
        """Upload a picture or PDF for a message of a session. For a new one its name begins with the session's."""
        return await upload(self._router, session, file, self._metadata, self._persistence())

    async def stop(self, turn: str) -> None:
        """End a running answer. The text that was sent is kept."""
        await self._call(self._chat.StopTurn, pb.StopTurnRequest(turn=turn))

    async def rate(self, turn: str, rating: pb.Rating.ValueType, comment: str = "") -> None:
        """Store the customer's rating of an answer."""
        await self._call(self._chat.RateTurn, pb.RateTurnRequest(turn=turn, rating=rating, comment=comment))

    async def get_session(self, session: str) -> pb.Session:
        """The state of a session: who answers in it, and which turn runs. Its first message opened the session."""
        return (await self._call(self._chat.GetSession, pb.GetSessionRequest(name=session))).session

    async def sessions(self, user: str = "") -> AsyncIterator[pb.Session]:
        """Sessions that this key opened, the latest first; with `user`, only those of that user."""
        request, page = pb.ListSessionsRequest(user=user, page_size=_PAGE), None
        while page is None or page.next_page_token:
            request.page_token = page.next_page_token if page else ""
            page = await self._call(self._chat.ListSessions, request)
            for session in page.sessions:
                yield session

    async def turns(self, session: str) -> AsyncIterator[pb.Turn]:
        """The turns of a session, the oldest first."""
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
        """Erase every session opened for a user. Returns how many."""
        return (await self._call(self._chat.DeleteUser, pb.DeleteUserRequest(user=user))).sessions_deleted

    async def delete_customer(self, customer: str) -> int:
        """Erase every session of a customer whose identity was verified, of any key and of the pages.

        `customer` is the customer's id at the company, VerifiedCustomer.sub. Returns how many. Needs the scope `admin`.
        """
        return (await self._call(self._chat.DeleteUser, pb.DeleteUserRequest(customer=customer))).sessions_deleted

    async def watch(self, session: str, after: str = "") -> AsyncGenerator[pb.SessionEvent, None]:
        """The events of a session from now on, or after the event with the id `after`. A broken call loses none.

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
        """The passages that may answer a question, by the ranking that answers use. Needs a key for `knowledge`."""
        return await self._call(self._knowledge.Search, kb.SearchRequest(query=query, **options))

    async def import_documents(
        self,
        collection: str,
        documents: Iterable[Document],
        *,
        create: bool = False,
        progress: Progress = lambda _: None,
    ) -> dict[str, kb.DocumentResult]:
        """Import documents. Returns the result of each, by path; each document that did not fail is on disk.

        `create` makes a missing collection. `progress` is called with every response. Needs a key for `knowledge`.
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
