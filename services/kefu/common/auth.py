"""
Who calls, and what they may do.

A key is `kefu_{id}_{secret}`, its secret 256 random bits in hex. Redis holds its SHA-256 under `kefu:1:{key:ID}`; two
keys need no Redis: the services' own (`internal`) and the operator's first (`bootstrap`), which come from the
configuration. A key from Redis is remembered for at most 30 s, and forgotten at once when it is revoked: revoking
publishes its id, and a process that cannot hear that remembers nothing.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import redis.exceptions
import structlog
from redis.asyncio import Redis

from kefu.common.aio import cancelled
from kefu.common.errors import BackendUnavailable, ScopeMissing, StartupError, Unauthenticated
from kefu.common.redis.client import Silence

DEFAULT_TENANT = "default"
"""Where the bootstrap key lives; its operators rule every tenant."""
REVOKED_CHANNEL = "kefu:1:revoked-keys"
"""Redis channel on which the id of a revoked key is published."""
REMEMBER_SECONDS = 30.0
OUTLAST_SECONDS = 600.0
"""See `open_keyring`: for a service that is to serve without Redis."""
_KEY = re.compile(r"kefu_([a-z0-9]{1,32})_([0-9a-f]{64})")
_log = structlog.stdlib.get_logger()


class Scope(StrEnum):
    """Something a key may do."""

    CHAT = "chat"
    KNOWLEDGE = "knowledge"
    OPERATOR = "operator"
    INTERNAL = "internal"


class Priority(StrEnum):
    """How a key's messages stand against others' when there are more than can be answered at once."""

    URGENT = "urgent"
    INTERACTIVE = "interactive"
    BATCH = "batch"


@dataclass(frozen=True)
class Principal:
    """Who a call is for. `subject` is the key's id; `collections` are ids, and None means all of the tenant's."""

    tenant: str
    subject: str
    scopes: frozenset[Scope]
    collections: frozenset[str] | None = None
    priority: Priority = Priority.INTERACTIVE

    def narrowed(self, collections: frozenset[str]) -> frozenset[str] | None:
        """The collections a request may search when it asks for some: None means all. Never wider than the key."""
        if not collections:
            return self.collections
        return collections if self.collections is None else collections & self.collections


@dataclass(frozen=True)
class StoredKey:
    """What is kept of a key: everything but the secret."""

    id: str
    sha256: str
    tenant: str
    scopes: frozenset[Scope]
    collections: frozenset[str] | None
    display_name: str
    create_time: float
    """Seconds since the epoch."""
    priority: Priority = Priority.INTERACTIVE

    def principal(self) -> Principal:
        """The principal that this key makes."""
        return Principal(self.tenant, self.id, self.scopes, self.collections, self.priority)

    def to_hash(self) -> dict[str, str]:
        """The fields of the Redis hash `kefu:1:{key:ID}`."""
        return {
            "sha256": self.sha256,
            "tenant": self.tenant,
            "scopes": " ".join(sorted(self.scopes)),
            "collections": "*" if self.collections is None else " ".join(sorted(self.collections)),
            "display_name": self.display_name,
            "create_time": repr(self.create_time),
            "priority": self.priority,
        }

    @classmethod
    def from_hash(cls, key_id: str, fields: Mapping[str, str]) -> "StoredKey":
        """Read what `to_hash` wrote."""
        collections = fields["collections"]
        return cls(
            id=key_id,
            sha256=fields["sha256"],
            tenant=fields["tenant"],
            scopes=frozenset(Scope(scope) for scope in fields["scopes"].split()),
            collections=None if collections == "*" else frozenset(collections.split()),
            display_name=fields["display_name"],
            create_time=float(fields["create_time"]),
            priority=Priority(fields.get("priority", Priority.INTERACTIVE)),  # keys of earlier releases have none
        )


class NewKey(NamedTuple):
    """A key as its maker gets it, once."""

    id: str
    secret: str
    """The whole key, as it is sent."""
    sha256: str


def make_key(key_id: str | None = None) -> NewKey:
    """A new key with 256 random bits; the id is random too unless given."""
    key_id = key_id or secrets.token_hex(6)
    secret = f"kefu_{key_id}_{secrets.token_hex(32)}"
    return NewKey(key_id, secret, sha256_of(secret))


def sha256_of(secret: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(secret.encode()).hexdigest()


def redis_key(key_id: str) -> str:
    """The Redis hash of a key."""
    return f"kefu:1:{{key:{key_id}}}"


class Keyring:
    """Turns the key that a caller sent into a Principal. One per process; see `open_keyring`."""

    def __init__(self, static: Mapping[str, Principal], store: "Redis | None" = None, *, outlast: float = 0.0) -> None:
        self._static = static  # by SHA-256
        self._store = store
        self._outlast = outlast
        self._silence = Silence()
        self._last_known: dict[str, tuple[float, StoredKey]] = {}  # for when Redis does not answer
        self._remembered: dict[str, tuple[float, StoredKey]] = {}
        self.hears_revocations = False

    async def principal(self, authorization: str | None) -> Principal:
        """Who sent this `authorization` metadata; raises Unauthenticated, or BackendUnavailable without Redis."""
        scheme, _, secret = (authorization or "").partition(" ")
        match = _KEY.fullmatch(secret.strip())
        if scheme.lower() != "bearer" or not match:
            raise Unauthenticated("Send a key as `authorization: Bearer kefu_…`.")
        digest = sha256_of(secret.strip())
        if static := self._static.get(digest):
            return static
        stored = await self._stored(match[1])
        if stored is None or not hmac.compare_digest(stored.sha256, digest):
            raise Unauthenticated("This key is not valid, or was revoked.")
        return stored.principal()

    async def _stored(self, key_id: str) -> StoredKey | None:
        now = time.monotonic()
        remembered = self._remembered.get(key_id)
        if remembered and self.hears_revocations and now - remembered[0] < REMEMBER_SECONDS:
            return remembered[1]
        if self._store is None:
            return None
        try:
            return await self._looked_up(self._store, key_id, now)
        except BackendUnavailable:
            known = self._last_known.get(key_id)
            if known is None or now - known[0] > self._outlast:
                raise
            return known[1]

    async def _looked_up(self, store: "Redis", key_id: str, now: float) -> StoredKey | None:
        async with self._silence.asking():
            fields: dict[bytes, bytes] = await store.hgetall(redis_key(key_id))  # pyright: ignore[reportUnknownMemberType, reportAssignmentType, reportGeneralTypeIssues] - typed as sync or async
        if not fields:
            self.forget(key_id)
            return None
        stored = StoredKey.from_hash(key_id, {name.decode(): value.decode() for name, value in fields.items()})
        if len(self._remembered) >= 10_000:  # a bound, not a policy: ids that do not exist are never remembered
            self._remembered.clear()
            self._last_known.clear()
        self._remembered[key_id] = (now, stored)
        if self._outlast:
            self._last_known[key_id] = (now, stored)
        return stored

    def forget(self, key_id: str | None = None) -> None:
        """Drop one key from memory, or all of them: these may still be used while Redis does not answer."""
        if key_id is None:
            self._remembered.clear()
        else:
            self._remembered.pop(key_id, None)
            self._last_known.pop(key_id, None)

    async def follow_revocations(self, store: "Redis") -> None:
        """Hear of revoked keys until cancelled; while Redis cannot be heard, nothing is remembered."""
        while True:
            try:
                async with store.pubsub() as pubsub:  # pyright: ignore[reportUnknownMemberType]
                    await pubsub.subscribe(REVOKED_CHANNEL)  # pyright: ignore[reportUnknownMemberType]
                    self.forget()
                    while True:
                        message = await pubsub.get_message(timeout=5.0)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
                        if message is None:
                            await pubsub.ping()  # pyright: ignore[reportUnknownMemberType]
                        elif message["type"] == "subscribe":
                            self.hears_revocations = True
                        elif message["type"] == "message":
                            self.forget(bytes(message["data"]).decode())  # pyright: ignore[reportArgumentType] - bytes, as in open_redis
            except (redis.exceptions.RedisError, OSError) as exc:
                _log.warning("revocations.unheard", error=str(exc))
            finally:
                self.hears_revocations = False
                self.forget()
            await asyncio.sleep(1)


@asynccontextmanager
async def open_keyring(
    internal_key: str, bootstrap_key: str | None = None, store: "Redis | None" = None, *, outlast: float = 0.0
) -> AsyncIterator[Keyring]:
    """A keyring that hears of revocations while the block runs. Raises StartupError for a malformed static key.

    `outlast`: while Redis does not answer, a key is taken that was found valid at most so many seconds ago.
    """
    everything = frozenset({Scope.CHAT, Scope.KNOWLEDGE, Scope.OPERATOR})
    static: dict[str, Principal] = {}
    for variable, secret, scopes in (
        ("KEFU_INTERNAL_KEY", internal_key, frozenset({Scope.INTERNAL})),
        ("KEFU_BOOTSTRAP_KEY", bootstrap_key, everything),
    ):
        if secret is None:
            continue
        match = _KEY.fullmatch(secret)
        if not match:
            raise StartupError(
                f"{variable} must look like kefu_{{id}}_{{64 hexadecimal digits}}; `kefu keys generate` makes one."
            )
        static[sha256_of(secret)] = Principal(DEFAULT_TENANT, match[1], scopes)
    keyring = Keyring(static, store, outlast=outlast)
    if store is None:
        yield keyring
        return
    follower = asyncio.create_task(keyring.follow_revocations(store), name="revocations")
    try:
        yield keyring
    finally:
        await cancelled(follower)


_caller: ContextVar[Principal] = ContextVar("kefu_caller")


def caller() -> Principal:
    """Who the call being served is for; only inside a call that the interceptor let through."""
    return _caller.get()


def set_caller(principal: Principal) -> None:
    """For the interceptor: say who the current call is for."""
    _caller.set(principal)


def require(principal: Principal, *scopes: Scope) -> None:
    """Raise ScopeMissing unless the principal has one of the scopes."""
    if not principal.scopes.intersection(scopes):
        wanted = " or ".join(scopes)
        raise ScopeMissing(f"This needs a key with the scope {wanted}.", metadata={"scope": wanted})
