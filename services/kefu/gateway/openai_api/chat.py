"""POST /v1/chat/completions: Kefu's own answer, grounded in its knowledge base, to the last message of the user."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

import grpc.aio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import BackendUnavailable, ServiceError, SessionNotFound
from kefu.gateway.auth import visitor_policy
from kefu.gateway.auth.callers import Caller, CallerKind, CallerResolver
from kefu.gateway.failures import Failure
from kefu.gateway.grpc_backends import CHAT, Backends, Call
from kefu.gateway.middleware.request_body import body_of_request
from kefu.gateway.openai_api.answer import CompletionBuilder
from kefu.gateway.openai_api.chat_request import ChatMessage, ChatRequest, read_request, session_of
from kefu.gateway.openai_api.errors import InvalidRequest, error_body, error_response
from kefu.gateway.openai_api.session_lookup import SessionLookup
from kefu.gateway.site_api import client_address, count_unauthenticated
from kefu.router.v1 import chat_pb2 as pb

T = TypeVar("T")
SESSION_HEADER = "x-kefu-session"
_CONVERSE = f"/{CHAT}/Converse"
_MAX_BODY_BYTES = 1024 * 1024
_MAX_VISITOR_BODY_BYTES = 64 * 1024
_NEW_SESSION = "sessions/-"


class ChatCompletions:
    """The endpoint of chat completions."""

    def __init__(self, backends: Backends, callers: CallerResolver) -> None:
        self._backends = backends
        self._callers = callers
        self._session_lookup = SessionLookup()

    async def __call__(self, request: Request) -> Response:
        """Answer one request, as a stream or whole."""
        try:
            caller = await self._callers.caller(request.headers.get("authorization"), client_address(request))
            self._callers.admit(caller, CHAT, "Converse")
            session = session_of(request.headers.get(SESSION_HEADER))
            most = _MAX_VISITOR_BODY_BYTES if caller.kind is CallerKind.VISITOR else _MAX_BODY_BYTES
            chat_request = read_request(
                await body_of_request(request, most), request.headers.get("idempotency-key", "")
            )
            turn = await _until_disconnect(request.receive, self._start_turn(caller, chat_request, session))
            if turn is None:
                return Response(status_code=499)  # nobody is there to read it
            if chat_request.streams:
                headers = {SESSION_HEADER: turn.answer.session, "cache-control": "no-cache", "x-accel-buffering": "no"}
                return StreamingResponse(self._stream(turn), media_type="text/event-stream", headers=headers)
            if await _until_disconnect(request.receive, self._read_to_end(turn)) is None:
                return Response(status_code=499)
            return JSONResponse(turn.answer.completion(), headers={SESSION_HEADER: turn.answer.session})
        except InvalidRequest as error:
            return error_response(error)
        except ServiceError as error:
            return error_response(Failure.of(error))
        except grpc.aio.AioRpcError as error:
            return error_response(Failure.of(error))

    async def _start_turn(self, caller: Caller, chat_request: ChatRequest, session: str) -> "_RunningTurn":
        """A turn whose first event has come, so that a refusal has a status of its own."""
        user, history = chat_request.converse.user, chat_request.history
        known = "" if session else self._session_lookup.take(caller.identity, user, history)
        try:
            return await self._converse(caller, chat_request, session or known or _NEW_SESSION)
        except grpc.aio.AioRpcError as error:
            count_unauthenticated(self._callers, caller.address, error)
            if not known:
                raise
            if Failure.of(error).info.reason != SessionNotFound.reason:
                self._session_lookup.put(caller.identity, user, history, known)  # nothing was said in it
                raise
        return await self._converse(caller, chat_request, _NEW_SESSION)  # the session was erased meanwhile

    async def _converse(self, caller: Caller, chat_request: ChatRequest, session: str) -> "_RunningTurn":
        converse = pb.ConverseRequest()
        converse.CopyFrom(chat_request.converse)
        converse.session = session
        if caller.kind is CallerKind.VISITOR:
            visitor_policy.remove_foreign_fields(converse)
        turn = _RunningTurn(caller, chat_request, self._backends.stream(_CONVERSE, converse, caller.metadata()))
        try:
            await turn.next()
        except BaseException:
            turn.call.cancel()
            raise
        return turn

    async def _read_to_end(self, turn: "_RunningTurn") -> bool:
        try:
            while await turn.next() is not None:
                pass
        finally:
            turn.call.cancel()
        self._remember(turn)
        return True

    async def _stream(self, turn: "_RunningTurn") -> AsyncIterator[bytes]:
        answer = turn.answer
        try:
            yield _event(answer.chunk({"role": "assistant", "content": ""}))
            while (delta := await turn.next()) is not None:
                if delta:
                    yield _event(answer.chunk(delta))
            self._remember(turn)
            for chunk in answer.last_chunks():
                yield _event(chunk)
            yield b"data: [DONE]\n\n"
        except (grpc.aio.AioRpcError, ServiceError) as error:
            # The status is sent already: OpenAI's clients raise the error in such an event.
            yield _event(error_body(Failure.of(error)))
        finally:
            turn.call.cancel()

    def _remember(self, turn: "_RunningTurn") -> None:
        chat_request, answer = turn.chat_request, turn.answer
        user = chat_request.converse.user
        if not user and (answer.is_with_person or answer.is_replayed):
            return  # an agent's words are in no history, and a replayed turn's session may have gone on since
        messages = (
            *chat_request.history,
            ChatMessage("user", chat_request.converse.text.strip()),
            ChatMessage("assistant", answer.text.strip()),
        )
        self._session_lookup.put(turn.caller.identity, user, messages, answer.session)


class _RunningTurn:
    """A turn that is being answered."""

    def __init__(self, caller: Caller, chat_request: ChatRequest, call: Call) -> None:
        self.caller = caller
        self.chat_request = chat_request
        self.call = call
        self.answer = CompletionBuilder(chat_request)
        self._events = aiter(call)

    async def next(self) -> dict[str, str] | None:
        """The delta of the next event; None after the last one. Raises the error of a failed call."""
        event: pb.ConverseEvent | None = await anext(self._events, None)
        if event is None:
            if self.answer.completed is None:
                raise BackendUnavailable("The answer broke off; ask again.")
            return None
        if self.caller.kind is CallerKind.VISITOR:
            visitor_policy.remove_internal_fields(event)
        return self.answer.add_event(event)


async def _until_disconnect(receive: Receive, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`; None when the client disconnected first, and the work was cancelled.

    The request's body has to be read before.
    """
    work_task, disconnect_task = asyncio.create_task(work), asyncio.create_task(_disconnected(receive))
    try:
        await asyncio.wait({work_task, disconnect_task}, return_when=asyncio.FIRST_COMPLETED)
        return work_task.result() if work_task.done() else None
    finally:
        await cancel_and_wait(work_task)
        await cancel_and_wait(disconnect_task)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(fields: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"
