"""Versions of a collection's knowledge: what is known of a draft, and of a version that is or was live."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pydantic

MAX_OPEN_DRAFTS = 5
"""Open drafts of one collection."""
KEPT_VERSIONS = 3
"""Versions that are or were live and are kept, the live one among them."""
LOADED_SECONDS = 15 * 60.0
"""How long a replica holds a version in memory after it was replaced."""
LISTED_SECONDS = 30 * 86_400.0
"""How long a draft is listed after it was promoted or discarded."""
SOURCE_LISTED_SECONDS = 86_400.0
"""How long one of a source is: it may make many a day."""
SOURCES = "sources/"
"""What the origin of a source's draft begins with."""
COPYING_SECONDS = 600.0
"""A copy that was not gone on with for so long is given up."""


class DraftState(StrEnum):
    """How a draft stands."""

    COPYING = "copying"
    """It is being made, and nobody sees it."""
    OPEN = "open"
    CHECKING = "checking"
    HELD = "held"
    PROMOTED = "promoted"
    """It is or was the live version. So is the version that the collection began with."""
    DISCARDED = "discarded"


_OPEN = (DraftState.OPEN, DraftState.CHECKING, DraftState.HELD)


class Role(StrEnum):
    """What a version is for, as its metadata say: writers watch that."""

    LIVE = ""
    COPYING = "copying"
    DRAFT = "draft"
    REPLACED = "replaced"


@dataclass(frozen=True)
class ChangeCounts:
    """Changes of a draft, in numbers."""

    documents_added: int = 0
    documents_changed: int = 0
    documents_deleted: int = 0
    curated_answers_added: int = 0
    curated_answers_changed: int = 0
    curated_answers_deleted: int = 0
    dictionary_changed: bool = False


@dataclass(frozen=True)
class DraftCheck:
    """What a check of a draft found. Times are seconds since the epoch, as everywhere here."""

    passed: int
    failed: int
    lost: tuple[str, ...]
    message: str
    time: float
    as_of: str = ""
    """The draft's last change that was checked."""


@dataclass(frozen=True)
class VersionRecord:
    """What is known of a version: a value of the hash `kefu:1:{tenant:collection}:versions`."""

    id: str
    state: DraftState
    title: str = ""
    origin: str = ""
    create_time: float = 0.0
    update_time: float = 0.0
    """Of one that is being copied: when the copy was last gone on with. Of a closed one: when it was closed."""
    is_stored: bool = True
    """Its keys are there."""
    is_going: bool = False
    """It was live, is no longer kept, and its keys are being deleted."""
    check: DraftCheck | None = None
    promote_when_green: bool = False
    closed_by: str = ""
    override_reason: str = ""
    changes: ChangeCounts = field(default_factory=ChangeCounts)
    """Of one that was closed: what it changed."""
    live_time: float = 0.0
    """When it last became live; 0: never, or when the collection was made."""
    replace_time: float = 0.0
    """When it was last replaced; 0: never, or it is live."""
    made_live_by: str = ""
    wanted_until: float = 0.0
    """Replicas load it until then, for it is to become live."""
    replaces: str | None = None
    """The version that it replaced, while their difference is not in the documents' histories."""

    @property
    def is_open(self) -> bool:
        """Whether it is a draft that can be changed."""
        return self.state in _OPEN

    def is_loaded(self, live: str, now: float) -> bool:
        """Whether replicas hold it in memory, where `live` is the live version."""
        if not self.is_stored or self.is_going or self.state is DraftState.COPYING:
            return False
        recently = now - self.replace_time < LOADED_SECONDS or now < self.wanted_until
        return self.id == live or self.is_open or (self.state is DraftState.PROMOTED and recently)

    def is_abandoned(self, now: float) -> bool:
        """Whether its keys are to be deleted."""
        given_up = self.state is DraftState.COPYING and now - self.update_time > COPYING_SECONDS
        return self.is_stored and (given_up or self.is_going or self.state is DraftState.DISCARDED)

    def is_forgotten(self, now: float) -> bool:
        """Whether it is no longer listed."""
        listed = SOURCE_LISTED_SECONDS if self.origin.startswith(SOURCES) else LISTED_SECONDS
        return not self.is_stored and now - self.update_time > listed


VERSION = pydantic.TypeAdapter(VersionRecord)
"""Records to JSON and back."""


@dataclass(frozen=True)
class Versions:
    """All versions of a collection, and which one is live."""

    live: str
    records: Mapping[str, VersionRecord]

    @property
    def live_record(self) -> VersionRecord:
        """The record of the live version."""
        return self.record(self.live) or VersionRecord(self.live, DraftState.PROMOTED)

    def record(self, version: str) -> VersionRecord | None:
        """A version's record. The one that the collection began with has none while there was no other."""
        known = self.records.get(version)
        return VersionRecord("", DraftState.PROMOTED) if known is None and version == self.live == "" else known

    @property
    def kept(self) -> list[VersionRecord]:
        """Versions that are or were live, the live one first, then the one that was replaced last."""
        live = self.live_record
        earlier = [
            each
            for each in self.records.values()
            if each.state is DraftState.PROMOTED and each.is_stored and not each.is_going and each.id != self.live
        ]
        return [live, *sorted(earlier, key=lambda each: -each.replace_time)]

    @property
    def superfluous(self) -> Iterable[VersionRecord]:
        """Versions that were live and are no longer kept."""
        return self.kept[KEPT_VERSIONS:]

    def loaded(self, now: float) -> set[str]:
        """Ids of the versions that replicas hold in memory."""
        return {self.live} | {each.id for each in self.records.values() if each.is_loaded(self.live, now)}
