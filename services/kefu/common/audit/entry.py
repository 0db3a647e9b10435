"""
An entry of the audit log, and its link to the entry before it.

The text of an entry is JSON with sorted names, without blanks, in UTF-8. The text holds the hash of the entry before
it, so the SHA-256 of a text stands for all entries up to it. No entry holds what customers wrote, or a secret.
"""

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, NamedTuple, Self

OK = "OK"
"""Outcome of what was done."""
CANCELLED = "CANCELLED"
"""Outcome of a call whose caller left before its end. Part of it may have been done."""
UNSEALED = "UNSEALED"
"""Outcome of `UNSEALED_ACTION`."""
UNSEALED_ACTION = "audit.unsealed"
"""Action of an entry that Kefu writes when it finds an end of the log that is not sealed; the details name it."""


class Link(NamedTuple):
    """A position in a chain: an entry's sequence number and hash."""

    sequence: int
    """From 1; 0 before the first entry."""
    hash: str
    """SHA-256 in hexadecimal digits; empty before the first entry."""


ORIGIN = Link(0, "")
"""The position before a tenant's first entry."""


@dataclass(frozen=True)
class AuditEntry:
    """An entry of a tenant's audit log."""

    time: int
    """Milliseconds since the epoch, by the clock of the service that did it."""
    actor: str
    """Resource name of the caller, see `actor_name`."""
    action: str
    """What was done, such as "key.create"."""
    target: str
    """Resource name of what it was done to."""
    outcome: str
    """OK, or the reason of the failure, as in docs/reference/errors.md."""
    name: str = ""
    """Name of the caller for people; empty for keys."""
    scopes: tuple[str, ...] = ()
    """Scopes of the caller, sorted."""
    address: str = ""
    """Address of the client; empty where none is kept."""
    address_from: str = ""
    """"gateway" when the gateway told the address; "peer" for the other end of the connection, which may be a proxy."""
    trace: str = ""
    """Trace id of the call, as in the log; empty outside a call."""
    details: dict[str, str] = field(default_factory=dict[str, str])
    """More about it, by name."""
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    """A random id: no two entries are equal."""
    tenant: str = ""
    """Id of the tenant in whose log the entry is."""
    sequence: int = 0
    """Number of the entry in its log, from 1; 0 before it has a place."""
    previous: str = ""
    """Hash of the entry before it."""

    def placed(self, tenant: str, after: Link) -> Self:
        """This entry at its place in a tenant's log."""
        return replace(self, tenant=tenant, sequence=after.sequence + 1, previous=after.hash)

    def text(self) -> str:
        """The text that is stored and hashed."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `text` wrote. Raises ValueError for anything else."""
        try:
            values: dict[str, Any] = dict(json.loads(text))
            values["scopes"] = tuple(values["scopes"])
            entry = cls(**values)
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError("no entry of an audit log") from error
        if any(type(getattr(entry, each.name)) is not type(getattr(_EXAMPLE, each.name)) for each in fields(cls)):
            raise ValueError("no entry of an audit log")
        return entry


_EXAMPLE = AuditEntry(0, "", "", "", "")


@dataclass(frozen=True)
class StoredEntry:
    """An entry as it is stored."""

    text: str
    hash: str
    """SHA-256 of the text, unless someone changed one of them."""

    def line(self) -> str:
        """The entry as a line of JSON: the text with the hash as its last name."""
        try:
            AuditEntry.from_text(self.text)
        except ValueError:
            return json.dumps({"unreadable": self.text, "hash": self.hash}, ensure_ascii=False)
        return f'{self.text.rstrip().removesuffix("}")},"hash":{json.dumps(self.hash)}}}'


def hash_of(text: str) -> str:
    """The hash of an entry's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def actor_of(tenant: str, subject: str) -> str:
    """The resource name of a caller: a key, an operator of the OpenID Connect issuer, a visitor or a customer.

    A visitor's id is hashed, because the log outlives what is erased; a customer's is a hash.
    """
    kind, _, rest = subject.partition("-")  # the id of a key has no "-"
    if kind == "visitor":
        return f"tenants/{tenant}/visitors/{pseudonym(subject)}"
    if kind == "customer":
        return f"tenants/{tenant}/customers/{rest}"
    return f"tenants/{tenant}/{'users' if kind == 'user' else 'keys'}/{subject}"


def pseudonym(identity: str) -> str:
    """A stand-in for the id of a customer: the first 32 digits of its SHA-256."""
    return hash_of(identity)[:32]
