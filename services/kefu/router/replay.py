"""The events of a turn that has ended, from what is stored of it."""

from collections.abc import Iterator

from kefu.common.errors import OffsetOutOfRange
from kefu.router.events import Ended, Event, HandedOff, PassagesFound, Started, Text
from kefu.router.model import Turn


def replayed(session_id: str, turn: Turn, offset: int = 0) -> Iterator[Event]:
    """What a reader of a finished turn is told who holds `offset` bytes of it. Raises OffsetOutOfRange."""
    # A hand-over's message is the turn's text when nothing else was said; it was no delta then, and is none now.
    said = b"" if turn.handoff is not None and turn.text == turn.handoff.message else turn.text.encode()
    if offset > len(said):
        raise OffsetOutOfRange(f"The answer has {len(said)} bytes; resume from 0.")
    while 0 < offset < len(said) and said[offset] & 0xC0 == 0x80:
        offset -= 1
    yield Started(session_id, turn.id, turn.language, replayed=True)
    if turn.searched:
        yield PassagesFound(turn.passages, turn.query)
    if offset < len(said):
        yield Text(offset, said[offset:].decode())
    if turn.handoff is not None:
        yield HandedOff(turn.handoff)
    if turn.completed is not None:
        yield Ended(turn.completed)
