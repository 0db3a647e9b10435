"""What a reader makes of a file, whatever its format."""

from dataclasses import dataclass, field

from kefu.common.metadata_filters import Pairs
from kefu.retrieval.domain.filters import Audience


@dataclass(frozen=True)
class Block:
    """Text under one heading path. `table_header` is set for a table: every piece of it must repeat those lines."""

    text: str
    headings: tuple[str, ...] = ()
    """Outermost first, without the document's title."""
    table_header: str = ""
    own_passage: bool = False
    """Never share a passage with neighbours: one question and its answer."""
    page: int = 0
    """Page or slide on which it begins, from 1; 0 where the format has none."""


@dataclass(frozen=True)
class Member:
    """A file within a file: in an archive, or attached to a mail."""

    name: str
    """Relative, "/" between parts, never leading out of the file that holds it."""
    data: bytes
    media_type: str = ""


@dataclass(frozen=True)
class Failure:
    """Why a file, or a file within one, was not imported: a reason of DocumentResult's and a sentence."""

    name: str
    reason: str
    message: str


@dataclass(frozen=True)
class ParsedDocument:
    """A document ready to be cut into passages. What it says of itself is empty where it says nothing."""

    title: str
    blocks: list[Block] = field(default_factory=list[Block])
    language: str = ""
    uri: str = ""
    valid_from: str = ""
    valid_until: str = ""
    audience: Audience = Audience.EVERYONE
    metadata: Pairs = ()
    remark: str = ""
    """What whoever imports it should know, such as pages that could not be read."""
    members: list[Member] = field(default_factory=list[Member])
    failures: list[Failure] = field(default_factory=list[Failure])
    """Files within it that cannot be taken out."""


class Unreadable(Exception):
    """This document cannot be imported; the others can. `reason` is one of DocumentResult's, the message says what
    to do.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def table_row(cells: list[str]) -> str:
    """A row of a table as it stands in a passage."""
    return "| " + " | ".join(" ".join(cell.split()) for cell in cells) + " |"


def table_block(rows: list[list[str]], headings: tuple[str, ...] = (), page: int = 0) -> Block:
    """A table whose first row is its header."""
    lines = [table_row(row) for row in rows]
    return Block("\n".join(lines[1:]) or lines[0], headings, table_header=lines[0], page=page)
