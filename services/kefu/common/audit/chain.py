"""The check of a chain of audit entries. What it finds and what it cannot find is in docs/operate/audit.md."""

from dataclasses import dataclass

from kefu.common.audit.entry import AuditEntry, Link, StoredEntry, hash_of


@dataclass(frozen=True)
class Break:
    """The first place at which a chain is broken."""

    sequence: int
    """Number of the entry that should be there."""
    problem: str
    """What is wrong, as a sentence."""


class ChainCheck:
    """A walk along a chain, from the entry after `start` to its end. Entries are given in their order."""

    def __init__(self, tenant: str, start: Link) -> None:
        self._tenant = tenant
        self.start = start
        self.last = start
        """The last entry that was in order."""
        self.broken: Break | None = None

    def add(self, stored: StoredEntry) -> bool:
        """Check the next entry. False once the chain is broken; nothing after that is looked at."""
        if self.broken is None:
            problem = self._problem(stored)
            if problem:
                self.broken = Break(self.last.sequence + 1, problem)
            else:
                self.last = Link(self.last.sequence + 1, stored.hash)
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

    def _problem(self, stored: StoredEntry) -> str:
        if hash_of(stored.text) != stored.hash:
            return "The entry was changed: its hash is another one."
        try:
            entry = AuditEntry.from_text(stored.text)
        except ValueError:
            return "The entry cannot be read."
        if entry.tenant != self._tenant:
            return "The entry is of another tenant's log."
        if entry.sequence != self.last.sequence + 1:
            return f"Entry {entry.sequence} is in its place: an entry was removed, put in or moved."
        if entry.previous != self.last.hash:
            return "The entry does not follow from the one before it: one of the two was changed."
        return ""
