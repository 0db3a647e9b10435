"""What a kind of source tells of each document that it looked at, and how it is asked."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from kefu.retrieval.sources.source import Item


class SourceFailed(Exception):
    """A run that cannot tell what is there now, so that nothing is changed. The message is a sentence for people."""


@dataclass(frozen=True)
class Found:
    """A document as it is there now. Whether it has changed is decided by its bytes."""

    address: str
    """What the source knows it by."""
    data: bytes
    name: str
    """Ending of its path in the collection, relative, such as "help.example.com/returns"."""
    media_type: str = ""
    title: str = ""
    uri: str = ""
    """Address for customers; empty: none."""
    etag: str = ""
    modified: str = ""
    moved_from: str = ""
    """Address that led here for good, where it is another one."""


@dataclass(frozen=True)
class Unchanged:
    """A document that says itself that it is as it was."""

    address: str


@dataclass(frozen=True)
class Missing:
    """A document that is not there. `weight` 2: gone for good, by what the other side says."""

    address: str
    reason: str
    weight: int = 1
    redirected_to: str = ""
    """The address that all that is left of it leads to."""


@dataclass(frozen=True)
class Failed:
    """A document that could not be read this time: what is known of it stays."""

    address: str
    reason: str


@dataclass(frozen=True)
class Forbidden:
    """A document that robots.txt forbids to fetch: what is known of it stays, unless the source says otherwise."""

    address: str


Finding = Found | Unchanged | Missing | Failed | Forbidden
Take = Callable[[Finding], Awaitable[None]]
"""Takes a finding; raises `Enough` when the run may look at no more."""


class Enough(Exception):
    """The limits of a run are used up. The message is a sentence."""


@dataclass(frozen=True)
class Listing:
    """How a kind of source ended."""

    complete: bool
    """Whether everything was looked for, so that what was not found is missing."""
    notes: tuple[str, ...] = ()
    """Sentences for people."""


class Collector(Protocol):
    """One kind of source. `known` are the documents of earlier runs; `trusting`: their versions may be relied on."""

    async def collect(self, known: Mapping[str, Item], take: Take, *, trusting: bool) -> Listing:
        """Look at all documents. Raises SourceFailed, or lets `Enough` of `take` through."""
        ...
