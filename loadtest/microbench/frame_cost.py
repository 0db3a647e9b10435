"""
What the router's own work on one frame costs: parse, translate, account, filter, log, write. Without gRPC and sockets.

    python -m loadtest.microbench.frame_cost [--tokens 8] [--json]

The answers are articles of the sample help centre, cut into frames, with the article's own passages as evidence, so
that every figure has to be looked up. Microseconds of CPU a frame, the least of several rounds.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Annotated, Any

import typer

from kefu.generation.v1 import generation_pb2 as gb
from kefu.router.dispatch.received_answer import ReceivedAnswer
from kefu.router.domain.generation import Frame
from kefu.router.domain.turn import Completed, FinishReason, Passage
from kefu.router.guardrails.answer_filter import AnswerFilter
from kefu.router.guardrails.evidence import LiteralEvidence
from kefu.router.messages.chat import event_message
from kefu.router.replicas.answer_stream import event_of
from kefu.router.turn_stream.event_log import TurnEventLog
from kefu.router.turn_stream.turn_events import Started, StreamEnd, Text
from loadtest.harness.environment import describe_environment
from loadtest.harness.questions import help_center
from loadtest.harness.tables import table

_CHARACTERS_PER_TOKEN = {"en": 4, "zh": 2}
_ARTICLES = 12
_ROUNDS = 5
_PARTS = ("parse", "translate", "account", "filter", "log and wake", "read", "write")


def frames_of(text: str, tokens: int, language: str) -> list[bytes]:
    """An answer as a replica sends it, so many tokens a message."""
    step, numbers = tokens * _CHARACTERS_PER_TOKEN[language], count()
    return [
        gb.GenerateEvent(
            delta=gb.Delta(
                channel=gb.Delta.CHANNEL_TEXT,
                text=text[at : at + step],
                token_ids=[150_000 - next(numbers) for _ in range(tokens)],
            )
        ).SerializeToString()
        for at in range(0, len(text), step)
    ]


def measure(text: str, frames: Sequence[bytes]) -> dict[str, float]:
    """Seconds of CPU for each part, over all frames of one answer."""
    passage = Passage(number=1, name="p", title="", headings=(), text=text, uri="", relevance=1.0, language="")
    chain, received, log = AnswerFilter([passage], LiteralEvidence([text])), ReceivedAnswer(), TurnEventLog()
    parsed, used = _timed(gb.GenerateEvent.FromString, frames)
    spent = {"parse": used}
    events, spent["translate"] = _timed(event_of, parsed)
    pieces = [event for event in events if isinstance(event, Frame)]
    _, spent["account"] = _timed(received.add, pieces)
    visible, spent["filter"] = _timed(chain.push, [piece.text for piece in pieces])
    log.start(Started("s", "t", "en"))
    deltas, spent["log and wake"], spent["read"] = asyncio.run(_write_log(log, visible))
    _, spent["write"] = _timed(lambda delta: event_message(delta).SerializeToString(), deltas)
    if chain.blocked is not None:
        raise RuntimeError(f"The article's own text does not bear out {chain.blocked!r}.")
    return spent


def _timed(work: Callable[[Any], Any], items: Iterable[Any]) -> tuple[list[Any], float]:
    began = time.process_time()
    done = [work(item) for item in items]
    return done, time.process_time() - began


async def _write_log(log: TurnEventLog, visible: Sequence[str]) -> tuple[list[Text], float, float]:
    """Write the event log with one subscriber, which is woken for each piece."""
    deltas: list[Text] = []
    saying = 0.0

    async def read() -> None:
        async for event in log.read():
            if isinstance(event, Text):
                deltas.append(event)
            elif isinstance(event, StreamEnd):
                return

    reader = asyncio.create_task(read())
    began = time.process_time()
    for text in visible:
        before = time.process_time()
        log.add_text(text)
        saying += time.process_time() - before
        await asyncio.sleep(0)
    log.complete(Completed(FinishReason.STOP))
    await reader
    return deltas, saying, time.process_time() - began - saying


def cost(language: str, tokens: int) -> dict[str, float]:
    """Microseconds a frame of each part: of each round the sum over some articles, of the rounds the least."""
    articles = sorted((help_center() / language).rglob("*.md"))[:_ARTICLES]
    texts = [path.read_text("utf-8") for path in articles]
    cut = [frames_of(text, tokens, language) for text in texts]
    total = sum(map(len, cut))
    rounds: list[dict[str, float]] = []
    for _ in range(_ROUNDS):
        spent = [measure(text, frames) for text, frames in zip(texts, cut, strict=True)]
        rounds.append({part: sum(one[part] for one in spent) for part in _PARTS})
    return {part: round(min(one[part] for one in rounds) / total * 1e6, 2) for part in _PARTS}


def main(
    tokens: Annotated[
        list[int] | None, typer.Option(help="Tokens of a frame; may be repeated. Default: 1, 8, 32.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what one frame costs, part by part."""
    environment = describe_environment()
    costs = {
        f"{language}, {number} tokens": cost(language, number)
        for language in _CHARACTERS_PER_TOKEN
        for number in tokens or (1, 8, 32)
    }
    if as_json:
        print(json.dumps({**environment.as_json(), "microseconds_a_frame": costs}, indent=2))
        return
    print(environment)
    rows = [[name, *one.values(), f"{sum(one.values()):.1f}"] for name, one in costs.items()]
    print(table(("µs of CPU a frame", *_PARTS, "all"), rows))


if __name__ == "__main__":
    typer.run(main)
