"""Replay: the events of an ended turn, from the stored turn."""

from collections.abc import Iterator

from kefu.common.errors import OffsetOutOfRange
from kefu.router.domain.turn import Turn
from kefu.router.turn_stream.event_log import character_start, delta_end
from kefu.router.turn_stream.turn_events import HandedOff, PassagesFound, Started, StreamEnd, Text, TurnEvent


def replay(session_id: str, turn: Turn, offset: int = 0) -> Iterator[TurnEvent]:
    """The events of an ended turn, for a reader that holds `offset` bytes. Raises OffsetOutOfRange."""
    # A handoff's message is no delta. It withdraws what the reader may hold, so any offset will do.
    text = b"" if turn.handoff is not None else turn.text.encode()
    if turn.handoff is not None:
        offset = 0
    rewritten = turn.rewritten_from is not None and offset > turn.rewritten_from
    if rewritten and turn.rewritten_from is not None:
        offset = min(turn.rewritten_from, len(text))  # beyond it a reader may hold text of a dead router
    if offset > len(text):
        raise OffsetOutOfRange(f"The answer has {len(text)} bytes; resume from 0.")
    offset = character_start(text, offset)
    yield Started(session_id, turn.id, turn.language, replayed=True)
    if turn.searched:
        yield PassagesFound(turn.passages, turn.query)
    if rewritten and offset == len(text):
        yield Text(offset, "")
    while offset < len(text):
        begin, offset = offset, delta_end(text, offset)
        yield Text(begin, text[begin:offset].decode())
    if turn.handoff is not None:
        yield HandedOff(turn.handoff)
    if turn.completed is not None:
        yield StreamEnd(turn.completed)
