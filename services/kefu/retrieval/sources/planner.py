"""Planning: findings compared with what is known, so that a plan holds what is to be changed and why."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from kefu.retrieval.documents.parsed_document import Unreadable
from kefu.retrieval.ingest.import_types import MAX_PATH_CHARACTERS
from kefu.retrieval.ingest.unpacker import import_key
from kefu.retrieval.sources.fetching.addresses import page_of
from kefu.retrieval.sources.fetching.findings import Enough, Failed, Finding, Forbidden, Found, Missing, Unchanged
from kefu.retrieval.sources.plan import Change, Plan, Spool, document_of
from kefu.retrieval.sources.similarity import sketch
from kefu.retrieval.sources.source import DocumentOutcome, Item, Outcome


class Planner:
    """Makes a plan of findings, as they come, from several tasks at once."""

    def __init__(
        self, plan: Plan, known: Mapping[str, Item], spool: Spool, on_seen: Callable[[], Awaitable[None]]
    ) -> None:
        self._plan = plan
        self._known = known
        self._spool = spool
        self._on_seen = on_seen
        self._missing: dict[str, Missing] = {}
        self._looked = set[str]()
        self._paths = {item.path: address for address, item in known.items()}

    @property
    def seen(self) -> int:
        """Documents that were looked at."""
        return len(self._looked)

    async def take(self, finding: Finding) -> None:
        """Take a finding. Raises Enough when there are too many documents."""
        if finding.address not in self._looked:
            most = self._plan.source.limits.documents
            if len(self._looked) >= most:
                raise Enough(f"There are more than {most} documents; raise the limit.")
            self._looked.add(finding.address)
        await self._on_seen()
        item = self._known.get(finding.address)
        match finding:
            case Found():
                await self._take_found(finding, item)
            case Unchanged():
                self._take_unchanged(finding.address, item)
            case Missing():
                self._missing[finding.address] = finding
            case Failed():
                self._note("failed", finding.address, item, finding.reason)
                if item is None:
                    self._plan.items[finding.address] = Item(path="")  # so that it is looked at next time
            case Forbidden() if self._plan.source.forbidden_is_missing:
                self._missing[finding.address] = Missing(finding.address, "robots.txt forbids it.")
            case Forbidden():
                self._note("forbidden", finding.address, item, "robots.txt forbids it; what is known of it stays.")

    async def finish(self, *, complete: bool) -> None:
        """Decide what becomes of what is missing; with `complete`, what was not found is missing too."""
        if complete:
            for address in self._known.keys() - self._looked:
                self._missing[address] = Missing(address, "It is no longer listed.")
        await self._recognise_renamed()
        for address, missing in sorted(self._missing.items()):
            item = self._known.get(address)
            if item is None or not item.key:
                if item is not None:
                    self._plan.items[address] = None
                continue
            if missing.redirected_to:
                self._plan.redirects[page_of(missing.redirected_to)] += 1
            count = item.missing + missing.weight
            if count >= self._plan.source.missing_runs:
                self._plan.changes[address] = Change(
                    "gone", address, item.path, reason=missing.reason, old_length=item.length
                )
            else:
                self._plan.items[address] = replace(item, missing=count)
                left = self._plan.source.missing_runs - count
                self._note("missing", address, item, f"{missing.reason} Its last good copy serves {left} more run(s).")

    async def _take_found(self, found: Found, item: Item | None) -> None:
        before = item
        if found.moved_from and (before is None or not before.key):
            before = self._known.get(found.moved_from)
        content = hashlib.sha256(found.data).hexdigest()
        change = Change(
            "added",
            found.address,
            before.path if before and before.path else self._new_path(found),
            media_type=found.media_type,
            title=found.title[:500],
            uri=found.uri,
            moved_from=found.moved_from,
            old_length=before.length if before else 0,
        )
        if len(change.path) > MAX_PATH_CHARACTERS:
            self._note("failed", found.address, item, f"Its path has more than {MAX_PATH_CHARACTERS} characters.")
            return
        key = self._import_key(change, found.data)
        if before and before.key == key:
            self._take_unchanged(found.address, before, found.etag, found.modified)
            return
        try:
            text = await self._plan.text_of(change, found.data)
        except Unreadable as error:
            self._note("failed", found.address, item, error.message)
            if item is None:
                self._plan.items[found.address] = Item(path="")
            return
        kind = (
            "moved" if found.moved_from and before and before.key else "changed" if before and before.key else "added"
        )
        kept = Item(change.path, key, content, found.etag, found.modified, len(text))
        self._spool.put(found.address, found.data)
        self._plan.changes[found.address] = replace(change, kind=kind, item=kept)
        self._plan.sketches[found.address] = sketch(text)
        self._plan.lengths[found.address] = len(text)
        if found.moved_from:
            self._looked.add(found.moved_from)  # it is forgotten once the document is imported

    def _import_key(self, change: Change, data: bytes) -> str:
        document = document_of(self._plan.source, change, data)
        return import_key(document, reads_pictures=self._plan.reads_pictures)

    def _take_unchanged(self, address: str, item: Item | None, etag: str = "", modified: str = "") -> None:
        self._plan.unchanged += 1
        if item is not None:
            now = replace(item, missing=0, etag=etag or item.etag, modified=modified or item.modified)
            if now != item:
                self._plan.items[address] = now

    async def _recognise_renamed(self) -> None:
        """A new document with the bytes of one that is missing is that one, at another address: it keeps its id."""
        lost = {
            item.content: address
            for address in self._missing
            if (item := self._known.get(address)) and item.key and not self._missing[address].redirected_to
        }
        for address, change in list(self._plan.changes.items()):
            if change.kind != "added" or change.item is None:
                continue
            old = lost.pop(change.item.content, "")
            if old:
                before = self._known[old]
                moved = replace(change, kind="moved", path=before.path, moved_from=old, old_length=before.length)
                key = self._import_key(moved, await self._spool.data(address))
                self._plan.changes[address] = replace(moved, item=replace(change.item, path=before.path, key=key))
                del self._missing[old]

    def _new_path(self, found: Found) -> str:
        path = f"sources/{self._plan.source.id}/{found.name}"
        if self._paths.setdefault(path, found.address) != found.address:
            path = f"{path}~{hashlib.sha256(found.address.encode()).hexdigest()[:10]}"
            self._paths[path] = found.address
        return path

    def _note(self, outcome: Outcome, address: str, item: Item | None, reason: str) -> None:
        path = item.path if item else ""
        self._plan.outcomes.append(DocumentOutcome(outcome, address, path, reason))
