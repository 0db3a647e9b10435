"""A client that asks questions over a `Connection`, with a verdict for each."""

import asyncio
import ssl
import time
from pathlib import Path
from typing import Any

import grpc

from kefu.common.rpc.status import failure_of
from kefu.router.v1 import chat_pb2 as pb
from loadtest.generator.http2_client import Connection, request_headers
from loadtest.harness.statistics import Timeline
from loadtest.harness.verdicts import Verdict, VerdictBuilder

_CONVERSE = "/kefu.router.v1.ChatService/Converse"


class TurnClient:
    """Asks one router address with one key, and counts events on a timeline."""

    def __init__(self, address: str, key: str, timeline: Timeline, *, tls: bool = False) -> None:
        self.headers = request_headers(_CONVERSE, address, [("authorization", f"Bearer {key}")], tls=tls)
        self.timeline = timeline
        self.open = 0
        """Turns that were asked and have not ended."""
        self.streaming = 0
        """Of these, turns whose text has begun."""

    def ask(self, connection: Connection, request: pb.ConverseRequest, *, must_generate: bool = True) -> "Turn":
        """Ask now. ConnectionLost when the connection takes no calls; whatever else happens is the turn's verdict."""
        turn = Turn(self, must_generate=must_generate)
        connection.call(self.headers, request.SerializeToString(), turn, details=turn.status_details)
        turn.begin()
        return turn


class Turn:
    """The Receiver of one turn, which builds its verdict."""

    __slots__ = ("_began", "_client", "_details", "_done", "_streams", "_timeline", "_verdict")

    def __init__(self, client: TurnClient, *, must_generate: bool) -> None:
        self._client = client
        self._timeline = client.timeline
        self._began = time.monotonic()
        self._verdict = VerdictBuilder(self._began, must_generate=must_generate)
        self._streams = False
        self._details = b""
        self._done: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()

    @property
    def session(self) -> str:
        """The session's name, once it is known."""
        return self._verdict.session

    def begin(self) -> None:
        """The call was sent."""
        self._client.open += 1
        self._timeline.at(self._began).started += 1

    def message(self, data: bytes, now: float) -> None:
        """See Receiver."""
        event = pb.ConverseEvent.FromString(data)
        before = self._verdict.text_bytes
        self._verdict.receive(event, now)
        second = self._timeline.at(now)
        second.frames += 1
        second.text_bytes += self._verdict.text_bytes - before
        if not self._streams and self._verdict.first_text_at is not None:
            self._streams = True
            self._client.streaming += 1

    def status_details(self, data: bytes) -> None:
        """See StatusDetails."""
        self._details = data

    def ended(self, status: grpc.StatusCode, detail: str, now: float) -> None:
        """See Receiver."""
        if not self._done.done():
            failure = failure_of(_EndedCall(self._details))
            self._conclude(self._verdict.ended(status, now, failure.reason, failure.retry_after), now)

    def give_up(self, why: str) -> None:
        """Count it as failed, unless it has ended."""
        if not self._done.done():
            now = time.monotonic()
            self._conclude(Verdict(why, asked_at=self._began, total=now - self._began), now)

    async def verdict(self) -> Verdict:
        """Wait for the end."""
        return await asyncio.shield(self._done)

    def _conclude(self, verdict: Verdict, now: float) -> None:
        client, second = self._client, self._timeline.at(now)
        client.open -= 1
        client.streaming -= self._streams
        second.ended += 1
        second.failed += not verdict.good
        if verdict.good and verdict.first_text is not None:
            self._timeline.at(self._began + verdict.first_text).first_text.append(verdict.first_text)
        self._done.set_result(verdict)


class _EndedCall(grpc.RpcError):
    """The end of a call as grpc's own clients raise it, so that `failure_of` reads its status details."""

    def __init__(self, details: bytes) -> None:
        super().__init__()
        self._details = details

    def trailing_metadata(self) -> Any:  # grpc's own type is private
        return (("grpc-status-details-bin", self._details),)


def client_context(authority: Path | None) -> ssl.SSLContext:
    """TLS with HTTP/2. `authority`: a file of certificates to trust; None trusts any, as fits a loopback test."""
    context = ssl.create_default_context(cafile=None if authority is None else str(authority))
    if authority is None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context
