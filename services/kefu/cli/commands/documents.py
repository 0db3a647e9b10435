"""`kefu collections`, `documents`, `curated`: what the knowledge bases hold."""

from typing import Annotated

import typer

from kefu.cli.command_group import full, group, short
from kefu.cli.console import CommandFailed, console, one_line, print_json, print_table, printable, when
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.document_options import Audience, audience_name
from kefu.cli.remote.pagination import Limit, all_pages, print_list
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1 import knowledge_pb2_grpc as rpc

Collection = Annotated[str, typer.Option("--collection", "-c", help="The knowledge base's id.")]
DEFAULT_COLLECTION = "help"

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
    return (short(one.name), one.display_name, *map(str, counts), one.embedder, when(one.update_time))


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
    """Ask back unless `yes`; CommandFailed when nobody is there to answer."""
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


documents = group("Documents of a collection: list, show, delete.")


async def _list_documents(
    target: Remote,
    collection: Collection = DEFAULT_COLLECTION,
    limit: Limit = 0,
    as_json: Json = False,
) -> None:
    """List a collection's documents."""
    async with target.to_knowledge() as channel:
        call = rpc.KnowledgeServiceStub(channel).ListDocuments
        request = pb.ListDocumentsRequest(collection=full("collections", collection))
        found = await all_pages(target, call, request, lambda page: page.documents, limit)
    print_list(
        found,
        ("document", "path", "title", "language", "passages", "valid", "audience", "metadata", "imported"),
        lambda one: (
            short(one.name),
            one.path,
            one_line(one.title, 50),
            one.language,
            str(one.passage_count),
            f"{one.valid_from}…{one.valid_until}" if one.valid_from or one.valid_until else "",
            audience_name(one.audience),
            one_line(" ".join(f"{key}={value}" for key, value in sorted(one.metadata.items())), 60),
            when(one.update_time),
        ),
        as_json=as_json,
        empty=f"{collection} holds no documents.",
    )


def _document_name(collection: str, document: str) -> str:
    return document if "/" in document else f"{full('collections', collection)}/documents/{document}"


async def _show_document(
    target: Remote, document: str, collection: Collection = DEFAULT_COLLECTION, as_json: Json = False
) -> None:
    """Show a document's passages, in their order."""
    async with target.to_knowledge() as channel:
        call = rpc.KnowledgeServiceStub(channel).ListPassages
        request = pb.ListPassagesRequest(document=_document_name(collection, document))
        found = await all_pages(target, call, request, lambda page: page.passages)
    if as_json:
        print_json(found)
        return
    out = console()
    for passage in found:
        out.print(printable(" › ".join([passage.title, *passage.headings])), style="bold", soft_wrap=True)
        out.print(passage.name, style="dim", soft_wrap=True)
        out.print(printable(passage.text), soft_wrap=True)
        out.print()


async def _delete_document(
    target: Remote, document: list[str], collection: Collection = DEFAULT_COLLECTION, yes: Yes = False
) -> None:
    """Delete documents: their text, vectors and words, on every replica."""
    confirm(f"Delete {', '.join(document)}?", yes)
    async with target.to_knowledge() as channel:
        for one in document:
            request = pb.DeleteDocumentRequest(name=_document_name(collection, one))
            await rpc.KnowledgeServiceStub(channel).DeleteDocument(request, metadata=target.metadata)
            console().print(f"Deleted {one}.")


curated = group("Answers that staff wrote, given word for word: list, put, delete.")


async def _list_curated(target: Remote, collection: Collection = DEFAULT_COLLECTION, as_json: Json = False) -> None:
    """List a collection's curated answers."""
    async with target.to_knowledge() as channel:
        call = rpc.KnowledgeServiceStub(channel).ListCuratedAnswers
        request = pb.ListCuratedAnswersRequest(collection=full("collections", collection))
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
    as_json: Json = False,
) -> None:
    """Create or replace a curated answer. It works at once."""
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
        request = pb.PutCuratedAnswerRequest(collection=full("collections", collection), curated_answer=one)
        stored = await rpc.KnowledgeServiceStub(channel).PutCuratedAnswer(request, metadata=target.metadata)
    if as_json:
        print_json(stored.curated_answer)
    else:
        console().print(f"Stored {stored.curated_answer.name}.", soft_wrap=True)


def _curated_name(collection: str, answer: str) -> str:
    return answer if "/" in answer else f"{full('collections', collection)}/curatedAnswers/{answer}"


async def _delete_curated(
    target: Remote, answer: list[str], collection: Collection = DEFAULT_COLLECTION, yes: Yes = False
) -> None:
    """Delete curated answers."""
    confirm(f"Delete {', '.join(answer)}?", yes)
    async with target.to_knowledge() as channel:
        for one in answer:
            request = pb.DeleteCuratedAnswerRequest(name=_curated_name(collection, one))
            await rpc.KnowledgeServiceStub(channel).DeleteCuratedAnswer(request, metadata=target.metadata)
            console().print(f"Deleted {one}.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    collections.command("list")(remote(_list_collections))
    collections.command("show")(remote(_show_collection))
    collections.command("create")(remote(_create_collection))
    collections.command("delete")(remote(_delete_collection))
    documents.command("list")(remote(_list_documents))
    documents.command("show")(remote(_show_document))
    documents.command("delete")(remote(_delete_document))
    curated.command("list")(remote(_list_curated))
    curated.command("put")(remote(_put_curated))
    curated.command("delete")(remote(_delete_curated))
    app.add_typer(collections, name="collections")
    app.add_typer(documents, name="documents")
    app.add_typer(curated, name="curated")
