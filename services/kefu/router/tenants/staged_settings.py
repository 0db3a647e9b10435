"""Staged settings: settings of a tenant that are kept under a name and are not in force."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pydantic

from kefu.common.errors import StagedSettingsNotFound, StaleRevision
from kefu.common.redis.commands import RedisCommands
from kefu.common.resource_names import new_turn_id
from kefu.router.config import RouterConfig
from kefu.router.storage import keys
from kefu.router.storage.revised_entries import parsed_entry, put_entry
from kefu.router.storage.tenant_cache import TenantCache
from kefu.router.tenants.settings import EffectiveSettings, Revision, SettingsStore, TenantSettings, effective_settings

PREFIX = "stagedSettings/"
MAX_STAGED = 10
MAX_TITLE_CHARACTERS = 80


@dataclass(frozen=True)
class StagedSettings:
    """Settings that are not in force."""

    settings: TenantSettings
    base: int
    """The revision in force that they were made from."""
    title: str = ""
    author: str = ""
    """Who staged them; see `actor_of`."""
    time: float = field(default_factory=time.time)
    """Seconds since the epoch."""
    id: str = field(default_factory=new_turn_id)


SettingsCheck = Callable[[TenantSettings, TenantSettings], None]
"""Raises where settings may not take the place of others, by whoever asks for it."""
_STAGED = pydantic.TypeAdapter(StagedSettings)


class StagedSettingsStore:
    """Staged settings of all tenants. For turns they are cached as those in force are."""

    def __init__(self, commands: RedisCommands, settings: SettingsStore, config: RouterConfig) -> None:
        self._commands = commands
        self._settings = settings
        self._config = config
        self._cache = TenantCache[dict[str, EffectiveSettings]](config.settings_seconds)

    async def stage(self, tenant: str, staged: StagedSettings) -> None:
        """Keep settings. Raises StaleRevision when their base is not in force, BadRequest when there are too many."""
        await self._check_base(tenant, staged)
        entry = (staged.id, _STAGED.dump_json(staged).decode())
        await put_entry(
            self._commands, "staged_settings", [keys.staged_settings(tenant)], entry, read=0, most=MAX_STAGED
        )
        self._cache.forget(tenant)

    async def all(self, tenant: str) -> list[StagedSettings]:
        """All that are staged, the latest first."""
        stored = await self._commands.hash(keys.staged_settings(tenant))
        found = [_STAGED.validate_json(parsed_entry(one)[1]) for one in stored.values()]
        return sorted(found, key=lambda one: one.id, reverse=True)

    async def get(self, tenant: str, staged_id: str) -> StagedSettings:
        """Staged settings, or StagedSettingsNotFound."""
        stored = await self._commands.hash_get(keys.staged_settings(tenant), staged_id)
        if stored is None:
            raise StagedSettingsNotFound("There are no such staged settings; list the staged settings.")
        return _STAGED.validate_json(parsed_entry(stored)[1])

    async def effective(self, tenant: str, staged_id: str) -> EffectiveSettings | None:
        """Staged settings with the installation's defaults, as turns need them. None: there are none of this id.

        Raises BackendUnavailable where that cannot be read, and was not a moment ago.
        """

        async def read() -> dict[str, EffectiveSettings]:
            return {one.id: effective_settings(one.settings, self._config) for one in await self.all(tenant)}

        return (await self._cache.get(tenant, read)).get(staged_id)

    async def check_usable(self, tenant: str, staged_id: str, check: SettingsCheck) -> None:
        """Raise what `check` raises of them, StagedSettingsNotFound without them."""
        check((await self._settings.current(tenant)).settings, (await self.get(tenant, staged_id)).settings)

    async def check_promotable(self, tenant: str, staged_id: str, check: SettingsCheck) -> None:
        """Raise what `promote` would raise."""
        if (await self._settings.current(tenant)).staged != staged_id:
            await self.check_usable(tenant, staged_id, check)
            await self._check_base(tenant, await self.get(tenant, staged_id))

    async def promote(self, tenant: str, staged_id: str, author: str, check: SettingsCheck) -> Revision:
        """Put staged settings in force, unless they are. Returns the revision that they are.

        Raises StagedSettingsNotFound, StaleRevision, and what `check` raises of the change.
        """
        revision = await self._settings.current(tenant)
        if revision.staged != staged_id:
            staged = await self.get(tenant, staged_id)
            check(revision.settings, staged.settings)
            try:
                revision = await self._settings.update(tenant, staged.settings, staged.base, author, staged_id)
            except StaleRevision:
                raise _stale() from None
        await self._remove(tenant, staged_id)
        return revision

    async def discard(self, tenant: str, staged_id: str) -> None:
        """Remove staged settings, or raise StagedSettingsNotFound."""
        if not await self._remove(tenant, staged_id):
            raise StagedSettingsNotFound("There are no such staged settings; list the staged settings.")

    async def _remove(self, tenant: str, staged_id: str) -> bool:
        [removed] = await self._commands.pipeline([("HDEL", keys.staged_settings(tenant), staged_id)])
        self._cache.forget(tenant)
        return bool(removed)

    async def _check_base(self, tenant: str, staged: StagedSettings) -> None:
        if (await self._settings.current(tenant)).number != staged.base:
            raise _stale()


def _stale() -> StaleRevision:
    return StaleRevision("The settings in force were changed since: read them again, and stage yours anew.")
