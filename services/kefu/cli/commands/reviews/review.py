"""`kefu review`: the daily sample of answers, verdicts on them, and what they mean for all answers."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.commands.reviews.conversations import about, turn_name
from kefu.cli.console import console, counted, print_json, print_table
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.router.v1 import review_pb2 as pb
from kefu.router.v1 import review_pb2_grpc as rpc
from kefu.text.terminal_text import one_line

_MAX_DAYS = 92

review = group("Reviews of a daily sample of answers: sample, judge, numbers.")


class GivenVerdict(StrEnum):
    """What a reviewer may say of an answer."""

    RIGHT = "right"
    HALF = "half"
    WRONG = "wrong"
    UNSAFE = "unsafe"
    NONE = "none"


async def _sample(
    target: Remote,
    day: Annotated[str, typer.Argument(help="Such as 2026-11-25, in UTC; today: today. Else yesterday.")] = "",
    as_json: Json = False,
) -> None:
    """Show the answers of a day that are to be reviewed."""
    wanted = str(datetime.now(UTC).date()) if day == "today" else day
    async with target.to_router() as channel:
        stub = rpc.ReviewServiceStub(channel)
        found = await stub.GetReviewSample(pb.GetReviewSampleRequest(day=wanted), metadata=target.metadata)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            _word(pb.Stratum.Name(each.stratum), "STRATUM_"),
            "gone" if each.gone else about(each.turn),
            each.turn.turn.name.removeprefix("sessions/").replace("/turns/", "/"),
            one_line(each.turn.turn.question, 50),
            one_line(each.turn.turn.text, 70),
        )
        for each in found.answers
    ]
    print_table(("stratum", "about", "turn", "question", "answer"), rows, empty=f"No answers of {found.day} to review.")
    for stratum in found.strata:
        console().print(
            f"{_word(pb.Stratum.Name(stratum.stratum), 'STRATUM_')}: {counted(stratum.answers, 'answer')}, "
            f"{stratum.drawn} drawn, {stratum.judged} judged",
            style="dim",
        )


async def _judge(
    target: Remote,
    turn: Annotated[str, typer.Argument(help="SESSION/TURN, as `kefu review sample` has it.")],
    verdict: Annotated[GivenVerdict, typer.Argument(help="none takes a verdict back.")],
    reviewer: Annotated[str, typer.Option(help="Who judges.")],
    note: Annotated[str, typer.Option(help="Gone with the conversation.", show_default=False)] = "",
) -> None:
    """Say whether an answer is right."""
    given = pb.VERDICT_UNSPECIFIED
    if verdict is not GivenVerdict.NONE:
        given = pb.Verdict.Value(f"VERDICT_{verdict.name}")
    request = pb.JudgeAnswerRequest(turn=turn_name(turn), verdict=given, note=note, reviewer=reviewer)
    async with target.to_router() as channel:
        await rpc.ReviewServiceStub(channel).JudgeAnswer(request, metadata=target.metadata)
    console().print("Taken back." if verdict is GivenVerdict.NONE else f"Judged {verdict}.")


async def _numbers(
    target: Remote,
    last: Annotated[int, typer.Option("--days", "-d", help="The last so many days.", min=1, max=_MAX_DAYS)] = 7,
    as_json: Json = False,
) -> None:
    """Show what the reviews mean for all answers, each share with its 95 % interval."""
    start = datetime.now(UTC).date() - timedelta(days=last - 1)
    async with target.to_router() as channel:
        stub = rpc.ReviewServiceStub(channel)
        found = await stub.GetReviewNumbers(pb.GetReviewNumbersRequest(start_day=str(start)), metadata=target.metadata)
    if as_json:
        print_json(found)
        return
    if not found.judged:
        console().print("Nothing in the samples of these days was judged; see `kefu review sample`.")
        return
    days = counted(len(found.days), "day")
    console().print(f"{found.judged} of {found.answers} answers of {days} judged; {found.handed_over} handed over.")
    rows = [
        (name, f"{of.share:.0%}", f"{of.low:.0%} to {of.high:.0%}")
        for name, of in (
            ("resolved, of all questions", found.resolved),
            ("right, of all answers", found.right),
            ("half right", found.half),
            ("wrong", found.wrong),
            ("unsafe", found.unsafe),
        )
    ]
    print_table(("", "share", "95 % interval"), rows)


def _word(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).replace("_", " ").lower()


def register(app: typer.Typer) -> None:
    """Add these commands."""
    review.command("sample")(remote(_sample))
    review.command("judge")(remote(_judge))
    review.command("numbers")(remote(_numbers))
    app.add_typer(review, name="review")
