"""`kefu eval verdicts`: what a person says of a sample of answers, and how far the automatic judge agrees."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from kefu.cli.commands.eval.run import BAD_SET
from kefu.cli.console import CommandFailed
from kefu.cli.remote.connection import print_failures
from kefu.evaluation.conversations.agreement import agreement_of
from kefu.evaluation.conversations.reading_sheet import READINGS, BadSheet, Named, judged_file, read_sheet, write_sheet
from kefu.text.terminal_text import printable


def verdicts(
    sheet: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A sheet of `kefu eval conversations --sample`, each row with a verdict."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
) -> None:
    """Count what a person says of the answers of a sheet: right, half, wrong or refused; and where the judge agrees.

    In brackets the 95 % interval for so many answers (Wilson). The file of what the judge found must lie beside the
    sheet, as it was written.
    """
    with print_failures():
        try:
            found = agreement_of(read_sheet(sheet))
        except BadSheet as exc:
            raise CommandFailed(str(exc), BAD_SET) from None
        print(json.dumps(found.as_json(), ensure_ascii=False) if as_json else printable(found.markdown()))


def check_sheet(sheet: Path, sets: Sequence[str]) -> None:
    """Raise CommandFailed where a sheet could not be written in the end, or would replace one that a person marks."""
    if len(set(sets)) < len(sets):
        raise CommandFailed("--sample tells sets by the names of their folders: give them different ones.", BAD_SET)
    if there := [file for file in (sheet, judged_file(sheet)) if file.exists()]:
        raise CommandFailed(f"{there[0]} is there already: name another with --sheet, or remove it.", BAD_SET)
    if not sheet.parent.is_dir():
        raise CommandFailed(f"{sheet} cannot be written: there is no folder {sheet.parent}.", BAD_SET)


def write_checked_sheet(sheet: Path, answers: Sequence[Named]) -> str:
    """Write a sheet that was checked. Returns what the person is to do. Raises CommandFailed."""
    try:
        write_sheet(sheet, answers)
    except OSError as exc:
        raise CommandFailed(f"{sheet} cannot be written ({exc.strerror}).") from None
    return (
        f"{len(answers)} answers were drawn into {sheet}. Write {', '.join(READINGS[:-1])} or {READINGS[-1]} into its "
        f"last column, keep {judged_file(sheet).name} beside it, and run: kefu eval verdicts {sheet}"
    )
