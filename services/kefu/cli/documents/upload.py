"""Upload of documents to the knowledge base, with progress and a summary."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kefu.cli.documents.local_files import DocumentFile
from kefu.cli.documents.recognition import recognition_text
from kefu.cli.remote.connection import Remote
from kefu.client import document_import as client
from kefu.client.document_import import Progress as OnResponse
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.text.terminal_text import one_line, printable

_LISTED = 20
_PRINT_INTERVAL_SECONDS = 10.0


@dataclass
class ImportOutcome:
    """The outcome of an import."""

    results: dict[str, pb.DocumentResult] = field(default_factory=dict[str, pb.DocumentResult])
    """The service's results, by path."""
    unreadable: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Files and pages that could not be read or fetched: path or address, and reason."""
    deleted: list[str] = field(default_factory=list[str])
    """Paths of documents that were deleted because their file is gone."""

    def count(self, outcome: pb.DocumentResult.Outcome.ValueType) -> int:
        """The number of documents with an outcome."""
        return sum(result.outcome == outcome for result in self.results.values())

    def failures(self) -> list[tuple[str, str]]:
        """The path and reason of each document that was not imported."""
        failed = [
            (result.path, f"{result.message} ({result.reason})" if result.reason else result.message)
            for result in self.results.values()
            if result.outcome == pb.DocumentResult.OUTCOME_FAILED
        ]
        return failed + self.unreadable

    def deleted_paths(self) -> list[str]:
        """The paths of deleted documents, whose file or archive entry is gone."""
        kinds = pb.DocumentResult
        return [path for path, one in self.results.items() if one.outcome == kinds.OUTCOME_DELETED] + self.deleted

    def recognized(self) -> list[pb.DocumentResult]:
        """The results of documents of which text recognition has read something."""
        return [result for result in self.results.values() if result.HasField("recognition")]

    def as_json(self, skipped: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The JSON object of the outcome, for `--json`."""
        kinds = pb.DocumentResult.Outcome
        return {
            "created": self.count(kinds.OUTCOME_CREATED),
            "updated": self.count(kinds.OUTCOME_UPDATED),
            "unchanged": self.count(kinds.OUTCOME_UNCHANGED),
            "unpacked": self.count(kinds.OUTCOME_UNPACKED),
            "deleted": self.deleted_paths(),
            "failed": [{"path": path, "reason": reason} for path, reason in self.failures()],
            "skipped": [{"path": path, "reason": reason} for path, reason in skipped],
            "passages": sum(result.passages for result in self.results.values()),
            "recognized": [
                {
                    "path": result.path,
                    "pages": result.recognition.pages,
                    "pictures": result.recognition.picture_count,
                    "certainty": round(result.recognition.certainty, 4),
                    "doubtful_pages": result.recognition.doubtful_pages,
                }
                for result in self.recognized()
            ],
        }


async def send(
    remote: Remote,
    collection: str,
    files: Sequence[DocumentFile],
    on_response: OnResponse,
    *,
    create: bool = False,
    about: pb.DocumentStart | None = None,
    draft: str = "",
) -> ImportOutcome:
    """Import files; `about` says what holds for all, `on_response` hears of progress and results. `draft`: its name."""
    start = pb.ImportStart(collection=f"collections/{collection}", create=create, draft=draft)
    documents = [_document(file, about or pb.DocumentStart()) for file in files]
    async with remote.to_knowledge() as channel:
        results = await client.send(channel, start, documents, on_response, remote.metadata, remote.persistence())
    return ImportOutcome(results)


def _document(file: DocumentFile, about: pb.DocumentStart) -> client.Document:
    kind = pb.DocumentStart.KIND_CURATED_ANSWERS if file.curated else pb.DocumentStart.KIND_DOCUMENT
    head = pb.DocumentStart(kind=kind, size_bytes=file.size, uri=file.uri, media_type=file.media_type)
    head.MergeFrom(about)
    return client.Document(file.path, file.file, head)


class ImportView:
    """The progress of an import: a bar on a terminal, elsewhere a line every 10 s."""

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
        self._printed_at = time.monotonic()
        self._task = self._progress.add_task("Importing", total=total, now="")

    def __enter__(self) -> "ImportView":
        """Begin to draw."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the bar."""
        self._progress.stop()

    def show(self, response: pb.ImportDocumentsResponse) -> None:
        """Show one response of the import."""
        if not self._out.is_terminal:
            self._print_line(response)
        elif response.WhichOneof("report") == "result":
            sent = response.result.path in self._paths  # and not within an archive
            self._progress.update(self._task, advance=int(sent), now=one_line(response.result.path, 40))
        elif not response.progress.passages_total:
            now = f"reading {one_line(response.progress.path, 40)}{_pages(response.progress)}"
            self._progress.update(self._task, now=now)
        else:
            done, total = response.progress.passages_embedded, response.progress.passages_total
            self._progress.update(self._task, now=f"{one_line(response.progress.path, 40)} {done}/{total}")

    def _print_line(self, response: pb.ImportDocumentsResponse) -> None:
        self._done += response.result.path in self._paths
        if time.monotonic() - self._printed_at >= _PRINT_INTERVAL_SECONDS:
            self._printed_at = time.monotonic()
            path = response.result.path or response.progress.path
            pages = _pages(response.progress)
            self._out.print(f"  {self._done} of {self._total} done, at {printable(path)}{pages}", soft_wrap=True)


def _pages(progress: pb.ImportProgress) -> str:
    if not progress.pages_total:
        return ""
    by_ocr = f", {progress.pages_recognized} by OCR" if progress.pages_recognized else ""
    return f", page {progress.pages_read} of {progress.pages_total}{by_ocr}"


def _extra_counts(imported: ImportOutcome) -> str:
    unpacked, gone = imported.count(pb.DocumentResult.OUTCOME_UNPACKED), len(imported.deleted_paths())
    return (f", {unpacked} unpacked" if unpacked else "") + (f", {gone} deleted" if gone else "")


def print_summary(
    out: Console, imported: ImportOutcome, skipped: Sequence[tuple[str, str]], collection: str, seconds: float
) -> None:
    """Print counts, then the failed and skipped documents with their reasons."""
    kinds = pb.DocumentResult.Outcome
    passages = sum(result.passages for result in imported.results.values())
    out.print(
        f"Imported into {collection} in {seconds:.1f} s: {imported.count(kinds.OUTCOME_CREATED)} created, "
        f"{imported.count(kinds.OUTCOME_UPDATED)} updated, {imported.count(kinds.OUTCOME_UNCHANGED)} unchanged, "
        f"{len(imported.failures())} failed, {len(skipped)} skipped{_extra_counts(imported)}; "
        f"{'1 passage or curated answer' if passages == 1 else f'{passages} passages and curated answers'}.",
        soft_wrap=True,
    )
    for title, style, entries in (("Failed", "red", imported.failures()), ("Skipped", "yellow", skipped)):
        for path, reason in entries[:_LISTED]:
            out.print(f"  {title} {printable(path)}: {printable(reason)}", style=style, soft_wrap=True)
        if len(entries) > _LISTED:
            out.print(f"  … and {len(entries) - _LISTED} more; --json lists all.", style=style)
    for result in imported.recognized():
        read = recognition_text(result.recognition)
        style = "yellow" if result.recognition.doubtful_pages else None
        out.print(f"  Recognized {printable(result.path)}: {read}.", style=style, soft_wrap=True)
    for result in imported.results.values():
        if result.message and result.outcome != kinds.OUTCOME_FAILED:
            out.print(f"  Note {printable(result.path)}: {printable(result.message)}", style="dim", soft_wrap=True)
