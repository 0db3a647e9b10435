"""Tenant store: tenants and their keys in Redis. Servicers check what a caller may do; see `administered`."""

import json
import math
import time
from dataclasses import dataclass
from itertools import chain

from kefu.common.auth import (
    DEFAULT_TENANT,
    EXPIRED_KEY_SECONDS,
    REVOKED_CHANNEL,
    Principal,
    Priority,
    StoredKey,
    last_used_key,
    make_key,
    redis_key,
)
from kefu.common.errors import KeyNotFound, TenantExists, TenantNotFound
from kefu.common.permissions import Scope
from kefu.common.redis.commands import Command, RedisCommands
from kefu.router.storage import keys


@dataclass(frozen=True)
class Tenant:
    """A tenant. `create_time` in seconds since the epoch; 0 for the default tenant."""

    id: str
    display_name: str
    create_time: float


_DEFAULT = Tenant(DEFAULT_TENANT, DEFAULT_TENANT, 0.0)


def administers_all(principal: Principal) -> bool:
    """Whether a caller rules every tenant: it has the scope ADMIN, and is of the tenant `default`."""
    return principal.tenant == DEFAULT_TENANT and Scope.ADMIN in principal.scopes


class TenantStore:
    """Tenants and keys; `docs/reference/data.md` says what is kept where."""

    def __init__(self, commands: RedisCommands) -> None:
        self._commands = commands

    async def create(self, tenant_id: str, display_name: str) -> Tenant:
        """Add a tenant, or raise TenantExists."""
        tenant = Tenant(tenant_id, display_name or tenant_id, time.time())
        value = json.dumps({"display_name": tenant.display_name, "create_time": tenant.create_time})
        if tenant_id == DEFAULT_TENANT or not await self._commands.hash_set_new(keys.TENANTS, tenant_id, value):
            raise TenantExists(f"There is a tenant {tenant_id} already; use it, or choose another id.")
        return tenant

    async def all(self) -> list[Tenant]:
        """All tenants, by id."""
        stored = await self._commands.hash(keys.TENANTS)
        tenants = [_DEFAULT, *(_tenant(tenant_id, value) for tenant_id, value in stored.items())]
        return sorted(tenants, key=lambda tenant: tenant.id)

    async def get(self, tenant_id: str) -> Tenant:
        """One tenant, or TenantNotFound."""
        if tenant_id == DEFAULT_TENANT:
            return _DEFAULT
        value = await self._commands.hash_get(keys.TENANTS, tenant_id)
        if value is None:
            raise TenantNotFound(f"There is no tenant {tenant_id}; list the tenants.")
        return _tenant(tenant_id, value)

    async def administered(self, principal: Principal, tenant_id: str) -> Tenant:
        """The tenant that a caller names, or its own when it names none.

        Raises TenantNotFound for a tenant that the caller does not rule.
        """
        tenant_id = tenant_id or principal.tenant
        if tenant_id != principal.tenant and not administers_all(principal):
            raise TenantNotFound(f"There is no tenant {tenant_id}; list the tenants.")
        return await self.get(tenant_id)

    async def create_key(
        self,
        tenant_id: str,
        display_name: str,
        scopes: frozenset[Scope],
        collections: frozenset[str] | None,
        priority: Priority = Priority.INTERACTIVE,
        expire_time: float | None = None,
    ) -> tuple[StoredKey, str]:
        """A new key, and its secret, which is stored nowhere. `expire_time`: seconds since the epoch; None: never."""
        key = make_key()
        stored = StoredKey(
            key.id, key.sha256, tenant_id, scopes, collections, display_name, time.time(), priority, expire_time
        )
        removed_at = 0.0 if expire_time is None else expire_time + EXPIRED_KEY_SECONDS
        # The index first: a listed key that does not work is better than a working key that is not listed.
        await self._commands.sorted_add(keys.tenant_keys(tenant_id), key.id, removed_at)
        commands: list[Command] = [("HSET", redis_key(key.id), *chain.from_iterable(stored.to_hash().items()))]
        if removed_at:
            commands.append(("EXPIREAT", redis_key(key.id), math.ceil(removed_at)))
        await self._commands.pipeline(commands)
        return stored, key.secret

    async def keys(self, tenant_id: str) -> list[StoredKey]:
        """A tenant's keys, by id; those that expired long ago are forgotten."""
        index = keys.tenant_keys(tenant_id)
        [gone] = await self._commands.pipeline([("ZRANGE", index, "(0", time.time(), "BYSCORE")])
        if gone:
            await self._commands.pipeline([("ZREM", index, *gone), ("HDEL", last_used_key(tenant_id), *gone)])
        ids = sorted(await self._commands.sorted_all(index))
        stored = [(key_id, await self._commands.hash(redis_key(key_id))) for key_id in ids]
        return [StoredKey.from_hash(key_id, fields) for key_id, fields in stored if fields]

    async def last_used(self, tenant_id: str) -> dict[str, float]:
        """When a tenant's keys were used last, by id, in seconds since the epoch. A key that never was is not in it."""
        return {key_id: float(at) for key_id, at in (await self._commands.hash(last_used_key(tenant_id))).items()}

    async def revoke(self, tenant_id: str, key_id: str) -> None:
        """Revoke a key, on every service at once. Raises KeyNotFound when the tenant has no such key."""
        fields = await self._commands.hash(redis_key(key_id))
        if not fields or fields["tenant"] != tenant_id:
            raise KeyNotFound(f"There is no key {key_id}; list the keys.")
        await self._commands.delete(redis_key(key_id))
        await self._commands.publish(REVOKED_CHANNEL, key_id)
        await self._commands.sorted_remove(keys.tenant_keys(tenant_id), key_id)
        await self._commands.pipeline([("HDEL", last_used_key(tenant_id), key_id)])


def _tenant(tenant_id: str, value: str) -> Tenant:
    fields = json.loads(value)
    return Tenant(tenant_id, str(fields["display_name"]), float(fields["create_time"]))
