"""The events of a turn that has ended, from what is stored of it."""

from collections.abc import Iterator

from kefu.common.errors import OffsetOutOfRange
from kefu.router.domain.turn import Turn
from kefu.router.turn_stream.event_log import piece_end, whole_character
from kefu.router.turn_stream.events import Event, HandedOff, PassagesFound, Started, StreamEnd, Text


def replayed(session_id: str, turn: Turn, offset: int = 0) -> Iterator[Event]:
    """What a reader of a finished turn is told who holds `offset` bytes of it. Raises OffsetOutOfRange."""
    # A hand-over's message is the turn's text when nothing else was said; it was no delta then, and is none now.
    said = b"" if turn.handoff is not None and turn.text == turn.handoff.message else turn.text.encode()
    rewritten = turn.rewritten_from is not None and offset > turn.rewritten_from
    if rewritten and turn.rewritten_from is not None:
        offset = min(turn.rewritten_from, len(said))  # beyond it a reader may hold what a router said that died
    if offset > len(said):
        raise OffsetOutOfRange(f"The answer has {len(said)} bytes; resume from 0.")
    offset = whole_character(said, offset)
    yield Started(session_id, turn.id, turn.language, replayed=True)
    if turn.searched:
        yield PassagesFound(turn.passages, turn.query)
    if rewritten and offset == len(said):
        yield Text(offset, "")
    while offset < len(said):
        begin, offset = offset, piece_end(said, offset)
        yield Text(begin, said[begin:offset].decode())
    if turn.handoff is not None:
        yield HandedOff(turn.handoff)
    if turn.completed is not None:
        yield StreamEnd(turn.completed)
