"""`kefu curated`: curated answers, written by staff and given word for word."""

from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.commands.collections import (
    DEFAULT_COLLECTION,
    Collection,
    Draft,
    Yes,
    confirm,
)
from kefu.cli.console import CommandFailed, console, print_json
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.document_options import Audience, audience_name
from kefu.cli.remote.pagination import all_pages, print_list
from kefu.cli.remote.resource_names import draft_name, full, short
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1 import knowledge_pb2_grpc as rpc
from kefu.text.terminal_text import one_line, printable

curated = group("Answers that staff wrote, given word for word: list, put, delete.")


async def _list_curated(
    target: Remote, collection: Collection = DEFAULT_COLLECTION, draft: Draft = "", as_json: Json = False
) -> None:
    """List a collection's curated answers."""
    async with target.to_knowledge() as channel:
        call = rpc.KnowledgeServiceStub(channel).ListCuratedAnswers
        request = pb.ListCuratedAnswersRequest(
            collection=full("collections", collection), draft=draft_name(collection, draft)
        )
        found = await all_pages(target, call, request, lambda page: page.curated_answers)
    print_list(
        found,
        ("answer", "language", "audience", "priority", "valid", "questions", "text"),
        lambda one: (
            short(one.name),
            one.language,
            audience_name(one.audience),
            str(one.priority),
            f"{one.valid_from}…{one.valid_until}" if one.valid_from or one.valid_until else "",
            one_line(" | ".join(one.questions), 70),
            one_line(one.answer, 60),
        ),
        as_json=as_json,
        empty=f"{collection} holds no curated answers.",
    )


async def _put_curated(
    target: Remote,
    answer: Annotated[str, typer.Argument(help="The answer, word for word.")],
    question: Annotated[list[str], typer.Option("--question", "-q", help="A question it answers; 1 to 20 of them.")],
    collection: Collection = DEFAULT_COLLECTION,
    id_: Annotated[str, typer.Option("--id", help="Replace this one.", show_default=False)] = "",
    language: Annotated[str, typer.Option(help="zh or en. Default: recognised.", show_default=False)] = "",
    valid_from: Annotated[str, typer.Option(help="First day on which it holds.", show_default=False)] = "",
    valid_until: Annotated[str, typer.Option(help="Last day on which it holds.", show_default=False)] = "",
    audience: Annotated[Audience, typer.Option(help="staff: never given to a customer.")] = Audience.EVERYONE,
    priority: Annotated[int, typer.Option(help="Among several that apply the greatest is given.")] = 0,
    draft: Draft = "",
    as_json: Json = False,
) -> None:
    """Create or replace a curated answer. It works at once."""
    if not any(each.strip() for each in question):
        raise CommandFailed('The question is missing: -q has no text. Give one, such as -q "When are you open?".')
    one = pb.CuratedAnswer(
        name=_curated_name(collection, id_) if id_ else "",
        questions=question,
        answer=answer,
        language=language,
        valid_from=valid_from,
        valid_until=valid_until,
        audience=audience.message(),
        priority=priority,
    )
    async with target.to_knowledge() as channel:
        request = pb.PutCuratedAnswerRequest(
            collection=full("collections", collection), curated_answer=one, draft=draft_name(collection, draft)
        )
        stored = await rpc.KnowledgeServiceStub(channel).PutCuratedAnswer(request, metadata=target.metadata)
    if as_json:
        print_json(stored.curated_answer)
    else:
        console().print(f"Stored {stored.curated_answer.name}.", soft_wrap=True)
    for each in stored.warnings:
        console(stderr=True).print(printable(f"Warning: {each}"), style="yellow", soft_wrap=True)


def _curated_name(collection: str, answer: str) -> str:
    return answer if "/" in answer else f"{full('collections', collection)}/curatedAnswers/{answer}"


async def _delete_curated(
    target: Remote,
    answer: list[str],
    collection: Collection = DEFAULT_COLLECTION,
    draft: Draft = "",
    yes: Yes = False,
) -> None:
    """Delete curated answers."""
    confirm(f"Delete {', '.join(answer)}?", yes)
    async with target.to_knowledge() as channel:
        for one in answer:
            request = pb.DeleteCuratedAnswerRequest(
                name=_curated_name(collection, one), draft=draft_name(collection, draft)
            )
            await rpc.KnowledgeServiceStub(channel).DeleteCuratedAnswer(request, metadata=target.metadata)
            console().print(f"Deleted {one}.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    curated.command("list")(remote(_list_curated))
    curated.command("put")(remote(_put_curated))
    curated.command("delete")(remote(_delete_curated))
    app.add_typer(curated, name="curated")
