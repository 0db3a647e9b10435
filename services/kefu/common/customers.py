"""People of the public pages: visitors, and customers whose identity somebody else than they has vouched for."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import pydantic

VISITOR_PREFIX = "visitor-"
"""What the subjects of visitors begin with; a UUID follows. No key's id has a hyphen."""
CUSTOMER_PREFIX = "customer-"
"""What the subjects of customers begin with whose identity is verified; see `customer_subject`."""
MAX_SUB_CHARACTERS = 300
"""Longest id of a customer: a mail address and "mailto:" fit."""


class Verification(StrEnum):
    """How a customer's identity was verified."""

    TOKEN = "token"  # noqa: S105 - a name
    """By a token of the company's site, signed with a private key."""
    SHARED_SECRET = "shared_secret"  # noqa: S105 - a name
    """By such a token, signed with a secret that both sides know: each of them can make one."""
    EMAIL_CODE = "email_code"
    """By a code that was sent to the customer's mail address."""


@dataclass(frozen=True)
class Customer:
    """A customer of the company, as somebody else than the customer has vouched for."""

    sub: str
    """The customer's id at the company; "mailto:" and the address for EMAIL_CODE."""
    claims: Mapping[str, str]
    """What else is known: the claims that the tenant asks for."""
    method: Verification
    verify_time: float
    """Seconds since the epoch."""

    def to_json(self) -> str:
        """The customer as JSON of ASCII characters."""
        return _CUSTOMER.dump_json(self, ensure_ascii=True).decode()

    @classmethod
    def from_json(cls, value: str | bytes) -> "Customer":
        """Read what `to_json` wrote. Raises pydantic.ValidationError."""
        return _CUSTOMER.validate_json(value)


_CUSTOMER = pydantic.TypeAdapter(Customer)


def customer_subject(tenant: str, sub: str) -> str:
    """The subject of a customer whose identity is verified: the same on each device.

    A hash, so that no mail address stands in a Redis key.
    """
    return CUSTOMER_PREFIX + hashlib.sha256(f"{tenant}\n{sub}".encode()).hexdigest()[:32]


def is_visitor(subject: str) -> bool:
    """Whether a subject is somebody's of the public pages, known as a customer or not: never a key's."""
    return subject.startswith((VISITOR_PREFIX, CUSTOMER_PREFIX))
