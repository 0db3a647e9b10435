"""
A simulated model server that speaks the OpenAI protocol: python -m loadtest.compare.mock_backend --port 8100

It writes a token of three characters every so many milliseconds for each request, however many there are; with
--coalesce it sends the first one at once and then what has gathered in each such span, as Kefu's generation service
does. It is there to be cheap: what is measured is the router before it.
"""

import argparse
import asyncio
import json
import time
from typing import Any

import uvloop
from aiohttp import web

MODEL = "simulated"


def text_of(start: int, end: int) -> str:
    """The text of these tokens, three characters each; no two neighbours are equal, or LiteLLM would end the answer."""
    return "".join(f"{number % 1000:03}" for number in range(start, end))


class WritingPace:
    """Length and pace of the answers; times in seconds."""

    def __init__(self, tokens: int, interval: float, coalesce: float) -> None:
        self.tokens = tokens
        self.interval = interval
        self.coalesce = coalesce


def make_app(pace: WritingPace) -> web.Application:
    """The server. A request's max_tokens wins over the pace's where it is smaller."""

    async def answer(request: web.Request) -> web.StreamResponse:
        began = time.monotonic()
        asked: dict[str, Any] = await request.json()
        tokens = min(int(asked.get("max_tokens") or pace.tokens), pace.tokens)
        if not asked.get("stream"):
            await asyncio.sleep(tokens * pace.interval)
            return web.json_response(_whole(tokens))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(request)
        # aiohttp's own writer costs more than all the rest; chunks are framed here and put on the socket directly.
        sent, due, transport = 0, began, request.transport
        while sent < tokens:
            due = began + pace.interval if sent == 0 else due + max(pace.interval, pace.coalesce)
            await asyncio.sleep(max(due - time.monotonic(), 0))
            ready = min(int((due - began) / pace.interval + 1e-6), tokens)
            text, sent = text_of(sent, ready), ready
            chunk = _chunk({"role": "assistant", "content": text} if ready == 1 else {"content": text}, None)
            if ready == 1:
                await response.write(chunk)  # with the headers
            elif transport is None or transport.is_closing():
                return response
            else:
                transport.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        usage = {"prompt_tokens": 100, "completion_tokens": tokens, "total_tokens": 100 + tokens}
        await response.write(_chunk({}, "stop", usage) + b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "kefu"}]})

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", answer)
    app.router.add_get("/v1/models", models)
    for path in ("/health", "/get_model_info", "/get_server_info"):
        app.router.add_get(path, health)
    return app


def _chunk(delta: dict[str, str], finish: str | None, usage: dict[str, int] | None = None) -> bytes:
    body: dict[str, Any] = {
        "id": "chatcmpl-simulated",
        "object": "chat.completion.chunk",
        "created": 1_760_000_000,
        "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    if usage:
        body["usage"] = usage
    return b"data: %b\n\n" % json.dumps(body, separators=(",", ":")).encode()


def _whole(tokens: int) -> dict[str, Any]:
    message = {"role": "assistant", "content": text_of(0, tokens)}
    return {
        "id": "chatcmpl-simulated",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": tokens, "total_tokens": 100 + tokens},
    }


async def _serve(arguments: argparse.Namespace) -> None:
    pace = WritingPace(arguments.tokens, arguments.interval / 1000, arguments.coalesce / 1000)
    runner = web.AppRunner(make_app(pace), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", arguments.port, backlog=4096).start()
    await asyncio.Event().wait()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tokens", type=int, default=500, help="Tokens of an answer.")
    parser.add_argument("--interval", type=float, default=10.0, help="Milliseconds between tokens.")
    parser.add_argument("--coalesce", type=float, default=0.0, help="Milliseconds between chunks; 0: each token.")
    uvloop.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
