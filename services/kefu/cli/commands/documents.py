"""`kefu documents`: list, show, delete, history, restore."""

from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.commands.collections import DEFAULT_COLLECTION, Collection, Draft, Yes, confirm
from kefu.cli.commands.document_history import document_history, restore_document
from kefu.cli.console import console, local_time, print_json
from kefu.cli.documents.recognition import recognition_text
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.document_options import audience_name
from kefu.cli.remote.pagination import Limit, all_pages, print_list
from kefu.cli.remote.resource_names import draft_name, full, short
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1 import knowledge_pb2_grpc as rpc
from kefu.text.terminal_text import one_line, printable

documents = group("Documents of a collection: list, show, delete, history, restore.")


async def _list_documents(
    target: Remote,
    collection: Collection = DEFAULT_COLLECTION,
    limit: Limit = 0,
    draft: Draft = "",
    as_json: Json = False,
) -> None:
    """List a collection's documents."""
    async with target.to_knowledge() as channel:
        call = rpc.KnowledgeServiceStub(channel).ListDocuments
        request = pb.ListDocumentsRequest(
            collection=full("collections", collection), draft=draft_name(collection, draft)
        )
        found = await all_pages(target, call, request, lambda page: page.documents, limit)
    print_list(
        found,
        ("document", "path", "title", "language", "passages", "valid", "audience", "metadata", "OCR", "imported"),
        lambda one: (
            short(one.name),
            one.path,
            one_line(one.title, 50),
            one.language,
            str(one.passage_count),
            f"{one.valid_from}…{one.valid_until}" if one.valid_from or one.valid_until else "",
            audience_name(one.audience),
            one_line(" ".join(f"{key}={value}" for key, value in sorted(one.metadata.items())), 60),
            recognition_text(one.recognition),
            local_time(one.update_time),
        ),
        as_json=as_json,
        empty=f"{collection} holds no documents.",
    )


def _document_name(collection: str, document: str) -> str:
    return document if "/" in document else f"{full('collections', collection)}/documents/{document}"


async def _show_document(
    target: Remote,
    document: str,
    collection: Collection = DEFAULT_COLLECTION,
    draft: Draft = "",
    as_json: Json = False,
) -> None:
    """Show a document's passages, in their order."""
    async with target.to_knowledge() as channel:
        call = rpc.KnowledgeServiceStub(channel).ListPassages
        request = pb.ListPassagesRequest(
            document=_document_name(collection, document), draft=draft_name(collection, draft)
        )
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
    target: Remote,
    document: list[str],
    collection: Collection = DEFAULT_COLLECTION,
    draft: Draft = "",
    keep_history: Annotated[
        bool, typer.Option("--keep-history", help="Keep what they said for 30 days, to be restored.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Delete documents: their text, vectors and words, on every replica; their history too, unless it is kept."""
    history = "" if keep_history or draft else ", with its history" if len(document) == 1 else ", with their history"
    confirm(f"Delete {', '.join(document)}{history}?", yes)
    async with target.to_knowledge() as channel:
        for one in document:
            request = pb.DeleteDocumentRequest(
                name=_document_name(collection, one), draft=draft_name(collection, draft), keep_history=keep_history
            )
            await rpc.KnowledgeServiceStub(channel).DeleteDocument(request, metadata=target.metadata)
            console().print(f"Deleted {one}{', with its history' if history else ''}.")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    documents.command("list")(remote(_list_documents))
    documents.command("show")(remote(_show_document))
    documents.command("delete")(remote(_delete_document))
    documents.command("history")(remote(document_history))
    documents.command("restore")(remote(restore_document))
    app.add_typer(documents, name="documents")
