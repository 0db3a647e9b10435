"""`kefu conversations`: all that Kefu said, and why it said so."""

import time
from collections.abc import Callable, Iterable
from typing import Annotated, TypeVar

import typer

from kefu.cli.command_group import group
from kefu.cli.console import CommandFailed, console, local_time, print_json, print_table
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.pagination import Limit, all_pages, print_list
from kefu.cli.remote.resource_names import full, short
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import review_pb2 as pb
from kefu.router.v1 import review_pb2_grpc as rpc
from kefu.text.terminal_text import one_line, printable

_SECONDS_A_DAY = 86_400
Value = TypeVar("Value")

conversations = group("All conversations, those that Kefu answered by itself too: list, show, why, hits.")


async def _list_conversations(
    target: Remote,
    words: Annotated[str, typer.Argument(help="Words of a question or its answer.", show_default=False)] = "",
    days: Annotated[int, typer.Option("--days", "-d", help="Those of the last so many days; 0: all.", min=0)] = 0,
    language: Annotated[str, typer.Option(help="zh or en.", show_default=False)] = "",
    source: Annotated[str, typer.Option(help="generated, curated, extractive, cached, …", show_default=False)] = "",
    rating: Annotated[str, typer.Option(help="up or down.", show_default=False)] = "",
    reason: Annotated[str, typer.Option(help="Handed over for this reason.", show_default=False)] = "",
    handed_over: Annotated[bool, typer.Option("--handed-over", help="Handed over.")] = False,
    checked: Annotated[bool, typer.Option("--checked", help="The model's words were held back or replaced.")] = False,
    low_support: Annotated[bool, typer.Option("--low-support", help="The pages hardly hold it up.")] = False,
    reopened: Annotated[bool, typer.Option("--reopened", help="Rated down, or asked again.")] = False,
    action: Annotated[str, typer.Option(help="Answered by it; * for any.", show_default=False)] = "",
    limit: Limit = 20,
    as_json: Json = False,
) -> None:
    """List conversations with a turn that is all that is asked for, the latest first."""
    request = pb.ReviewServiceListConversationsRequest(
        words=words,
        languages=[language] if language else [],
        sources=[_value(chat.AnswerSource.Value, chat.AnswerSource.keys(), "ANSWER_SOURCE_", source, "--source")]
        if source
        else [],
        ratings=[_value(chat.Rating.Value, chat.Rating.keys(), "RATING_", rating, "--rating")] if rating else [],
        reasons=[_value(chat.Handoff.Reason.Value, chat.Handoff.Reason.keys(), "REASON_", reason, "--reason")]
        if reason
        else [],
        handed_over=handed_over,
        checked=checked,
        low_support=low_support,
        reopened=reopened,
        action=action,
    )
    if days:
        request.start_time.FromSeconds(int(time.time()) - days * _SECONDS_A_DAY)
    async with target.to_router() as channel:
        call = rpc.ReviewServiceStub(channel).ListConversations
        found = await all_pages(target, call, request, lambda page: page.conversations, limit)
    print_list(
        found,
        ("turn", "asked", "turns", "answered", "about", "question"),
        _row,
        as_json=as_json,
        empty="No conversation matches.",
    )


def _row(found: pb.FoundConversation) -> tuple[str, ...]:
    first = found.matches[0]
    return (
        f"{short(found.session.name)}/{short(first.turn.name)}",
        local_time(first.turn.create_time),
        str(found.session.turn_count),
        chat.AnswerSource.Name(first.turn.completed.source).removeprefix("ANSWER_SOURCE_").lower(),
        about(first),
        one_line(first.turn.question or first.turn.text, 60),
    )


def about(reviewed: pb.ReviewedTurn) -> str:
    """What is noticed of a turn, in a few words."""
    turn, marks = reviewed.turn, reviewed.marks
    words = [
        name
        for name, holds in (
            ("replaced", marks.replaced),
            ("checked", marks.checked and not marks.replaced),
            (f"support {marks.support:.2f}", marks.low_support),
            ("reopened", marks.reopened),
        )
        if holds
    ]
    if turn.HasField("handoff"):
        words.append(chat.Handoff.Reason.Name(turn.handoff.reason).removeprefix("REASON_").lower())
    if turn.rating:
        words.append(f"rated {chat.Rating.Name(turn.rating).removeprefix('RATING_').lower()}")
    if marks.action:
        words.append(marks.action)
    if reviewed.HasField("judgement"):
        words.append(f"judged {pb.Verdict.Name(reviewed.judgement.verdict).removeprefix('VERDICT_').lower()}")
    return ", ".join(words)


async def _show_conversation(target: Remote, session: str, as_json: Json = False) -> None:
    """Show all turns of a conversation, with what is noticed of each."""
    request = pb.GetConversationRequest(session=full("sessions", session))
    async with target.to_router() as channel:
        found = await rpc.ReviewServiceStub(channel).GetConversation(request, metadata=target.metadata)
    if as_json:
        print_json(found)
        return
    out = console()
    for reviewed in found.turns:
        turn = reviewed.turn
        if turn.question:
            out.print(f"> {printable(turn.question)}", style="bold", soft_wrap=True)
        if turn.text:
            out.print(printable(f"{turn.agent}: {turn.text}" if turn.agent else turn.text), soft_wrap=True)
        line = " · ".join(filter(None, (local_time(turn.create_time), about(reviewed), turn.name)))
        out.print(line, style="dim", soft_wrap=True)
        out.print()


async def _why(target: Remote, turn: str, as_json: Json = False) -> None:
    """Say why an answer is what it is. The turn as `list` and `show` have it."""
    request = pb.ExplainAnswerRequest(turn=turn_name(turn))
    async with target.to_router() as channel:
        found = await rpc.ReviewServiceStub(channel).ExplainAnswer(request, metadata=target.metadata)
    if as_json:
        print_json(found)
        return
    why, answer = found.explanation, found.turn.turn
    out = console()
    out.print(f"> {printable(answer.question)}", style="bold", soft_wrap=True)
    out.print(printable(answer.text), soft_wrap=True)
    out.print()
    decided = f"{why.decision.replace('_', ' ')} ({why.detail})" if why.detail else why.decision.replace("_", " ")
    out.print(f"Decided: {decided}. Profile: {why.profile}.", soft_wrap=True, markup=False)
    for search in why.searches:
        _print_search(search)
    for evidence in why.evidence:
        _print_evidence(evidence)
    if why.HasField("model"):
        _print_model(why.model)
    if why.offered_actions:
        out.print(f"Actions it may have asked for: {', '.join(why.offered_actions)}", soft_wrap=True, markup=False)
    timings = answer.completed.timings
    stages = (("queue", timings.queue), ("search", timings.search), ("first text", timings.first_text))
    told = [f"{name} {of.ToMilliseconds()} ms" for name, of in (*stages, ("total", timings.total)) if of.ByteSize()]
    out.print(f"Times: {', '.join(told)}", style="dim", soft_wrap=True, markup=False)


def _print_search(search: pb.Explanation.Search) -> None:
    out = console()
    read = f', read as "{one_line(search.read_as, 100)}"' if search.read_as else ""
    history = ", with the question before it" if search.used_history else ""
    out.print(
        f'Searched: "{one_line(search.query, 100)}"{read}{history} ({search.time.ToMilliseconds()} ms)',
        soft_wrap=True,
        markup=False,
    )
    rows = [
        (f"{each.relevance:.2f}", f"{each.min_relevance:.2f}", one_line(each.title, 50), each.passage)
        for each in search.found
    ]
    print_table(("relevance", "needed", "document", "passage"), rows, empty="Nothing was found.")
    if search.HasField("curated"):
        near = search.curated
        applies = "applies" if not near.reason else f"does not apply: {near.reason}"
        out.print(
            f'Nearest curated answer: "{one_line(near.question, 80)}", cosine {near.cosine:.3f} of '
            f"{near.least_cosine:.2f} needed, {applies}",
            soft_wrap=True,
            markup=False,
        )


def _print_evidence(evidence: pb.Explanation.Evidence) -> None:
    verdict = "an answer" if evidence.bears else "no answer"
    console().print(
        f'Evidence for "{one_line(evidence.asked, 100)}": likely {evidence.bearing:.2f}, {verdict}',
        soft_wrap=True,
        markup=False,
    )
    for piece in evidence.pieces:
        mark = "+" if piece.chosen else " "
        score = f"{piece.score:7.2f}" if piece.HasField("score") else " " * 7
        console().print(f"  {mark} {score}  {one_line(piece.text, 100)}", soft_wrap=True, markup=False)


def _print_model(model: pb.Explanation.Model) -> None:
    out = console()
    out.print(
        f"Model: {model.model} at {model.replica}, {model.time.ToMilliseconds()} ms", soft_wrap=True, markup=False
    )
    if model.failed_check:
        out.print(f'Check failed: {model.failed_check}: "{model.cut}"', soft_wrap=True, markup=False)
    if model.literal:
        out.print(f'Not in the evidence: "{model.literal}"', soft_wrap=True, markup=False)
    if model.replaced_by:
        out.print(f"Said instead, or behind it: {model.replaced_by}", soft_wrap=True, markup=False)


async def _hits(
    target: Remote,
    wordings: Annotated[list[str], typer.Argument(help="Wordings of the question.")],
    language: Annotated[str, typer.Option(help="Of the answer: zh or en.", show_default=False)] = "",
    as_json: Json = False,
) -> None:
    """Say which questions of late a curated answer with these wordings would have answered."""
    request = pb.ListMatchingQuestionsRequest(wordings=wordings, language=language)
    async with target.to_router() as channel:
        found = await rpc.ReviewServiceStub(channel).ListMatchingQuestions(request, metadata=target.metadata)
    if as_json:
        print_json(found)
        return
    rows = [
        (local_time(each.time), str(each.count), f"{each.cosine:.3f}", one_line(each.question, 80))
        for each in found.questions
    ]
    empty = f"None of the questions in {found.looked_at} conversations."
    print_table(("last asked", "times", "cosine", "question"), rows, empty=empty)


def turn_name(turn: str) -> str:
    """The resource name of a turn, given as that or as SESSION/TURN."""
    if turn.startswith("sessions/"):
        return turn
    session, slash, turn_id = turn.partition("/")
    if not slash:
        raise CommandFailed(f"{turn} is not SESSION/TURN; see `kefu conversations list`.")
    return f"sessions/{session}/turns/{turn_id}"


def _value(named: Callable[[str], Value], known: Iterable[str], prefix: str, word: str, option: str) -> Value:
    """The value of an enum of the contract, by what people type."""
    try:
        return named(f"{prefix}{word.upper().replace('-', '_')}")
    except ValueError:
        words = ", ".join(name.removeprefix(prefix).lower() for name in known)
        raise CommandFailed(f"{option} {word} is not known; one of {words}.") from None


def register(app: typer.Typer) -> None:
    """Add these commands."""
    conversations.command("list")(remote(_list_conversations))
    conversations.command("show")(remote(_show_conversation))
    conversations.command("why")(remote(_why))
    conversations.command("hits")(remote(_hits))
    app.add_typer(conversations, name="conversations")
