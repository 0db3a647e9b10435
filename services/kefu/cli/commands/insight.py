"""`kefu numbers` and `kefu unanswered`: a tenant's figures, and the questions without a good answer."""

import csv
import time
from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from kefu.cli.console import CommandFailed, console, counted, local_time, print_json, print_table
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import insight_pb2 as pb
from kefu.router.v1 import insight_pb2_grpc as rpc
from kefu.text.terminal_text import one_line

_SECONDS_PER_DAY = 86_400
_MAX_DAYS = 92
_COLUMNS = (
    *("questions", "confirmed", "assumed", "reopened", "handed_over", "rated_up", "rated_down", "replies"),
    *("first_text_p50_ms", "first_text_p95_ms", "total_p50_ms", "total_p95_ms"),
)


async def numbers(
    target: Remote,
    days: Annotated[int, typer.Option("--days", "-d", help="The last so many days.", min=1, max=_MAX_DAYS)] = 7,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write the hours to this file, too.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show questions, what came of them, and how long answers took, by day."""
    end = time.time()
    request = pb.GetNumbersRequest(start_time=Timestamp(seconds=int(end) - days * _SECONDS_PER_DAY))
    async with target.to_router() as channel:
        found = await rpc.InsightServiceStub(channel).GetNumbers(request, metadata=target.metadata)
    if csv_file is not None:
        _write_csv(csv_file, found)
    if as_json:
        print_json(found)
        return
    print_table(("day", *_COLUMNS[:8]), [*_days(found), ("in all", *map(str, _row(found.total)[:8]))])
    _print_shares(found.total)
    if csv_file is not None:
        console().print(f"Written to {csv_file}: {counted(len(found.hours), 'hour')}.", soft_wrap=True)


def _days(found: pb.GetNumbersResponse) -> list[tuple[str, ...]]:
    """The sums of each day, in this machine's time zone."""
    days: dict[str, list[float]] = {}
    for hour in found.hours:
        day = local_time(hour.start_time).partition(" ")[0]
        days[day] = [a + b for a, b in zip(days.get(day, [0] * 8), _row(hour)[:8], strict=True)]
    return [(day, *(f"{value:.0f}" for value in row)) for day, row in days.items()]


def _row(of: pb.Numbers) -> tuple[float, ...]:
    return (
        *(of.questions, of.confirmed, of.assumed, of.reopened, sum(of.handoffs.values())),
        *(of.rated_up, of.rated_down, of.replies),
        *(of.first_text.p50, of.first_text.p95, of.total.p50, of.total.p95),
    )


def _print_shares(total: pb.Numbers) -> None:
    out = console()
    outcomes = total.confirmed + total.assumed + total.reopened + sum(total.handoffs.values())
    if outcomes:
        resolved = (total.confirmed + total.assumed) / outcomes
        out.print(f"Resolved {resolved:.0%} of {outcomes}: answered and not asked again, rated down or handed over.")
    for name, counts in (("Handed over", total.handoffs), ("Answers", total.sources), ("Languages", total.languages)):
        if counts:
            by_count = sorted(counts.items(), key=lambda item: -item[1])
            out.print(
                f"{name}: {', '.join(f'{_readable_name(key)} {count}' for key, count in by_count)}", soft_wrap=True
            )
    for name, of in (("First text", total.first_text), ("Whole answer", total.total)):
        if of.count:
            out.print(f"{name}: half within {of.p50:.0f} ms, 95 % within {of.p95:.0f} ms, 99 % within {of.p99:.0f} ms")


def _readable_name(name: str) -> str:
    return name.removeprefix("REASON_").removeprefix("ANSWER_SOURCE_").replace("_", " ").lower()


def _write_csv(file: Path, found: pb.GetNumbersResponse) -> None:
    try:
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(("hour_utc", *_COLUMNS))
            for hour in found.hours:
                start = hour.start_time.ToDatetime(tzinfo=UTC).strftime("%Y-%m-%dT%H:%MZ")
                writer.writerow((start, *_row(hour)))
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}.") from None


async def unanswered(
    target: Remote,
    days: Annotated[int, typer.Option("--days", "-d", help="Those of the last so many days; 0 means all.", min=0)] = 0,
    limit: Annotated[int, typer.Option("--limit", "-n", help="At most so many groups.", min=1, max=100)] = 20,
    dismiss: Annotated[
        list[str] | None,
        typer.Option("--dismiss", help="Take this question (its turn) from the list; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what the knowledge base could not answer, and what was rated down: grouped, largest group first."""
    request = pb.ListUnansweredRequest(page_size=limit)
    if days:
        request.start_time.FromSeconds(int(time.time()) - days * _SECONDS_PER_DAY)
    async with target.to_router() as channel:
        stub = rpc.InsightServiceStub(channel)
        if dismiss:
            done = await stub.DismissUnanswered(pb.DismissUnansweredRequest(turns=dismiss), metadata=target.metadata)
            console(stderr=True).print(f"Dismissed {done.dismissed} of {len(dismiss)}.")
        found = await stub.ListUnanswered(request, metadata=target.metadata)
    if as_json:
        print_json(found)
        return
    out = console()
    if not found.groups:
        out.print("Nothing went unanswered.")
        return
    out.print(f"{counted(found.total_questions, 'question')} without a good answer.")
    for group in found.groups:
        out.print(f"{group.count:>4}  {one_line(group.central.text, 120)}", style="bold", soft_wrap=True)
        for question in group.questions:
            why = "rated down" if question.rated_down else _readable_name(chat.Handoff.Reason.Name(question.reason))
            line = f"{local_time(question.create_time)}  {one_line(question.text, 90)}  ({why})"
            out.print(f"      {line}", soft_wrap=True)
            out.print(f"      {question.turn}", style="dim", soft_wrap=True)
            if question.reply:
                out.print(f"      → {one_line(question.reply, 110)}", style="green", soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(remote(numbers))
    app.command()(remote(unanswered))
