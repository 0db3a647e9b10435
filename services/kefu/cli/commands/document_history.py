"""`kefu documents history` and `restore`: who changed a document, when, and what it said before."""

import difflib
from typing import Annotated

import typer

from kefu.cli.commands.collections import DEFAULT_COLLECTION, Collection, Draft
from kefu.cli.console import console, local_time, print_json
from kefu.cli.remote.connection import Json, Remote
from kefu.cli.remote.pagination import print_list
from kefu.cli.remote.resource_names import draft_name, full, short
from kefu.retrieval.v1 import history_pb2 as pb
from kefu.retrieval.v1 import history_pb2_grpc as rpc
from kefu.text.terminal_text import one_line, printable

Number = Annotated[int, typer.Option("--revision", "-r", help="A revision's number.", min=0, show_default=False)]


def _document_name(collection: str, document: str) -> str:
    return document if "/" in document else f"{full('collections', collection)}/documents/{document}"


async def document_history(
    target: Remote,
    document: str,
    collection: Collection = DEFAULT_COLLECTION,
    revision: Number = 0,
    as_json: Json = False,
) -> None:
    """List a document's revisions; with --revision, show what one changed against the one before it."""
    name = _document_name(collection, document)
    async with target.to_knowledge() as channel:
        stub = rpc.HistoryServiceStub(channel)
        listed = await stub.ListRevisions(pb.ListRevisionsRequest(document=name), metadata=target.metadata)
        revisions = list(listed.revisions)
        if revision:
            texts: list[str] = []
            for number in (_before(revisions, revision), revision):
                request = pb.GetRevisionRequest(name=f"{name}/revisions/{number}")
                got = await stub.GetRevision(request, metadata=target.metadata) if number else pb.GetRevisionResponse()
                texts.append(got.text)
            _print_difference(*texts)
            return
    print_list(
        revisions,
        ("revision", "when", "who", "from", "passages", "title"),
        lambda one: (
            short(one.name),
            local_time(one.time),
            one.author,
            "deleted" if one.deleted else one.origin,
            str(one.passage_count),
            one_line(one.title, 60),
        ),
        as_json=as_json,
    )


def _before(revisions: list[pb.Revision], number: int) -> int:
    return max((one for each in revisions if (one := int(short(each.name))) < number), default=0)


def _print_difference(before: str, after: str) -> None:
    out = console()
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm=""):
        out.print(printable(line), style=styles.get(line[:1], ""), soft_wrap=True, highlight=False, markup=False)


async def restore_document(
    target: Remote,
    document: str,
    revision: Annotated[int, typer.Option("--revision", "-r", help="The revision's number.", min=1)],
    collection: Collection = DEFAULT_COLLECTION,
    draft: Draft = "",
    as_json: Json = False,
) -> None:
    """Make a revision the document's content again."""
    async with target.to_knowledge() as channel:
        request = pb.RestoreRevisionRequest(
            name=f"{_document_name(collection, document)}/revisions/{revision}", draft=draft_name(collection, draft)
        )
        done = await rpc.HistoryServiceStub(channel).RestoreRevision(request, metadata=target.metadata)
    if as_json:
        print_json(done.document)
    else:
        console().print(f"Restored {done.document.name} as of revision {revision}.", soft_wrap=True)
