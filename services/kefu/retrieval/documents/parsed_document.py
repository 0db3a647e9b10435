"""The result of a parser, in any format."""

from dataclasses import dataclass, field
from itertools import pairwise

from kefu.common.metadata_filters import Pairs
from kefu.retrieval.domain.filters import Audience
from kefu.retrieval.domain.text_recognition import TextRecognition


@dataclass(frozen=True)
class Block:
    """Text under one heading path. `table_header` is set for a table: every piece of the table must repeat it."""

    text: str
    headings: tuple[str, ...] = ()
    """Outermost first, without the document's title."""
    table_header: str = ""
    own_passage: bool = False
    """Whether the block shares no passage with its neighbours: one question and its answer."""
    begins_passage: bool = False
    """Whether the block shares no passage with what stands before it: the first of a scanned page, so that the page
    that an answer cites is the one to look at."""
    page: int = 0
    """Page or slide on which the block begins, from 1; 0 if the format has none."""


@dataclass(frozen=True)
class Member:
    """A file within a file: in an archive, or attached to a mail."""

    name: str
    """Relative path with "/" between parts, which never leads out of the containing file."""
    data: bytes
    media_type: str = ""


@dataclass(frozen=True)
class Failure:
    """A file, or a member of one, that was not imported: a reason of DocumentResult and a sentence."""

    name: str
    reason: str
    message: str


@dataclass(frozen=True)
class ParsedDocument:
    """A document ready to be chunked. Metadata that the document does not give are empty."""

    title: str
    blocks: list[Block] = field(default_factory=list[Block])
    language: str = ""
    uri: str = ""
    valid_from: str = ""
    valid_until: str = ""
    audience: Audience = Audience.EVERYONE
    metadata: Pairs = ()
    remark: str = ""
    """A remark for the caller of the import, such as pages that could not be read."""
    recognition: TextRecognition | None = None
    """What text recognition has read; None if nothing."""
    members: list[Member] = field(default_factory=list[Member])
    failures: list[Failure] = field(default_factory=list[Failure])
    """Files within the document that cannot be unpacked."""


class Unreadable(Exception):
    """A document that cannot be imported; the others can. `reason` is one of DocumentResult, the message says what to
    do.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def titles_of(rows: list[list[str]]) -> int:
    """The number of rows that are titles above a table's header: one cell, merged over all columns of a wider table."""
    at = 0
    while at < len(rows) - 2 and _is_title(rows[at]):
        at += 1
    return at if len(set(filter(None, rows[at]))) > 1 else 0


def with_one_header(rows: list[list[str]]) -> list[list[str]]:
    """The rows of a table with a header of one row. Where a cell of the first is merged over several columns that have
    names of their own below it, and the corner over both rows, each column has both names."""
    if len(rows) < 3 or len(rows[0]) != len(rows[1]) or rows[0][0] != rows[1][0]:
        return rows
    columns = list(zip(rows[0], rows[1], strict=True))
    if not any(left and left == right for left, right in pairwise(rows[0])) or len(set(columns)) < len(columns):
        return rows
    header = [" ".join(dict.fromkeys(filter(None, names))) for names in columns]
    return [header, *rows[2:]]


def _is_title(row: list[str]) -> bool:
    said = list(filter(None, row))
    return len(said) > 1 and len(set(said)) == 1


def table_row(cells: list[str]) -> str:
    """A row of a table as text."""
    return "| " + " | ".join(" ".join(cell.split()) for cell in cells) + " |"


def table_block(rows: list[list[str]], headings: tuple[str, ...] = (), page: int = 0) -> Block:
    """The block of a table. The first row is the header, below its titles; they are headings."""
    titles = titles_of(rows)
    headings = (*headings, *(next(filter(None, row)) for row in rows[:titles]))
    lines = [table_row(row) for row in with_one_header(rows[titles:])]
    return Block("\n".join(lines[1:]) or lines[0], headings, table_header=lines[0], page=page)
