"""Clients of the comparison: one answer each, over HTTP with server-sent events or over gRPC, checked when it ends."""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import cast

import grpc

from kefu.generation.v1 import generation_pb2 as generation
from loadtest.compare.mock_backend import MODEL, text_of
from loadtest.generator.connection_pool import ConnectionPool
from loadtest.generator.http2_client import ConnectionLost, request_headers

_GENERATE = "/kefu.generation.v1.GenerationService/Generate"
_CONTENT = b'"content":'


@dataclass
class ClientAnswer:
    """One answer as its client saw it. Times are in seconds."""

    failure: str = ""
    """Empty when every token and the end of the answer came."""
    first_token: float | None = None
    total: float = 0.0
    tokens: int = 0
    frames: int = 0
    """Messages, or reads of the socket that held text."""
    spans: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    handed_over: bool = False
    """The failure is a handoff of Kefu for load."""
    refused: bool = False
    """The failure is a refusal of Kefu for load, with a time to come back."""


class _HttpAnswer(asyncio.Protocol):
    """A streamed HTTP answer. While it streams only times of bytes are noted, to be cheap."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._pieces: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self.began = 0.0
        self.first: float | None = None
        self.reads = 0
        self.done: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.began = time.monotonic()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._pieces.append(data)
        self.reads += 1
        if self.first is None and _CONTENT in data.replace(b": ", b":"):
            self.first = time.monotonic()
        if b"\r\n0\r\n\r\n" in data or data == b"0\r\n\r\n" or data.endswith(b"\n0\r\n\r\n"):
            self._finish("")

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish("" if self._pieces and b"[DONE]" in self._pieces[-1] else f"connection lost: {exc or 'closed'}")

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def text(self) -> tuple[str, str, bool]:
        """Status line, joined text, and whether [DONE] came."""
        head, _, body = b"".join(self._pieces).partition(b"\r\n\r\n")
        status = head.split(b"\r\n", 1)[0].decode("latin-1")
        if b"chunked" in head.lower():
            body = _unchunked(body)
        joined, done = list[str](), False
        for line in body.split(b"\n"):
            if line.startswith(b"data: [DONE]"):
                done = True
            elif line.startswith(b"data: {"):
                for choice in json.loads(line[6:]).get("choices", ()):
                    joined.append(choice.get("delta", {}).get("content") or "")
        return status, "".join(joined), done

    def _finish(self, failure: str) -> None:
        if not self.done.done():
            self.done.set_result(failure)
            self.close()


def _unchunked(body: bytes) -> bytes:
    pieces, at = list[bytes](), 0
    while (end := body.find(b"\r\n", at)) >= 0:
        try:
            size = int(body[at:end].split(b";")[0], 16)
        except ValueError:
            break
        pieces.append(body[end + 2 : end + 2 + size])
        at = end + 4 + size
        if size == 0:
            break
    return b"".join(pieces)


async def ask_http(port: int, question: str, tokens: int, ends: float, key: str = "") -> ClientAnswer:
    """Ask an OpenAI-compatible server on loopback; given up at `ends` (monotonic)."""
    body = json.dumps(
        {
            "model": MODEL,
            "stream": True,
            "max_tokens": tokens,
            "messages": [{"role": "user", "content": question}],
        }
    ).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    if key:
        head += f"Authorization: Bearer {key}\r\n"
    request = f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    loop = asyncio.get_running_loop()
    began = time.monotonic()
    try:
        _, protocol = await loop.create_connection(lambda: _HttpAnswer(request), "127.0.0.1", port)
    except OSError as error:
        return ClientAnswer(f"no connection: {type(error).__name__}")
    try:
        failure = await asyncio.wait_for(protocol.done, max(ends - time.monotonic(), 0.01))
    except TimeoutError:
        failure = "not ended when the run was"
    finally:
        protocol.close()
    now = time.monotonic()
    status, text, done = protocol.text()
    if not failure:
        failure = "" if " 200 " in f"{status} " else status or "no response"
    if not failure and (text != text_of(0, tokens) or not done):
        failure = "text differs" if done else "no [DONE]"
    first = None if protocol.first is None else protocol.first - began
    answer = ClientAnswer(failure, first, now - began, len(text) // 3, protocol.reads)
    if protocol.first is not None:
        answer.spans.append((protocol.first, now))
    return answer


class _GenerationReceiver:
    """A Receiver of GenerationService.Generate."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.first: float | None = None
        self.tokens = self.frames = 0
        self.completed = False
        self.done: asyncio.Future[tuple[str, float]] = asyncio.get_running_loop().create_future()

    def message(self, data: bytes, now: float) -> None:
        event = generation.GenerateEvent.FromString(data)
        if event.HasField("delta"):
            self.first = self.first or now
            self.frames += 1
            self.tokens += len(event.delta.token_ids)
        elif event.HasField("completed"):
            self.completed = True

    def ended(self, status: grpc.StatusCode, detail: str, now: float) -> None:
        if not self.done.done():
            ok = status is grpc.StatusCode.OK and self.completed
            self.done.set_result(("" if ok else f"{status.name} {detail}".strip(), now))


async def ask_generation(
    pool: ConnectionPool, address: str, key: str, question: str, tokens: int, ends: float
) -> ClientAnswer:
    """Ask a generation service directly: the baseline for what Kefu's router adds."""
    metadata = [("authorization", f"Bearer {key}"), ("kefu-tenant", "default")]
    message = generation.ChatMessage(role=generation.ChatMessage.ROLE_USER, content=question)
    request = generation.GenerateRequest(chat=generation.ChatPrompt(messages=[message]), max_tokens=tokens)
    receiver = _GenerationReceiver()
    try:
        connection = await pool.acquire()
        connection.call(request_headers(_GENERATE, address, metadata), request.SerializeToString(), receiver)
    except (OSError, TimeoutError, ConnectionLost) as error:
        return ClientAnswer(f"no connection: {type(error).__name__}")
    try:
        failure, at = await asyncio.wait_for(receiver.done, max(ends - time.monotonic(), 0.01))
    except TimeoutError:
        failure, at = "not ended when the run was", time.monotonic()
    if not failure and receiver.tokens != tokens:
        failure = "tokens are missing"
    first = None if receiver.first is None else receiver.first - receiver.began
    answer = ClientAnswer(failure, first, at - receiver.began, receiver.tokens, receiver.frames)
    if receiver.first is not None:
        answer.spans.append((receiver.first, at))
    return answer
