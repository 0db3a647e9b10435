"""A chat completion, built from the events of a turn."""

import time
from collections.abc import Iterator
from typing import Any

from google.protobuf.json_format import MessageToDict

from kefu.gateway.openai_api.chat_request import ChatRequest
from kefu.router.v1 import chat_pb2 as pb

_LENGTH = {pb.FINISH_REASON_LENGTH: "length"}


class CompletionBuilder:
    """One chat completion as it grows. Pass each event to `add_event`, and send what it returns."""

    def __init__(self, request: ChatRequest) -> None:
        self._request = request
        self.session = ""
        self.turn = ""
        self.is_replayed = False
        """Whether the turn had begun before this request."""
        self.text = ""
        """What the client holds; in a stream also what a handoff withdrew."""
        self.reasoning = ""

        self._passages: list[pb.SourcePassage] = []
        self._handoff: pb.Handoff | None = None
        self.completed: pb.TurnCompleted | None = None
        self._created = int(time.time())

    def add_event(self, event: pb.ConverseEvent) -> dict[str, str]:
        """The delta that an event adds to the message: `content`, `reasoning_content`, or an empty one."""
        match event.WhichOneof("event"):
            case "turn_started":
                self.session, self.turn = event.turn_started.session, event.turn_started.turn
                self.is_replayed = event.turn_started.replayed
            case "passages_found":
                self._passages = list(event.passages_found.passages)
            case "reasoning_delta":
                self.reasoning += event.reasoning_delta.text
                return {"reasoning_content": event.reasoning_delta.text}
            case "text_delta":
                return self._add(event.text_delta.text)
            case "handoff":
                return self._hand_over(event.handoff)
            case "turn_completed":
                self.completed = event.turn_completed
                return self._add(self._footnotes())
            case _:
                pass
        return {}

    def _add(self, text: str) -> dict[str, str]:
        self.text += text
        return {"content": text} if text else {}

    def _hand_over(self, handoff: pb.Handoff) -> dict[str, str]:
        """The message of a handoff, which takes the place of the text. In a stream it can only follow it."""
        self._handoff = handoff
        if not self._request.streams:
            self.text = ""
        return self._add(f"\n\n{handoff.message}" if self.text else handoff.message)

    def _footnotes(self) -> str:
        """The cited sources as lines below the answer; empty unless the request asked for them."""
        if not self._request.footnotes or self.completed is None:
            return ""
        cited = sorted({citation.number for citation in self.completed.citations})
        by_number = {passage.number: passage for passage in self._passages}
        lines = [_footnote(by_number[number]) for number in cited if number in by_number]
        return "\n\n" + "\n".join(lines) if lines else ""

    @property
    def is_with_person(self) -> bool:
        """Whether a person answers in this session from here on."""
        held = self.completed is not None and self.completed.finish_reason == pb.FINISH_REASON_HUMAN
        return self._handoff is not None or held

    @property
    def finish_reason(self) -> str:
        """The finish reason in OpenAI's words."""
        return _LENGTH.get(self.completed.finish_reason, "stop") if self.completed else "stop"

    def usage(self) -> dict[str, Any]:
        """Token counts; 0 when no model was asked."""
        usage = self.completed.usage if self.completed else pb.Usage()
        return {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": usage.prompt_tokens + usage.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": usage.cached_prompt_tokens},
            "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        }

    def extension(self) -> dict[str, Any]:
        """The field `kefu` of the response. Citations are UTF-8 byte ranges of the text without footnotes."""
        completed = self.completed or pb.TurnCompleted()
        return {
            "session": self.session,
            "turn": self.turn,
            "finish_reason": pb.FinishReason.Name(completed.finish_reason),
            "source": pb.AnswerSource.Name(completed.source),
            "choices": list(completed.choices),
            "citations": [_as_dict(citation) for citation in completed.citations],
            "passages": [_as_dict(passage) for passage in self._passages],
            "handoff": _as_dict(self._handoff) if self._handoff is not None else None,
        }

    def completion(self) -> dict[str, Any]:
        """The whole completion, for a request without a stream."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text, "refusal": None}
        if self.reasoning:
            message["reasoning_content"] = self.reasoning
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish_reason}
        return {
            **self._head("chat.completion"),
            "choices": [choice],
            "usage": self.usage(),
            "kefu": self.extension(),
        }

    def chunk(self, delta: dict[str, str]) -> dict[str, Any]:
        """One chunk of the stream."""
        return self._chunk([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}])

    def last_chunks(self) -> Iterator[dict[str, Any]]:
        """The last chunks of the stream: finish reason and field `kefu`, then the usage if the request asked for it."""
        choice: dict[str, Any] = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": self.finish_reason}
        yield {**self._chunk([choice]), "kefu": self.extension()}
        if self._request.includes_usage:
            yield {**self._chunk([]), "usage": self.usage()}

    def _chunk(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        chunk = {**self._head("chat.completion.chunk"), "choices": choices}
        return {**chunk, "usage": None} if self._request.includes_usage else chunk

    def _head(self, kind: str) -> dict[str, Any]:
        identity = self.turn.rpartition("/")[2]
        return {"id": f"chatcmpl-{identity}", "object": kind, "created": self._created, "model": self._request.model}


def _footnote(passage: pb.SourcePassage) -> str:
    place = " › ".join((passage.title, *passage.headings))
    return f"[{passage.number}] {place}" + (f" <{passage.uri}>" if passage.uri else "")


def _as_dict(message: Any) -> dict[str, Any]:
    return MessageToDict(message, preserving_proto_field_name=True)
