"""The Redis keys of a collection's sources; docs/reference/data.md describes each of them."""

from kefu.common.redis.schema.version import SCHEMA
from kefu.retrieval.domain.collection_key import CollectionKey

DUE = f"kefu:{SCHEMA}:sources:due"
"""Sorted set of "tenant:collection:source", by the time of the next run."""


def due_member(key: CollectionKey, source: str) -> str:
    """A source's member of `DUE`."""
    return f"{key.member}:{source}"


def from_due_member(member: str) -> tuple[CollectionKey, str]:
    """Read what `due_member` wrote; no id holds a colon."""
    collection, _, source = member.rpartition(":")
    return CollectionKey.from_member(collection), source


def items(key: CollectionKey, source: str) -> str:
    """Hash: address of a document to what is known of it, as JSON."""
    return key.of_source(source, "items")


def state(key: CollectionKey, source: str) -> str:
    """Hash: the run under way, the held one, the last good one."""
    return key.of_source(source, "state")


def syncs(key: CollectionKey, source: str) -> str:
    """Hash: id of a run to the run, as JSON."""
    return key.of_source(source, "syncs")


def outcomes(key: CollectionKey, source: str) -> str:
    """Hash: id of a run to what became of its documents, as packed JSON."""
    return key.of_source(source, "outcomes")


def held(key: CollectionKey, source: str) -> str:
    """Hash: the plan of a held run, and the bytes that it would import, packed."""
    return key.of_source(source, "held")


def lease(key: CollectionKey, source: str) -> str:
    """String: the replica that runs a source, with a life."""
    return key.of_source(source, "lease")
