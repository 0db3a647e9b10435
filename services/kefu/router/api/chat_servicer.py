"""ChatService: proto in, proto out."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from functools import partial
from typing import Any, Protocol, TypeVar

import grpc.aio

from kefu.common.auth import Keyring, Principal, Scope, caller
from kefu.common.customers import MAX_SUB_CHARACTERS, VISITOR_PREFIX, is_visitor
from kefu.common.errors import BadRequest
from kefu.common.pagination import decode_number, decode_token, encode_token, invalid_token, page_size_of
from kefu.common.resource_names import parse_name
from kefu.router.api.requests import check_short, origin_of, parse_session_id, parse_turn_request
from kefu.router.api.server_stream import StreamLimits, stream_messages
from kefu.router.conversations.conversation_service import ConversationService
from kefu.router.domain.person import KeptSession, PersonSelector
from kefu.router.domain.turn import Rating
from kefu.router.messages.chat import event_message, session_event_message, session_message, turn_message
from kefu.router.messages.export_archive import export_archive
from kefu.router.storage.session_events import SessionEvent
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc

SERVICE = "kefu.router.v1.ChatService"
Context = grpc.aio.ServicerContext[Any, Any]
_MAX_COMMENT_CHARACTERS = 1000
_RATINGS = {pb.RATING_UNSPECIFIED: Rating.NONE, pb.RATING_UP: Rating.UP, pb.RATING_DOWN: Rating.DOWN}
_SCORE = re.compile(r"\(\d{1,12}(?:\.\d{1,12})?")  # "(" and a time: everything before it
_EVENT = re.compile(r"\d{1,15}", re.ASCII)
EventT = TypeVar("EventT")
MessageT = TypeVar("MessageT")


class PersonalData(Protocol):
    """Exports and erases all that is kept of a person."""

    def export(self, principal: Principal, selector: PersonSelector) -> AsyncGenerator[KeptSession, None]:
        """All that is kept of a person, session by session; of nobody, nothing."""
        ...

    async def erase(self, principal: Principal, selector: PersonSelector) -> int:
        """Erase all that is kept of a person. Returns how many sessions there were."""
        ...

    async def erase_session(self, principal: Principal, session_id: str) -> None:
        """Erase a session. Raises SessionNotFound."""
        ...


class ChatServicer(rpc.ChatServiceServicer):
    """See the contract."""

    def __init__(
        self,
        conversations: ConversationService,
        personal_data: PersonalData,
        keyring: Keyring,
        limits: StreamLimits,
        internal_key: str,
    ) -> None:
        self._conversations = conversations
        self._personal_data = personal_data
        self._keyring = keyring
        self._limits = limits
        self._internal_key = internal_key

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        rpc.add_ChatServiceServicer_to_server(self, server)

    async def Converse(self, request: pb.ConverseRequest, context: Context) -> AsyncIterator[pb.ConverseEvent]:
        """See the contract."""
        principal = caller()
        session_id = parse_session_id(request.session)
        origin = origin_of(dict(context.invocation_metadata() or ()), self._internal_key)
        turn_request = parse_turn_request(request, principal, context.time_remaining(), origin)
        events = self._conversations.converse(principal, session_id, turn_request)
        async with aclosing(self._stream(events, context, event_message)) as messages:
            async for message in messages:
                yield message

    async def ResumeTurn(self, request: pb.ResumeTurnRequest, context: Context) -> AsyncIterator[pb.ConverseEvent]:
        """See the contract."""
        session_id, turn_id = parse_name("turn", request.turn, "sessions", "turns")
        events = self._conversations.resume(caller(), session_id, turn_id, request.offset)
        async with aclosing(self._stream(events, context, event_message)) as messages:
            async for message in messages:
                yield message

    async def StopTurn(self, request: pb.StopTurnRequest, context: Context) -> pb.StopTurnResponse:
        """See the contract."""
        session_id, turn_id = parse_name("turn", request.turn, "sessions", "turns")
        await self._conversations.stop(caller(), session_id, turn_id)
        return pb.StopTurnResponse()

    async def GetSession(self, request: pb.GetSessionRequest, context: Context) -> pb.GetSessionResponse:
        """See the contract."""
        [session_id] = parse_name("name", request.name, "sessions")
        session = await self._conversations.session(caller(), session_id)
        return pb.GetSessionResponse(session=session_message(session))

    async def ListSessions(self, request: pb.ListSessionsRequest, context: Context) -> pb.ListSessionsResponse:
        """See the contract."""
        size, page = page_size_of(request.page_size), decode_token(request.page_token)
        if page and not _SCORE.fullmatch(page):
            raise invalid_token()
        user = check_short("user", request.user)
        sessions, following = await self._conversations.sessions(caller(), user, page, size)
        return pb.ListSessionsResponse(sessions=map(session_message, sessions), next_page_token=encode_token(following))

    async def ListTurns(self, request: pb.ListTurnsRequest, context: Context) -> pb.ListTurnsResponse:
        """See the contract."""
        [session_id] = parse_name("session", request.session, "sessions")
        size, start = page_size_of(request.page_size), decode_number(request.page_token)
        with_triage = _sees_triage(caller())
        if request.latest_first:
            end = start or (await self._conversations.session(caller(), session_id)).turn_count
            start = max(end - size, 0)
            records = await self._conversations.turns(caller(), session_id, start, end - start)
            return pb.ListTurnsResponse(
                turns=[turn_message(session_id, record, with_triage=with_triage) for record in reversed(records)],
                next_page_token=encode_token(str(start)) if start else "",
            )
        records = await self._conversations.turns(caller(), session_id, start, size + 1)
        return pb.ListTurnsResponse(
            turns=[turn_message(session_id, record, with_triage=with_triage) for record in records[:size]],
            next_page_token=encode_token(str(start + size)) if len(records) > size else "",
        )

    async def DeleteSession(self, request: pb.DeleteSessionRequest, context: Context) -> pb.DeleteSessionResponse:
        """See the contract."""
        [session_id] = parse_name("name", request.name, "sessions")
        await self._personal_data.erase_session(caller(), session_id)
        return pb.DeleteSessionResponse()

    async def DeleteUser(self, request: pb.DeleteUserRequest, context: Context) -> pb.DeleteUserResponse:
        """See the contract."""
        return pb.DeleteUserResponse(sessions_deleted=await self._personal_data.erase(caller(), _person(request)))

    async def ExportUser(self, request: pb.ExportUserRequest, context: Context) -> AsyncIterator[pb.ExportUserResponse]:
        """See the contract."""
        archive = export_archive(self._personal_data.export(caller(), _person(request)))
        async with aclosing(self._stream(archive, context, _part)) as messages:
            async for message in messages:
                yield message

    async def RateTurn(self, request: pb.RateTurnRequest, context: Context) -> pb.RateTurnResponse:
        """See the contract."""
        session_id, turn_id = parse_name("turn", request.turn, "sessions", "turns")
        if request.rating not in _RATINGS:
            raise BadRequest("rating", "is not one of Rating.")
        comment = check_short("comment", request.comment, _MAX_COMMENT_CHARACTERS)
        await self._conversations.rate(caller(), session_id, turn_id, _RATINGS[request.rating], comment)
        return pb.RateTurnResponse()

    async def WatchSession(self, request: pb.WatchSessionRequest, context: Context) -> AsyncIterator[pb.SessionEvent]:
        """See the contract. The headers are sent once the watch has begun."""
        [session_id] = parse_name("session", request.session, "sessions")
        if request.after and not _EVENT.fullmatch(request.after):
            raise BadRequest("after", "is not an id that this service gave.")
        after = int(request.after) if request.after else None
        message_of = partial(session_event_message, session_id, with_triage=_sees_triage(caller()))
        async with aclosing(self._conversations.watch(caller(), session_id, after)) as events:
            await anext(events)
            await context.send_initial_metadata(())
            async with aclosing(self._stream(_without_none(events), context, message_of, self._keyring)) as messages:
                async for message in messages:
                    yield message

    def _stream(
        self,
        events: AsyncGenerator[EventT, None],
        context: Context,
        message_of: Callable[[EventT], MessageT],
        keyring: Keyring | None = None,
    ) -> AsyncGenerator[MessageT, None]:
        return stream_messages(events, context, message_of, self._limits, keyring=keyring)


def _person(request: pb.DeleteUserRequest | pb.ExportUserRequest) -> PersonSelector:
    named = [name for name in ("user", "visitor", "session", "customer") if getattr(request, name)]
    if len(named) != 1:
        raise BadRequest(
            named[-1] if named else "user", "must be set, or else visitor, session or customer: exactly one of them."
        )
    if request.all_keys and not request.user:
        raise BadRequest("all_keys", "goes with user.")
    visitor = check_short("visitor", request.visitor)
    if visitor and not is_visitor(visitor):
        raise BadRequest("visitor", f"must be like {VISITOR_PREFIX}…, as a session's subject is.")
    [session_id] = parse_name("session", request.session, "sessions") if request.session else [""]
    return PersonSelector(
        check_short("user", request.user),
        visitor,
        session_id,
        all_keys=request.all_keys,
        customer=check_short("customer", request.customer, MAX_SUB_CHARACTERS),
    )


def _sees_triage(principal: Principal) -> bool:
    """Whether a caller is shown what was read out of messages: it is for agents."""
    return Scope.DESK in principal.scopes


def _part(data: bytes) -> pb.ExportUserResponse:
    return pb.ExportUserResponse(data=data)


async def _without_none(events: AsyncGenerator[SessionEvent | None, None]) -> AsyncGenerator[SessionEvent, None]:
    async for event in events:
        if event is not None:
            yield event
