"""`kefu drafts` and `kefu versions`: staged changes of a knowledge base, and the way back."""

from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.commands.collections import DEFAULT_COLLECTION, Collection, Yes, confirm
from kefu.cli.console import console, local_time, print_json, print_table
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.pagination import all_pages, print_list
from kefu.cli.remote.resource_names import draft_name, full, short
from kefu.retrieval.v1 import draft_pb2 as pb
from kefu.retrieval.v1 import draft_pb2_grpc as rpc
from kefu.text.terminal_text import one_line, printable

drafts = group("Staged changes of a collection: create, list, show, changes, refresh, check, promote, discard.")
versions = group("Versions of a collection that are or were live: list, roll-back.")
DraftId = Annotated[str, typer.Argument(metavar="DRAFT", help="Its id or name.")]


def _in_its_collection(name: str) -> str:
    """The option that names the collection of a draft or version, where it is not the default."""
    collection = name.split("/")[1]
    return "" if collection == DEFAULT_COLLECTION else f" -c {collection}"


async def _create_draft(
    target: Remote,
    collection: Collection = DEFAULT_COLLECTION,
    title: Annotated[str, typer.Option(help="What people call it. Default: the day.", show_default=False)] = "",
    as_json: Json = False,
) -> None:
    """Copy what is live to a draft, to be changed with --draft of other commands."""
    async with target.to_knowledge() as channel:
        request = pb.CreateDraftRequest(collection=full("collections", collection), title=title)
        made = (await rpc.DraftServiceStub(channel).CreateDraft(request, metadata=target.metadata)).draft
    if as_json:
        print_json(made)
    else:
        ident = short(made.name)
        there = _in_its_collection(made.name)
        console().print(f"Created {made.name}. Change it: kefu import …{there} --draft {ident}", soft_wrap=True)


async def _list_drafts(
    target: Remote,
    collection: Annotated[
        str, typer.Option("--collection", "-c", help="Only of this one. Default: all.", show_default=False)
    ] = "-",
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are open.")] = False,
    as_json: Json = False,
) -> None:
    """List drafts, the newest first."""
    async with target.to_knowledge() as channel:
        request = pb.ListDraftsRequest(collection=full("collections", collection), open_only=open_only)
        found = (await rpc.DraftServiceStub(channel).ListDrafts(request, metadata=target.metadata)).drafts
    print_list(
        list(found),
        ("collection", "draft", "title", "by", "state", "changes", "check", "made"),
        lambda one: (
            one.name.split("/")[1],
            short(one.name),
            one_line(one.title, 40),
            one.origin,
            _state(one),
            _counts(one.changes),
            _check(one),
            local_time(one.create_time),
        ),
        as_json=as_json,
        empty="There is none: kefu drafts create",
    )


def _state(draft: pb.Draft) -> str:
    name = pb.Draft.State.Name(draft.state).removeprefix("STATE_").lower()
    return f"{name}, outdated" if draft.outdated else name


def _counts(counts: pb.DraftChangeCounts) -> str:
    documents = f"+{counts.documents_added} ~{counts.documents_changed} -{counts.documents_deleted}"
    curated = (counts.curated_answers_added, counts.curated_answers_changed, counts.curated_answers_deleted)
    parts = [documents]
    if any(curated):
        parts.append("curated +{} ~{} -{}".format(*curated))
    if counts.dictionary_changed:
        parts.append("dictionary")
    return ", ".join(parts)


def _check(draft: pb.Draft) -> str:
    if not draft.HasField("check"):
        return ""
    outdated = ", before later changes" if draft.check.outdated else ""
    return f"{draft.check.passed} passed, {draft.check.failed} failed{outdated}"


async def _show_draft(
    target: Remote, draft: DraftId, collection: Collection = DEFAULT_COLLECTION, as_json: Json = False
) -> None:
    """Show how a draft stands."""
    async with target.to_knowledge() as channel:
        request = pb.GetDraftRequest(name=draft_name(collection, draft))
        one = (await rpc.DraftServiceStub(channel).GetDraft(request, metadata=target.metadata)).draft
    if as_json:
        print_json(one)
        return
    rows = [
        ("name", one.name),
        ("title", one.title),
        ("by", one.origin),
        ("state", _state(one)),
        ("changes", _counts(one.changes)),
        ("check", _check(one)),
        ("lost", ", ".join(one.check.lost)),
        ("remark", one.check.message),
        ("changed", local_time(one.update_time)),
        ("closed by", one.closed_by),
        ("although", one.override_reason),
    ]
    print_table(("what", ""), [(what, one_line(value, 300)) for what, value in rows if value])


async def _draft_changes(
    target: Remote, draft: DraftId, collection: Collection = DEFAULT_COLLECTION, as_json: Json = False
) -> None:
    """List what a draft changes."""
    async with target.to_knowledge() as channel:
        call = rpc.DraftServiceStub(channel).ListDraftChanges
        request = pb.ListDraftChangesRequest(draft=draft_name(collection, draft))
        found = await all_pages(target, call, request, lambda page: page.changes)
    _print_changes(found, as_json=as_json)


def _print_changes(found: list[pb.DraftChange], *, as_json: bool = False) -> None:
    print_list(
        found,
        ("change", "what", "name", ""),
        lambda one: (
            pb.DraftChange.Change.Name(one.change).removeprefix("CHANGE_").lower(),
            one_line(one.label or "dictionary", 80),
            one.name,
            "conflict: live changed it too" if one.conflict else "",
        ),
        as_json=as_json,
        empty="It changes nothing.",
    )


async def _refresh_draft(
    target: Remote,
    draft: DraftId,
    collection: Collection = DEFAULT_COLLECTION,
    take_live: Annotated[
        list[str] | None,
        typer.Option(
            help="A document or curated answer in conflict, by name, that becomes as live has it; may be given again.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring over what changed in what is live since the draft was made."""
    async with target.to_knowledge() as channel:
        request = pb.RefreshDraftRequest(name=draft_name(collection, draft), take_live=take_live or [])
        done = await rpc.DraftServiceStub(channel).RefreshDraft(request, metadata=target.metadata)
    if as_json:
        print_json(done)
        return
    console().print(f"{done.taken} brought over; {len(done.conflicts)} in conflict stay as the draft has them.")
    if done.conflicts:
        _print_changes(list(done.conflicts))


async def _check_draft(
    target: Remote,
    draft: DraftId,
    collection: Collection = DEFAULT_COLLECTION,
    promote_when_green: Annotated[
        bool, typer.Option("--promote-when-green", help="Promote it as soon as a check finds no failure.")
    ] = False,
) -> None:
    """Have a draft checked."""
    async with target.to_knowledge() as channel:
        request = pb.CheckDraftRequest(name=draft_name(collection, draft), promote_when_green=promote_when_green)
        await rpc.DraftServiceStub(channel).CheckDraft(request, metadata=target.metadata)
    console().print(f"{draft_name(collection, draft)} is being checked.", soft_wrap=True)


async def _report_check(
    target: Remote,
    draft: DraftId,
    passed: Annotated[int, typer.Option(help="Questions that are answered as they should be.", min=0)],
    failed: Annotated[int, typer.Option(help="Questions that are not; with any, the draft is held.", min=0)] = 0,
    lost: Annotated[
        list[str] | None,
        typer.Option(help="A question that live answers and the draft does not; may be given again."),
    ] = None,
    message: Annotated[str, typer.Option(help="What there is to say.", show_default=False)] = "",
    collection: Collection = DEFAULT_COLLECTION,
) -> None:
    """Report what a check of yours found."""
    check = pb.DraftCheck(passed=passed, failed=failed, lost=lost or [], message=message)
    async with target.to_knowledge() as channel:
        request = pb.ReportDraftCheckRequest(name=draft_name(collection, draft), check=check)
        one = (await rpc.DraftServiceStub(channel).ReportDraftCheck(request, metadata=target.metadata)).draft
    console().print(f"{one.name} is {_state(one)}.", soft_wrap=True)


async def _promote_draft(
    target: Remote,
    draft: DraftId,
    collection: Collection = DEFAULT_COLLECTION,
    override: Annotated[
        str, typer.Option(metavar="REASON", help="Promote it although its check failed, and why.", show_default=False)
    ] = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Make a draft live, on every replica at once."""
    name = draft_name(collection, draft)
    confirm(f"Answer customers from {name}?", yes)
    async with target.to_knowledge() as channel:
        request = pb.PromoteDraftRequest(name=name, override=bool(override), reason=override)
        done = await rpc.DraftServiceStub(channel).PromoteDraft(request, metadata=target.metadata)
    if as_json:
        print_json(done)
    else:
        console().print(
            f"{done.version.name} is live. Back: kefu versions roll-back{_in_its_collection(done.version.name)}",
            soft_wrap=True,
        )


async def _discard_draft(
    target: Remote, draft: DraftId, collection: Collection = DEFAULT_COLLECTION, yes: Yes = False
) -> None:
    """Delete a draft with all that was changed in it."""
    name = draft_name(collection, draft)
    confirm(f"Discard {name}?", yes)
    async with target.to_knowledge() as channel:
        request = pb.DiscardDraftRequest(name=name)
        await rpc.DraftServiceStub(channel).DiscardDraft(request, metadata=target.metadata)
    console().print(f"Discarded {name}.", soft_wrap=True)


async def _list_versions(target: Remote, collection: Collection = DEFAULT_COLLECTION, as_json: Json = False) -> None:
    """List a collection's versions, the live one first."""
    async with target.to_knowledge() as channel:
        request = pb.ListVersionsRequest(collection=full("collections", collection))
        found = (await rpc.DraftServiceStub(channel).ListVersions(request, metadata=target.metadata)).versions
    print_list(
        list(found),
        ("version", "title", "live", "by", "documents", "curated"),
        lambda one: (
            short(one.name),
            one_line(printable(one.title), 50),
            "now" if one.live else f"until {local_time(one.replace_time)}",
            one.made_live_by,
            str(one.document_count),
            str(one.curated_answer_count),
        ),
        as_json=as_json,
    )


async def _roll_back(
    target: Remote,
    version: Annotated[str, typer.Argument(help="Default: the one that was live before.", show_default=False)] = "",
    collection: Collection = DEFAULT_COLLECTION,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Make an earlier version live again, on every replica at once."""
    base = full("collections", collection)
    confirm(f"Answer customers from {version or 'the version before'}?", yes)
    name = version if "/" in version or not version else f"{base}/versions/{version}"
    async with target.to_knowledge() as channel:
        request = pb.RollBackRequest(collection=base, version=name)
        done = await rpc.DraftServiceStub(channel).RollBack(request, metadata=target.metadata)
    if as_json:
        print_json(done.version)
    else:
        console().print(f"{done.version.name} is live.", soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    drafts.command("create")(remote(_create_draft))
    drafts.command("list")(remote(_list_drafts))
    drafts.command("show")(remote(_show_draft))
    drafts.command("changes")(remote(_draft_changes))
    drafts.command("refresh")(remote(_refresh_draft))
    drafts.command("check")(remote(_check_draft))
    drafts.command("report-check")(remote(_report_check))
    drafts.command("promote")(remote(_promote_draft))
    drafts.command("discard")(remote(_discard_draft))
    versions.command("list")(remote(_list_versions))
    versions.command("roll-back")(remote(_roll_back))
    app.add_typer(drafts, name="drafts")
    app.add_typer(versions, name="versions")
