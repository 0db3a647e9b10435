"""The parser of questions with answers, in CSV, JSON or the rows of a sheet. Each pair is a passage of its own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from kefu.retrieval.documents.parsed_document import Block, ParsedDocument, Unreadable
from kefu.retrieval.documents.parsers.csv_rows import DELIMITERS, first_row, likely_delimiter, read_csv

QUESTION, ANSWER = "question", "answer"
_ALIASES = {"q": QUESTION, "问题": QUESTION, "問題": QUESTION, "a": ANSWER, "答案": ANSWER, "回答": ANSWER}


def parse_csv_pairs(text: str) -> ParsedDocument | None:
    """The pairs of a CSV; None if its header does not name a question and an answer. Raises Unreadable BAD_CSV."""
    if _naming_delimiter(text, (QUESTION, ANSWER)) is None:
        return None
    return _pairs((row[QUESTION], row[ANSWER]) for row in read_rows(text, (QUESTION, ANSWER)))


def parse_json(text: str) -> ParsedDocument:
    """Parse JSON of questions and answers. Raises Unreadable BAD_JSON.

    The text is a list of {"question", "answer"}, an object with one such list, an object of question: answer, or one
    {"question", "answer"} in each line.
    """
    entries = _entries(text)
    pairs: list[tuple[str, str]] = []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise Unreadable("BAD_JSON", f'Entry {number} is not an object with "question" and "answer"; make it one.')
        values = {normalised_column(str(name)): value for name, value in cast("dict[str, Any]", entry).items()}
        for name in (QUESTION, ANSWER):
            if not isinstance(values.get(name), str) or not values[name].strip():
                raise Unreadable("BAD_JSON", f'Entry {number} has no text as its "{name}"; write it, or leave it out.')
        pairs.append((values[QUESTION].strip(), values[ANSWER].strip()))
    return _pairs(pairs)


def find_pairs(rows: Sequence[Sequence[str]]) -> list[tuple[str, str]] | None:
    """The pairs of a table; None if its header does not name a question and an answer."""
    header = [normalised_column(cell) for cell in rows[0]]
    if QUESTION not in header or ANSWER not in header:
        return None
    places = header.index(QUESTION), header.index(ANSWER)
    found = [tuple(row[at].strip() if at < len(row) else "" for at in places) for row in rows[1:]]
    return [(question, answer) for question, answer in found if question and answer]


def pair_block(question: str, answer: str, headings: tuple[str, ...] = ()) -> Block:
    """The block of a pair, which is a passage of its own."""
    return Block(answer, (*headings, question), own_passage=True)


def normalised_column(name: str) -> str:
    """A column's name in lower case, without blanks, in English."""
    plain = name.strip().lower()
    return _ALIASES.get(plain, plain)


def read_rows(text: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """The rows of a CSV with a header line; column names are compared without case and blanks.

    Raises Unreadable BAD_CSV when a required column is missing, or a row has nothing in one.
    """
    rows = read_csv(text, _naming_delimiter(text, required) or likely_delimiter(text))
    _, names = next(rows, (0, list[str]()))
    header = [normalised_column(name) for name in names]
    missing = [name for name in required if name not in header]
    if missing:
        raise Unreadable(
            "BAD_CSV",
            f"The first line names the columns {', '.join(header) or '(none)'}; it must name "
            f"{' and '.join(missing)} too.",
        )
    places = {name: header.index(name) for name in (*required, *optional) if name in header}
    for line, row in rows:
        if not any(row):
            continue
        values = {name: row[at] if at < len(row) else "" for name, at in places.items()}
        empty = [name for name in required if not values[name]]
        if empty:
            raise Unreadable("BAD_CSV", f"Line {line} has no {empty[0]}; fill it in or delete the line.")
        yield values


def _naming_delimiter(text: str, columns: tuple[str, ...]) -> str | None:
    """The delimiter with which the first line names these columns; None without one."""
    for delimiter in DELIMITERS:
        if set(columns) <= {normalised_column(name) for name in first_row(text, delimiter)}:
            return delimiter
    return None


def _pairs(pairs: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> ParsedDocument:
    return ParsedDocument("", [pair_block(question, answer) for question, answer in pairs])


def _entries(text: str) -> list[Any]:
    try:
        content = json.loads(text)
    except RecursionError:
        raise Unreadable("BAD_JSON", "It is nested too deep; write a list of questions and answers.") from None
    except json.JSONDecodeError as exc:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            return [json.loads(line) for line in lines]
        except (json.JSONDecodeError, RecursionError):
            raise Unreadable(
                "BAD_JSON", f"Line {exc.lineno}, column {exc.colno} is not JSON ({exc.msg}); correct it."
            ) from None
    if isinstance(content, list):
        return cast("list[Any]", content)
    if isinstance(content, dict):
        fields = cast("dict[str, Any]", content)
        if {QUESTION, ANSWER} <= {normalised_column(name) for name in fields}:
            return [fields]
        lists = [cast("list[Any]", value) for value in fields.values() if isinstance(value, list)]
        if len(lists) == 1:
            return lists[0]
        if fields and all(isinstance(value, str) for value in fields.values()):
            return [{QUESTION: question, ANSWER: answer} for question, answer in _items(fields)]
    raise Unreadable("BAD_JSON", 'It holds no list of {"question": …, "answer": …}; write one.')


def _items(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(question, str(answer)) for question, answer in fields.items()]
