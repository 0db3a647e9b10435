"""
Documents to passages: pieces small enough to cite and to embed whole, each under its title and headings.

A passage is also cut into windows of a few sentences. Its own vector says what it is about, its windows' vectors say
what single sentences answer, its head's what it was filed under; a question is compared with all of them (see
scorer.py), which finds more than any one.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kefu.common.text.chinese import simplified
from kefu.retrieval.documents.types import Block, ParsedDocument
from kefu.retrieval.domain.chunk_header import chunk_header_text

VERSION = 2
"""Raise it when the same document is cut otherwise: then passages get other ids and are embedded anew."""

PASSAGE_TOKENS = 250
"""Budget of a passage in estimated tokens. With title and headings it stays below e5's 512 even if the estimate is
40 % too low (tables of figures and codes)."""
WINDOW_TOKENS = 64
"""Budget of a window in estimated tokens."""
OVERLAP_TOKENS = 30
"""Where a text has no sentence ends to cut it at, a passage begins with so much of the one before it."""

_SENTENCE_ENDS = re.compile(r"(?<=[。！？；!?;])\s*|(?<=[.])\s+|\n+")
_LINE_ENDS = re.compile(r"\n+")


@dataclass(frozen=True)
class Chunk:
    """One passage. `id` follows from its content: a changed document keeps the vectors of what did not change."""

    id: str
    headings: tuple[str, ...]
    text: str
    embedded_texts: tuple[str, ...]
    """See `texts_to_embed`."""
    page: int = 0
    """Page on which it begins, from 1; 0 where the format has none."""


def estimated_tokens(text: str) -> float:
    """About how many tokens of a multilingual vocabulary a text has: 0.7 for a wide character, 0.25 for another."""
    wide = sum(character >= "\u2e80" for character in text)
    return wide * 0.7 + (len(text) - wide) * 0.25


def chunk_document(document: ParsedDocument) -> list[Chunk]:
    """The passages of a document, in order; at least one for a document that has a block."""
    chunks: list[Chunk] = []
    seen: dict[str, int] = {}
    for headings, text, page in _passages(document):
        embedded = texts_to_embed(document.title, headings, text)
        digest = hashlib.sha256("\x00".join((str(VERSION), *embedded)).encode()).hexdigest()[:24]
        again = seen.get(digest, 0)
        seen[digest] = again + 1
        chunks.append(Chunk(f"{digest}-{again}" if again else digest, headings, text, embedded, page))
    return chunks


def texts_to_embed(title: str, headings: Sequence[str], text: str) -> tuple[str, ...]:
    """What is embedded of a passage: itself under its title and headings; its head alone, if it has one (see heads.py);
    then its windows, under title and headings too, unless it is short. In simplified characters, like questions.
    """
    above = "\n".join(filter(None, (title, " > ".join(headings))))
    windows = pack_sentences(text, WINDOW_TOKENS)
    whole, *parts = (f"{above}\n{part}".strip() for part in ([text, *windows] if len(windows) > 1 else [text]))
    head = chunk_header_text(title, headings)
    return tuple(map(simplified, (whole, *([head] if head else []), *parts)))


def pack_sentences(text: str, budget: float, overlap: float = 0.0) -> list[str]:
    """Cut at sentence ends into pieces of at most `budget` estimated tokens; a longer sentence is cut within, and
    `overlap` of it repeated.
    """
    pieces: list[str] = []
    held, weight = "", 0.0
    for sentence, gap in _sentences(text, budget, overlap):
        more = estimated_tokens(sentence)
        if held and weight + more > budget:
            pieces.append(held)
            held, weight = "", 0.0
        held += (gap if held else "") + sentence
        weight += more
    return [*pieces, held] if held else pieces


def _passages(document: ParsedDocument) -> Iterator[tuple[tuple[str, ...], str, int]]:
    """Headings, text and first page of each."""
    held: list[str] = []
    held_headings: tuple[str, ...] = ()
    held_page = 0
    for block in document.blocks:
        text = _without_title(block.text, document.title)
        fits = sum(map(estimated_tokens, held)) + estimated_tokens(text) <= PASSAGE_TOKENS
        if held and (block.headings != held_headings or block.own_passage or not fits):
            yield held_headings, "\n".join(held), held_page
            held = []
        held_headings = block.headings
        held_page = held_page if held else block.page
        table = f"{block.table_header}\n{text}" if block.table_header and block.table_header != text else text
        if estimated_tokens(table) <= PASSAGE_TOKENS:
            held.append(table)
            if block.own_passage:
                yield held_headings, held.pop(), held_page
            continue
        if held:
            yield held_headings, "\n".join(held), held_page
        *whole, rest = _pieces(block, text)
        held_page = block.page
        for piece in whole:
            yield block.headings, piece, held_page
        held = [] if block.own_passage else [rest]
        if block.own_passage:
            yield block.headings, rest, held_page
    if held:
        yield held_headings, "\n".join(held), held_page


def _pieces(block: Block, text: str) -> list[str]:
    if not block.table_header:
        return pack_sentences(text, PASSAGE_TOKENS, OVERLAP_TOKENS)
    header = block.table_header
    room = max(PASSAGE_TOKENS - estimated_tokens(header), PASSAGE_TOKENS / 4)
    return [f"{header}\n{piece}" for piece in _pack_lines(_LINE_ENDS.split(text), room)]


def _pack_lines(lines: Iterable[str], budget: float) -> list[str]:
    pieces: list[str] = []
    held: list[str] = []
    weight = 0.0
    for line in lines:
        for part in _split_long(line, budget):
            more = estimated_tokens(part)
            if held and weight + more > budget:
                pieces.append("\n".join(held))
                held, weight = [], 0.0
            held.append(part)
            weight += more
    return [*pieces, "\n".join(held)] if held else pieces


def _without_title(text: str, title: str) -> str:
    """Many pages repeat their title as the first line; it stands before every passage anyway."""
    first, _, rest = text.partition("\n")
    return rest.lstrip() if rest.strip() and first.strip() == title else text


def _sentences(text: str, budget: float, overlap: float) -> Iterator[tuple[str, str]]:
    """Sentences with what stood before each: a line end, a blank or nothing."""
    at, gap = 0, ""
    for match in [*_SENTENCE_ENDS.finditer(text), None]:
        end = match.start() if match else len(text)
        sentence = text[at:end].strip()
        if sentence:
            for number, part in enumerate(_split_long(sentence, budget, overlap)):
                yield part, gap if number == 0 else ""
        if match:
            at = match.end()
            if sentence:
                gap = "\n" if "\n" in match[0] else " " if match[0] else ""
            elif "\n" in match[0]:
                gap = "\n"


def _split_long(text: str, budget: float, overlap: float = 0.0) -> Iterator[str]:
    """Pieces of a text without usable sentence ends: at blanks or commas if it can be, else anywhere."""
    while estimated_tokens(text) > budget:
        end = _prefix_length(text, budget)
        nice = max(text.rfind(mark, end // 2, end) for mark in " ，,、：:\t") + 1
        end = nice or end
        yield text[:end].strip()
        again = _prefix_length(text[:end][::-1], overlap) if overlap else 0
        after_blank = text.find(" ", end - again, end) + 1
        text = text[after_blank or end - again :].strip()
    if text:
        yield text


def _prefix_length(text: str, budget: float) -> int:
    """How many characters fit into a budget, at least 1."""
    at, weight = 0, 0.0
    while at < len(text) and weight <= budget:
        weight += 0.7 if text[at] >= "\u2e80" else 0.25
        at += 1
    return max(at - 1, 1)
