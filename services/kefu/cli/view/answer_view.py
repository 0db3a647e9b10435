"""The view of one answer, printed as it arrives."""

from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import grpc.aio
from rich.console import Console
from rich.text import Text

from kefu.cli.console import as_dict
from kefu.cli.remote.connection import Remote
from kefu.client.answer import Answer, Event
from kefu.client.turns import follow
from kefu.router.v1 import chat_pb2 as pb
from kefu.text.terminal_text import one_line, printable


def as_json(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer, for `--json`."""
    completed = as_dict(answer.completed) if answer.completed else {}
    return {
        "session": answer.session,
        "turn": answer.turn,
        "language": answer.language,
        "query": answer.query,
        "text": answer.text,
        "finish_reason": completed.get("finish_reason"),
        "source": completed.get("source"),
        "model": completed.get("model"),
        "handoff": as_dict(answer.handoff) if answer.handoff else None,
        "passages": [as_dict(passage) for passage in answer.passages],
        "citations": completed.get("citations", []),
        "cards": completed.get("cards"),
        "usage": completed.get("usage"),
        "timings": completed.get("timings"),
        "client_seconds": {"first_text": answer.first_text, "total": answer.total},
    }


class AnswerView:
    """Prints an answer as it arrives, then its sources and times."""

    def __init__(self, out: Console, *, show_reasoning: bool = False) -> None:
        self._out = out
        self._show_reasoning = show_reasoning
        self._shown = ""
        self._thinking = False

    def show(self, event: Event, answer: Answer) -> None:
        """Print what an event added. The event is part of `answer` already."""
        match event:
            case pb.ReasoningDelta() if self._show_reasoning:
                self._thinking = True
                self._write(event.text, style="dim italic")
            case pb.Progress():
                self._out.print(f"{one_line(event.text, 100)} …", style="dim", soft_wrap=True, markup=False)
            case pb.TextDelta():
                if self._thinking:
                    self._thinking = False
                    self._write("\n\n")
                self._write_new_text(answer.joined.decode("utf-8", "replace"))
            case _:
                pass

    def end(self, answer: Answer) -> None:
        """Print the rest: a handoff, the sources with the text that cites them, and the times."""
        if answer.handoff is not None:
            if self._shown:  # printed text cannot be taken back
                self._write("\n[withdrawn]\n\n")
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

    def _write_new_text(self, text: str) -> None:
        if not text.startswith(self._shown):  # after a resume: printed text cannot be taken back
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
    """The reason of a handoff and what an agent should know, on one line."""
    reason = pb.Handoff.Reason.Name(handoff.reason).removeprefix("REASON_").lower().replace("_", " ")
    details = (handoff.subject, "out of hours" if handoff.out_of_hours else "", "again" if handoff.repeated else "")
    return ", ".join([reason, *filter(None, details)])


def source_line(passage: pb.SourcePassage) -> str:
    """A passage on one line: number, title, headings, and the address that a customer may open."""
    place = " › ".join([passage.title, *passage.headings])
    return f"  [{passage.number}] {one_line(f'{place}  {passage.uri}', 200)}"


def timing_line(answer: Answer) -> str:
    """The times of an answer as this program measured them, with tokens, source and the time of the search."""
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
    show: Callable[[Event, Answer], None],
    answer: Answer | None = None,
) -> Answer:
    """Ask a question, and read the answer to the end. `show` is called with each event.

    A caller that reads the answer meanwhile passes its own `answer`.
    """
    answer = answer or Answer()
    async with aclosing(follow(channel, request, remote.metadata, remote.persistence())) as events:
        async for event in events:
            answer.add(event)
            show(event, answer)
    return answer
