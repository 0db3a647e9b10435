"""
Comparison: the evidence for a question that names two or three things of one kind ("gold or platinum", "A和B哪个快").

One row, cell or sentence answers half of such a question, and the half that is missing is the one that people then
guess. So the evidence is what the page says of each of them, side by side, restricted to what was asked:

    columns compared    Points per ¥1: Gold 1.2; Platinum 1.5
    rows compared       Value: Silver ¥20; Platinum ¥100
    a list of two       Alipay, WeChat Pay: 1-3 working days
                        Bank card: 5-7 working days

What is said are the cells of the page. Nothing is concluded from them: "which is faster" is left to the reader.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from kefu.router.grounding.evidence_pieces import EvidencePiece, PieceKind
from kefu.router.grounding.lexical_overlap import units_of
from kefu.router.grounding.question_kind import KINDS, comparison_log_odds
from kefu.text.chinese import simplified
from kefu.text.language import language_of

_MOST_CHARACTERS = {"en": 600, "zh": 240}
_FEWEST, _MOST = 2, 3
"""Of the things compared. Who names more asks for the whole table."""
_NEAR_THE_TOP = 8
"""A piece of what is compared stands among so many."""
_MOST_NAMES = 20
"""Of a table that a question may touch. Beyond, its words are everywhere in the table, and name nothing."""
_LONGEST_QUESTION = 400
_AT_THE_TOP = 4
"""Two rows of one table among so many are what is compared, under other names than the customer's."""
_SHORT_NAME = 16
_MOST_TITLES = 2
"""Where the question has no word of a title, those ranked best are shown: one alone may be the wrong one."""
_LINE_BREAK = 2
"""Characters between two lines that follow each other."""
_LEAST_ODDS = -1.0
"""Log-odds of a comparison, from which on the things that a question names are compared. Rows are found by it too, so
that it may be lower than where a question is taken for one by its words alone."""
_JOINS = re.compile(r"\b(?:and|or|vs|versus|than)\b|[和跟与同及、/比]|还是|或", re.IGNORECASE)
_ASKING = re.compile(
    r"\b(?:difference|between|what|how|the|is|are|do|does|members?|tiers?|plans?|vs|versus|differ\w*|compar\w+|than|better"
    r"|quicker|faster|slower|sooner|longer|shorter|cheaper|dearer|higher|lower|larger|bigger|smaller|which|both|each"
    r"|respectively|same|as \w+ as)\b"
    r"|什么|有什么|有啥|有何|之间|的|会员|版|呢|吗|请问|有|区别|不同|差别|差异|相比|对比|哪个|哪种|哪一|哪家|还是|分别|各"
    r"|一样|相同|谁更",
    re.IGNORECASE,
)
"""Words that ask, and name nothing."""
_LONGEST_JOIN = 40
_NAME_OF_ITEM = re.compile(r"([^:：]{1,60})[:：]")
_SENTENCE_END = re.compile(r"[.?!。？！;；]\s")


@dataclass(frozen=True)
class _Title:
    """A row or a column that goes across what is compared."""

    name: str
    values: str


@dataclass(frozen=True)
class _Named:
    """A row, a column or an item, as the page calls it, and what of its name the question has."""

    name: str
    units: frozenset[str]
    rank: int


@dataclass(frozen=True)
class _Question:
    text: str
    units: frozenset[str]
    compares: bool
    """Whether it compares by its words."""


def compared(question: str, ranked: Sequence[EvidencePiece]) -> list[EvidencePiece] | None:
    """
    What the page says of each thing that a question compares; None for a question that compares nothing.

    `ranked`: the pieces, best first, cells and rows among them. Each piece returned is a line to show, in this order;
    together they have at most 600 characters, of Chinese 240.
    """
    plain = simplified(question.lower())
    if len(plain) > _LONGEST_QUESTION:
        return None
    asked = _Question(plain, units_of(plain), comparison_log_odds(plain) > _LEAST_ODDS)
    if not asked.compares and not _JOINS.search(plain):
        return None
    for table in _tables(ranked):
        found = table.compared(asked)
        if found:
            limit = _MOST_CHARACTERS["zh" if language_of(found[0].text) == "zh" else "en"]
            return _within(found, limit) or None
    return None


@dataclass(frozen=True)
class _Table:
    """Rows that follow each other, or the items of a list; each with its rank."""

    rows: list[tuple[int, EvidencePiece]]
    """In the page's order."""
    cells: list[tuple[int, EvidencePiece]]

    def compared(self, asked: _Question) -> list[EvidencePiece]:
        if columns := _named(asked, _best(self.cells, lambda cell: cell.column)):
            return self._of_columns(asked, columns)
        if rows := _named(asked, _best(self.rows, _name_of)):
            return self._of_rows(asked, rows)
        return []

    def _of_columns(self, asked: _Question, columns: list[_Named]) -> list[EvidencePiece]:
        """Of each row that is asked about the cells of these columns."""
        about = _asked_about(asked, columns, self._titles(of_row=True))
        return [line for name in about if (line := self._line(name, columns, of_row=True))]

    def _of_rows(self, asked: _Question, rows: list[_Named]) -> list[EvidencePiece]:
        """Of these rows the cells of each column that is asked about; of a list the items."""
        if not self.cells:
            return [next(row for _, row in self.rows if _name_of(row) == named.name) for named in rows]
        about = _asked_about(asked, rows, self._titles(of_row=False))
        return [line for name in about if (line := self._line(name, rows, of_row=False))]

    def _titles(self, *, of_row: bool) -> list[_Title]:
        """The rows or the columns, best first, each with all that stands in it."""
        values: dict[str, list[str]] = {}
        for _, cell in sorted(self.cells, key=lambda cell: cell[0]):
            values.setdefault(cell.subject if of_row else cell.column, []).append(_value(cell))
        return [_Title(name, " ".join(said)) for name, said in values.items()]

    def _line(self, title: str, things: list[_Named], *, of_row: bool) -> EvidencePiece | None:
        """One row or column with what it says of each thing; None if it does not speak of all of them."""
        said: list[EvidencePiece] = []
        for thing in things:
            row, column = (title, thing.name) if of_row else (thing.name, title)
            cell = next((cell for _, cell in self.cells if (cell.subject, cell.column) == (row, column)), None)
            if cell is None:
                return None
            said.append(cell)
        values = [_value(cell) for cell in said]
        chinese = language_of(title + "".join(thing.name for thing in things)) == "zh"
        colon, semicolon, dash = ("：", "；", "——") if chinese else (": ", "; ", " — ")
        short = all(len(thing.name) <= _SHORT_NAME for thing in things)
        parts = semicolon.join(
            f"{thing.name}{' ' if short else colon}{value}" for thing, value in zip(things, values, strict=True)
        )
        text = f"{title}{colon if short else dash}{parts}" if title else parts
        return replace(
            said[0],
            kind=PieceKind.ROW,
            text=text,
            own=text,
            subject=title,
            column="",
            start=min(cell.start for cell in said),
            end=max(cell.end for cell in said),
        )


def _tables(ranked: Sequence[EvidencePiece]) -> list[_Table]:
    """The tables and lists among the pieces, those first of which a piece stands further in front."""
    cells: dict[tuple[int, int], list[tuple[int, EvidencePiece]]] = {}
    lines: list[tuple[int, EvidencePiece]] = []
    for rank, piece in enumerate(ranked):
        if piece.kind is PieceKind.CELL:
            cells.setdefault((piece.passage, piece.start), []).append((rank, piece))
        elif piece.kind is PieceKind.ROW or (piece.kind is PieceKind.ITEM and _NAME_OF_ITEM.match(piece.own)):
            lines.append((rank, piece))
    lines.sort(key=lambda line: (line[1].passage, line[1].start))
    runs: list[list[tuple[int, EvidencePiece]]] = []
    for rank, piece in lines:
        last = runs[-1][-1][1] if runs else None
        if (
            last is not None
            and (last.passage, last.kind) == (piece.passage, piece.kind)
            and (piece.start - last.end <= _LINE_BREAK)
        ):
            runs[-1].append((rank, piece))
        else:
            runs.append([(rank, piece)])
    tables = [_Table(run, [cell for _, row in run for cell in cells.get((row.passage, row.start), [])]) for run in runs]
    return sorted(
        (table for table in tables if min(rank for rank, _ in table.rows + table.cells) < _NEAR_THE_TOP),
        key=lambda table: min(rank for rank, _ in table.rows + table.cells),
    )


def _best(pieces: Sequence[tuple[int, EvidencePiece]], key: Callable[[EvidencePiece], str]) -> dict[str, int]:
    """The names of these pieces in the page's order, each with its best rank."""
    best: dict[str, int] = {}
    for rank, piece in pieces:
        if name := key(piece):
            best[name] = min(rank, best.get(name, rank))
    return best


def _named(asked: _Question, ranks: Mapping[str, int]) -> list[_Named]:
    """Two or three of these names, if the question compares them."""
    units = {name: units_of(name) & asked.units for name in ranks}
    frequency = Counter(unit for own in units.values() for unit in own)
    telling = {name: frozenset(unit for unit in own if frequency[unit] < len(ranks)) for name, own in units.items()}
    best: dict[frozenset[str], int] = {}
    for name, own in telling.items():
        if own:
            best[own] = min(ranks[name], best.get(own, ranks[name]))
    if len(best) > _MOST_NAMES:
        return []
    fullest = {own for own in best if not any(own < other for other in best) or _is_said_again(asked.text, own)}
    named = [
        _Named(name, own, ranks[name])
        for name, own in telling.items()
        if own in fullest and (ranks[name] == best[own] or ranks[name] < _NEAR_THE_TOP)
    ]
    if _FEWEST <= len(named) <= _MOST and len({thing.units for thing in named}) > 1:
        if asked.compares or _are_joined(asked.text, named):
            return sorted(named, key=lambda thing: min(asked.text.find(unit) for unit in thing.units))
    elif len(named) < _FEWEST and asked.compares:
        top = [_Named(name, telling[name], rank) for name, rank in ranks.items() if rank < _AT_THE_TOP]
        return top if len(top) == _FEWEST else []
    return []


def _is_said_again(question: str, own: frozenset[str]) -> bool:
    """Whether a name that is part of another one stands in the question beside that one too: 金卡 and 白金卡."""
    return all(not unit.isascii() and question.count(unit) > 1 for unit in own)


def _are_joined(question: str, named: Sequence[_Named]) -> bool:
    """Whether the names stand beside each other with a word like "and" between them."""
    spans = sorted(
        (min(question.find(unit) for unit in thing.units), max(question.find(unit) + len(unit) for unit in thing.units))
        for thing in named
    )
    return all(
        0 <= after[0] - before[1] <= _LONGEST_JOIN
        and _JOINS.search(question[before[1] : after[0]])
        and not _SENTENCE_END.search(question[before[1] : after[0]])
        for before, after in pairwise(spans)
    )


def _asked_about(asked: _Question, things: Sequence[_Named], titles: Sequence[_Title]) -> list[str]:
    """
    Which of the titles across the question is about, best first.

    Those that it names, and those of the kind that it asks for, a price or a time; else the best of them; all, if it
    asks for no more than the difference.
    """
    named = frozenset[str]().union(*(thing.units for thing in things))
    by_name = [title.name for title in titles if units_of(title.name) & (asked.units - named)]
    by_kind = [
        title.name
        for title in titles
        if any(asks.search(asked.text) and holds.search(title.values) for asks, holds, _ in KINDS)
    ]
    if by_name or by_kind:
        return [*by_name, *(name for name in by_kind[:_MOST_TITLES] if name not in by_name)]
    rest = asked.text
    for said in sorted({*named, *(thing.name.lower() for thing in things)}, key=len, reverse=True):
        rest = rest.replace(said, " ")
    asks_more = any(len(unit) > 1 for unit in units_of(_ASKING.sub(" ", rest)))
    return [title.name for title in titles][: _MOST_TITLES if asks_more else None]


def _name_of(row: EvidencePiece) -> str:
    """What a row or an item is about."""
    found = _NAME_OF_ITEM.match(row.own) if row.kind is PieceKind.ITEM else None
    return found[1] if found else row.subject


def _value(cell: EvidencePiece) -> str:
    """What stands in a cell."""
    head = cell.text.find(cell.column) + len(cell.column)
    return cell.text[head:].lstrip(")） :：").strip()


def _within(lines: Sequence[EvidencePiece], limit: int) -> list[EvidencePiece]:
    """The first of these lines that have room."""
    kept: list[EvidencePiece] = []
    for line in lines:
        limit -= len(line.text) + 1
        if limit < 0:
            break
        kept.append(line)
    return kept
