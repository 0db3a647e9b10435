"""
API keys, and the principals that they stand for.

A key is `kefu_{id}_{secret}`; the secret is 256 random bits in hex. Redis holds the SHA-256 of a key under
`kefu:1:{key:ID}`. Two keys come from the configuration and need no Redis: the services' own (`internal`) and the
first of all (`bootstrap`). A process caches a key from Redis for at most 30 s. A revocation publishes the key's id,
and every process then forgets the key at once. A process that receives no revocations caches nothing. At every call the
clock says whether a key expired, of cached keys too.
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
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

import redis.exceptions
import structlog
from redis.asyncio import Redis

from kefu.common.aio import cancel_and_wait
from kefu.common.customers import Customer
from kefu.common.errors import BackendUnavailable, ScopeMissing, StartupError, Unauthenticated
from kefu.common.permissions import ALL_SCOPES, Scope, expanded
from kefu.common.redis.client import CommandBreaker
from kefu.common.redis.schema.version import SCHEMA

DEFAULT_TENANT = "default"
"""The tenant of the bootstrap key. Keys of this tenant with the scope ADMIN rule every tenant."""
REVOKED_CHANNEL = f"kefu:{SCHEMA}:revoked-keys"
"""Redis channel on which the id of a revoked key is published."""
KEY_CACHE_SECONDS = 30.0
"""The longest time for which a key from Redis is cached."""
STALE_KEY_SECONDS = 600.0
"""`stale_seconds` of `open_keyring` for a service that goes on serving without Redis."""
LAST_USED_SECONDS = 3600.0
"""A process writes the time at which a key was used at most this often, and never within the call."""
EXPIRED_KEY_SECONDS = 30 * 86_400
"""A key is kept in Redis for this long after it expired, so that it can be listed."""
_KEY = re.compile(r"kefu_([a-z0-9]{1,32})_([0-9a-f]{64})")
_log = structlog.stdlib.get_logger()


class Priority(StrEnum):
    """The priority class of a key's messages while turns wait for a slot."""

    URGENT = "urgent"
    """Before all others."""
    INTERACTIVE = "interactive"
    """The default: a customer waits for the answer."""
    BATCH = "batch"
    """After all others: nobody waits."""


@dataclass(frozen=True)
class Principal:
    """The caller on whose behalf a call is served."""

    tenant: str
    """Id of the tenant."""
    subject: str
    """Id of the key, or of the visitor or operator that the gateway named."""
    scopes: frozenset[Scope]
    """Expanded, see `permissions.expanded`."""
    collections: frozenset[str] | None = None
    """Ids of the collections that the caller may search; None: all of the tenant's."""
    priority: Priority = Priority.INTERACTIVE
    expire_time: float | None = None
    """Seconds since the epoch at which the caller's key ends; None: never, or not known."""
    customer: Customer | None = None
    """Who the customer is, as verified; None: nobody that is known."""

    def narrowed(self, collections: frozenset[str]) -> frozenset[str] | None:
        """The requested collections (ids) that the key may search; None means all of the tenant's.

        An empty request asks for all that the key may search. The result is never wider than the key.
        """
        if not collections:
            return self.collections
        return collections if self.collections is None else collections & self.collections


@dataclass(frozen=True)
class StoredKey:
    """A key as Redis holds it: everything but the secret."""

    id: str
    sha256: str
    tenant: str
    scopes: frozenset[Scope]
    collections: frozenset[str] | None
    display_name: str
    create_time: float
    """Seconds since the epoch."""
    priority: Priority = Priority.INTERACTIVE
    expire_time: float | None = None
    """Seconds since the epoch from which the key is refused; None: never."""

    def principal(self) -> Principal:
        """The principal that this key makes."""
        return Principal(self.tenant, self.id, expanded(self.scopes), self.collections, self.priority, self.expire_time)

    def to_hash(self) -> dict[str, str]:
        """The fields of the Redis hash `kefu:1:{key:ID}`."""
        fields = {
            "sha256": self.sha256,
            "tenant": self.tenant,
            "scopes": " ".join(sorted(self.scopes)),
            "collections": "*" if self.collections is None else " ".join(sorted(self.collections)),
            "display_name": self.display_name,
            "create_time": repr(self.create_time),
            "priority": self.priority,
        }
        if self.expire_time is not None:
            fields["expire_time"] = repr(self.expire_time)
        return fields

    @classmethod
    def from_hash(cls, key_id: str, fields: Mapping[str, str]) -> "StoredKey":
        """Read what `to_hash` wrote."""
        collections = fields["collections"]
        return cls(
            id=key_id,
            sha256=fields["sha256"],
            tenant=fields["tenant"],
            # A scope of a later release gives nothing here: while services are updated, its keys do what they can.
            scopes=frozenset(scope for scope in Scope if scope in fields["scopes"].split()),
            collections=None if collections == "*" else frozenset(collections.split()),
            display_name=fields["display_name"],
            create_time=float(fields["create_time"]),
            priority=Priority(fields.get("priority", Priority.INTERACTIVE)),  # keys of earlier releases have none
            expire_time=float(fields["expire_time"]) if "expire_time" in fields else None,
        )


class NewKey(NamedTuple):
    """A key that was just made. Its secret is not stored anywhere."""

    id: str
    secret: str
    """The whole key, `kefu_{id}_{64 hexadecimal digits}`, as callers send it."""
    sha256: str
    """The digest to store."""


def make_key(key_id: str | None = None) -> NewKey:
    """A new key with 256 random bits. `key_id` is 1 to 32 of a-z and 0-9; None draws 12 hexadecimal digits."""
    key_id = key_id or secrets.token_hex(6)
    secret = f"kefu_{key_id}_{secrets.token_hex(32)}"
    return NewKey(key_id, secret, sha256_of(secret))


def is_well_formed(secret: str) -> bool:
    """Whether this may be a whole key, by its form alone."""
    return _KEY.fullmatch(secret) is not None


def sha256_of(secret: str) -> str:
    """The SHA-256 of a whole key, in hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def redis_key(key_id: str) -> str:
    """The Redis hash of a key."""
    return f"kefu:{SCHEMA}:{{key:{key_id}}}"


def last_used_key(tenant: str) -> str:
    """The Redis hash that says, by id, when a tenant's keys were used last, in seconds since the epoch."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:keys:used"


class Keyring:
    """Checks the keys that callers send, and gives the principal of each. A process has one; see `open_keyring`.

    `static` maps the SHA-256 of the keys of the configuration to their principals. Without `store`, only these are
    valid. `stale_seconds`: how long after its last check a key stays valid while Redis does not answer; 0 turns that
    off.
    """

    def __init__(
        self, static: Mapping[str, Principal], store: "Redis | None" = None, *, stale_seconds: float = 0.0
    ) -> None:
        self._static = static  # by SHA-256
        self._store = store
        self._stale_seconds = stale_seconds
        self._breaker = CommandBreaker()
        self._stale_keys: dict[str, tuple[float, StoredKey]] = {}  # for the time in which Redis does not answer
        self._cached_keys: dict[str, tuple[float, StoredKey]] = {}
        self.receives_revocations = False
        self._used_at: dict[str, float] = {}  # what this process wrote or is about to write, by id
        self._unwritten: dict[str, StoredKey] = {}
        self._used = asyncio.Event()

    async def principal(self, authorization: str | None) -> Principal:
        """The principal of an `authorization` value, `Bearer kefu_…`.

        Raises Unauthenticated, or BackendUnavailable when Redis does not answer and the key is not known.
        """
        scheme, _, secret = (authorization or "").partition(" ")
        match = _KEY.fullmatch(secret.strip())
        if scheme.lower() != "bearer" or not secret.strip():
            raise Unauthenticated("Send a key as `authorization: Bearer kefu_…`.")
        if not match:
            raise Unauthenticated("This is not a whole key: kefu_, its id, _ and 64 hexadecimal digits. Copy it again.")
        digest = sha256_of(secret.strip())
        if static := self._static.get(digest):
            return static
        stored = await self._stored_key(match[1])
        if stored is None or not hmac.compare_digest(stored.sha256, digest):
            raise Unauthenticated("This key is not valid, or was revoked.")
        now = time.time()
        if stored.expire_time is not None and now >= stored.expire_time:
            ended = datetime.fromtimestamp(stored.expire_time, UTC).strftime("%Y-%m-%d %H:%M UTC")
            raise Unauthenticated(f"This key expired on {ended}; ask for a new one.")
        if now - self._used_at.get(stored.id, 0.0) >= LAST_USED_SECONDS:
            self._used_at[stored.id] = now
            self._unwritten[stored.id] = stored
            self._used.set()
        return stored.principal()

    async def _stored_key(self, key_id: str) -> StoredKey | None:
        now = time.monotonic()
        cached = self._cached_keys.get(key_id)
        if cached and self.receives_revocations and now - cached[0] < KEY_CACHE_SECONDS:
            return cached[1]
        if self._store is None:
            return None
        try:
            return await self._fetch(self._store, key_id, now)
        except BackendUnavailable:
            stale = self._stale_keys.get(key_id)
            if stale is None or now - stale[0] > self._stale_seconds:
                raise
            return stale[1]

    async def _fetch(self, store: "Redis", key_id: str, now: float) -> StoredKey | None:
        async with self._breaker.sending():
            fields: dict[bytes, bytes] = await store.hgetall(redis_key(key_id))  # pyright: ignore[reportUnknownMemberType, reportAssignmentType, reportGeneralTypeIssues] - typed as sync or async
        if not fields:
            self.forget(key_id)
            return None
        stored = StoredKey.from_hash(key_id, {name.decode(): value.decode() for name, value in fields.items()})
        if len(self._cached_keys) >= 10_000:  # a bound, not a policy: ids that do not exist are never cached
            self._cached_keys.clear()
            self._stale_keys.clear()
            self._used_at.clear()
        self._cached_keys[key_id] = (now, stored)
        if self._stale_seconds:
            self._stale_keys[key_id] = (now, stored)
        return stored

    def forget(self, key_id: str | None = None) -> None:
        """Drop one key from the cache and for good; without `key_id`, drop the cache alone.

        Keys dropped without an id stay valid for `stale_seconds` while Redis does not answer.
        """
        if key_id is None:
            self._cached_keys.clear()
        else:
            self._cached_keys.pop(key_id, None)
            self._stale_keys.pop(key_id, None)

    async def record_use(self, store: "Redis") -> None:
        """Write when keys were used, until cancelled. What Redis does not take is written at the key's next use."""
        while True:
            await self._used.wait()
            self._used.clear()
            unwritten, self._unwritten = self._unwritten, {}
            try:
                for key in unwritten.values():
                    used_at = {key.id: round(self._used_at.get(key.id, time.time()))}
                    await store.hset(last_used_key(key.tenant), mapping=used_at)  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues, reportArgumentType] - typed as sync or async
            except (redis.exceptions.RedisError, OSError) as exc:
                for key_id in unwritten:
                    self._used_at.pop(key_id, None)
                _log.debug("keys.use_not_recorded", error=str(exc))
                await asyncio.sleep(30)

    async def follow_revocations(self, store: "Redis") -> None:
        """Receive revocations until cancelled. While the subscription is down, no key is cached."""
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
                            self.receives_revocations = True
                        elif message["type"] == "message":
                            self.forget(bytes(message["data"]).decode())  # pyright: ignore[reportArgumentType] - bytes, as in open_redis
            except (redis.exceptions.RedisError, OSError) as exc:
                _log.warning("revocations.unheard", error=str(exc))
            finally:
                self.receives_revocations = False
                self.forget()
            await asyncio.sleep(1)


@asynccontextmanager
async def open_keyring(
    internal_key: str, bootstrap_key: str | None = None, store: "Redis | None" = None, *, stale_seconds: float = 0.0
) -> AsyncIterator[Keyring]:
    """A keyring that receives revocations while the block runs.

    Args:
        internal_key: the services' own key, `kefu_{id}_{64 hexadecimal digits}`.
        bootstrap_key: the first key of tenant `default`, in the same form; None: there is none.
        store: the Redis with all other keys; None: there are no others.
        stale_seconds: while Redis does not answer, a key stays valid for this long after its last check. 0: not at all.

    Raises StartupError for a malformed key.
    """
    static: dict[str, Principal] = {}
    for variable, secret, scopes in (
        ("KEFU_INTERNAL_KEY", internal_key, frozenset({Scope.INTERNAL})),
        ("KEFU_BOOTSTRAP_KEY", bootstrap_key, ALL_SCOPES),
    ):
        if secret is None:
            continue
        match = _KEY.fullmatch(secret)
        if not match:
            raise StartupError(
                f"{variable} must look like kefu_{{id}}_{{64 hexadecimal digits}}; `kefu keys generate` makes one."
            )
        static[sha256_of(secret)] = Principal(DEFAULT_TENANT, match[1], scopes)
    keyring = Keyring(static, store, stale_seconds=stale_seconds)
    if store is None:
        yield keyring
        return
    follower = asyncio.create_task(keyring.follow_revocations(store), name="revocations")
    recorder = asyncio.create_task(keyring.record_use(store), name="last use of keys")
    try:
        yield keyring
    finally:
        await cancel_and_wait(follower)
        await cancel_and_wait(recorder)


_caller: ContextVar[Principal] = ContextVar("kefu_caller")


def caller() -> Principal:
    """The principal of the call being served. Only for code inside a call that the interceptor let through."""
    return _caller.get()


def set_caller(principal: Principal) -> None:
    """Set the principal of the current call. Only the interceptor calls this."""
    _caller.set(principal)


def require(principal: Principal, *scopes: Scope) -> None:
    """Raise ScopeMissing unless the principal has at least one of the scopes."""
    if not principal.scopes.intersection(scopes):
        names = " or ".join(scopes)
        what = f"This needs a key with the scope {names}." if scopes else "No key may do this."
        raise ScopeMissing(what, metadata={"scope": names})
