"""
A sheet of answers for a person to read and mark, and the marked sheet as it comes back.

The sheet is a CSV file that a spreadsheet opens. It does not say what the judge found: the reader is not to know. That
stands in a file beside it, which also tells whether the sheet came back whole.
"""

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from kefu.evaluation.conversations.outcome import Outcome
from kefu.evaluation.conversations.question_run import JudgedAnswer

Reading = Literal["right", "half", "wrong", "refused"]
READINGS: tuple[Reading, ...] = get_args(Reading)
"""What a reader may say of an answer. What the judge calls beside is wrong to a reader."""
_ID, _VERDICT = "id", "verdict"
_COLUMNS = (_ID, "before", "question", "answer", "evidence", "must", "note", _VERDICT)
_FORMULA = ("=", "+", "-", "@")
_MOST_TOLD = 10  # errors


class BadSheet(Exception):
    """What is wrong with a marked sheet, and what to do."""


@dataclass(frozen=True)
class Named:
    """An answer with the name of its set."""

    set: str
    answer: JudgedAnswer

    @property
    def id(self) -> str:
        """The set and the question's id: unlike a bare number, no spreadsheet takes it for a date."""
        return f"{self.set}/{self.answer.question.id}"


@dataclass(frozen=True)
class ReadAnswer:
    """An answer of a sheet: what the judge counted it as, and what the reader says."""

    id: str
    is_answerable: bool
    outcome: Outcome
    reading: Reading


def drawn(answers: Sequence[Named], count: int, seed: int) -> list[Named]:
    """As many answers, or all if there are fewer, each as likely as another, and of each set and kind its share.

    They are taken at equal steps from the answers in order of set and kind, shuffled within each; and come shuffled.
    """
    chance = random.Random(seed)  # noqa: S311 - the draw is to be repeatable
    shuffled = chance.sample(answers, len(answers))
    shuffled.sort(key=lambda one: (one.set, one.answer.question.kind))
    step = max(1.0, len(shuffled) / max(count, 1))
    begin = chance.random() * step if step > 1 else 0.0
    taken = [shuffled[int(begin + at * step)] for at in range(min(count, len(shuffled)))]
    return chance.sample(taken, len(taken))


def judged_file(sheet: Path) -> Path:
    """The file beside a sheet that holds what the judge found."""
    return sheet.with_suffix(".judged.jsonl")


def write_sheet(sheet: Path, answers: Sequence[Named]) -> None:
    """Write a sheet and the file beside it. Raises OSError."""
    with judged_file(sheet).open("w", encoding="utf-8") as stream:
        for one in answers:
            about = {"is_answerable": one.answer.question.is_answerable, "outcome": one.answer.outcome}
            stream.write(f"{json.dumps({_ID: one.id, **about}, ensure_ascii=False)}\n")
    with sheet.open("w", encoding="utf-8-sig", newline="") as stream:  # Excel reads UTF-8 by its mark alone
        writer = csv.writer(stream)
        writer.writerow(_COLUMNS)
        for one in answers:
            question = one.answer.question
            cells = (
                "\n".join(question.before),
                question.text,
                _as_shown(one.answer),
                "\n".join(question.evidence),
                "\n".join(" / ".join(group) for group in question.must),
                question.note,
            )
            writer.writerow((one.id, *map(_no_formula, cells), ""))


def read_sheet(sheet: Path) -> list[ReadAnswer]:
    """The answers of a marked sheet. Raises BadSheet."""
    judged = _judged(judged_file(sheet), sheet)
    verdicts: dict[str, str] = {}
    wrong: list[str] = []
    for number, row in enumerate(_rows(sheet), 2):
        ident, verdict = ((row.get(name) or "").strip() for name in (_ID, _VERDICT))
        if ident not in judged:
            wrong.append(f"row {number}: no answer with the id “{ident}” was drawn. Put back the id that stood there")
        elif ident in verdicts:
            wrong.append(f"row {number}: {ident} stands in an earlier row too. Leave one of them out")
        elif not verdict:
            wrong.append(f"row {number}: {ident} has no verdict. Write one of {', '.join(READINGS)}")
        elif verdict.lower() not in READINGS:
            wrong.append(f"row {number}: {ident} has the verdict “{verdict}”. Write one of {', '.join(READINGS)}")
        verdicts[ident] = verdict.lower()
    wrong += [f"the row of {each} is missing. Put it back" for each in judged if each not in verdicts]
    if wrong:
        more = f"\n… and {len(wrong) - _MOST_TOLD} more." if len(wrong) > _MOST_TOLD else ""
        raise BadSheet("\n".join(f"{sheet}, {each}." for each in wrong[:_MOST_TOLD]) + more)
    return [
        ReadAnswer(ident, is_answerable, outcome, cast("Reading", verdicts[ident]))
        for ident, (is_answerable, outcome) in judged.items()
    ]


def _as_shown(answer: JudgedAnswer) -> str:
    shown = answer.shown
    parts = [f"(taken back) {text}" for text in shown.withdrawn if text.strip()]
    parts += [shown.text] if shown.text.strip() else []
    parts += ["(a person was called)"] if shown.handed_over else []
    return "\n".join(parts) or "(nothing was said)"


def _no_formula(text: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _rows(sheet: Path) -> list[dict[str, str]]:
    try:
        text = sheet.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise BadSheet(f"{sheet} cannot be read ({exc.strerror}).") from None
    except UnicodeDecodeError:
        raise BadSheet(f"{sheet} is not UTF-8: save it as “CSV UTF-8”.") from None
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)  # a spreadsheet saves with its country's own
    reader = csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter)
    if missing := {_ID, _VERDICT} - set(reader.fieldnames or ()):
        raise BadSheet(f"{sheet} has no column {min(missing)}: its first row must be {', '.join(_COLUMNS)}.")
    try:
        return list(reader)
    except csv.Error as exc:
        raise BadSheet(f"{sheet}, row {reader.line_num}, is not CSV ({exc}): save it as “CSV UTF-8”.") from None


def _judged(file: Path, sheet: Path) -> dict[str, tuple[bool, Outcome]]:
    try:
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return {row[_ID]: (bool(row["is_answerable"]), Outcome(row["outcome"])) for row in rows}
    except FileNotFoundError:
        raise BadSheet(
            f"{file} is missing. `kefu eval conversations --sample` wrote it together with {sheet.name}, and what the "
            "judge found stands there: put it beside the sheet again."
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise BadSheet(
            f"{file} cannot be read: put back the file that was written together with {sheet.name}."
        ) from None
