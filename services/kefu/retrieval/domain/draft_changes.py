"""
What a draft changes, from marks: a short text for each document, curated answer and dictionary that differs with its
content.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kefu.retrieval.domain.versions import ChangeCounts

Marks = Mapping[str, str]
"""By the id of a thing: "d:" and a document's id, "c:" and a curated answer's, or DICTIONARY."""
DICTIONARY = "dictionary"


def document_thing(document: str) -> str:
    """The id of a document among marks."""
    return f"d:{document}"


def curated_thing(answer: str) -> str:
    """The id of a curated answer among marks."""
    return f"c:{answer}"


class ChangeKind(StrEnum):
    """How a thing is changed."""

    ADDED = "added"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True)
class DraftChange:
    """A thing that a draft changes."""

    thing: str
    kind: ChangeKind
    is_conflict: bool = False
    """What is live has changed it as well, to something else."""


@dataclass(frozen=True)
class Difference:
    """A draft compared with what it was copied from, and with what is live."""

    changes: tuple[DraftChange, ...]
    behind: tuple[str, ...]
    """Things that changed in what is live, since, in whatever way."""

    @classmethod
    def between(cls, copied_from: Marks, draft: Marks, live: Marks) -> "Difference":
        """The difference by the marks of all three."""
        changes: list[DraftChange] = []
        behind: list[str] = []
        for thing in sorted(copied_from.keys() | draft.keys() | live.keys()):
            before, here, there = copied_from.get(thing), draft.get(thing), live.get(thing)
            if there != before:
                behind.append(thing)
            if here != before:
                kind = (
                    ChangeKind.ADDED if before is None else ChangeKind.DELETED if here is None else ChangeKind.CHANGED
                )
                changes.append(DraftChange(thing, kind, is_conflict=there not in (before, here)))
        return cls(tuple(changes), tuple(behind))

    @property
    def counts(self) -> ChangeCounts:
        """The changes in numbers."""
        return ChangeCounts(
            *(_count(self.changes, prefix, kind) for prefix in ("d:", "c:") for kind in ChangeKind),
            dictionary_changed=any(each.thing == DICTIONARY for each in self.changes),
        )


def _count(changes: Iterable[DraftChange], prefix: str, kind: ChangeKind) -> int:
    return sum(each.kind is kind and each.thing.startswith(prefix) for each in changes)
