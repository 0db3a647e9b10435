"""What a reader makes of a file, whatever its format."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Block:
    """Text under one heading path. `table_header` is set for a table: every piece of it must repeat those lines."""

    text: str
    headings: tuple[str, ...] = ()
    """Outermost first, without the document's title."""
    table_header: str = ""
    own_passage: bool = False
    """Never share a passage with neighbours: one question and its answer."""


@dataclass(frozen=True)
class ParsedDocument:
    """A document ready to be cut into passages."""

    title: str
    blocks: list[Block] = field(default_factory=list[Block])


class Unreadable(Exception):
    """This document cannot be imported; the others can. `reason` is one of DocumentResult's, the message says what
    to do.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
