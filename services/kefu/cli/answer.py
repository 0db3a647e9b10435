"""One question and its answer: the stream joined, lost connections mended, shown as it arrives."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
from rich.console import Console
from rich.text import Text

from kefu.cli.connection import Remote
from kefu.cli.console import as_dict, one_line, printable
from kefu.common.status import is_lost
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc

_SECONDS = 300.0  # an answer on a slow machine, waiting included
_TRIES = 6


@dataclass
class Answer:
    """A turn as far as it has come."""

    began: float = field(default_factory=time.monotonic)
    session: str = ""
    turn: str = ""
    language: str = ""
    query: str = ""
    """The question as it was searched, when it differs from what was asked."""
    joined: bytes = b""
    """The text so far, UTF-8: offsets count its bytes."""
    passages: list[pb.SourcePassage] = field(default_factory=list[pb.SourcePassage])
    handoff: pb.Handoff | None = None
    completed: pb.TurnCompleted | None = None
    first_text: float | None = None
    """Seconds from asking to the first text, as this program saw it."""
    total: float | None = None
    """Seconds from asking to the end."""

    @property
    def text(self) -> str:
        """The text so far, or what the customer is told when a person takes over."""
        if not self.joined and self.handoff is not None:
            return self.handoff.message
        return self.joined.decode("utf-8", "replace")

    def add(self, event: pb.ConverseEvent) -> None:
        """Take in the next event."""
        match event.WhichOneof("event"):
            case "turn_started":
                started = event.turn_started
                self.session, self.turn, self.language = started.session, started.turn, started.language
            case "passages_found":
                self.passages = list(event.passages_found.passages)
                self.query = event.passages_found.query
            case "text_delta":
                self._seen()
                delta = event.text_delta
                self.joined = self.joined[: delta.offset] + delta.text.encode()
            case "handoff":
                self._seen()
                self.handoff = event.handoff
            case "turn_completed":
                self.completed = event.turn_completed
                self.total = time.monotonic() - self.began
            case _:
                pass  # reasoning is shown and not kept; what a newer release sends is not for us

    def _seen(self) -> None:
        if self.first_text is None:
            self.first_text = time.monotonic() - self.began

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        completed = as_dict(self.completed) if self.completed else {}
        return {
            "session": self.session,
            "turn": self.turn,
            "language": self.language,
            "query": self.query,
            "text": self.text,
            "finish_reason": completed.get("finish_reason"),
            "source": completed.get("source"),
            "model": completed.get("model"),
            "handoff": as_dict(self.handoff) if self.handoff else None,
            "passages": [as_dict(passage) for passage in self.passages],
            "citations": completed.get("citations", []),
            "usage": completed.get("usage"),
            "timings": completed.get("timings"),
            "client_seconds": {"first_text": self.first_text, "total": self.total},
        }


async def events_of(
    channel: grpc.aio.Channel, request: pb.ConverseRequest, remote: Remote
) -> AsyncIterator[pb.ConverseEvent]:
    """Events of a turn. A lost connection is mended by asking again with the same request_id: it gives the same turn.

    A delta after that may begin below what came before: it replaces from there.
    """
    if not request.request_id:
        request.request_id = str(uuid.uuid4())
    request.resumable = True
    stub = rpc.ChatServiceStub(channel)
    for attempt in range(1, _TRIES + 1):
        call = stub.Converse(request, metadata=remote.metadata, timeout=_SECONDS)
        begun = attempt > 1
        try:
            async for event in call:
                begun = True
                yield event
        except grpc.aio.AioRpcError as error:
            # At first, "nobody is there" is told at once; once a turn has begun it is worth some patience.
            lost = is_lost(error) and (begun or remote.patient)
            if not lost or attempt == _TRIES:
                raise
        else:
            return
        finally:
            call.cancel()
        await asyncio.sleep(min(0.5 * 2 ** (attempt - 1), 5.0))
        await remote.wait_for(channel)


class AnswerView:
    """Prints an answer as it arrives, then where it comes from."""

    def __init__(self, out: Console, *, show_reasoning: bool = False) -> None:
        self._out = out
        self._show_reasoning = show_reasoning
        self._shown = ""
        self._thinking = False

    def show(self, event: pb.ConverseEvent, answer: Answer) -> None:
        """Print what an event added. `answer` has taken the event in already."""
        match event.WhichOneof("event"):
            case "reasoning_delta" if self._show_reasoning:
                self._thinking = True
                self._write(event.reasoning_delta.text, style="dim italic")
            case "text_delta":
                if self._thinking:
                    self._thinking = False
                    self._write("\n\n")
                self._bring_up_to(answer.joined.decode("utf-8", "replace"))
            case _:
                pass

    def end(self, answer: Answer) -> None:
        """Print the rest: a hand-over, sources with what they carry, and the times."""
        if answer.handoff is not None and not answer.joined:
            self._write(answer.handoff.message)
        self._write("\n")
        if answer.handoff is not None:
            self._out.print(f"→ for a person ({handoff_line(answer.handoff)})", style="yellow")
        self._sources(answer)
        self._out.print(timing_line(answer), style="dim", soft_wrap=True)

    def _sources(self, answer: Answer) -> None:
        if not answer.passages:
            return
        citations = list(answer.completed.citations) if answer.completed else []
        cited = {citation.number for citation in citations}
        if citations:
            self._out.print("Sources", style="bold")
        for passage in answer.passages:
            if passage.number not in cited:
                continue
            self._out.print(source_line(passage), soft_wrap=True)
            for citation in citations:
                if citation.number == passage.number:
                    quoted = answer.joined[citation.start : citation.end].decode("utf-8", "replace")
                    if quoted.strip():
                        self._out.print(f"      carries: {one_line(quoted, 90)}", style="dim", soft_wrap=True)
        if others := [passage for passage in answer.passages if passage.number not in cited]:
            self._out.print("Also found" if citations else "Found, not cited", style="dim")
            for passage in others:
                self._out.print(source_line(passage), style="dim", soft_wrap=True)

    def _bring_up_to(self, text: str) -> None:
        if not text.startswith(self._shown):  # after a resume: what stands on the screen cannot be taken back
            if self._shown.startswith(text):
                return
            self._write("\n[continued]\n")
            self._shown = ""
        self._write(text[len(self._shown) :])
        self._shown = text

    def _write(self, text: str, style: str = "") -> None:
        self._out.print(Text(printable(text), style=style), end="", soft_wrap=True)
        self._out.file.flush()


def handoff_line(handoff: pb.Handoff) -> str:
    """Why a person should take over, and what is to know before."""
    reason = pb.Handoff.Reason.Name(handoff.reason).removeprefix("REASON_").lower().replace("_", " ")
    said = (handoff.subject, "out of hours" if handoff.out_of_hours else "", "again" if handoff.repeated else "")
    return ", ".join([reason, *filter(None, said)])


def source_line(passage: pb.SourcePassage) -> str:
    """A source on one line: its number, title, headings, and the address that a customer may open."""
    place = " › ".join([passage.title, *passage.headings])
    return f"  [{passage.number}] {one_line(f'{place}  {passage.uri}', 200)}"


def timing_line(answer: Answer) -> str:
    """How long it took, as this program saw it, and how much of it was searching."""
    parts: list[str] = []
    if answer.first_text is not None:
        parts.append(f"first text {answer.first_text:.2f} s")
    if answer.total is not None:
        parts.append(f"total {answer.total:.2f} s")
    if answer.completed is not None:
        completed = answer.completed
        if completed.timings.HasField("search"):
            parts.append(f"search {completed.timings.search.ToTimedelta().total_seconds() * 1000:.0f} ms")
        if completed.HasField("usage"):
            usage = completed.usage
            parts.append(
                f"{usage.prompt_tokens} tokens read ({usage.cached_prompt_tokens} cached), "
                f"{usage.completion_tokens} written"
            )
        if completed.finish_reason not in (pb.FINISH_REASON_STOP, pb.FINISH_REASON_HANDOFF):
            parts.append(pb.FinishReason.Name(completed.finish_reason).removeprefix("FINISH_REASON_").lower())
        kind = pb.AnswerSource.Name(completed.source).removeprefix("ANSWER_SOURCE_").lower()
        if completed.source:
            parts.append(kind + (f" by {completed.model}" if completed.model else ""))
    return printable(" · ".join(parts))


async def answer_one(
    channel: grpc.aio.Channel,
    request: pb.ConverseRequest,
    remote: Remote,
    show: Callable[[pb.ConverseEvent, Answer], None],
    answer: Answer | None = None,
) -> Answer:
    """Ask and read to the end; `show` is told each event. Pass `answer` to read it meanwhile."""
    answer = answer or Answer()
    async for event in events_of(channel, request, remote):
        answer.add(event)
        show(event, answer)
    return answer
