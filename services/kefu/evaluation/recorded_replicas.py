"""
Recorded replicas: the model's answers are kept in a file, and given again for the same request.

The key holds all that determines the model's text: the weights' fingerprint, the messages, the sampling and the
continuation. The router's work on the text is never recorded, so the next run measures changed filters.
"""

import hashlib
import json
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kefu.common.auth import Principal
from kefu.router.dispatch.first_frame import AnsweringReplica
from kefu.router.dispatch.relay import ReplicaChooser
from kefu.router.domain.generation import Accepted, Frame, GenerationEnd, GenerationEvent, GenerationRequest
from kefu.router.domain.turn import Usage


class Recording:
    """Answers by key, in an append-only file of JSON lines. A broken last line of a killed run is skipped."""

    def __init__(self, path: Path | None) -> None:
        """Load a recording. `path` None keeps answers for this run only."""
        self._path = path
        self._known: dict[str, list[dict[str, Any]]] = {}
        self.written = 0
        """Number of answers that the model wrote in this run."""
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    row: dict[str, Any] = json.loads(line)
                except json.JSONDecodeError:
                    continue
                self._known[row["key"]] = row["events"]

    def get(self, key: str) -> list[GenerationEvent] | None:
        """The events of a recorded answer; None without one."""
        events = self._known.get(key)
        return None if events is None else [_event(event) for event in events]

    def put(self, key: str, events: list[GenerationEvent]) -> None:
        """Record a whole answer."""
        self.written += 1
        rows = [{"is": type(event).__name__, **asdict(event)} for event in events]
        self._known[key] = rows
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "events": rows}, ensure_ascii=False) + "\n")


@dataclass
class RecordedSource:
    """A recorded replica. It fetches a whole answer before its first event, so that every record is whole."""

    source: AnsweringReplica
    recording: Recording
    fingerprint: str

    @property
    def address(self) -> str:
        """Address of the replica."""
        return self.source.address

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.source.model

    @property
    def progressed_at(self) -> float:
        """See `AnsweringReplica`."""
        return self.source.progressed_at

    async def generate(self, request: GenerationRequest, principal: Principal) -> AsyncGenerator[GenerationEvent, None]:
        """See `Replica.generate`."""
        key = _key(request, self.fingerprint)
        events = self.recording.get(key)
        if events is None:
            events = [event async for event in self.source.generate(request, principal)]
            if events and isinstance(events[-1], GenerationEnd):
                self.recording.put(key, events)
        for event in events:
            yield event


@dataclass(frozen=True)
class RecordedPool:
    """A pool of recorded replicas; all of them serve the model of `fingerprint`."""

    pool: ReplicaChooser
    recording: Recording
    fingerprint: str

    @property
    def answer_profile(self) -> str:
        """See `ReplicaPool.answer_profile`: what is measured with it is the model's own writing."""
        return "unchecked"

    def choose(
        self, *, preferred: str = "", session: str = "", exclude: frozenset[str] = frozenset()
    ) -> RecordedSource | None:
        """See `ReplicaPool.choose`."""
        source = self.pool.choose(preferred=preferred, session=session, exclude=exclude)
        return None if source is None else RecordedSource(source, self.recording, self.fingerprint)


def _key(order: GenerationRequest, fingerprint: str) -> str:
    parts = [
        fingerprint,
        [[message.role, message.content] for message in order.messages],
        order.max_tokens,
        order.temperature,
        order.reasoning_tokens,
        None if order.continuation is None else [order.continuation.token_ids, order.continuation.text],
        *([order.choices] if order.choices else []),  # without them the key is as it was in older recordings
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _event(row: dict[str, Any]) -> GenerationEvent:
    match row["is"]:
        case "Accepted":
            return Accepted(row["prompt_tokens"], row["fingerprint"])
        case "Frame":
            return Frame(row["text"], tuple(row["token_ids"]), row["reasoning"])
        case _:
            chosen = tuple(row.get("choice_log_probabilities", ()))
            return GenerationEnd(Usage(**row["usage"]), row["cut"], chosen)
