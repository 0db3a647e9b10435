"""The check of a chain of audit entries. What it finds and what it cannot find is in docs/operate/audit.md."""

from collections.abc import Mapping
from dataclasses import dataclass

from kefu.common.audit.entry import UNSEALED_ACTION, AuditEntry, Link, StoredEntry, hash_of
from kefu.common.audit.seals import BEGINNING, END


@dataclass(frozen=True)
class Break:
    """The first place at which a chain is broken."""

    sequence: int
    """Number of the entry that should be there."""
    problem: str
    """What is wrong, as a sentence."""


_UNSEALED = {
    BEGINNING: "Before number {} the beginning of the log was not sealed: entries may have been removed too early.",
    END: "Before number {} the end of the log was not sealed: entries may have been removed or changed.",
}
_WHY_UNSEALED = (
    "The cause is an upgrade from a version without seals, a changed internal key, or somebody who wrote to Redis."
)


class ChainCheck:
    """A walk along a chain, from the entry after `start` to its end. Entries are given in their order."""

    def __init__(self, tenant: str, start: Link) -> None:
        self._tenant = tenant
        self.start = start
        self.last = start
        """The last entry that was in order."""
        self.broken: Break | None = None
        self.unsealed: dict[str, int] = {}
        """By end of the log: the last entry that says it was not sealed before."""

    def add(self, stored: StoredEntry) -> bool:
        """Check the next entry. False once the chain is broken; nothing after that is looked at."""
        if self.broken is None:
            entry = _entry_of(stored)
            problem = self._problem(stored, entry)
            if problem:
                self.broken = Break(self.last.sequence + 1, problem)
            else:
                self.last = Link(self.last.sequence + 1, stored.hash)
                if entry and entry.action == UNSEALED_ACTION:
                    self.unsealed |= dict.fromkeys(entry.details, self.last.sequence)
        return self.broken is None

    def end(self, head: Link) -> None:
        """Check that the last entry is the head, the one that was written last."""
        if self.broken is not None or self.last == head:
            return
        if self.last.sequence < head.sequence:
            problem = f"The entries from here to {head.sequence} are missing."
            self.broken = Break(self.last.sequence + 1, problem)
        elif self.last.sequence > head.sequence:
            self.broken = Break(head.sequence + 1, "The entries from here on were not written by Kefu.")
        else:
            self.broken = Break(head.sequence, "This is not the entry that was written last.")

    def _problem(self, stored: StoredEntry, entry: AuditEntry | None) -> str:
        if hash_of(stored.text) != stored.hash:
            return "The entry was changed: its hash is another one."
        if entry is None:
            return "The entry cannot be read."
        if entry.tenant != self._tenant:
            return "The entry is of another tenant's log."
        if entry.sequence != self.last.sequence + 1:
            return f"Entry {entry.sequence} is in its place: an entry was removed, put in or moved."
        if entry.previous != self.last.hash:
            return "The entry does not follow from the one before it: one of the two was changed."
        return ""


def unsealed_problem(numbers: Mapping[str, int]) -> str:
    """What is wrong when ends of the log were not sealed before these numbers, as sentences; empty for none."""
    found = [sentence.format(numbers[end]) for end, sentence in _UNSEALED.items() if end in numbers]
    return " ".join([*found, _WHY_UNSEALED]) if found else ""


def _entry_of(stored: StoredEntry) -> AuditEntry | None:
    try:
        return AuditEntry.from_text(stored.text)
    except ValueError:
        return None
