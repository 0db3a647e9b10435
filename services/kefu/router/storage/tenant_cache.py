"""What turns need of a tenant, as it was a moment ago; without Redis, as it was last."""

import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import structlog

from kefu.common.errors import BackendUnavailable

_MOST = 10_000  # tenants
ValueT = TypeVar("ValueT")
_log = structlog.stdlib.get_logger()


class TenantCache(Generic[ValueT]):
    """Keeps one value for each tenant. `seconds`: how long one is taken without reading it again."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._known: dict[str, tuple[float, ValueT]] = {}

    async def get(self, tenant: str, read: Callable[[], Awaitable[ValueT]]) -> ValueT:
        """A tenant's value. Raises BackendUnavailable where it cannot be read, and none is known."""
        now = time.monotonic()
        known = self._known.get(tenant)
        if known and now - known[0] < self._seconds:
            return known[1]
        try:
            value = await read()
        except BackendUnavailable:
            if known is None:
                raise
            _log.warning("tenant.remembered", tenant=tenant)
            return known[1]
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[tenant] = (now, value)
        return value

    def forget(self, tenant: str) -> None:
        """Read a tenant's value anew the next time: it was changed."""
        self._known.pop(tenant, None)
