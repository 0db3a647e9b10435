"""The sitting of `kefu models exam`: its progress, and the table of marks."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import grpc.aio
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from kefu.cli.commands.eval.run import opened
from kefu.cli.console import UNAVAILABLE, CommandFailed, console, print_json, print_table
from kefu.evaluation.engine import MeasuredModel, served_at
from kefu.generation.models.catalog import answer_profile_of
from kefu.local.data_dir import DataDir
from kefu.router.domain.answer_profiles import PROFILES
from kefu.router.exam.cases import exam_cases
from kefu.router.exam.examiner import CaseResult, ModelUnavailable, sit_exam
from kefu.router.exam.marks import MARKS, Marks
from kefu.router.exam.replica_model import ReplicaModel

_PATIENCE_SECONDS = 600.0
"""Longest wait for a token: the command waits for a slow model, which the examiner gives its own time."""
_PRINT_EVERY = 10


def sit_and_print(
    serving: AbstractAsyncContextManager[MeasuredModel], out: Console, texts: Path | None, *, as_json: bool
) -> None:
    """Have a model sit the exam, and print its marks. Raises CommandFailed. `texts`: where replies are written."""
    with opened(texts) as file:
        try:
            measured, marks = asyncio.run(_sit(serving, out, file))
        except ModelUnavailable as error:
            raise CommandFailed(f"The model does not answer: {error}.", UNAVAILABLE) from None
        except grpc.aio.AioRpcError as error:
            raise CommandFailed(
                f"The model does not answer ({error.code().name}: {error.details()}).", UNAVAILABLE
            ) from None
    catalogued = answer_profile_of(measured.model)
    if as_json:
        print_json(_as_dict(measured, marks, catalogued))
    else:
        _print(measured, marks, catalogued)


def running_suite(folder: DataDir) -> AbstractAsyncContextManager[MeasuredModel] | None:
    """The model of the suite that runs in a data folder; None where none runs."""
    state, keys = folder.running(), folder.keys()
    addresses = [one.address for one in state.services if one.name.startswith("generation")] if state else []
    return served_at(",".join(addresses), keys.internal) if addresses and keys else None


async def _sit(
    serving: AbstractAsyncContextManager[MeasuredModel], out: Console, texts: TextIO | None
) -> tuple[MeasuredModel, Marks]:
    async with serving as measured:
        model = ReplicaModel(measured.pool, first_token_seconds=_PATIENCE_SECONDS, idle_seconds=_PATIENCE_SECONDS)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        times = (TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, *times, console=out, transient=True) as progress:
            noting = _noting(progress, out, texts)
            return measured, await sit_exam(model, done=noting, seconds=_PATIENCE_SECONDS)


def _noting(progress: Progress, out: Console, texts: TextIO | None) -> Callable[[CaseResult], None]:
    count = len(exam_cases())
    bar = progress.add_task("cases", total=count)
    done = 0

    def note(result: CaseResult) -> None:
        nonlocal done
        done += 1
        progress.advance(bar)
        if not out.is_terminal and done % _PRINT_EVERY == 0:  # a log has no bar
            out.print(f"  {done} of {count} cases")
        if texts is not None:
            texts.write(f"{json.dumps(_result_as_dict(result), ensure_ascii=False)}\n")
            texts.flush()

    return note


def _result_as_dict(result: CaseResult) -> dict[str, Any]:
    return {
        "id": result.case.id,
        "kind": result.case.kind,
        "question": result.case.question,
        "reply": result.reply,
        "grade": result.grade,
        "readings": [{**asdict(each), "accepted": each.is_accepted} for each in result.readings],
    }


def _as_dict(measured: MeasuredModel, marks: Marks, catalogued: str) -> dict[str, Any]:
    return {
        "model": measured.model,
        "fingerprint": measured.fingerprint,
        "profile": marks.profile(catalogued),
        "catalogued": catalogued,
        "right": round(marks.right, 3),
        "harmful": round(marks.harmful, 3),
        "accepted_right": round(marks.accepted_right, 3),
        "accepted_faulty": round(marks.accepted_faulty, 3),
        "shortcomings": marks.shortcomings(),
        "marks": MARKS.dump_python(marks, mode="json"),
    }


def _print(measured: MeasuredModel, marks: Marks, catalogued: str) -> None:
    print_table(
        ("replies", "cases", "right", "harmful", "said not found"),
        [
            (kind.replace("_", " "), *map(str, (each.cases, each.right, each.harmful, each.not_found)))
            for kind, each in marks.writing.items()
        ],
    )
    console().print()
    print_table(
        ("sentences read again", "sentences", "accepted"),
        [(kind, str(each.sentences), str(each.accepted)) for kind, each in marks.reading.items()],
    )
    console().print()
    profile = marks.profile(catalogued)
    may = "writes the answers" if PROFILES[profile].writes else "does not write the answers"
    may += ", and verifies them" if PROFILES[profile].verifies else ""
    told = [
        f"{measured.model or 'The model'}: {marks.right:.0%} of its replies are right, {marks.harmful:.0%} do harm."
    ]
    told += [f"Its answer profile is {profile}: it {may}.", *marks.shortcomings()]
    if catalogued and catalogued != profile:
        told.append(f"The catalog of models names {catalogued}, and a router takes that.")
    for sentence in told:
        console().print(sentence, soft_wrap=True)
