"""Who reads a turn: streams of this router, and other routers on behalf of theirs."""

import asyncio
from collections.abc import Callable

FOLLOWED_SECONDS = 4.0
"""A router that follows a turn says so about once a second; after this long without a word it does not."""


class Subscribers:
    """Calls `left` when nobody reads any more: at once, or `grace` seconds later when the turn is resumable."""

    def __init__(self, grace: float, left: Callable[[], None]) -> None:
        self._grace_seconds = grace
        self._left = left
        self._here = 0
        self._followed_until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.resumable = False

    def came(self) -> None:
        """One more stream of this router reads it."""
        self._here += 1
        self.close()

    def went(self) -> None:
        """A stream of this router reads it no more."""
        self._here -= 1
        if not self._here:
            self._wait()

    def followed(self) -> None:
        """Somebody reads it at another router."""
        self._followed_until = asyncio.get_running_loop().time() + FOLLOWED_SECONDS
        if self._timer is not None:
            self._wait()

    @property
    def are_here(self) -> bool:
        """A stream of this router reads it."""
        return self._here > 0

    @property
    def are_elsewhere(self) -> bool:
        """Somebody was heard lately to read it at another router."""
        return asyncio.get_running_loop().time() < self._followed_until

    def close(self) -> None:
        """Wait for nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        self.close()
        loop = asyncio.get_running_loop()
        followed = self._followed_until - loop.time()
        if followed > 0:
            self._timer = loop.call_later(followed, self._followers_left)
        else:
            self._nobody_left()

    def _followers_left(self) -> None:
        self._timer = None
        self._nobody_left()

    def _nobody_left(self) -> None:
        if self.resumable:
            self._timer = asyncio.get_running_loop().call_later(self._grace_seconds, self._left)
        else:
            self._left()
