"""
Chunking: documents are cut into passages, small enough to cite and to embed whole, each under its title and headings.

A passage is also cut into windows of a few sentences. The passage's vector stands for its subject, the windows' vectors
for what single sentences answer, and the chunk header's for where the passage was filed. A question is compared with
all of them (see ranking/ranker.py), which finds more than any one alone.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from kefu.retrieval.documents.parsed_document import Block, ParsedDocument
from kefu.retrieval.domain.chunk_header import chunk_header_text
from kefu.text.chinese import simplified

VERSION = 2
"""Version of the chunking, to be raised when the same document is cut otherwise: then passages are embedded anew."""

PASSAGE_TOKENS = 250
"""Budget of a passage in estimated tokens. With title and headings it stays below e5's 512 even if the estimate is
40 % too low (tables of figures and codes)."""
WINDOW_TOKENS = 64
"""Budget of a window in estimated tokens."""
OVERLAP_TOKENS = 30
"""Estimated tokens that a passage repeats of the one before, if the text has no sentence ends to cut at."""

_WIDE, _NARROW = 0.7, 0.25  # tokens of a character in a multilingual vocabulary
_SENTENCE_ENDS = re.compile(r"(?<=[。！？；!?;])\s*|(?<=[.])\s+|\n+")
_LINE_ENDS = re.compile(r"\n+")


@dataclass(frozen=True)
class Chunk:
    """One passage. `id` follows from the content: a changed document keeps the vectors of its unchanged passages."""

    id: str
    headings: tuple[str, ...]
    text: str
    embedded_texts: tuple[str, ...]
    """See `texts_to_embed`."""
    page: int = 0
    """Page on which the passage begins, from 1; 0 if the format has no pages."""


def estimated_tokens(text: str) -> float:
    """Estimated tokens of a text in a multilingual vocabulary: 0.7 for a wide character, 0.25 for another."""
    return _tokens(_wide_characters(text), len(text))


def _wide_characters(text: str) -> int:
    return sum(character >= "\u2e80" for character in text)


def _tokens(wide: int, characters: int) -> float:
    return wide * _WIDE + (characters - wide) * _NARROW


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
    """The texts of a passage to embed, in simplified characters, like questions.

    First the passage under its title and headings. Then the chunk header alone, if there is one (see chunk_header.py).
    Then the windows under title and headings, unless the passage is short.
    """
    heading_lines = "\n".join(filter(None, (title, " > ".join(headings))))
    windows = pack_sentences(text, WINDOW_TOKENS)
    whole, *parts = (f"{heading_lines}\n{part}".strip() for part in ([text, *windows] if len(windows) > 1 else [text]))
    chunk_header = chunk_header_text(title, headings)
    return tuple(map(simplified, (whole, *([chunk_header] if chunk_header else []), *parts)))


def window_start(text: str, number: int) -> int:
    """Where a window of a passage's text begins, in characters; a short text is its only window, 0.

    Packing sentences drops and changes blanks alone, so the other characters are counted.
    """
    before = "".join(pack_sentences(text, WINDOW_TOKENS)[:number])
    places = [at for at, character in enumerate(text) if not character.isspace()]
    return [*places, len(text)][sum(not character.isspace() for character in before)]


def pack_sentences(text: str, budget: float, overlap: float = 0.0) -> list[str]:
    """Cut a text at sentence ends into pieces of at most `budget` estimated tokens.

    A longer sentence is cut within, and its pieces overlap by `overlap` estimated tokens.
    """
    pieces: list[str] = []
    pending, weight = "", 0.0
    for sentence, gap in _sentences(text, budget, overlap):
        more = estimated_tokens(sentence)
        if pending and weight + more > budget:
            pieces.append(pending)
            pending, weight = "", 0.0
        pending += (gap if pending else "") + sentence
        weight += more
    return [*pieces, pending] if pending else pieces


def _passages(document: ParsedDocument) -> Iterator[tuple[tuple[str, ...], str, int]]:
    """Headings, text and first page of each passage."""
    pending: list[str] = []
    weight = 0.0  # estimated tokens of what is pending
    pending_headings: tuple[str, ...] = ()
    pending_page = 0
    for block in document.blocks:
        text = _without_title(block.text, document.title)
        fits = weight + estimated_tokens(text) <= PASSAGE_TOKENS
        if pending and (block.headings != pending_headings or block.own_passage or block.begins_passage or not fits):
            yield pending_headings, "\n".join(pending), pending_page
            pending, weight = [], 0.0
        pending_headings = block.headings
        pending_page = pending_page if pending else block.page
        table = f"{block.table_header}\n{text}" if block.table_header and block.table_header != text else text
        more = estimated_tokens(table)
        if more <= PASSAGE_TOKENS:
            if block.own_passage:
                yield pending_headings, table, pending_page
            else:
                pending.append(table)
                weight += more
            continue
        if pending:
            yield pending_headings, "\n".join(pending), pending_page
        *whole, rest = _pieces(block, text)
        pending_page = block.page
        for piece in whole:
            yield block.headings, piece, pending_page
        pending = [] if block.own_passage else [rest]
        weight = sum(map(estimated_tokens, pending))
        if block.own_passage:
            yield block.headings, rest, pending_page
    if pending:
        yield pending_headings, "\n".join(pending), pending_page


def _pieces(block: Block, text: str) -> list[str]:
    if not block.table_header:
        return pack_sentences(text, PASSAGE_TOKENS, OVERLAP_TOKENS)
    header = block.table_header
    room = PASSAGE_TOKENS - estimated_tokens(header)
    if room < 0:  # such a header says no more in front of every piece, and repeating it would grow with its square
        return _pack_lines([*_LINE_ENDS.split(header), *_LINE_ENDS.split(text)], PASSAGE_TOKENS)
    room = max(room, PASSAGE_TOKENS / 4)
    return [f"{header}\n{piece}" for piece in _pack_lines(_LINE_ENDS.split(text), room)]


def _pack_lines(lines: Iterable[str], budget: float) -> list[str]:
    pieces: list[str] = []
    pending: list[str] = []
    weight = 0.0
    for line in lines:
        for part in _split_long(line, budget):
            more = estimated_tokens(part)
            if pending and weight + more > budget:
                pieces.append("\n".join(pending))
                pending, weight = [], 0.0
            pending.append(part)
            weight += more
    return [*pieces, "\n".join(pending)] if pending else pieces


def _without_title(text: str, title: str) -> str:
    """The text without a first line that repeats the title, which stands before every passage anyway."""
    first, _, rest = text.partition("\n")
    return rest.lstrip() if rest.strip() and first.strip() == title else text


def _sentences(text: str, budget: float, overlap: float) -> Iterator[tuple[str, str]]:
    """Sentences, each with the gap before it: a line end, a blank or nothing."""
    at, gap = 0, ""
    for match in chain(_SENTENCE_ENDS.finditer(text), (None,)):
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
    """Pieces of a text without usable sentence ends, cut at blanks or commas if possible, else anywhere."""
    if estimated_tokens(text) > budget:
        text = text.strip()
    reach = int(budget / _NARROW) + 2  # characters that no piece has more of
    at, wide = 0, _wide_characters(text)
    while _tokens(wide, len(text) - at) > budget:
        ahead = text[at : at + reach]
        end = _prefix_length(ahead, budget)
        after_mark = max(ahead.rfind(mark, end // 2, end) for mark in " ，,、：:\t") + 1
        end = after_mark or end
        yield ahead[:end].strip()
        again = _prefix_length(ahead[:end][::-1], overlap) if overlap else 0
        after_blank = ahead.find(" ", end - again, end) + 1
        following = at + (after_blank or end - again)
        while text[following : following + 1].isspace():
            following += 1
        wide -= _wide_characters(text[at:following])
        at = following
    if at < len(text):
        yield text[at:]


def _prefix_length(text: str, budget: float) -> int:
    """Number of characters that fit into a budget, at least 1."""
    at, weight = 0, 0.0
    while at < len(text) and weight <= budget:
        weight += _WIDE if text[at] >= "\u2e80" else _NARROW
        at += 1
    return max(at - 1, 1)
