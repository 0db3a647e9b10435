"""Reasoning: tells it from the answer in a model's output, where `<think>` and `</think>` may be cut anywhere."""

from enum import Enum, auto

from kefu.generation.decoding.marker_scanner import Chunk, MarkerScanner, Match
from kefu.generation.engine import Channel, Piece

OPEN = "<think>"
CLOSE = "</think>"
FORCED_CLOSE = f"\n{CLOSE}\n\n"
"""Text that closes the block in the model's name when reasoning has used up its tokens."""
EMPTY_BLOCK = f"{OPEN}\n{FORCED_CLOSE}"
"""Text that makes an R1-style model answer at once. R1 sometimes writes it by itself, so it knows the text."""


class _State(Enum):
    OPENING = auto()  # only white space yet: the model may open (or close) a block by itself
    REASONING = auto()
    GAP = auto()  # after the tag: white space before the answer is dropped
    ANSWER = auto()


class ThinkSplitter:
    """Splits one output into reasoning and answer. `opened`: the prompt ends inside a think block, as in R1 templates.

    One block at the start is recognised; a later tag is text like any other. The ids of a dropped tag come with an
    empty piece of the answer. When one token holds the end of the reasoning and of the tag, its ids come after that
    last bit of reasoning. So a continuation may repeat the bit, but never loses any answer.
    """

    def __init__(self, *, opened: bool) -> None:
        self._state = _State.REASONING if opened else _State.OPENING
        self._opening: list[Chunk] = []
        self._close = MarkerScanner([CLOSE])
        self._reasoning: list[str] = []

    @property
    def is_reasoning(self) -> bool:
        """Whether the next text is reasoning."""
        return self._state is _State.REASONING

    @property
    def is_answering(self) -> bool:
        """Whether the last text was neither reasoning nor a tag."""
        return self._state in (_State.OPENING, _State.ANSWER)

    @property
    def is_settled(self) -> bool:
        """Whether no text is held back."""
        return not (self._opening or self._close.holds_text)

    def push(self, text: str, token_ids: tuple[int, ...]) -> list[Piece]:
        """Take some output, and return the pieces that are decided."""
        match self._state:
            case _State.OPENING:
                return self._open(Chunk(text, token_ids))
            case _State.REASONING:
                return self._think(Chunk(text, token_ids))
            case _State.GAP:
                return self._skip_gap(text, token_ids)
            case _State.ANSWER:
                return [Piece(Channel.TEXT, text, token_ids)]

    def finish(self, *, by_model: bool) -> list[Piece]:
        """End the output. A model that ended it without `</think>` meant the answer, which then comes as text."""
        if self._state is _State.OPENING:
            return [Piece(Channel.TEXT, *self._take_opening())] if self._opening else []
        if self._state is not _State.REASONING:
            return []
        pieces = [] if (held := self._close.flush()) is None else [self._thought(*held)]
        if by_model and (answer := "".join(self._reasoning).strip()):
            pieces.append(Piece(Channel.TEXT, answer))
        return pieces

    def _open(self, chunk: Chunk) -> list[Piece]:
        self._opening.append(chunk)
        text = "".join(held.text for held in self._opening).lstrip()
        tag = next((tag for tag in (OPEN, CLOSE) if text.startswith(tag)), None)
        if tag is None and (OPEN.startswith(text) or CLOSE.startswith(text)):
            return []
        held = self._take_opening()
        if tag is None:
            self._state = _State.ANSWER
            return [Piece(Channel.TEXT, *held)]
        ids = held.token_ids
        if tag == CLOSE:
            self._state = _State.GAP
            return self._skip_gap(text[len(tag) :], ids)
        self._state = _State.REASONING
        return self._think(Chunk(text[len(tag) :], ids))

    def _think(self, chunk: Chunk) -> list[Piece]:
        found = self._close.push(chunk)
        if not isinstance(found, Match):
            return [] if found is None else [self._thought(*found)]
        self._state = _State.GAP
        before = [self._thought(found.before, ())] if found.before else []
        return before + self._skip_gap(found.after, found.token_ids)

    def _take_opening(self) -> Chunk:
        held, self._opening = self._opening, []
        return Chunk("".join(chunk.text for chunk in held), tuple(token for chunk in held for token in chunk.token_ids))

    def _thought(self, text: str, token_ids: tuple[int, ...]) -> Piece:
        self._reasoning.append(text)
        return Piece(Channel.REASONING, text, token_ids)

    def _skip_gap(self, text: str, token_ids: tuple[int, ...]) -> list[Piece]:
        text = text.lstrip()
        if text:
            self._state = _State.ANSWER
        return [Piece(Channel.TEXT, text, token_ids)] if text or token_ids else []
