"""Questions as lines of JSON, one a line: `questions.jsonl` of docs/guides/evaluation.md."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast, get_args

from kefu.office.golden_questions.conversation_question import KINDS, ConversationQuestion, Kind, Person
from kefu.office.golden_questions.searched_text import normalised
from kefu.office.golden_questions.stated_polarity import Polarity
from kefu.text.language import AnswerLanguage

_FIELDS = frozenset(
    "_id language text before history kind polarity must must_not person documents note evidence".split()  # noqa: SIM905 - a list of 13 names
)
_LONGEST = 4_000  # characters of a message, by the contract
_MOST_BEFORE, _MOST_GROUPS, _MOST_STRINGS, _MOST_CHARACTERS = 10, 20, 50, 1000


class BadLine(Exception):
    """What is wrong with a line, as the rest of a sentence that begins with its number."""


def check_limits(question: ConversationQuestion) -> None:
    """Raise BadLine for a question that is too large to be stored."""
    for name, count, most in (
        ("before", len(question.before), _MOST_BEFORE),
        ("must", len(question.must), _MOST_GROUPS),
        ("must_not", len(question.must_not), _MOST_STRINGS),
        ("documents", len(question.documents), _MOST_STRINGS),
        ("evidence", len(question.evidence), _MOST_STRINGS),
        *(("a group of must", len(each), _MOST_STRINGS) for each in question.must),
    ):
        if count > most:
            raise BadLine(f"has {count} entries in {name}: at most {most} are taken")
    strings = [question.note, *question.must_not, *question.documents, *question.evidence]
    strings += [each for group in question.must for each in group]
    if any(len(each) > _MOST_CHARACTERS for each in strings):
        raise BadLine(f"has a text of more than {_MOST_CHARACTERS} characters beside what is asked")


def parsed_lines(
    text: str, check: Callable[[ConversationQuestion], None] | None = None
) -> tuple[list[ConversationQuestion], list[tuple[int, str]]]:
    """The questions of a file, and what is wrong with each bad line: its number, and the rest of a sentence.

    `check` raises BadLine for a question that is refused besides.
    """
    found: dict[str, ConversationQuestion] = {}
    wrong: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: U+2028 may stand in a text
        if not line.strip():
            continue
        try:
            one = parsed_row(_object(line))
            if one.id in found:
                raise BadLine(f"has the _id {one.id} of an earlier line")
            if check is not None:
                check(one)
            found[one.id] = one
        except BadLine as exc:
            wrong.append((number, str(exc)))
    return list(found.values()), wrong


def row_of(question: ConversationQuestion) -> dict[str, Any]:
    """A question as `parsed_row` reads it, without what is empty."""
    row: dict[str, Any] = {
        "_id": question.id,
        "language": question.language,
        "text": question.text,
        "before": list(question.before),
        "kind": question.kind,
        "polarity": question.polarity,
        "must": [list(group) for group in question.must],
        "must_not": list(question.must_not),
        "person": question.person,
        "documents": list(question.documents),
        "note": question.note,
        "evidence": list(question.evidence),
    }
    return {name: value for name, value in row.items() if value}


def _object(line: str) -> dict[str, Any]:
    try:
        row: object = json.loads(line)
    except json.JSONDecodeError as exc:
        raise BadLine(f"is not JSON ({exc.msg})") from None
    except RecursionError:
        raise BadLine("is nested too deeply") from None
    if not isinstance(row, dict):
        raise BadLine("is not a JSON object")
    return cast("dict[str, Any]", row)


def parsed_row(row: Mapping[str, Any]) -> ConversationQuestion:
    """A question. Raises BadLine."""
    if unknown := sorted(row.keys() - _FIELDS):
        raise BadLine(f"has the unknown field {unknown[0]}")
    text = _text(row, "text")
    if not 1 <= len(text) <= _LONGEST:
        raise BadLine(f"has a text of {len(text)} characters: it must be 1 to {_LONGEST}")
    before, history = _texts(row, "before"), _texts(row, "history")
    if before and history:
        raise BadLine("has before and history: give one of them")
    before = before or history[::2]  # a conversation that is not this suite's cannot be given to it but by asking
    if any(not 1 <= len(each) <= _LONGEST for each in before):
        raise BadLine(f"has an earlier message that is not of 1 to {_LONGEST} characters")
    if len(history) % 2:
        raise BadLine("has a history that does not end with the assistant")
    return ConversationQuestion(
        id=_text(row, "_id"),
        language=cast("AnswerLanguage", _one_of(row, "language", get_args(AnswerLanguage))),
        text=text,
        kind=cast("Kind", _one_of(row, "kind", KINDS)),
        person=cast("Person", _one_of(row, "person", get_args(Person))),
        before=before,
        polarity=None
        if row.get("polarity") is None
        else cast("Polarity", _one_of(row, "polarity", get_args(Polarity))),
        must=_groups(row),
        must_not=_sought(_texts(row, "must_not"), "must_not"),
        documents=_texts(row, "documents"),
        note=_text(row, "note") if "note" in row else "",
        evidence=_evidence(row),
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadLine(f"has no {name}" if value is None else f"has a {name} that is no text, or an empty one")
    return value.strip()


def _one_of(row: Mapping[str, Any], name: str, allowed: Sequence[str]) -> str:
    value = _text(row, name)
    if value not in allowed:
        raise BadLine(f"has the {name} {value}: it must be one of {', '.join(allowed)}")
    return value


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value: object = row.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in cast("list[object]", value)):
        raise BadLine(f"has a {name} that is no list of texts")
    return tuple(each.strip() for each in cast("list[str]", value))


def _evidence(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The spans of the evidence. A fact that stands in several places is a list of spans: any of them is evidence."""
    value: object = row.get("evidence")
    if not isinstance(value, list):
        return _texts(row, "evidence")
    return tuple(
        span
        for fact in cast("list[object]", value)
        for span in _texts({"evidence": fact if isinstance(fact, list) else [fact]}, "evidence")
    )


def _groups(row: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    value: object = row.get("must")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadLine("has a must that is no list of groups")
    groups = [_texts({"must": group}, "must") for group in cast("list[object]", value) if group is not None]
    if not all(groups) or len(groups) != len(cast("list[object]", value)):
        raise BadLine("has a group in must without an alternative: no answer can hold one of none")
    return tuple(_sought(group, "must") for group in groups)


def _sought(strings: tuple[str, ...], name: str) -> tuple[str, ...]:
    for each in strings:
        if not normalised(each):
            raise BadLine(f"has {each!r} in {name}, of which nothing is left without spaces and punctuation")
    return strings
