"""
The note of both ends of a chain, and the seals of the two.

Whoever writes to Redis finds every entry's hash there, and could note any entry as an end. So services seal what they
note with their internal key (HMAC-SHA256), which Redis does not have. Seals stand in the note alone, and the next one
takes the place of the last: of an earlier head there is none.
"""

import hashlib
import hmac
import json
from typing import NamedTuple

from kefu.common.audit.entry import ORIGIN, Link

BEGINNING = "beginning"
END = "end"
_MAX_DIGITS = 15


class ChainNote(NamedTuple):
    """The fields of a note as they are stored; "" for one that is not."""

    sequence: str = ""
    hash: str = ""
    seal: str = ""
    trimmed: str = ""
    trimmed_hash: str = ""
    trimmed_seal: str = ""

    @property
    def head(self) -> Link:
        """The entry that was written last."""
        return _link(self.sequence, self.hash)

    @property
    def trim(self) -> Link:
        """The last entry that was removed for its age."""
        return _link(self.trimmed, self.trimmed_hash)


class Sealer:
    """Seals notes, and checks seals. `internal_key`: the services' own key."""

    def __init__(self, internal_key: str) -> None:
        self._key = internal_key.encode()

    def note(self, tenant: str, head: Link, trim: Link) -> ChainNote:
        """The note of these ends of a tenant's chain, sealed. Of ORIGIN nothing is noted."""
        return ChainNote(*self._sealed("audit head", tenant, head), *self._sealed("audit trim", tenant, trim))

    def unsealed(self, tenant: str, note: ChainNote) -> tuple[str, ...]:
        """The ends that are not sealed as `note` would: BEGINNING, END."""
        sealed = self.note(tenant, note.head, note.trim)
        ends = {BEGINNING: (note[3:], sealed[3:]), END: (note[:3], sealed[:3])}
        return tuple(end for end, (found, right) in ends.items() if not _equal(found, right))

    def _sealed(self, context: str, tenant: str, link: Link) -> tuple[str, str, str]:
        if link == ORIGIN:
            return "", "", ""
        text = json.dumps([context, tenant, *link])
        return str(link.sequence), link.hash, hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


def _link(sequence: str, digest: str) -> Link:
    readable = sequence.isascii() and sequence.isdigit() and len(sequence) <= _MAX_DIGITS
    return Link(int(sequence), digest) if readable else ORIGIN


def _equal(found: tuple[str, ...], right: tuple[str, ...]) -> bool:
    return hmac.compare_digest(json.dumps(found).encode(), json.dumps(right).encode())
