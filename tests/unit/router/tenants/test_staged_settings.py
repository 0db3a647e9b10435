"""Staged settings without Redis: they are not taken for gone."""

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from kefu.common.errors import BackendUnavailable
from kefu.common.redis.commands import RedisCommands
from kefu.router.config import RouterConfig
from kefu.router.tenants.settings import SettingsStore
from kefu.router.tenants.staged_settings import StagedSettingsStore


async def test_staged_settings_that_cannot_be_read_are_not_taken_for_gone() -> None:
    config = RouterConfig(internal_key=SecretStr("kefu_internal_" + "0" * 64))
    commands = RedisCommands(Redis(port=1, retry=Retry(NoBackoff(), 0)))  # where nobody listens
    store = StagedSettingsStore(commands, SettingsStore(commands, config), config)
    with pytest.raises(BackendUnavailable):
        await store.effective("acme", "s1")
