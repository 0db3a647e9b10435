"""Plain text: paragraphs."""

import re

from kefu.retrieval.documents.types import Block, ParsedDocument


def parse_text(text: str) -> ParsedDocument:
    """Paragraphs are parted by empty lines."""
    return ParsedDocument("", [Block(paragraph.strip()) for paragraph in re.split(r"\n\s*\n", text)])
