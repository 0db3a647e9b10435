"""Send documents to the knowledge base, and tell what became of each."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kefu.cli.connection import Remote
from kefu.cli.console import one_line, printable
from kefu.cli.documents_on_disk import DocumentFile, parts_of
from kefu.common.status import failure_of, is_lost
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.retrieval.v1 import knowledge_pb2_grpc as rpc

_TRIES = 4
_LISTED = 20
_LINE_SECONDS = 10.0
Tell = Callable[[pb.ImportDocumentsResponse], None]


@dataclass
class Imported:
    """What became of an import."""

    results: dict[str, pb.DocumentResult] = field(default_factory=dict[str, pb.DocumentResult])
    """By path."""
    unread: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """What could not be read or fetched: path or address, and reason."""
    deleted: list[str] = field(default_factory=list[str])
    """Paths of documents that were deleted since their file is gone."""

    def count(self, outcome: pb.DocumentResult.Outcome.ValueType) -> int:
        """Documents with an outcome."""
        return sum(result.outcome == outcome for result in self.results.values())

    def failures(self) -> list[tuple[str, str]]:
        """Path and reason of each document that was not imported."""
        failed = [
            (result.path, f"{result.message} ({result.reason})" if result.reason else result.message)
            for result in self.results.values()
            if result.outcome == pb.DocumentResult.OUTCOME_FAILED
        ]
        return failed + self.unread

    def gone(self) -> list[str]:
        """Paths of documents that are no longer there, on disk or in their archive."""
        kinds = pb.DocumentResult
        return [path for path, one in self.results.items() if one.outcome == kinds.OUTCOME_DELETED] + self.deleted

    def as_json(self, skipped: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """What `--json` prints."""
        kinds = pb.DocumentResult.Outcome
        return {
            "created": self.count(kinds.OUTCOME_CREATED),
            "updated": self.count(kinds.OUTCOME_UPDATED),
            "unchanged": self.count(kinds.OUTCOME_UNCHANGED),
            "unpacked": self.count(kinds.OUTCOME_UNPACKED),
            "deleted": self.gone(),
            "failed": [{"path": path, "reason": reason} for path, reason in self.failures()],
            "skipped": [{"path": path, "reason": reason} for path, reason in skipped],
            "passages": sum(result.passages for result in self.results.values()),
        }


async def send(
    remote: Remote,
    collection: str,
    files: Sequence[DocumentFile],
    tell: Tell,
    *,
    create: bool = False,
    about: pb.DocumentStart | None = None,
) -> Imported:
    """Import files; `about` says what holds for all, `tell` hears of progress and results. Fails as `ImportDocuments`.

    A broken stream costs only documents without a result: those are sent again, a few times.
    """
    imported = Imported()
    about = about or pb.DocumentStart()
    async with remote.to_knowledge() as channel:
        stub = rpc.KnowledgeServiceStub(channel)
        for attempt in range(1, _TRIES + 1):
            unread = {path for path, _ in imported.unread}
            pending = [file for file in files if file.path not in imported.results and file.path not in unread]
            start = pb.ImportStart(collection=f"collections/{collection}", create=create)
            call = stub.ImportDocuments(_requests(start, pending, imported, about), metadata=remote.metadata)
            try:
                async for response in call:
                    if response.WhichOneof("report") == "result":
                        imported.results[response.result.path] = response.result
                    tell(response)
                break
            except grpc.aio.AioRpcError as error:
                said = await _what_the_server_said(error, stub, start, remote)
                begun = attempt > 1 or imported.results or remote.patient
                if said is not None and (not is_lost(said) or not begun):
                    raise said from None
                if attempt == _TRIES:
                    raise
            finally:
                call.cancel()
            await asyncio.sleep(2.0**attempt / 2)
            await remote.wait_for(channel)
    return imported


async def _what_the_server_said(
    error: grpc.aio.AioRpcError, stub: "rpc.KnowledgeServiceAsyncStub", start: pb.ImportStart, remote: Remote
) -> grpc.aio.AioRpcError | None:
    """The error of a server that ended a stream while we were sending; None when it would take it now.

    grpc.aio may report the write that failed (INTERNAL, without a reason) in its place: then ask again, with little
    that could be cut off, and again should that be cut off too.
    """
    for _ in range(_TRIES):
        if error.code() is not grpc.StatusCode.INTERNAL or failure_of(error).reason:
            break
        try:
            await stub.ListCollections(pb.ListCollectionsRequest(page_size=1), metadata=remote.metadata)
            async for _ in stub.ImportDocuments(_only(start), metadata=remote.metadata):
                pass  # of no document there is nothing to report
        except grpc.aio.AioRpcError as said:
            error = said
        else:
            return None
    return error


async def _only(start: pb.ImportStart) -> AsyncIterator[pb.ImportDocumentsRequest]:
    yield pb.ImportDocumentsRequest(start=start)


async def _requests(
    start: pb.ImportStart, files: Sequence[DocumentFile], imported: Imported, about: pb.DocumentStart
) -> AsyncIterator[pb.ImportDocumentsRequest]:
    yield pb.ImportDocumentsRequest(start=start)
    kinds = pb.DocumentStart
    for file in files:
        kind = kinds.KIND_CURATED_ANSWERS if file.curated else kinds.KIND_DOCUMENT
        try:
            with file.file.open("rb"):
                pass  # told before its DocumentStart is sent, or an empty document would be imported
        except OSError as exc:
            imported.unread.append((file.path, f"cannot be read: {exc.strerror}"))
            continue
        head = pb.DocumentStart(
            path=file.path, kind=kind, size_bytes=file.size, uri=file.uri, media_type=file.media_type
        )
        head.MergeFrom(about)
        yield pb.ImportDocumentsRequest(document=head)
        for part in parts_of(file):
            yield pb.ImportDocumentsRequest(data=part)


class ImportView:
    """A progress bar on a terminal; elsewhere a line every while."""

    def __init__(self, out: Console, files: Sequence[DocumentFile]) -> None:
        self._out = out
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[now]}", style="dim"),
            console=out,
            transient=True,
            disable=not out.is_terminal,
        )
        self._paths = {file.path for file in files}
        self._total = total = len(files)
        self._done = 0
        self._told = time.monotonic()
        self._task = self._progress.add_task("Importing", total=total, now="")

    def __enter__(self) -> "ImportView":
        """Begin to draw."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        self._progress.stop()

    def tell(self, response: pb.ImportDocumentsResponse) -> None:
        """Show a report."""
        if not self._out.is_terminal:
            self._tell_in_lines(response)
        elif response.WhichOneof("report") == "result":
            sent = response.result.path in self._paths  # and not within an archive
            self._progress.update(self._task, advance=int(sent), now=one_line(response.result.path, 40))
        elif not response.progress.passages_total:
            self._progress.update(self._task, now=f"reading {one_line(response.progress.path, 40)}")
        else:
            done, total = response.progress.passages_embedded, response.progress.passages_total
            self._progress.update(self._task, now=f"{one_line(response.progress.path, 40)} {done}/{total}")

    def _tell_in_lines(self, response: pb.ImportDocumentsResponse) -> None:
        self._done += response.result.path in self._paths
        if time.monotonic() - self._told >= _LINE_SECONDS:
            self._told = time.monotonic()
            path = response.result.path or response.progress.path
            self._out.print(f"  {self._done} of {self._total} done, at {printable(path)}", soft_wrap=True)


def _also(imported: Imported) -> str:
    unpacked, gone = imported.count(pb.DocumentResult.OUTCOME_UNPACKED), len(imported.gone())
    return (f", {unpacked} unpacked" if unpacked else "") + (f", {gone} deleted" if gone else "")


def print_summary(
    out: Console, imported: Imported, skipped: Sequence[tuple[str, str]], collection: str, seconds: float
) -> None:
    """Say what was imported, what failed and what was skipped, and why."""
    kinds = pb.DocumentResult.Outcome
    passages = sum(result.passages for result in imported.results.values())
    out.print(
        f"Imported into {collection} in {seconds:.1f} s: {imported.count(kinds.OUTCOME_CREATED)} created, "
        f"{imported.count(kinds.OUTCOME_UPDATED)} updated, {imported.count(kinds.OUTCOME_UNCHANGED)} unchanged, "
        f"{len(imported.failures())} failed, {len(skipped)} skipped{_also(imported)}; "
        f"{passages} passages and curated answers.",
        soft_wrap=True,
    )
    for title, style, entries in (("Failed", "red", imported.failures()), ("Skipped", "yellow", skipped)):
        for path, reason in entries[:_LISTED]:
            out.print(f"  {title} {printable(path)}: {printable(reason)}", style=style, soft_wrap=True)
        if len(entries) > _LISTED:
            out.print(f"  … and {len(entries) - _LISTED} more; --json lists all.", style=style)
    for result in imported.results.values():
        if result.message and result.outcome != kinds.OUTCOME_FAILED:
            out.print(f"  Note {printable(result.path)}: {printable(result.message)}", style="dim", soft_wrap=True)
