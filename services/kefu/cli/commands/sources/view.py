"""Sources and their runs, as a terminal shows them."""

from collections.abc import Iterable

from kefu.cli.console import console, local_time, print_table
from kefu.cli.remote.resource_names import short
from kefu.retrieval.v1 import source_pb2 as pb
from kefu.text.terminal_text import one_line, printable

_LISTED = 50
COUNTS = ("added", "changed", "moved", "gone", "failed", "missing", "forbidden", "unchanged")


def address_of(source: pb.Source) -> str:
    """Where a source's documents come from, in a few words."""
    kind = source.WhichOneof("origin") or "?"
    origin = getattr(source, kind, None)
    if kind == "folder":
        return source.folder.path
    if kind == "s3":
        return f"{source.s3.endpoint}/{source.s3.bucket}/{source.s3.prefix}"
    if kind == "rest":
        return source.rest.recipe or "described"
    return str(getattr(origin, "address", ""))


def state_of(sync: pb.Sync) -> str:
    """The state of a run, in a word."""
    return pb.Sync.State.Name(sync.state).removeprefix("STATE_").lower()


def counts_of(sync: pb.Sync) -> str:
    """What became of documents, such as "3 added, 1 gone"."""
    found = [f"{getattr(sync.counts, name)} {name}" for name in COUNTS if getattr(sync.counts, name)]
    return ", ".join(found) or "-"


def progress_of(sync: pb.Sync) -> str:
    """How far a run is."""
    if sync.state == pb.Sync.STATE_QUEUED:
        return "waits for a replica"
    if sync.phase == pb.Sync.PHASE_CHECKING:
        return "the golden questions are asked over its draft"
    if sync.phase == pb.Sync.PHASE_APPLYING:
        return f"imports and deletes: {sync.applied} of {sync.to_apply} documents"
    return f"reads: {sync.seen} documents"


def print_sources(sources: Iterable[pb.Source]) -> None:
    """Print a table of sources."""
    rows = [
        (
            short(each.name),
            each.WhichOneof("origin") or "?",
            printable(address_of(each)),
            str(each.status.document_count),
            "paused" if each.paused else _next(each),
            _last(each.status),
        )
        for each in sources
    ]
    headings = ("source", "kind", "from", "documents", "next run", "last run")
    print_table(headings, rows, empty="There is none yet: kefu sources add NAME --sitemap https://…")


def _next(source: pb.Source) -> str:
    return local_time(source.status.next_time) if source.status.HasField("next_time") else "when asked to"


def _last(status: pb.SourceStatus) -> str:
    if status.HasField("held"):
        return "HELD: " + counts_of(status.held)
    if status.HasField("running"):
        return progress_of(status.running)
    if not status.HasField("last"):
        return "-"
    return f"{state_of(status.last)}: {one_line(_came_of(status.last)).removesuffix('.')}"


def _came_of(sync: pb.Sync) -> str:
    """What came of a run, in one sentence: of one that failed before any document, why."""
    if sync.state == pb.Sync.STATE_FAILED and counts_of(sync) == "-":
        return sync.message or "no reason was recorded."
    return f"{counts_of(sync)}."


def print_syncs(syncs: Iterable[pb.Sync]) -> None:
    """Print a table of runs."""
    rows = [
        (
            short(each.name),
            state_of(each),
            pb.Sync.Trigger.Name(each.trigger).removeprefix("TRIGGER_").lower(),
            local_time(each.start_time) if each.HasField("start_time") else "-",
            _seconds(each),
            counts_of(each),
        )
        for each in syncs
    ]
    print_table(("run", "state", "by", "began", "seconds", "documents"), rows, empty="It has not run yet.")


def _seconds(sync: pb.Sync) -> str:
    if not sync.HasField("end_time") or not sync.HasField("start_time"):
        return "-"
    return f"{(sync.end_time.ToMilliseconds() - sync.start_time.ToMilliseconds()) / 1000:.1f}"


def print_outcomes(sync: pb.Sync, outcomes: list[pb.DocumentOutcome]) -> None:
    """Print how a run ended, and what became of its documents."""
    out = console()
    seconds, came_of = _seconds(sync), _came_of(sync)
    took = "" if seconds in ("-", "0.0") else f" in {seconds} s"
    out.print(printable(f"{state_of(sync).capitalize()}{took}: {came_of}"), soft_wrap=True)
    if sync.message and sync.message != came_of:
        out.print(printable(sync.message), soft_wrap=True, markup=False, style="yellow")
    for each in outcomes[:_LISTED]:
        name = pb.DocumentOutcome.Outcome.Name(each.outcome).removeprefix("OUTCOME_").lower()
        moved = f" (was {each.moved_from})" if each.moved_from else ""
        reason = f": {each.reason}" if each.reason else ""
        out.print(printable(f"  {name:9} {each.address}{moved}{reason}"), soft_wrap=True, markup=False)
    if len(outcomes) > _LISTED:
        out.print(f"  … and {len(outcomes) - _LISTED} more; --json lists all.", style="dim")
