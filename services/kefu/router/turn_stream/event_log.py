"""
What happened in a turn so far, for any number of readers, each at its own pace.

The writer never waits. The answer is kept once, as bytes; a reader that lags gets all it has missed as one delta, so
a slow client costs one number, and what it does not read merges by itself.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

from kefu.common.errors import OffsetOutOfRange
from kefu.router.domain.handoff import Handoff
from kefu.router.domain.turn import Completed
from kefu.router.turn_stream.events import Event, HandedOff, PassagesFound, Reasoning, Started, StreamEnd, Text

_LONGEST_PIECE = 65_536  # bytes: a message of gRPC has at most 4 MiB unless its receiver says otherwise


def whole_character(text: bytes | bytearray, offset: int) -> int:
    """The offset, or the begin of the character it lies in."""
    while 0 < offset < len(text) and text[offset] & 0xC0 == 0x80:
        offset -= 1
    return offset


def piece_end(text: bytes | bytearray, begin: int) -> int:
    """Where the next delta ends: at the text's end, or at a whole character a while before it."""
    return whole_character(text, min(begin + _LONGEST_PIECE, len(text)))


class TurnEventLog:
    """One turn's events. Write in the contract's order; end with `complete` or `fail`, once."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._reasoning = ""
        self._started: Started | None = None
        self._found: PassagesFound | None = None
        self._handoff: Handoff | None = None
        self._completed: Completed | None = None
        self._error: BaseException | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self.rewritten_from: int | None = None
        """See `rewrite`."""

    @property
    def text(self) -> str:
        """The answer so far."""
        return self._text.decode()

    @property
    def text_bytes(self) -> int:
        """Its length in UTF-8."""
        return len(self._text)

    @property
    def encoded(self) -> bytes:
        """The answer so far, in UTF-8."""
        return bytes(self._text)

    @property
    def has_started(self) -> bool:
        """Whether readers were told of the turn."""
        return self._started is not None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.is_complete or self.has_failed

    @property
    def is_complete(self) -> bool:
        """Whether the turn has ended well."""
        return self._completed is not None

    @property
    def has_failed(self) -> bool:
        """Whether its readers get an error."""
        return self._error is not None

    def rewrite(self, offset: int) -> None:
        """Readers may hold another text from this byte on, told by a router that died: nothing of it counts."""
        self.rewritten_from = offset if self.rewritten_from is None else min(offset, self.rewritten_from)

    def start(self, started: Started) -> None:
        """The turn has begun."""
        self._started = started
        self._notify()

    def find(self, found: PassagesFound) -> None:
        """The search is over."""
        self._found = found
        self._notify()

    def think(self, text: str) -> None:
        """The model thinks."""
        self._reasoning += text
        self._notify()

    def say(self, text: str) -> None:
        """More of the answer."""
        if text:
            self._text += text.encode()
            self._notify()

    def hand_over(self, handoff: Handoff) -> None:
        """A person should take over."""
        self._handoff = handoff
        self._notify()

    def complete(self, completed: Completed) -> None:
        """The turn has ended."""
        self._completed = completed
        self._notify()

    def fail(self, error: BaseException) -> None:
        """The turn has failed; its readers get this error."""
        self._error = error
        self._notify()

    async def read(
        self, offset: int = 0, *, replayed: bool = False, reasoning: bool = False, patient: bool = False
    ) -> AsyncGenerator[Event, None]:
        """All events, the answer from byte `offset` on. Raises what the turn failed with.

        An offset inside a character moves to its begin, and one in a part that was rewritten to the begin of that: the
        first Text says so, if need be with nothing in it. Raises OffsetOutOfRange for an offset beyond the text there
        is now, or beyond the whole answer when `patient`.
        """
        if offset > len(self._text) and not patient:
            self._check_rewritten()
        started = found = handed = told = False
        thought = 0
        while True:
            begin = offset if told or self.rewritten_from is None else min(offset, self.rewritten_from)
            if self._started is not None and not started:
                started = True
                yield replace(self._started, replayed=replayed)
            elif self._found is not None and not found:
                found = True
                yield self._found
            elif reasoning and thought < len(self._reasoning):
                piece, thought = self._reasoning[thought:], len(self._reasoning)
                yield Reasoning(piece)
            elif begin < len(self._text):
                begin = whole_character(self._text, begin)
                offset, told = piece_end(self._text, begin), True
                yield Text(begin, self._text[begin:offset].decode())
            elif (self._handoff is not None or self._completed is not None) and offset > len(self._text):
                self._check_rewritten()
                offset, told = len(self._text), True
                yield Text(offset, "")
            elif self._handoff is not None and not handed:
                handed = True
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
