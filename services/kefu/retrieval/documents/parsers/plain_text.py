"""The parser of plain text."""

import re

from kefu.retrieval.documents.types import Block, ParsedDocument


def parse_text(text: str) -> ParsedDocument:
    """Parse plain text. Empty lines separate the paragraphs."""
    return ParsedDocument("", [Block(paragraph.strip()) for paragraph in re.split(r"\n\s*\n", text)])
