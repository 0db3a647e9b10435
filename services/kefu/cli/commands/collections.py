"""`kefu collections`: list, show, create, delete."""

from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.console import CommandFailed, console, local_time, print_json, print_table
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.pagination import all_pages, print_list
from kefu.cli.remote.resource_names import full, short
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1 import knowledge_pb2_grpc as rpc

Collection = Annotated[str, typer.Option("--collection", "-c", help="The knowledge base's id.")]
DEFAULT_COLLECTION = "help"
Draft = Annotated[
    str, typer.Option("--draft", help="In this draft (see kefu drafts) instead of what is live.", show_default=False)
]

collections = group("Knowledge bases: list, show, create, delete.")


async def _list_collections(target: Remote, as_json: Json = False) -> None:
    """List the collections that the key may use."""
    print_list(
        await collections_of(target),
        _COLLECTION_HEADINGS,
        _collection_row,
        as_json=as_json,
        empty="There is none yet: kefu import FOLDER --create",
    )


async def collections_of(target: Remote) -> list[pb.Collection]:
    """All collections that the key may use."""
    async with target.to_knowledge() as channel:
        call = rpc.KnowledgeServiceStub(channel).ListCollections
        return await all_pages(target, call, pb.ListCollectionsRequest(), lambda page: page.collections)


_COLLECTION_HEADINGS = ("collection", "name", "documents", "passages", "curated", "embedder", "changed")


def _collection_row(one: pb.Collection) -> tuple[str, ...]:
    counts = (one.document_count, one.passage_count, one.curated_answer_count)
    return (short(one.name), one.display_name, *map(str, counts), one.embedder, local_time(one.update_time))


async def _show_collection(target: Remote, collection: str, as_json: Json = False) -> None:
    """Show one collection."""
    async with target.to_knowledge() as channel:
        request = pb.GetCollectionRequest(name=full("collections", collection))
        one = (await rpc.KnowledgeServiceStub(channel).GetCollection(request, metadata=target.metadata)).collection
    if as_json:
        print_json(one)
    else:
        print_table(_COLLECTION_HEADINGS, [_collection_row(one)])


async def _create_collection(
    target: Remote,
    collection: str,
    name: Annotated[str, typer.Option(help="What people call it.", show_default=False)] = "",
    as_json: Json = False,
) -> None:
    """Make an empty collection."""
    async with target.to_knowledge() as channel:
        request = pb.CreateCollectionRequest(collection_id=short(collection), display_name=name)
        made = await rpc.KnowledgeServiceStub(channel).CreateCollection(request, metadata=target.metadata)
    if as_json:
        print_json(made.collection)
    else:
        console().print(f"Created {made.collection.name}.")


Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask back.")]


def confirm(question: str, yes: bool) -> None:
    """Ask the user to confirm, unless `yes`. Raises CommandFailed for a no, and without a terminal."""
    if yes:
        return
    if not console().is_terminal:
        raise CommandFailed(f"{question} Say --yes to do it without being asked.")
    if not typer.confirm(question):
        raise CommandFailed("Nothing was deleted.")


async def _delete_collection(target: Remote, collection: str, yes: Yes = False) -> None:
    """Delete a collection with all that is in it."""
    confirm(f"Delete {collection} with all documents and curated answers in it?", yes)
    async with target.to_knowledge() as channel:
        request = pb.DeleteCollectionRequest(name=full("collections", collection))
        await rpc.KnowledgeServiceStub(channel).DeleteCollection(request, metadata=target.metadata)
    console().print(f"Deleted {full('collections', collection)}.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    collections.command("list")(remote(_list_collections))
    collections.command("show")(remote(_show_collection))
    collections.command("create")(remote(_create_collection))
    collections.command("delete")(remote(_delete_collection))
    app.add_typer(collections, name="collections")
