"""Subscribers of a turn: streams of this router, and other routers that follow the turn for theirs."""

import asyncio
from collections.abc import Callable

REMOTE_READER_SECONDS = 4.0
"""A router that follows a turn says so about once a second. After this long without a signal it has left."""


class Subscribers:
    """The subscribers of one turn.

    Calls `on_empty` once the last one has left: at once, or after `grace` seconds when the turn is resumable.
    """

    def __init__(self, grace: float, on_empty: Callable[[], None]) -> None:
        self._grace_seconds = grace
        self._on_empty = on_empty
        self._local = 0
        self._remote_until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.resumable = False

    def add(self) -> None:
        """Add a stream of this router."""
        self._local += 1
        self.cancel_timer()

    def remove(self) -> None:
        """Remove a stream of this router."""
        self._local -= 1
        if not self._local:
            self._wait()

    def renew_remote(self) -> None:
        """Note that another router follows the turn. The note holds for `REMOTE_READER_SECONDS`."""
        self._remote_until = asyncio.get_running_loop().time() + REMOTE_READER_SECONDS
        if self._timer is not None:
            self._wait()

    @property
    def has_local(self) -> bool:
        """Whether a stream of this router reads the turn."""
        return self._local > 0

    @property
    def has_remote(self) -> bool:
        """Whether another router has remaining the turn lately."""
        return asyncio.get_running_loop().time() < self._remote_until

    def cancel_timer(self) -> None:
        """Do not call `on_empty` for now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        self.cancel_timer()
        loop = asyncio.get_running_loop()
        remaining = self._remote_until - loop.time()
        if remaining > 0:
            self._timer = loop.call_later(remaining, self._remote_left)
        else:
            self._last_left()

    def _remote_left(self) -> None:
        self._timer = None
        self._last_left()

    def _last_left(self) -> None:
        if self.resumable:
            self._timer = asyncio.get_running_loop().call_later(self._grace_seconds, self._on_empty)
        else:
            self._on_empty()
