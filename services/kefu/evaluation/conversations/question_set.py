"""
Question sets of conversations: `questions.jsonl`, a JSON object a line.

Beside it stand the documents, in `help_center/` or in the folder itself, and, if there are any, `curated_answers.csv`.
docs/guides/evaluation.md lists the fields.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

from kefu.common.text.language import AnswerLanguage
from kefu.evaluation.dataset import BadQuestionSet, is_even
from kefu.evaluation.matching import normalised
from kefu.router.grounding.stated_polarity import Polarity

QUESTIONS = "questions.jsonl"
Person = Literal["required", "allowed", "no"]
Kind = Literal[
    "direct",
    "yes_no",
    "condition",
    "comparison",
    "calculation",
    "follow_up",
    "two_questions",
    "typo",
    "slang",
    "mixed",
    "procedure",
    "order",
    "near_miss",
    "out_of_scope",
    "injection",
    "person",
    "small_talk",
    "complaint",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
_FIELDS = frozenset(
    "_id language text before history kind polarity must must_not person documents note evidence".split()  # noqa: SIM905 - a list of 13 names
)
_LONGEST = 4_000  # characters of a message, by the contract
_MOST_TOLD = 10  # errors


@dataclass(frozen=True)
class ConversationQuestion:
    """A question, and what its answer must and must not say."""

    id: str
    language: AnswerLanguage
    text: str
    kind: Kind
    person: Person
    """Whether a person is required, allowed, or not needed since the documents have the answer."""
    before: tuple[str, ...] = ()
    """The customer's earlier messages in the same conversation, oldest first."""
    polarity: Polarity | None = None
    """Whether what is asked about is so, whichever way the question puts it."""
    must: tuple[tuple[str, ...], ...] = ()
    """Groups of alternatives, of each of which one must occur."""
    must_not: tuple[str, ...] = ()
    """Strings that make an answer harmful."""
    documents: tuple[str, ...] = field(default=(), compare=False)
    note: str = field(default="", compare=False)
    """What is right, in a sentence."""
    evidence: tuple[str, ...] = field(default=(), compare=False)
    """The sentences, lines of a list or rows of a table that answer it, as they stand in the documents."""

    @property
    def is_answerable(self) -> bool:
        """Whether the documents answer it. Small talk needs no document."""
        return self.person == "no" and self.kind != "small_talk"

    @property
    def is_even(self) -> bool:
        """Whether the number in the id is even: these may be looked at, the others report."""
        return is_even(self.id)


def load_questions(folder: Path) -> list[ConversationQuestion]:
    """The questions of a folder. Raises BadQuestionSet, which says of each bad line what is wrong with it."""
    path = folder / QUESTIONS
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # not splitlines: U+2028 may stand in a text
    except OSError as exc:
        raise BadQuestionSet(f"{path} cannot be read ({exc.strerror}); a set of conversations needs it.") from None
    except UnicodeDecodeError as exc:
        raise BadQuestionSet(f"{path} is not UTF-8 (byte {exc.start}).") from None
    found: dict[str, ConversationQuestion] = {}
    wrong: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            one = _question(_object(line))
            if one.id in found:
                raise _BadLineError(f"has the _id {one.id} of an earlier line")
            found[one.id] = one
        except _BadLineError as exc:
            wrong.append(f"{path}, line {number}, {exc}.")
    if wrong:
        more = f"\n… and {len(wrong) - _MOST_TOLD} more." if len(wrong) > _MOST_TOLD else ""
        raise BadQuestionSet("\n".join(wrong[:_MOST_TOLD]) + more)
    if not found:
        raise BadQuestionSet(f"{path} is empty: there is nothing to ask.")
    return list(found.values())


def behind_another(questions: Sequence[ConversationQuestion]) -> list[ConversationQuestion]:
    """The questions, each that stands alone behind the next answerable one about other documents.

    What a conversation was about must not leak into a question about something else. The other is of the same language
    and stands alone too; a question that has no such other stays as it is.
    """
    alone = [each for each in questions if not each.before]
    found: list[ConversationQuestion] = []
    for one in questions:
        if one.before:
            found.append(one)
            continue
        at = alone.index(one)
        others = (
            each
            for each in (*alone[at + 1 :], *alone[:at])
            if each.is_answerable and each.language == one.language and not set(each.documents) & set(one.documents)
        )
        other = next(others, None)
        found.append(replace(one, before=(other.text,)) if other else one)
    return found


class _BadLineError(Exception):
    """What is wrong with a line, as the rest of a sentence that begins with its number."""


def _object(line: str) -> dict[str, Any]:
    try:
        row: object = json.loads(line)
    except json.JSONDecodeError as exc:
        raise _BadLineError(f"is not JSON ({exc.msg})") from None
    except RecursionError:
        raise _BadLineError("is nested too deeply") from None
    if not isinstance(row, dict):
        raise _BadLineError("is not a JSON object")
    return cast("dict[str, Any]", row)


def _question(row: Mapping[str, Any]) -> ConversationQuestion:
    if unknown := sorted(row.keys() - _FIELDS):
        raise _BadLineError(f"has the unknown field {unknown[0]}")
    text = _text(row, "text")
    if not 1 <= len(text) <= _LONGEST:
        raise _BadLineError(f"has a text of {len(text)} characters: it must be 1 to {_LONGEST}")
    before, history = _texts(row, "before"), _texts(row, "history")
    if before and history:
        raise _BadLineError("has before and history: give one of them")
    before = before or history[::2]  # a conversation that is not this suite's cannot be given to it but by asking
    if any(not 1 <= len(each) <= _LONGEST for each in before):
        raise _BadLineError(f"has an earlier message that is not of 1 to {_LONGEST} characters")
    if len(history) % 2:
        raise _BadLineError("has a history that does not end with the assistant")
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
        evidence=_texts(row, "evidence"),
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _BadLineError(f"has no {name}" if value is None else f"has a {name} that is no text, or an empty one")
    return value.strip()


def _one_of(row: Mapping[str, Any], name: str, allowed: Sequence[str]) -> str:
    value = _text(row, name)
    if value not in allowed:
        raise _BadLineError(f"has the {name} {value}: it must be one of {', '.join(allowed)}")
    return value


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value: object = row.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in cast("list[object]", value)):
        raise _BadLineError(f"has a {name} that is no list of texts")
    return tuple(each.strip() for each in cast("list[str]", value))


def _groups(row: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    value: object = row.get("must")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _BadLineError("has a must that is no list of groups")
    groups = [_texts({"must": group}, "must") for group in cast("list[object]", value) if group is not None]
    if not all(groups) or len(groups) != len(cast("list[object]", value)):
        raise _BadLineError("has a group in must without an alternative: no answer can hold one of none")
    return tuple(_sought(group, "must") for group in groups)


def _sought(strings: tuple[str, ...], name: str) -> tuple[str, ...]:
    for each in strings:
        if not normalised(each):
            raise _BadLineError(f"has {each!r} in {name}, of which nothing is left without spaces and punctuation")
    return strings
