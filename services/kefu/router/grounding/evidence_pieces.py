"""
Evidence pieces: what a passage says, cut into the smallest parts that can answer a question by themselves.

    sentence   with the one before it, where it points back ("It also …", "但…")
    item       of a list, behind the line that introduces it, or else behind its heading
    list       a short list as a whole, behind the line that introduces it: all of it may have to be true
    steps      a numbered list as a whole, in order
    row        of a table, said with the names of its columns
    cell       of a table whose columns are what people ask about: "Express delivery (Silver): ¥18"

A piece says nothing of its own: its words are the passage's, in the passage's order, but for the marks between them.
Where they begin with "Yes" or "No", the question of the page that this answers stands in front: a customer may have
asked another one.

Clauses of a contract ("3.2 Luggage …", 第三条 …) are sentences and no steps; what is below a clause's first words is
filed under them. Of a table that says all twice, in two languages, the customer's half is read.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kefu.router.domain.turn import Passage
from kefu.router.grounding.lexical_overlap import sentences
from kefu.text.language import AnswerLanguage, language_of
from kefu.text.quantities import unit_behind
from kefu.text.table_languages import translations

_BULLET = re.compile(r"\s*[-*•+]\s+(?=\S)")
_NUMBERED = re.compile(r"\s*\d{1,2}[.)、](?!\d)\s*(?=\S)")
_CLAUSE = re.compile(
    r"\s*(?:(\d{1,2}(?:\.\d{1,2}){1,4})(?:[.:：、]|(?=[^\d.,:%]))|第\s?[\d零一二三四五六七八九十百]{1,6}\s?条[\s:：、])"
    r"\s*(?=\S)"
)
"""The number that a clause begins with."""
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
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
    r"(?:yes|no|[不没无否][\u4e00-\u9fff]{0,3}|[能会要有是][\u4e00-\u9fff]{0,2}|可以|需要)"
    r"(?:[,，.。!！;；:：]\s*|$)",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"\*\*|__|`|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)")
_LINK = re.compile(r"\[([^\]\n]{1,200})\]\([^)\s]{1,500}\)")
_LISTS_WITHIN = re.compile(r"[:：](?!\d)")
_ENDS = ".。!！"
_IS_QUESTION = re.compile(r"[?？]\s*+(?:[*_]++\s*+)?$")
_LONGEST_QUESTION = 200
"""Characters of a line that is a question and a heading of what stands below it."""
_MOST_TABLE_CELLS = 400
"""A larger table is data: its rows are pieces, its cells are not."""
_LONGEST_LIST: Mapping[bool, int] = {True: 120, False: 300}
"""Characters of a list that is a piece as a whole, in Chinese and in another language. A longer one nobody reads."""
_LONGEST_HEADING = 60
SHORT: Mapping[bool, int] = {True: 8, False: 24}
"""Characters of a Chinese piece and of another one, below which it hardly says anything."""
_NEGATES = re.compile(r"\b(?:not?|without|never|excluded|cannot)\b|n't\b|[不无非未]", re.IGNORECASE)


class PieceKind(StrEnum):
    """What a piece was in its passage."""

    SENTENCE = "sentence"
    ITEM = "item"
    LIST = "list"
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
    """What it is filed under in the passage itself: the row's name, the line that introduces a list, a clause's first
    words."""
    column: str = ""
    """Of a cell, the name of its column."""
    own: str = ""
    """Of a sentence that is shown with the one before it, the sentence alone; else the text."""
    asked: str = ""
    """The question that stands above it in the passage, if it is an answer to one ("Can I …?", then the answer)."""

    @property
    def filed_under(self) -> str:
        """The question above it, or the first words of its clause."""
        return self.asked or (self.subject if self.kind is PieceKind.SENTENCE else "")

    def overlaps(self, other: "EvidencePiece") -> bool:
        """Whether both hold the same words of a passage."""
        return self.passage == other.passage and self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class _Line:
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def pieces_of(number: int, passage: Passage, language: AnswerLanguage | None = None) -> list[EvidencePiece]:
    """The pieces of a passage, in its order. `number`: its index; `language`: the customer's. Takes linear time."""
    lines: list[_Line] = []
    at = 0
    for line in passage.text.splitlines(keepends=True):
        lines.append(_Line(at, line.rstrip()))
        at += len(line)
    reader = _Reader(number, passage, language)
    at = 0
    while at < len(lines):
        line = lines[at].text
        if not line.strip():
            at += 1
            continue
        shape = next(shape for shape in _SHAPES if shape(line))
        end = at + 1
        if shape in _RUNS:
            while end < len(lines) and _RUNS[shape](lines[end].text):
                end += 1
        reader.read(shape, lines[at:end])
        at = end
    return reader.found


def _is_row(line: str) -> bool:
    return line.count("|") >= 2


def _is_step(line: str) -> bool:
    return bool(_NUMBERED.match(line))


def _is_item(line: str) -> bool:
    return bool(_BULLET.match(line))


def _is_question(line: str) -> bool:
    return len(line) <= _LONGEST_QUESTION and bool(_IS_QUESTION.search(line))


def _is_prose(line: str) -> bool:
    return bool(line)


_SHAPES = (_is_row, _is_step, _is_item, _is_question, _is_prose)
"""Of a line, the first that fits."""
_RUNS: Mapping[Callable[[str], bool], Callable[[str], bool]] = {
    _is_row: _is_row,
    _is_step: lambda line: bool(line.strip()) and (_is_step(line) or line[0].isspace()),
    _is_item: lambda line: bool(line.strip()) and (_is_item(line) or line[0].isspace()),
}
"""Lines that belong to the one before."""


class _Reader:
    """Reads the lines of one passage. A question or a line that introduces stands for what comes below it."""

    def __init__(self, number: int, passage: Passage, language: AnswerLanguage | None) -> None:
        self.found: list[EvidencePiece] = []
        self._number = number
        self._language: AnswerLanguage | None = language
        self._chinese = (passage.language or language_of(passage.text)) == "zh"
        self._gap = "" if self._chinese else " "
        self._has_clauses = sum(_clause_end(each) > 0 for each in (*passage.headings, *passage.text.splitlines())) > 1
        heading = plain(passage.headings[-1]) if passage.headings else ""
        self._heading = self._leading(heading[self._number_end(heading) :])
        self._clause = self._clause_number = ""
        self._title = heading if _is_question(heading) else ""
        self._asked = ""
        self._lead = ""

    @property
    def _colon(self) -> str:
        return "：" if self._chinese else ":"

    def read(self, shape: Callable[[str], bool], lines: Sequence[_Line]) -> None:
        """Read lines of one shape."""
        if shape is _is_row:
            self._table(lines)
        elif shape is _is_step:
            self._steps(lines)
        elif shape is _is_item:
            self._items(lines)
        elif shape is _is_question:
            self._asked, self._lead = plain(lines[0].text), ""
        else:
            self._prose(lines[0], self._number_end(lines[0].text))

    def _add(self, kind: PieceKind, text: str, start: int, end: int, **more: str) -> None:
        self.found.append(EvidencePiece(self._number, kind, text, start, end, **{"asked": self._asked, **more}))

    def _leading(self, heading: str) -> str:
        """A heading as what introduces a list; empty for a long one."""
        return f"{heading}{self._colon}" if 0 < len(heading) <= _LONGEST_HEADING else ""

    def _number_end(self, line: str) -> int:
        """Where the number of a clause ends; 0 without one. A single decimal number may be another one ("2.4 GHz")."""
        return _clause_end(line) if self._has_clauses or line.lstrip()[:1] == "第" else 0

    def _prose(self, line: _Line, numbered: int) -> None:
        """A paragraph. `numbered`: where its clause's number ends, 0 without one."""
        spans = [(max(start, numbered), end) for start, end in sentences(line.text) if end > numbered]
        self._lead = ""
        if numbered and spans:
            spans = self._titled(line.text, line.text[:numbered].strip(" .:：、"), spans)
        question = self._asked or self._title
        opened: int | None = None
        begun = 0
        for at, (start, end) in enumerate(spans):
            previous, begun = begun, start
            own = self._closed(plain(line.text[start:end]))
            if at == len(spans) - 1 and _LEADS_IN.search(own):
                self._lead = own
                continue
            if _ends_open(line.text[start:end]) and opened is None:
                opened = start
            begin = start
            if opened is not None:
                if line.text[end - 1] in ";；" and at < len(spans) - 1:
                    continue  # "all must be true: … ; … ; …" says something else when it is cut
                begin, begun, opened = opened, opened, None
            elif at and (_POINTS_BACK.match(own) or line.text[:start].rstrip()[-1:] in ";；"):
                begin = previous
            before = plain(line.text[begin : spans[at - 1][1]]) + self._gap if begin != start else ""
            verdict = _SAYS_YES_OR_NO.match(own) if at == 0 and question else None
            if verdict is not None:
                if verdict.end() == len(own) and len(spans) > 1:
                    continue  # "No." stands with what follows it
                before = f"{question}{self._gap}"
            elif at == 1 and question and _SAYS_YES_OR_NO.fullmatch(first := plain(line.text[: spans[0][1]])):
                begin = spans[0][0]
                before = f"{question}{self._gap}{first}{self._gap}"
            text = before + own
            subject = "" if self._clause == own else self._clause
            self._add(PieceKind.SENTENCE, text, line.start + begin, line.start + end, subject=subject, own=own)

    def _titled(self, line: str, number: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """The sentences of a clause without its title, which stands for those of the clauses below it as well."""
        first = plain(line[slice(*spans[0])])
        is_short = len(first) < SHORT[self._chinese] and not _NUMBER.search(first)
        if (len(spans) > 1 and is_short) or (
            len(spans) == 1 and len(first) <= _LONGEST_HEADING and first[-1].isalnum()
        ):
            self._clause, self._clause_number = first.rstrip(_ENDS), number
            return spans[1:] if is_short else spans
        if not number.startswith(f"{self._clause_number}."):
            self._clause, self._clause_number = "", number
        return spans

    def _items(self, lines: Sequence[_Line]) -> None:
        lead = self._lead or self._leading(self._clause) or self._heading
        bodies: list[str] = []
        for line in lines:
            bullet = _BULLET.match(line.text)
            if bullet is None:
                continue  # it goes on
            body = self._closed(plain(line.text[bullet.end() :]))
            bodies.append(body)
            ends = [line.start + end for _, end in sentences(line.text) if line.text[end - 1] not in ";；"]
            stops = [line.end, *ends[:1]] if len(ends) > 1 else [line.end]
            for stop in stops:
                own = self._closed(plain(line.text[bullet.end() : stop - line.start]))
                text = f"{lead}{self._gap}{own}" if lead else own
                self._add(PieceKind.ITEM, text, line.start, stop, subject=lead, own=own)
        text = "\n".join([self._lead, *(f"- {body}" for body in bodies)])
        if self._lead and len(bodies) > 1 and len(text) <= _LONGEST_LIST[self._chinese]:
            self._add(PieceKind.LIST, text, lines[0].start, lines[-1].end, subject=lead)

    def _steps(self, lines: Sequence[_Line]) -> None:
        if len(lines) == 1 and not self._lead and (numbered := _NUMBERED.match(lines[0].text)):
            self._prose(lines[0], numbered.end())  # "2. Luggage" above its clauses
            return
        steps = [plain(line.text) for line in lines]
        text = "\n".join([self._lead, *steps] if self._lead else steps)
        self._add(PieceKind.STEPS, text, lines[0].start, lines[-1].end, subject=self._lead)
        for line in lines:
            begun = _NUMBERED.match(line.text)
            if body := self._closed(plain(line.text[begun.end() if begun else 0 :])):
                self._add(PieceKind.ITEM, body, line.start, line.end)

    def _table(self, lines: Sequence[_Line]) -> None:
        rows = [(line, _cells(line.text)) for line in lines if not _RULE.fullmatch(line.text)]
        if self._language is not None:
            columns = translations(list(zip(*(row for _, row in rows), strict=False)), self._language)
            rows = [(line, [cell for at, cell in enumerate(row) if at not in columns]) for line, row in rows]
            doubles = translations([row for _, row in rows], self._language)
            rows = [row for at, row in enumerate(rows) if at not in doubles]
            if columns or doubles:
                self._chinese, self._gap = self._language == "zh", "" if self._language == "zh" else " "
        if len(rows) < 2:
            return
        head = rows[0][1]
        if len(head) == 2 and bool(_NEGATES.search(head[0])) != bool(_NEGATES.search(head[1])):
            self._contrast(head, rows[1:])
            return
        semicolon, dash = ("；", "——") if self._chinese else ("; ", " — ")
        colon = f"{self._colon}{self._gap}"
        left, right = ("（", "）") if self._chinese else (" (", ")")
        with_cells = len(rows) * len(head) <= _MOST_TABLE_CELLS and len(head) > 2
        section = ""
        for line, row in rows[1:]:
            if len(row) > 1 and row[0] and len(set(row)) == 1:
                section = "" if row[0][-1] in _ENDS else self._leading(row[0]) + self._gap
                if not section:
                    self._add(PieceKind.SENTENCE, row[0], line.start, line.end, own=row[0])
                continue
            name = section + row[0]
            said = [(column, value) for column, value in zip(head[1:], row[1:], strict=False) if value]
            if not said:
                continue
            if len(head) == 2:
                text = f"{name}{colon}{said[0][1]}" if name else said[0][1]
            else:
                parts = semicolon.join(f"{column}{colon}{value}" if column else value for column, value in said)
                text = f"{name}{dash}{parts}" if name else parts
            self._add(PieceKind.ROW, text, line.start, line.end, subject=name)
            for column, value in said if with_cells else ():
                if column:
                    text = f"{name}{left}{column}{right}{colon}{value}" if name else f"{column}{colon}{value}"
                    self._add(PieceKind.CELL, text, line.start, line.end, subject=name, column=column)

    def _contrast(self, head: Sequence[str], rows: Sequence[tuple[_Line, list[str]]]) -> None:
        """A table "Included | Not included": two lists side by side, whose rows say nothing together."""
        for line, row in rows:
            for column, value in zip(head, row, strict=False):
                if value:
                    text = f"{column}{self._colon}{self._gap}{value}"
                    self._add(PieceKind.ITEM, text, line.start, line.end, subject=column, own=value)

    def _closed(self, text: str) -> str:
        """A sentence or item that ended with a semicolon, ended."""
        return text[:-1] + ("。" if self._chinese else ".") if text[-1:] in ";；" else text


def _clause_end(line: str) -> int:
    """Where a clause's number ends, which no unit follows; 0 without one."""
    found = _CLAUSE.match(line)
    return 0 if found is None or (found[1] and unit_behind(line[found.end(1) :])) else found.end()


def _ends_open(text: str) -> bool:
    """Whether a part of a sentence begins a list within it."""
    return text.rstrip()[-1:] in ";；" and bool(_LISTS_WITHIN.search(text))


def plain(text: str) -> str:
    """A text without the marks of Markdown that a sentence does not need."""
    return " ".join(_LINK.sub(r"\1", _MARKUP.sub("", text)).split())


def _cells(line: str) -> list[str]:
    return [plain(cell) for cell in line.strip().strip("|").split("|")]
