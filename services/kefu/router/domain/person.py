"""A person whose conversations are kept, and what is kept of one session. Plain values."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kefu.router.domain.attachment import KeptAttachment
from kefu.router.domain.session import Session
from kefu.router.domain.turn import TurnRecord


@dataclass(frozen=True)
class PersonSelector:
    """Whose data is meant: exactly one of `user`, `visitor`, `session_id` and `customer` is not empty."""

    user: str = ""
    """A user of the calling key."""
    visitor: str = ""
    """The subject of a visitor."""
    session_id: str = ""
    """The user or visitor of this session; without one, this session alone."""
    all_keys: bool = False
    """With `user`: a user of any key of the tenant."""
    customer: str = ""
    """`sub` of a verified customer."""


@dataclass(frozen=True)
class KeptSession:
    """All that is kept of one session."""

    id: str
    session: Session | None
    """None: it has expired, and something is kept beside it."""
    turns: Callable[[], AsyncIterator[TurnRecord]]
    """Its turns, oldest first, read anew by each call."""
    beside: Mapping[str, Any]
    """What is kept beside it, as it is stored."""
    attachments: Callable[[], AsyncIterator[KeptAttachment]]
    """Its attachments with their bytes, oldest first."""
    archived: Sequence[str] = ()
    """What the archive has of it, as lines of JSON."""
