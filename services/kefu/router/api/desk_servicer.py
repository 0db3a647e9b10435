"""DeskService: proto in, proto out."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Any

import grpc.aio

from kefu.common.auth import Keyring, caller
from kefu.common.errors import BadRequest
from kefu.common.pagination import decode_token, encode_token, invalid_token, page_size_of
from kefu.common.resource_names import parse_name
from kefu.router.api.requests import MAX_TEXT_CHARACTERS, check_short
from kefu.router.api.server_stream import StreamLimits, stream_messages
from kefu.router.desk.desk_service import DeskService
from kefu.router.desk.watches import DeskWatches
from kefu.router.domain.session import SessionState
from kefu.router.messages.chat import SESSION_STATES, turn_message
from kefu.router.messages.desk_messages import agent_messages, conversation_message, desk_event_message
from kefu.router.v1 import desk_pb2 as pb
from kefu.router.v1 import desk_pb2_grpc as rpc

SERVICE = "kefu.router.v1.DeskService"
Context = grpc.aio.ServicerContext[Any, Any]
_MAX_NAME_CHARACTERS = 100
_STATES = {message: state for state, message in SESSION_STATES.items() if state is not SessionState.BOT}
_DEFAULT_STATES = frozenset({SessionState.WAITING, SessionState.HUMAN})
_PAGE = re.compile(r"\d{1,9}|\((?:inf|\d{1,12}(?:\.\d{1,12})?)", re.ASCII)
_RETURN_STATES = {
    pb.ReturnSessionRequest.TO_UNSPECIFIED: SessionState.RETURNED,
    pb.ReturnSessionRequest.TO_BOT: SessionState.RETURNED,
    pb.ReturnSessionRequest.TO_COLLEAGUE: SessionState.WAITING,
    pb.ReturnSessionRequest.TO_CLOSED: SessionState.CLOSED,
}


class DeskServicer(rpc.DeskServiceServicer):
    """See the contract."""

    def __init__(self, desk: DeskService, watches: DeskWatches, keyring: Keyring, limits: StreamLimits) -> None:
        self._desk = desk
        self._keyring = keyring
        self._watches = watches
        self._limits = limits

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        rpc.add_DeskServiceServicer_to_server(self, server)

    async def ListConversations(
        self, request: pb.ListConversationsRequest, context: Context
    ) -> pb.ListConversationsResponse:
        """See the contract."""
        principal, size, page = caller(), page_size_of(request.page_size), decode_token(request.page_token)
        if page and not _PAGE.fullmatch(page):
            raise invalid_token()
        if any(state not in _STATES for state in request.states):
            raise BadRequest("states", "must be of WAITING, HUMAN, RETURNED and CLOSED.")
        states = frozenset(_STATES[state] for state in request.states) or _DEFAULT_STATES
        queue = check_short("queue", request.queue)
        found, following = await self._desk.conversations(principal.tenant, states, page, size, queue)
        return pb.ListConversationsResponse(
            conversations=[conversation_message(one, principal) for one in found],
            next_page_token=encode_token(following),
        )

    async def WatchDesk(self, request: pb.WatchDeskRequest, context: Context) -> AsyncIterator[pb.DeskEvent]:
        """See the contract."""
        principal = caller()
        events = self._watches.watch(principal.tenant, _agent_name(request.agent))
        message_of = partial(desk_event_message, principal=principal)
        messages = stream_messages(events, context, message_of, self._limits, keyring=self._keyring)
        async with aclosing(messages):
            async for message in messages:
                yield message

    async def ListAgents(self, request: pb.ListAgentsRequest, context: Context) -> pb.ListAgentsResponse:
        """See the contract."""
        return pb.ListAgentsResponse(agents=agent_messages(await self._desk.agents(caller().tenant)))

    async def ClaimSession(self, request: pb.ClaimSessionRequest, context: Context) -> pb.ClaimSessionResponse:
        """See the contract."""
        principal = caller()
        [session_id] = parse_name("session", request.session, "sessions")
        agent = _agent_name(request.agent)
        conversation, claim = await self._desk.claim(principal, session_id, agent, take_over=request.take_over)
        return pb.ClaimSessionResponse(conversation=conversation_message(conversation, principal), claim=claim)

    async def Reply(self, request: pb.ReplyRequest, context: Context) -> pb.ReplyResponse:
        """See the contract."""
        [session_id] = parse_name("session", request.session, "sessions")
        check_short("text", request.text, MAX_TEXT_CHARACTERS)
        if not request.text.strip():
            raise BadRequest("text", "must not be empty.")
        request_id = check_short("request_id", request.request_id)
        stored = await self._desk.reply(caller(), session_id, request.claim, request.text, request_id)
        return pb.ReplyResponse(turn=turn_message(session_id, stored, with_triage=True))

    async def ReturnSession(self, request: pb.ReturnSessionRequest, context: Context) -> pb.ReturnSessionResponse:
        """See the contract."""
        principal = caller()
        [session_id] = parse_name("session", request.session, "sessions")
        if request.to not in _RETURN_STATES:
            raise BadRequest("to", "is not one of To.")
        conversation = await self._desk.return_session(principal, session_id, request.claim, _RETURN_STATES[request.to])
        return pb.ReturnSessionResponse(conversation=conversation_message(conversation, principal))


def _agent_name(agent: str) -> str:
    """The name of an agent, or BadRequest."""
    name = " ".join(check_short("agent", agent, _MAX_NAME_CHARACTERS).split())
    if not name:
        raise BadRequest("agent", "must not be empty.")
    return name
