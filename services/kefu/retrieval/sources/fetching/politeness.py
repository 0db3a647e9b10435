"""Politeness: so many calls to one host at once and a second, of all sources of this process; what robots.txt says."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from protego import Protego

AT_ONCE = 4
"""Calls to one host at once."""
MAX_ROBOTS_BYTES = 512 * 1024
"""As much of a robots.txt is read (RFC 9309 wants 500 KiB)."""
AGENT = "kefu"
"""The name by which robots.txt may address us."""
_MAX_DELAY_SECONDS = 30.0
_MAX_HOSTS = 1_000


@dataclass
class _Host:
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    next_call: float = 0.0


class HostBudgets:
    """The calls that this process makes to each host."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._hosts: OrderedDict[str, _Host] = OrderedDict()
        self._clock = clock
        self.sleep = sleep

    @asynccontextmanager
    async def turn(self, host: str, interval: float) -> AsyncIterator[None]:
        """A block that makes one call to a host, at least `interval` seconds after the one before."""
        state = self._hosts.setdefault(host, _Host())
        self._hosts.move_to_end(host)
        if len(self._hosts) > _MAX_HOSTS:
            self._hosts.popitem(last=False)
        async with state.slots:
            now = self._clock()
            begins = max(now, state.next_call)
            state.next_call = begins + interval
            if begins > now:
                await self.sleep(begins - now)
            yield


@dataclass(frozen=True)
class Robots:
    """What a robots.txt says to us. `rules` None: nothing is forbidden."""

    rules: Protego | None = None
    unreachable: bool = False
    """It did not come although it may be there: nothing of the host is fetched (RFC 9309, 2.3.1.4)."""

    @classmethod
    def read(cls, data: bytes) -> "Robots":
        """Read a robots.txt."""
        return cls(Protego.parse(data[:MAX_ROBOTS_BYTES].decode("utf-8", "replace")))

    def allows(self, address: str) -> bool:
        """Whether an address may be fetched."""
        return self.rules is None or self.rules.can_fetch(address, AGENT)

    @property
    def delay(self) -> float:
        """Seconds that it wants between two calls; at most half a minute is kept."""
        asked = self.rules.crawl_delay(AGENT) if self.rules else None
        return min(max(float(asked or 0.0), 0.0), _MAX_DELAY_SECONDS)
