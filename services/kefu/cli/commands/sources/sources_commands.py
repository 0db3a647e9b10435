"""`kefu sources`: add, list, show, sync, syncs, compare, approve, dismiss, delete, recipes."""

import asyncio
import difflib
from pathlib import Path
from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.commands.collections import DEFAULT_COLLECTION, Collection, Yes, confirm
from kefu.cli.commands.sources.options import OriginOptions, audience_of, schedule_of
from kefu.cli.commands.sources.view import print_outcomes, print_sources, print_syncs, progress_of
from kefu.cli.console import CommandFailed, as_dict, console, counted, print_json, print_table
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.document_options import parse_pairs
from kefu.cli.remote.resource_names import full, short
from kefu.retrieval.v1 import source_pb2 as pb
from kefu.retrieval.v1 import source_pb2_grpc as rpc
from kefu.text.terminal_text import printable

sources = group(
    "Sources of a knowledge base: sites, feeds, repositories, folders, buckets and other systems, which are fetched by "
    "themselves; docs/guides/sources.md."
)
_FOLLOW_SECONDS = 0.5
_ENDED = (pb.Sync.STATE_DONE, pb.Sync.STATE_HELD, pb.Sync.STATE_FAILED, pb.Sync.STATE_DISMISSED)
Name = Annotated[str, typer.Argument(help="The source's name: 1 to 63 of a-z, 0-9 and -.")]
Run = Annotated[str, typer.Argument(help="The run, as `syncs` lists it. Default: the held one.", show_default=False)]
_KIND = "What it is"


async def _add(
    target: Remote,
    name: Name,
    collection: Collection = DEFAULT_COLLECTION,
    sitemap: Annotated[str, typer.Option(help="A sitemap's address.", rich_help_panel=_KIND)] = "",
    crawl: Annotated[str, typer.Option(help="A site's first page, from which links lead.", rich_help_panel=_KIND)] = "",
    git: Annotated[str, typer.Option(help="A Git repository's address, https.", rich_help_panel=_KIND)] = "",
    feed: Annotated[str, typer.Option(help="An RSS or Atom feed's address.", rich_help_panel=_KIND)] = "",
    path: Annotated[str, typer.Option(help="A folder that retrieval can read.", rich_help_panel=_KIND)] = "",
    s3: Annotated[str, typer.Option(help="An S3 endpoint; with --bucket.", rich_help_panel=_KIND)] = "",
    recipe: Annotated[str, typer.Option(help="A recipe, with --set; see `recipes`.", rich_help_panel=_KIND)] = "",
    describe: Annotated[Path | None, typer.Option(help="A recipe of one's own, TOML.", rich_help_panel=_KIND)] = None,
    prefix: Annotated[str, typer.Option(help="Crawl: what addresses begin with. S3: what keys begin with.")] = "",
    exclude: Annotated[list[str] | None, typer.Option(help="Crawl: addresses that are left out begin so.")] = None,
    host: Annotated[list[str] | None, typer.Option(help="Sitemap: another host whose pages are read.")] = None,
    branch: Annotated[str, typer.Option(help="Git: the branch.")] = "",
    folder: Annotated[str, typer.Option(help="Git: the folder within the repository.")] = "",
    uri_prefix: Annotated[str, typer.Option(help="Git: documents' addresses for customers begin so.")] = "",
    entry_text: Annotated[bool, typer.Option("--entry-text", help="Feed: take the text in the feed.")] = False,
    bucket: Annotated[str, typer.Option(help="S3: the bucket.")] = "",
    region: Annotated[str, typer.Option(help="S3: the region.")] = "",
    setting: Annotated[list[str] | None, typer.Option("--set", help="Recipe: a setting, KEY=VALUE.")] = None,
    every: Annotated[str, typer.Option(help="Run every 30m, 6h or 1d.")] = "",
    daily: Annotated[str, typer.Option(help="Run once a day at this time in UTC, such as 03:30.")] = "",
    secret: Annotated[str, typer.Option(help="Name of a secret, which begins with source-.")] = "",
    display_name: Annotated[str, typer.Option("--display-name", help="What people call it.")] = "",
    language: Annotated[str, typer.Option(help="Language of all documents. Default: recognised.")] = "",
    staff: Annotated[bool, typer.Option("--staff", help="Its documents are for staff only.")] = False,
    meta: Annotated[list[str] | None, typer.Option(help="Metadata of all documents, KEY=VALUE.")] = None,
    missing_runs: Annotated[int, typer.Option(help="Runs after which a missing document goes.", min=1, max=100)] = 3,
    most_gone: Annotated[float, typer.Option(help="Share of documents that may go in a run.", min=0.01, max=1)] = 0.2,
    forbidden_is_missing: Annotated[
        bool, typer.Option("--forbidden-is-missing", help="What robots.txt forbids counts as missing.")
    ] = False,
    documents: Annotated[int, typer.Option(help="Most documents. Default: 5,000.", min=0, show_default=False)] = 0,
    per_second: Annotated[float, typer.Option(help="Most calls a second to a host. Default: 5.", min=0)] = 0.0,
    depth: Annotated[int, typer.Option(help="Crawl: most links from the first page. Default: 20.", min=0)] = 0,
    paused: Annotated[bool, typer.Option("--paused", help="Paused: it runs on demand only.")] = False,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Its changes go live without the golden questions.")
    ] = False,
    new_token: Annotated[bool, typer.Option("--new-token", help="Make a new token for pushes.")] = False,
    as_json: Json = False,
) -> None:
    """Add a source, or put another one in place of it. A new one runs at once."""
    source = pb.Source(
        name=_full(collection, name),
        display_name=display_name,
        schedule=schedule_of(every, daily),
        limits=pb.SourceLimits(documents=documents, requests_per_second=per_second, depth=depth),
        secret=full("secrets", secret) if secret else "",
        language=language,
        audience=audience_of(staff=staff),
        metadata=dict(parse_pairs("--meta", meta or ())),
        missing_runs=missing_runs,
        most_gone=most_gone,
        forbidden_is_missing=forbidden_is_missing,
        paused=paused,
        unchecked=unchecked,
    )
    OriginOptions(
        *(sitemap, crawl, git, feed, path, s3, recipe, describe, prefix, exclude or (), host or (), branch, folder),
        *(uri_prefix, entry_text, bucket, region, setting or ()),
    ).apply(source)
    async with target.to_knowledge() as channel:
        request = pb.PutSourceRequest(source=source, new_push_token=new_token)
        put = await rpc.SourceServiceStub(channel).PutSource(request, metadata=target.metadata)
    if as_json:
        print_json(put)
        return
    out = console()
    out.print(f"Put {put.source.name}.", soft_wrap=True)
    if put.push_token:
        path_of = f"/api/sources/{short(put.source.name)}/push?token={put.push_token}"
        out.print("Whoever calls this address of the gateway (POST) lets it run; it is not shown again:", style="dim")
        out.print(f"  {path_of}", soft_wrap=True, markup=False)


async def _list(target: Remote, collection: Collection = DEFAULT_COLLECTION, as_json: Json = False) -> None:
    """List the sources, when they run next, and how they last ran."""
    async with target.to_knowledge() as channel:
        request = pb.ListSourcesRequest(collection=full("collections", collection))
        found = await rpc.SourceServiceStub(channel).ListSources(request, metadata=target.metadata)
    if as_json:
        print_json(as_dict(found).get("sources", []))
    else:
        print_sources(found.sources)


async def _show(target: Remote, name: Name, collection: Collection = DEFAULT_COLLECTION, as_json: Json = False) -> None:
    """Show a source, and its last run with what became of documents."""
    async with target.to_knowledge() as channel:
        stub = rpc.SourceServiceStub(channel)
        request = pb.GetSourceRequest(name=_full(collection, name))
        source = (await stub.GetSource(request, metadata=target.metadata)).source
        if as_json:
            print_json(source)
            return
        print_sources([source])
        status = source.status
        last = status.held if status.HasField("held") else status.last
        if last.name:
            print_outcomes(*await _outcomes(target, stub, last.name))


async def _sync(
    target: Remote,
    name: Name,
    collection: Collection = DEFAULT_COLLECTION,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show how far it is, until it has ended.")] = False,
    as_json: Json = False,
) -> None:
    """Let a source run now. With --follow, ends with 1 where the run failed or is held."""
    async with target.to_knowledge() as channel:
        stub = rpc.SourceServiceStub(channel)
        request = pb.SyncSourceRequest(name=_full(collection, name))
        sync = (await stub.SyncSource(request, metadata=target.metadata)).sync
        if not follow:
            print_json(sync) if as_json else console().print(f"{sync.name} {progress_of(sync)}.", soft_wrap=True)
            return
        sync, outcomes = await _follow(target, stub, sync)
    if as_json:
        print_json({**as_dict(sync), "outcomes": [as_dict(each) for each in outcomes]})
    else:
        print_outcomes(sync, outcomes)
    if sync.state != pb.Sync.STATE_DONE:
        what = "Nothing was changed" if sync.state == pb.Sync.STATE_HELD else "The run did not end well"
        raise CommandFailed(f"{what}." if as_json else f"{what}; see above.")


async def _follow(
    target: Remote, stub: "rpc.SourceServiceAsyncStub", sync: pb.Sync
) -> tuple[pb.Sync, list[pb.DocumentOutcome]]:
    with console(stderr=True).status(progress_of(sync)) as status:
        while sync.state not in _ENDED:
            await asyncio.sleep(_FOLLOW_SECONDS)
            request = pb.GetSyncRequest(name=sync.name, page_size=1)
            sync = (await stub.GetSync(request, metadata=target.metadata)).sync
            status.update(progress_of(sync))
    return await _outcomes(target, stub, sync.name)


async def _syncs(
    target: Remote, name: Name, collection: Collection = DEFAULT_COLLECTION, as_json: Json = False
) -> None:
    """List the last 50 runs of a source."""
    async with target.to_knowledge() as channel:
        request = pb.ListSyncsRequest(source=_full(collection, name))
        found = await rpc.SourceServiceStub(channel).ListSyncs(request, metadata=target.metadata)
    if as_json:
        print_json(as_dict(found).get("syncs", []))
    else:
        print_syncs(found.syncs)


async def _compare(
    target: Remote,
    name: Name,
    address: Annotated[str, typer.Argument(help="Address of a document, as `show` lists it.")],
    collection: Collection = DEFAULT_COLLECTION,
) -> None:
    """Show the difference that a held run would make to a document."""
    async with target.to_knowledge() as channel:
        stub = rpc.SourceServiceStub(channel)
        request = pb.CompareSyncDocumentRequest(name=await _held(target, stub, collection, name, ""), address=address)
        found = await stub.CompareSyncDocument(request, metadata=target.metadata)
    lines = difflib.unified_diff(
        found.old_text.splitlines(), found.new_text.splitlines(), "as it is searched", "as it would be", lineterm=""
    )
    for line in lines:
        style = "green" if line.startswith("+") else "red" if line.startswith("-") else ""
        console().print(printable(line), soft_wrap=True, markup=False, style=style)


async def _approve(target: Remote, name: Name, run: Run = "", collection: Collection = DEFAULT_COLLECTION) -> None:
    """Let a held run be applied."""
    async with target.to_knowledge() as channel:
        stub = rpc.SourceServiceStub(channel)
        request = pb.ApproveSyncRequest(name=await _held(target, stub, collection, name, run))
        sync = (await stub.ApproveSync(request, metadata=target.metadata)).sync
    console().print(f"Approved {sync.name}; `kefu sources syncs {name}` shows how it ends.", soft_wrap=True)


async def _dismiss(target: Remote, name: Name, run: Run = "", collection: Collection = DEFAULT_COLLECTION) -> None:
    """Drop the plan of a held run."""
    async with target.to_knowledge() as channel:
        stub = rpc.SourceServiceStub(channel)
        request = pb.DismissSyncRequest(name=await _held(target, stub, collection, name, run))
        sync = (await stub.DismissSync(request, metadata=target.metadata)).sync
    console().print(f"Dismissed {sync.name}; nothing was changed.", soft_wrap=True)


async def _delete(
    target: Remote,
    name: Name,
    collection: Collection = DEFAULT_COLLECTION,
    with_documents: Annotated[bool, typer.Option("--with-documents", help="Its documents go too.")] = False,
    yes: Yes = False,
) -> None:
    """Forget a source with its runs. Its documents stay, unless they are to go too."""
    confirm(f"Delete the source {name}{' with all its documents' if with_documents else ''}?", yes)
    async with target.to_knowledge() as channel:
        request = pb.DeleteSourceRequest(name=_full(collection, name), with_documents=with_documents)
        deleted = await rpc.SourceServiceStub(channel).DeleteSource(request, metadata=target.metadata)
    gone = f", and {counted(deleted.deleted_documents, 'document')}" if with_documents else ""
    console().print(f"Deleted {_full(collection, name)}{gone}.", soft_wrap=True)


async def _recipes(target: Remote, as_json: Json = False) -> None:
    """List the recipes of systems that answer in JSON, with what each asks for."""
    async with target.to_knowledge() as channel:
        found = await rpc.SourceServiceStub(channel).ListRecipes(pb.ListRecipesRequest(), metadata=target.metadata)
    if as_json:
        print_json(as_dict(found).get("recipes", []))
        return
    rows = [
        (each.id, each.title, " ".join(f"{name}={each.settings[name]}" for name in sorted(each.settings)), each.secret)
        for each in found.recipes
    ]
    print_table(("recipe", "of", "--set, such as", "secret"), rows)


async def _held(target: Remote, stub: "rpc.SourceServiceAsyncStub", collection: str, name: str, run: str) -> str:
    """Name of a source's run, or of its held one. Raises CommandFailed without one."""
    source = _full(collection, name)
    if run:
        return f"{source}/syncs/{short(run)}"
    found = (await stub.GetSource(pb.GetSourceRequest(name=source), metadata=target.metadata)).source
    if not found.status.HasField("held"):
        raise CommandFailed(f"No run of {name} is held.")
    return found.status.held.name


async def _outcomes(
    target: Remote, stub: "rpc.SourceServiceAsyncStub", sync: str
) -> tuple[pb.Sync, list[pb.DocumentOutcome]]:
    outcomes, token = list[pb.DocumentOutcome](), ""
    while True:
        request = pb.GetSyncRequest(name=sync, page_size=1000, page_token=token)
        page = await stub.GetSync(request, metadata=target.metadata)
        outcomes += page.outcomes
        token = page.next_page_token
        if not token:
            return page.sync, outcomes


def _full(collection: str, name: str) -> str:
    return name if "/" in name else f"{full('collections', collection)}/sources/{name}"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    sources.command("add")(remote(_add))
    sources.command("list")(remote(_list))
    sources.command("show")(remote(_show))
    sources.command("sync")(remote(_sync))
    sources.command("syncs")(remote(_syncs))
    sources.command("compare")(remote(_compare))
    sources.command("approve")(remote(_approve))
    sources.command("dismiss")(remote(_dismiss))
    sources.command("delete")(remote(_delete))
    sources.command("recipes")(remote(_recipes))
    app.add_typer(sources, name="sources")
