"""
A recorded model: `python -m loadtest.quality.recorded_model REPLIES --unknown PROMPTS [--port 8009]`.

An OpenAI-compatible server whose replies were written beforehand, to see what Kefu makes of a strong model's words
where none can run. It proves the pipeline, and nothing about a model. The pace is a simulation as well.

REPLIES has a JSON object a line: {"key", "reply"}, or {"key", "odds": {"A": .9, "B": .1}} for a question that is
answered with a letter. A prompt that it does not hold is written to PROMPTS ({"key", "messages", "is_choice"}) and
answered with NOT_FOUND, or the last letter. Write replies to those, and start it anew:

    KEFU_GENERATION_OPENAI_URL=http://127.0.0.1:8009/v1 KEFU_ROUTER_ANSWER_PROFILE=verified \\
      kefu up --engine openai --model recorded
"""

import argparse
import asyncio
import hashlib
import json
import math
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from kefu.router.answering.writing.prompt import NOT_FOUND
from kefu.router.answering.writing.second_reading import VERDICTS

_PIECE = re.compile(r"\s*[\u3400-\u9fff。，！？]{1,2}|\s*[^\s\u3400-\u9fff]+|\s+")
_IMPOSSIBLE = 1e-6
_CHARACTERS_PER_TOKEN = 3


@dataclass
class Pace:
    """How fast the engine seems to be, in tokens a second; 0: at once."""

    read: float = 0.0
    """Of a prompt, without what it has in common with one that was read: an engine has that in its prefix cache."""
    written: float = 0.0
    """Of a reply."""
    _known: set[str] = field(default_factory=set[str])

    async def reads(self, messages: Sequence[Mapping[str, str]]) -> None:
        """Wait as long as reading a prompt takes."""
        beginnings = [prompt_key(messages[:count]) for count in range(1, len(messages) + 1)]
        cached = next((at + 1 for at in reversed(range(len(messages))) if beginnings[at] in self._known), 0)
        self._known.update(beginnings)
        if self.read:
            await asyncio.sleep(_tokens(messages[cached:]) / self.read)

    async def writes(self) -> None:
        """Wait as long as a token takes."""
        if self.written:
            await asyncio.sleep(1 / self.written)


@dataclass
class RecordedModel:
    """Replies by the prompt's key, and the prompts that it was asked and does not know."""

    replies: Mapping[str, str]
    odds: Mapping[str, Mapping[str, float]]
    unknown: Path
    pace: "Pace" = field(default_factory=lambda: Pace())
    _listed: set[str] = field(default_factory=set[str])

    @classmethod
    def load(cls, recording: Path, unknown: Path, pace: "Pace | None" = None) -> "RecordedModel":
        """Read a recording. Raises ValueError for a line that is none, with its number."""
        replies: dict[str, str] = {}
        odds: dict[str, dict[str, float]] = {}
        lines = recording.read_text(encoding="utf-8").splitlines() if recording.exists() else []
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                if "odds" in row:
                    odds[row["key"]] = {str(letter): float(odd) for letter, odd in row["odds"].items()}
                else:
                    replies[row["key"]] = str(row["reply"])
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ValueError(f'{recording}:{number}: no {{"key", "reply"}} and no {{"key", "odds"}}') from error
        return cls(replies, odds, unknown, pace or Pace())

    def reply(self, messages: Sequence[Mapping[str, str]]) -> str:
        """What it writes."""
        key = prompt_key(messages)
        if key not in self.replies:
            self._list(key, messages, is_choice=False)
        return self.replies.get(key, NOT_FOUND)

    def chosen(self, messages: Sequence[Mapping[str, str]]) -> Mapping[str, float]:
        """How likely each letter is."""
        key = prompt_key(messages)
        if key not in self.odds:
            self._list(key, messages, is_choice=True)
        return self.odds.get(key, {VERDICTS[-1]: 1.0})

    def _list(self, key: str, messages: Sequence[Mapping[str, str]], *, is_choice: bool) -> None:
        if key in self._listed:
            return
        self._listed.add(key)
        row = {"key": key, "messages": messages, "is_choice": is_choice}
        with self.unknown.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

    async def complete(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        body: dict[str, Any] = await request.json()
        messages = cast("list[dict[str, str]]", body["messages"])
        base = {"id": prompt_key(messages), "created": int(time.time()), "model": body["model"]}
        usage = {"prompt_tokens": _tokens(messages)}
        await self.pace.reads(messages)
        if body.get("logprobs"):
            return JSONResponse(base | _choice(self.chosen(messages)) | {"usage": _usage(usage, 1)})
        return StreamingResponse(self._events(base, self.reply(messages), usage), media_type="text/event-stream")

    async def _events(self, base: dict[str, Any], text: str, usage: dict[str, int]) -> AsyncIterator[str]:
        base |= {"object": "chat.completion.chunk"}
        pieces = _PIECE.findall(text)
        for piece in pieces:
            await self.pace.writes()
            yield _event(base | {"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
        yield _event(base | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        yield _event(base | {"choices": [], "usage": _usage(usage, len(pieces))}) + "data: [DONE]\n\n"


def prompt_key(messages: Sequence[Mapping[str, str]]) -> str:
    """By what a prompt is known: a hash of its messages."""
    return hashlib.sha256(json.dumps(messages, ensure_ascii=False).encode()).hexdigest()[:16]


def recorded_app(model: RecordedModel) -> Starlette:
    """The server's application."""

    async def models(_: Request) -> JSONResponse:
        return JSONResponse({"object": "list", "data": [{"id": "recorded", "object": "model"}]})

    return Starlette(
        routes=[Route("/v1/chat/completions", model.complete, methods=["POST"]), Route("/v1/models", models)]
    )


def _tokens(messages: Sequence[Mapping[str, str]]) -> int:
    return sum(len(each["content"]) for each in messages) // _CHARACTERS_PER_TOKEN + 1


def _choice(odds: Mapping[str, float]) -> dict[str, Any]:
    listed: list[dict[str, Any]] = [
        {"token": letter, "logprob": math.log(max(odds.get(letter, 0.0), _IMPOSSIBLE)), "bytes": None}
        for letter in VERDICTS
    ]
    best = max(listed, key=lambda each: each["logprob"])
    told: dict[str, Any] = {"content": [{**best, "top_logprobs": listed}]}
    message: dict[str, Any] = {"role": "assistant", "content": best["token"]}
    choice: dict[str, Any] = {"index": 0, "message": message, "logprobs": told, "finish_reason": "stop"}
    return {"object": "chat.completion", "choices": [choice]}


def _usage(usage: dict[str, int], written: int) -> dict[str, int]:
    return usage | {"completion_tokens": written, "total_tokens": usage["prompt_tokens"] + written}


def _event(data: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"


def main() -> None:
    """Serve until a signal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("replies", type=Path, help="what it answers, a JSON object a line")
    parser.add_argument("--unknown", type=Path, required=True, help="where prompts go that it has no reply to")
    parser.add_argument("--port", type=int, default=8009)
    parser.add_argument("--reads", type=float, default=0.0, help="tokens of a prompt a second; 0: at once")
    parser.add_argument("--writes", type=float, default=0.0, help="tokens of a reply a second; 0: at once")
    options = parser.parse_args()
    model = RecordedModel.load(options.replies, options.unknown, Pace(options.reads, options.writes))
    uvicorn.run(recorded_app(model), host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
