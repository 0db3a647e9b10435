"""POST /v1/chat/completions: Kefu's own answer, grounded in its knowledge base, to the last message of the user."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

import grpc.aio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive

from kefu.common.aio import cancelled
from kefu.common.errors import BackendUnavailable, ServiceError, SessionNotFound
from kefu.gateway.auth import visitor_policy
from kefu.gateway.auth.callers import Caller, Callers, Kind
from kefu.gateway.failures import Failure
from kefu.gateway.grpc_backends import CHAT, Backends, Call
from kefu.gateway.openai_api.answer import Answer
from kefu.gateway.openai_api.body import body_of_request
from kefu.gateway.openai_api.chat_request import ChatRequest, Said, read_request, session_of
from kefu.gateway.openai_api.errors import Refused, body_of, response_to
from kefu.gateway.openai_api.session_lookup import Threads
from kefu.gateway.site_api import address_of, raise_or_count
from kefu.router.v1 import chat_pb2 as pb

T = TypeVar("T")
SESSION_HEADER = "x-kefu-session"
_CONVERSE = f"/{CHAT}/Converse"
_MOST_BYTES = 1024 * 1024
_NEW_SESSION = "sessions/-"


class ChatCompletions:
    """The endpoint."""

    def __init__(self, backends: Backends, callers: Callers) -> None:
        self._backends = backends
        self._callers = callers
        self._threads = Threads()

    async def __call__(self, request: Request) -> Response:
        """Answer, as a stream or at once."""
        try:
            caller = await self._callers.caller(request.headers.get("authorization"), address_of(request))
            self._callers.admit(caller, CHAT, "Converse")
            session = session_of(request.headers.get(SESSION_HEADER))
            asked = read_request(
                await body_of_request(request, _MOST_BYTES), request.headers.get("idempotency-key", "")
            )
            turn = await _watched(request.receive, self._begun(caller, asked, session))
            if turn is None:
                return Response(status_code=499)  # nobody is there to read it
            if asked.streams:
                headers = {SESSION_HEADER: turn.answer.session, "cache-control": "no-cache", "x-accel-buffering": "no"}
                return StreamingResponse(self._stream(turn), media_type="text/event-stream", headers=headers)
            if await _watched(request.receive, self._whole(turn)) is None:
                return Response(status_code=499)
            return JSONResponse(turn.answer.completion(), headers={SESSION_HEADER: turn.answer.session})
        except Refused as error:
            return response_to(error)
        except ServiceError as error:
            return response_to(Failure.of(error))
        except grpc.aio.AioRpcError as error:
            return response_to(Failure.of(error))

    async def _begun(self, caller: Caller, asked: ChatRequest, session: str) -> "_Turn":
        """A turn whose first event is there, so that a refusal has a status of its own."""
        known = "" if session else self._threads.session(caller.identity, asked.before)
        try:
            return await self._started(caller, asked, session or known or _NEW_SESSION)
        except grpc.aio.AioRpcError as error:
            raise_or_count(self._callers, caller.address, error)
            if not known or Failure.of(error).info.reason != SessionNotFound.reason:
                raise
        return await self._started(caller, asked, _NEW_SESSION)  # it was erased meanwhile

    async def _started(self, caller: Caller, asked: ChatRequest, session: str) -> "_Turn":
        converse = pb.ConverseRequest()
        converse.CopyFrom(asked.converse)
        converse.session = session
        turn = _Turn(caller, asked, self._backends.stream(_CONVERSE, converse, caller.metadata()))
        try:
            await turn.next()
        except BaseException:
            turn.call.cancel()
            raise
        return turn

    async def _whole(self, turn: "_Turn") -> bool:
        try:
            while await turn.next() is not None:
                pass
        finally:
            turn.call.cancel()
        self._remember(turn)
        return True

    async def _stream(self, turn: "_Turn") -> AsyncIterator[bytes]:
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
            # The status is sent: clients of OpenAI's raise what such an event holds.
            yield _event(body_of(Failure.of(error)))
        finally:
            turn.call.cancel()

    def _remember(self, turn: "_Turn") -> None:
        asked, answer = turn.asked, turn.answer
        said = (*asked.before, Said("user", asked.converse.text.strip()), Said("assistant", answer.text.strip()))
        self._threads.remember(turn.caller.identity, said, answer.session)


class _Turn:
    """A turn that is being answered."""

    def __init__(self, caller: Caller, asked: ChatRequest, call: Call) -> None:
        self.caller = caller
        self.asked = asked
        self.call = call
        self.answer = Answer(asked)
        self._events = aiter(call)

    async def next(self) -> dict[str, str] | None:
        """What the next event adds to the message, None after the last; raises what the call failed with."""
        event: pb.ConverseEvent | None = await anext(self._events, None)
        if event is None:
            if self.answer.completed is None:
                raise BackendUnavailable("The answer broke off; ask again.")
            return None
        if self.caller.kind is Kind.VISITOR:
            visitor_policy.without_notes(event)
        return self.answer.take(event)


async def _watched(receive: Receive, work: Coroutine[Any, Any, T]) -> T | None:
    """What `work` returns, or None when the client left before, and it was cancelled. The body has to be read."""
    working, leaving = asyncio.create_task(work), asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        await cancelled(working)
        await cancelled(leaving)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(fields: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"
