"""The parser of plain text."""

from kefu.retrieval.documents.parsed_document import Block, ParsedDocument
from kefu.text.linear_pattern import LinearPattern

_EMPTY_LINES = LinearPattern(r"\n(?:[^\S\n]*\n)+")


def parse_text(text: str) -> ParsedDocument:
    """Parse plain text. Empty lines separate the paragraphs."""
    return ParsedDocument("", [Block(paragraph.strip()) for paragraph in _EMPTY_LINES.split(text)])
