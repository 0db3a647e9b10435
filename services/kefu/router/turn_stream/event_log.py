"""
Event log of one turn, for any number of readers, each at its own pace.

The writer never waits. The answer is kept once, as bytes. A reader that lags gets all that it has missed as one delta.
So a slow client costs one number, and what it does not read merges by itself.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

from kefu.common.errors import OffsetOutOfRange
from kefu.router.domain.handoff import Handoff
from kefu.router.domain.turn import Completed
from kefu.router.turn_stream.turn_events import (
    HandedOff,
    PassagesFound,
    Progress,
    Reasoning,
    Started,
    StreamEnd,
    Text,
    TurnEvent,
)

_MAX_DELTA_BYTES = 65_536  # gRPC messages have at most 4 MiB unless their receiver says otherwise


def character_start(text: bytes | bytearray, offset: int) -> int:
    """The start of the UTF-8 character that holds a byte offset."""
    while 0 < offset < len(text) and text[offset] & 0xC0 == 0x80:
        offset -= 1
    return offset


def delta_end(text: bytes | bytearray, begin: int) -> int:
    """The end of the next delta: the text's end, or a whole character at most 64 KiB after `begin`."""
    return character_start(text, min(begin + _MAX_DELTA_BYTES, len(text)))


class TurnEventLog:
    """Event log of one turn. Events are written in the contract's order; `complete` or `fail` ends it, once."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._reasoning = ""
        self._progress: Progress | None = None
        self._started: Started | None = None
        self._found: PassagesFound | None = None
        self._handoff: Handoff | None = None
        self._completed: Completed | None = None
        self._error: BaseException | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self.rewritten_from: int | None = None
        """The byte from which earlier readers may hold another text; see `rewrite`."""

    @property
    def text(self) -> str:
        """The answer so far."""
        return self._text.decode()

    @property
    def text_bytes(self) -> int:
        """The length of the answer so far, in UTF-8 bytes."""
        return len(self._text)

    @property
    def encoded(self) -> bytes:
        """The answer so far, in UTF-8."""
        return bytes(self._text)

    @property
    def has_started(self) -> bool:
        """Whether readers have been sent the turn's start."""
        return self._started is not None

    @property
    def has_ended(self) -> bool:
        """Whether no more events will come."""
        return self.is_complete or self.has_failed

    @property
    def is_complete(self) -> bool:
        """Whether the turn has completed."""
        return self._completed is not None

    @property
    def has_failed(self) -> bool:
        """Whether the turn has failed."""
        return self._error is not None

    def rewrite(self, offset: int) -> None:
        """Note that readers may hold another text from this byte on, from a router that died. It is replaced."""
        self.rewritten_from = offset if self.rewritten_from is None else min(offset, self.rewritten_from)

    def start(self, started: Started) -> None:
        """Start the turn."""
        self._started = started
        self._notify()

    def add_passages(self, found: PassagesFound) -> None:
        """Add the search result."""
        self._found = found
        self._notify()

    def add_reasoning(self, text: str) -> None:
        """Append to the model's reasoning."""
        self._reasoning += text
        self._notify()

    def add_progress(self, text: str) -> None:
        """Add what is being done. Whoever reads later gets the last of it alone."""
        self._progress = Progress(text)
        self._notify()

    def add_text(self, text: str) -> None:
        """Append to the answer."""
        if text:
            self._text += text.encode()
            self._notify()

    def add_handoff(self, handoff: Handoff) -> None:
        """Add the handoff to a person."""
        self._handoff = handoff
        self._notify()

    def complete(self, completed: Completed) -> None:
        """End the turn."""
        self._completed = completed
        self._notify()

    def fail(self, error: BaseException) -> None:
        """Fail the turn: its readers get this error."""
        self._error = error
        self._notify()

    async def read(
        self, offset: int = 0, *, replayed: bool = False, reasoning: bool = False, awaits_offset: bool = False
    ) -> AsyncGenerator[TurnEvent, None]:
        """All events, with the answer from byte `offset` on. Raises the error of a failed turn.

        An offset inside a character moves to the character's start. An offset in a rewritten part moves to the start of
        that part. The first Text carries the new offset, with an empty text if need be. Raises OffsetOutOfRange for an
        offset beyond the text so far, or beyond the whole answer with `awaits_offset`.
        """
        if offset > len(self._text) and not awaits_offset:
            self._check_rewritten()
        started = found = handed_off = positioned = False
        reasoned, progressed = 0, None
        while True:
            begin = offset if positioned or self.rewritten_from is None else min(offset, self.rewritten_from)
            if self._started is not None and not started:
                started = True
                yield replace(self._started, replayed=replayed)
            elif self._found is not None and not found:
                found = True
                yield self._found
            elif reasoning and reasoned < len(self._reasoning):
                piece, reasoned = self._reasoning[reasoned:], len(self._reasoning)
                yield Reasoning(piece)
            elif self._progress is not progressed:
                progressed = self._progress
                if progressed is not None:
                    yield progressed
            elif begin < len(self._text):
                begin = character_start(self._text, begin)
                offset, positioned = delta_end(self._text, begin), True
                yield Text(begin, self._text[begin:offset].decode())
            elif (self._handoff is not None or self._completed is not None) and offset > len(self._text):
                self._check_rewritten()
                offset, positioned = len(self._text), True
                yield Text(offset, "")
            elif self._handoff is not None and not handed_off:
                handed_off = True
                yield HandedOff(self._handoff)
            elif self._completed is not None:
                yield StreamEnd(self._completed)
                return
            elif self._error is not None:
                raise self._error
            else:
                changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.append(changed)
                await changed

    def _check_rewritten(self) -> None:
        if self.rewritten_from is None:
            raise OffsetOutOfRange(f"The answer has {len(self._text)} bytes so far; resume from 0.")

    def _notify(self) -> None:
        waiting, self._waiting = self._waiting, []
        for changed in waiting:
            if not changed.done():  # its reader may just have been cancelled
                changed.set_result(None)
