"""Answers that are sent before their request was read whole, as every refusal is."""

from contextlib import suppress

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kefu.common.errors import DeadlineExceeded

_MAX_DISCARDED_BYTES = 16 * 1024 * 1024


class LingeringClose:
    """ASGI middleware that discards the rest of a request after such an answer, and only then ends the connection.

    Closing a connection on which something lies unread resets it, and the client loses the answer: nginx said
    BACKEND_UNAVAILABLE in a third of the cases, and browsers say that the network failed. The answer itself is sent at
    once, with its length, so that whoever reads it knows that it is whole.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        read_whole, held = False, None

        async def receive_noted() -> Message:
            nonlocal read_whole
            message = await receive()
            read_whole = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def send_and_linger(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and not read_whole:
                held = message
                return
            early = held is not None and not read_whole and not message.get("more_body", False)
            if held is not None:
                if early:
                    MutableHeaders(scope=held)["content-length"] = str(len(message.get("body", b"")))
                await send(held)
                held = None
            if not early:
                await send(message)
                return
            await send({**message, "more_body": True})
            await _discard_body(receive_noted)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app(scope, receive_noted, send_and_linger)


async def _discard_body(receive: Receive) -> None:
    remaining = _MAX_DISCARDED_BYTES
    with suppress(DeadlineExceeded):  # of the request's body: then there is no rest
        while remaining > 0:
            message = await receive()
            if not message.get("more_body", False):  # its end, or the client is gone
                return
            remaining -= len(message["body"])
