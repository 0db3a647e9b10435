"""
Evidence pieces: what a passage says, cut into the smallest parts that can answer a question by themselves.

    sentence   with the one before it, where it points back ("It also …", "但…")
    item       of a list, behind the line that introduces it
    steps      a numbered list as a whole, in order
    row        of a table, said with the names of its columns
    cell       of a table whose columns are what people ask about: "Express delivery (Silver): ¥18"

A piece says nothing of its own: its words are the passage's, in the passage's order, but for the marks between them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from kefu.common.text.language import language_of
from kefu.router.domain.turn import Passage
from kefu.router.grounding.lexical_overlap import sentences

_BULLET = re.compile(r"\s*[-*•+]\s+(?=\S)")
_NUMBERED = re.compile(r"\s*\d{1,2}[.)、]\s*(?=\S)")
_RULE = re.compile(r"[\s|:\-]+")
_LEADS_IN = re.compile(r"[:：]\s*$")
_POINTS_BACK = re.compile(
    r"(?:it|its|they|them|their|these|those|this|that|then|otherwise|else|so|if so|if not|but|however|instead"
    r"|in (?:this|that|these|such) cases?|after (?:this|that)|before (?:this|that)|both|neither|either"
    r"|the (?:same|other|latter|former))\b"
    r"|(?:它|他们|她们|这|该|此|其|那|但|不过|否则|届时|因此|所以|同时|逾期|超过|超出|之后|之前|两者|二者|另外|如是|若是)",
    re.IGNORECASE,
)
_SAYS_YES_OR_NO = re.compile(
    r"(?:(?P<no>no|[不没无否][\u4e00-\u9fff]{0,3})|(?P<yes>yes|[能会要有是][\u4e00-\u9fff]{0,2}|可以|需要))"
    r"(?:[,，.。!！;；:：]\s*|$)",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"\*\*|__|`|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)")
_LINK = re.compile(r"\[([^\]\n]{1,200})\]\([^)\s]{1,500}\)")
_IS_QUESTION = re.compile(r"[?？]\s*[*_]*\s*$")
_LONGEST_QUESTION = 200
"""Characters of a line that is a question and a heading of what stands below it."""
_MOST_TABLE_CELLS = 400
"""A larger table is data: its rows are pieces, its cells are not."""
_PLAIN_COLUMNS = 2
"""A table of two columns says "name: value"; its cells are its rows."""


class PieceKind(StrEnum):
    """What a piece was in its passage."""

    SENTENCE = "sentence"
    ITEM = "item"
    STEPS = "steps"
    ROW = "row"
    CELL = "cell"


@dataclass(frozen=True)
class EvidencePiece:
    """A part of a passage that can stand by itself."""

    passage: int
    """Index in the passages given."""
    kind: PieceKind
    text: str
    """As a customer reads it."""
    start: int
    end: int
    """Where it stands in the passage's text, in characters."""
    subject: str = ""
    """What it is filed under in the passage itself: the row's name, the line that introduces a list."""
    column: str = ""
    """Of a cell, the name of its column."""
    own: str = ""
    """Of a sentence that is shown with the one before it, the sentence alone; else the text."""
    asked: str = ""
    """The question that stands above it in the passage, if it is an answer to one ("Can I …?", then the answer)."""
    says: str = ""
    """"yes" or "no", where that was the answer's first word to `asked`. It is left out of the text: a customer may have
    asked the opposite."""


@dataclass(frozen=True)
class _Line:
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def pieces_of(number: int, passage: Passage) -> list[EvidencePiece]:
    """The pieces of a passage, in its order. `number`: its index. Takes linear time."""
    lines: list[_Line] = []
    at = 0
    for line in passage.text.splitlines(keepends=True):
        lines.append(_Line(at, line.rstrip()))
        at += len(line)
    chinese = (passage.language or language_of(passage.text)) == "zh"
    found: list[EvidencePiece] = []
    before: _Line | None = None
    asked = ""
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.text.strip():
            at += 1
            continue
        if line.text.count("|") >= 2:
            end = _run(lines, at, lambda text: text.count("|") >= 2)
            found += (replace(each, asked=asked) for each in _table(number, lines[at:end], chinese=chinese))
        elif _NUMBERED.match(line.text):
            end = _run(lines, at, lambda text: bool(_NUMBERED.match(text) or text[:1].isspace()))
            found += (replace(each, asked=asked) for each in _steps(number, lines[at:end], before))
        elif _BULLET.match(line.text):
            end = at + 1
            found.append(replace(_item(number, line, before, chinese=chinese), asked=asked))
        elif _IS_QUESTION.search(line.text) and len(line.text) <= _LONGEST_QUESTION:
            end = at + 1
            asked, before = plain(line.text), None
        else:
            end = at + 1
            found += _prose(number, line, asked, chinese=chinese)
            before = line
        if end < len(lines) and not lines[end].text.strip():
            following = next((each.text for each in lines[end:] if each.text.strip()), "")
            if not (_BULLET.match(following) or _NUMBERED.match(following)):
                before = None
        at = end
    return found


def plain(text: str) -> str:
    """A text without the marks of Markdown that a sentence does not need."""
    return " ".join(_LINK.sub(r"\1", _MARKUP.sub("", text)).split())


def _run(lines: Sequence[_Line], at: int, belongs: Callable[[str], bool]) -> int:
    while at < len(lines) and lines[at].text.strip() and belongs(lines[at].text):
        at += 1
    return at


def _prose(number: int, line: _Line, asked: str, *, chinese: bool) -> Iterator[EvidencePiece]:
    spans = list(sentences(line.text))
    gap = "" if chinese else " "
    says = ""
    for at, (start, end) in enumerate(spans):
        own = plain(line.text[start:end])
        if at == 0 and asked and (verdict := _SAYS_YES_OR_NO.match(own)):
            says = verdict.lastgroup or ""
            own = own[verdict.end() :]
            own = own[:1].upper() + own[1:]
        if not own or (_LEADS_IN.search(own) and at == len(spans) - 1):
            continue  # it introduces what comes below
        begin = start
        if at and (_POINTS_BACK.match(own) or line.text[:start].rstrip()[-1:] in ";；"):
            begin = spans[at - 1][0]
        before = plain(line.text[begin : spans[at - 1][1]]) + gap if begin != start else ""
        text = before + (own[:-1] + ("。" if chinese else ".") if own[-1:] in ";；" else own)
        yield EvidencePiece(
            *(number, PieceKind.SENTENCE, text, line.start + begin, line.start + end), own=own, asked=asked, says=says
        )


def _lead(before: _Line | None) -> str:
    """The line above a list, if it introduces it."""
    if before is None:
        return ""
    last = [before.text[start:end] for start, end in sentences(before.text)][-1:]
    return plain(last[0]) if last and _LEADS_IN.search(before.text) else ""


def _item(number: int, line: _Line, before: _Line | None, *, chinese: bool) -> EvidencePiece:
    bullet = _BULLET.match(line.text)
    body = plain(line.text[bullet.end() if bullet else 0 :])
    lead = _lead(before)
    text = f"{lead}{'' if chinese else ' '}{body}" if lead else body
    return EvidencePiece(number, PieceKind.ITEM, text, line.start, line.end, subject=lead, own=body)


def _steps(number: int, lines: Sequence[_Line], before: _Line | None) -> Iterator[EvidencePiece]:
    lead = _lead(before)
    steps = [plain(line.text) for line in lines]
    text = "\n".join([lead, *steps] if lead else steps)
    yield EvidencePiece(number, PieceKind.STEPS, text, lines[0].start, lines[-1].end, subject=lead, own=text)
    for line in lines:
        begun = _NUMBERED.match(line.text)
        body = plain(line.text[begun.end() if begun else 0 :])
        if body:
            yield EvidencePiece(number, PieceKind.ITEM, body, line.start, line.end, own=body)


def _table(number: int, lines: Sequence[_Line], *, chinese: bool) -> Iterator[EvidencePiece]:
    rows = [(line, _cells(line.text)) for line in lines if not _RULE.fullmatch(line.text)]
    if len(rows) < 2:
        return
    head = rows[0][1]
    colon, semicolon = ("：", "；") if chinese else (": ", "; ")
    left, right = ("（", "）") if chinese else (" (", ")")
    cells = len(rows) * len(head) <= _MOST_TABLE_CELLS and len(head) > _PLAIN_COLUMNS
    for line, row in rows[1:]:
        name, values = row[0], list(zip(head[1:], row[1:], strict=False))
        said = [(column, value) for column, value in values if value]
        if not said:
            continue
        if len(head) == _PLAIN_COLUMNS:
            text = f"{name}{colon}{said[0][1]}" if name else said[0][1]
        else:
            parts = semicolon.join(f"{column}{colon}{value}" if column else value for column, value in said)
            text = f"{name}{' — ' if not chinese else '——'}{parts}" if name else parts
        yield EvidencePiece(number, PieceKind.ROW, text, line.start, line.end, subject=name, own=text)
        if cells:
            for column, value in said:
                if column:
                    text = f"{name}{left}{column}{right}{colon}{value}" if name else f"{column}{colon}{value}"
                    yield EvidencePiece(
                        number, PieceKind.CELL, text, line.start, line.end, subject=name, column=column, own=text
                    )


def _cells(line: str) -> list[str]:
    return [plain(cell) for cell in line.strip().strip("|").split("|")]
