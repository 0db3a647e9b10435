"""`kefu import`: fills a knowledge base from files, folders and the web, and keeps it equal to them."""

import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from kefu.cli.commands.collections import DEFAULT_COLLECTION, Collection, Draft
from kefu.cli.console import CommandFailed, console, print_json
from kefu.cli.documents.local_files import FoundFiles, find_files
from kefu.cli.documents.upload import ImportOutcome, ImportView, print_summary, send
from kefu.cli.documents.web_pages import Fetcher, hosts_of, is_url, urls_in
from kefu.cli.remote.connection import Json, Remote
from kefu.cli.remote.document_options import Audience, parse_pairs
from kefu.cli.remote.pagination import all_pages
from kefu.cli.remote.resource_names import draft_name, full
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1 import knowledge_pb2_grpc as rpc
from kefu.text.terminal_text import one_line, printable

_MAX_LISTED = 5
_ABOUT = "What is imported"


async def import_(
    target: Remote,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, folders and http(s):// addresses: PDF, DOCX, PPTX, XLSX, HTML, Markdown, text, mails (EML), "
            "CSV, JSON of questions and answers, scans and pictures (PNG, JPEG, WebP, TIFF), and ZIP archives of "
            "these.",
            metavar="[FILE|FOLDER|URL]...",
            show_default=False,
        ),
    ] = None,
    collection: Collection = DEFAULT_COLLECTION,
    create: Annotated[bool, typer.Option("--create", help="Make the collection if it does not exist.")] = False,
    curated: Annotated[
        list[Path] | None,
        typer.Option(help="CSV of curated answers (question, answer, language, alternatives).", show_default=False),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(help="Documents are called by their path below this folder.", show_default=False),
    ] = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete documents whose file is gone from the folders that are given.")
    ] = False,
    urls: Annotated[
        Path | None, typer.Option(help="A list of addresses to fetch, one a line.", show_default=False)
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            help='A host to fetch from, or "*.example.com" for those below one; may be given again. Hosts of addresses '
            "on the command line are allowed.",
            show_default=False,
        ),
    ] = None,
    draft: Draft = "",
    language: Annotated[
        str,
        typer.Option(help="Language of all of them. Default: recognised.", show_default=False, rich_help_panel=_ABOUT),
    ] = "",
    valid_from: Annotated[
        str,
        typer.Option(help="First day on which they hold, 2026-11-25.", show_default=False, rich_help_panel=_ABOUT),
    ] = "",
    valid_until: Annotated[
        str, typer.Option(help="Last day on which they hold.", show_default=False, rich_help_panel=_ABOUT)
    ] = "",
    audience: Annotated[
        Audience,
        typer.Option(help="staff: never shown to a customer, nor used to answer one.", rich_help_panel=_ABOUT),
    ] = Audience.EVERYONE,
    product: Annotated[
        str,
        typer.Option(
            help="The product they are about; short for --meta product=….", show_default=False, rich_help_panel=_ABOUT
        ),
    ] = "",
    meta: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="Metadata that a search may filter by; may be given again.",
            show_default=False,
            rich_help_panel=_ABOUT,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Import documents into a knowledge base.

    A document is called by its path from the folder that is given on (from the folder that holds it, for a single
    file; by its host and path, for an address): importing it again replaces it, and does nothing when it has not
    changed. A file that cannot be read is reported and harms no other; the exit status is then 1.
    """
    named_addresses = [source for source in sources or () if is_url(source)]
    addresses = named_addresses + (urls_in(urls) if urls else [])
    if not sources and not curated and not addresses:
        raise CommandFailed("Name files, folders or addresses to import, or --curated FILE.csv.")
    found = find_files([Path(source) for source in sources or () if not is_url(source)], curated or (), root)
    if delete and "." in found.folders:
        raise CommandFailed("--delete would empty the whole collection: let --root name a folder above those given.")
    in_draft = draft_name(collection, draft)
    began = time.monotonic()
    out = console(stderr=as_json)
    metadata = dict(parse_pairs("--meta", meta or ())) | ({"product": product} if product else {})
    about = pb.DocumentStart(
        language=language,
        valid_from=valid_from,
        valid_until=valid_until,
        audience=audience.message(),
        metadata=metadata,
    )
    with tempfile.TemporaryDirectory(prefix="kefu-") if addresses else nullcontext("") as folder:
        unfetched: list[tuple[str, str]] = []
        if addresses:
            async with Fetcher.open(hosts_of(named_addresses) | set(allow_host or ()), Path(folder)) as fetcher:
                with out.status("Fetching") as status:
                    unfetched = await fetcher.fetch_all(
                        addresses, found, lambda url: status.update(f"Fetching {one_line(url, 70)}")
                    )
        with ImportView(out, found.files) as view:
            imported = await send(
                target,
                collection,
                found.files,
                view.show,
                create=create,
                about=about,
                draft=in_draft,
            )
    imported.unreadable += unfetched
    all_reported = {file.path for file in found.files} <= imported.results.keys() | {
        path for path, _ in imported.unreadable
    }
    stale = await _stale_documents(target, collection, in_draft, found) if found.folders and all_reported else []
    if delete:
        await _delete(target, in_draft, stale, imported)
    if as_json:
        print_json(imported.as_json(found.skipped))
    else:
        print_summary(out, imported, found.skipped, collection, time.monotonic() - began)
    if stale and not delete:
        names = ", ".join(one.path for one in stale[:_MAX_LISTED]) + (" and others" if len(stale) > _MAX_LISTED else "")
        out.print(
            f"  {len(stale)} imported earlier are gone from there: {printable(names)}. --delete deletes them.",
            style="yellow",
            soft_wrap=True,
        )
    if not all_reported:
        raise CommandFailed("Some documents got no answer; import again, which goes on where this ended.")
    if imported.failures():
        raise typer.Exit(1)


async def _stale_documents(target: Remote, collection: str, draft: str, found: FoundFiles) -> list[pb.Document]:
    """Documents of the given folders whose file, or the archive that held it, is gone."""
    async with target.to_knowledge() as channel:
        call = rpc.KnowledgeServiceStub(channel).ListDocuments
        request = pb.ListDocumentsRequest(collection=full("collections", collection), draft=draft)
        documents = await all_pages(target, call, request, lambda page: page.documents)
    folders = tuple(f"{folder}/" for folder in found.folders if folder != ".")
    return [one for one in documents if one.path.startswith(folders) and not _is_present(one.path, found.present)]


def _is_present(path: str, present: set[str]) -> bool:
    parts = path.split("/")
    return any("/".join(parts[:end]) in present for end in range(1, len(parts) + 1))


async def _delete(target: Remote, draft: str, documents: list[pb.Document], imported: ImportOutcome) -> None:
    async with target.to_knowledge() as channel:
        stub = rpc.KnowledgeServiceStub(channel)
        for one in documents:
            request = pb.DeleteDocumentRequest(name=one.name, draft=draft)
            await stub.DeleteDocument(request, metadata=target.metadata)
            imported.deleted.append(one.path)
