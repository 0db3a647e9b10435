"""The comparison of a draft with what it was copied from and with what is live, remembered while neither changes."""

from collections import OrderedDict
from dataclasses import dataclass

from kefu.common.redis.pipelines import call, hash_of
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.draft_changes import Difference
from kefu.retrieval.domain.versions import VersionRecord
from kefu.retrieval.storage.change_streams import ChangeId
from kefu.retrieval.storage.knowledge_reader import KnowledgeReader
from kefu.retrieval.storage.marks import copied_marks, marks_of

_CONTENT = (b"document", b"curated", b"dictionary", b"refreshed")
_MOST_READ = 100
_MOST_REMEMBERED = 256


@dataclass(frozen=True)
class ComparedDraft:
    """A draft with what it changes."""

    key: CollectionKey
    record: VersionRecord
    difference: Difference | None
    """None: it is closed."""
    update_time: float
    """When something last changed in it, in seconds since the epoch."""

    @property
    def is_outdated(self) -> bool:
        """Whether what is live has changed since."""
        return self.difference is not None and bool(self.difference.behind)

    @property
    def is_check_outdated(self) -> bool:
        """Whether it has changed since its last check."""
        check = self.record.check
        return check is not None and self.record.is_open and self.update_time > float(check.as_of)


class Comparison:
    """Compares drafts. Methods raise BackendUnavailable when Redis does not answer."""

    def __init__(self, reader: KnowledgeReader) -> None:
        self._reader = reader
        self._known: OrderedDict[CollectionKey, tuple[tuple[ChangeId, CollectionKey, ChangeId], Difference]]
        self._known = OrderedDict()

    async def compared(self, draft: CollectionKey, record: VersionRecord, live: CollectionKey) -> ComparedDraft:
        """A draft, compared with what is live."""
        if not record.is_open:
            return ComparedDraft(draft, record, None, record.update_time)
        changed, live_changed = await self._last(draft), await self._last(live)
        state = (changed, live, live_changed)
        known = self._known.get(draft)
        difference = known[1] if known is not None and known[0] == state else await self.difference(draft, live)
        self._known[draft] = state, difference
        self._known.move_to_end(draft)
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        return ComparedDraft(draft, record, difference, _seconds(changed) or record.create_time)

    async def difference(self, draft: CollectionKey, live: CollectionKey) -> Difference:
        """What a draft changes, as Redis has both now."""
        reader = self._reader
        return Difference.between(
            await copied_marks(reader, draft), await marks_of(reader, draft), await marks_of(reader, live)
        )

    async def _last(self, key: CollectionKey) -> ChangeId:
        """The newest change of what a version says; its calibration is not among that."""
        entries = await call(self._reader.client, "XREVRANGE", key.changes, "+", "-", "COUNT", _MOST_READ)
        for entry, fields in entries:
            if hash_of(fields)[b"kind"] in _CONTENT:
                return entry.decode()
        return ""


def _seconds(change: ChangeId) -> float:
    return int(change.partition("-")[0]) / 1000 if change else 0.0
