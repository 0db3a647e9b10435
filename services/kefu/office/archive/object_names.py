"""
Names of the archive's objects, below a folder for each tenant and day.

`TENANT/DAY/conversations/SESSION.jsonl.gz` is one conversation (`.sealed` behind it: encrypted), DAY the day of its
last message in UTC. `TENANT/DAY/people/PERSON/KEY/SESSION` is empty: it tells whose it is. PERSON and KEY are hashes
that nobody without the passphrase can tell: HMAC-SHA256 of the user, visitor or customer, and of the key.

Retention is the deletion of a day. A conversation is erased by its name under each day, with no list to look through.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from kefu.common.customers import is_visitor

CONVERSATIONS, PEOPLE = "conversations", "people"
PLAIN_ENDING, SEALED_ENDING = ".jsonl.gz", ".jsonl.gz.sealed"
_DIGEST_CHARACTERS = 32


class Identity(NamedTuple):
    """Whose sessions are meant."""

    subject: str
    """The key, visitor or customer that opened them. Empty: whatever key did."""
    user: str
    """The user that a key named; empty for visitors and customers."""

    @property
    def person(self) -> str:
        """Who it is, by a name that is the same at each key. Empty: nobody that is known."""
        return self.user or (self.subject if is_visitor(self.subject) else "")


class PeopleNames:
    """Names of the objects that tell whose a conversation is. The first passphrase makes them, all find them."""

    def __init__(self, passphrases: Sequence[str]) -> None:
        self._keys = [hashlib.sha256(b"kefu archive people\n" + each.encode()).digest() for each in passphrases]

    def name(self, tenant: str, day: str, identity: Identity, session_id: str) -> str:
        """The name under which the conversation of a known person is noted."""
        return f"{next(self.folders(tenant, day, identity))}/{session_id}"

    def folders(self, tenant: str, day: str, identity: Identity) -> Iterator[str]:
        """Where a person's conversations may be noted, by each passphrase."""
        for key in self._keys:
            folder = f"{tenant}/{day}/{PEOPLE}/{_digest(key, tenant, identity.person)}"
            yield f"{folder}/{_digest(key, tenant, identity.subject)}" if identity.subject else folder


def conversation_names(tenant: str, day: str, session_id: str) -> tuple[str, str]:
    """The names that a conversation may have: encrypted and not."""
    folder = f"{tenant}/{day}/{CONVERSATIONS}/{session_id}"
    return folder + SEALED_ENDING, folder + PLAIN_ENDING


def session_of(name: str) -> str:
    """The session of a conversation's or a person's object."""
    return name.rpartition("/")[2].removesuffix(SEALED_ENDING).removesuffix(PLAIN_ENDING)


def day_of(seconds: float) -> str:
    """The day of a time, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def as_date(folder: str) -> date | None:
    """The day that a folder's name stands for; None: it is not the archive's."""
    try:
        return date.fromisoformat(folder)
    except ValueError:
        return None


def _digest(key: bytes, tenant: str, name: str) -> str:
    return hmac.new(key, f"{tenant}\n{name}".encode(), hashlib.sha256).hexdigest()[:_DIGEST_CHARACTERS]
