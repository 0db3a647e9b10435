"""Verification of API keys, before a request is read: the router's answers, remembered for a while."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

VALID_SECONDS = 30.0
"""A valid key is asked about again after this. The services check each call themselves, so that a key is revoked at
once: what is remembered here decides only whether a request is read."""
INVALID_SECONDS = 30.0
_STALE_SECONDS = 600.0
_MAX_KEYS = 10_000


class KeyVerifier:
    """Which API keys are valid. Digests are kept, not keys: the latest 10,000 valid ones, and as many invalid ones.

    Args:
        ask: whether a key is valid; None when nobody could say.
        clock: the time in seconds.
    """

    def __init__(
        self, ask: Callable[[str], Awaitable[bool | None]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._valid: OrderedDict[bytes, float] = OrderedDict()  # since when
        self._invalid: OrderedDict[bytes, float] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[bool | None]] = {}

    def is_known(self, key: str) -> bool:
        """Whether it is remembered that the key is valid, or is not, or was valid within the last ten minutes."""
        digest = _digest(key)
        return self._remembered(digest) is not None or self._since_valid(digest) < _STALE_SECONDS

    async def is_valid(self, key: str) -> bool | None:
        """Whether the key is valid; None when nobody could say. A key that was valid then stays so for ten minutes."""
        digest = _digest(key)
        remembered = self._remembered(digest)
        if remembered is not None:
            return remembered
        asking = self._asking.get(digest)
        if asking is None:  # once, however many calls come with the key
            asking = self._asking[digest] = asyncio.create_task(self._answer(digest, key), name="verify a key")
            asking.add_done_callback(lambda _: self._asking.pop(digest, None))
        return await asyncio.shield(asking)

    async def _answer(self, digest: bytes, key: str) -> bool | None:
        valid = await self._ask(key)
        if valid is None:
            return True if self._since_valid(digest) < _STALE_SECONDS else None
        (self._invalid if valid else self._valid).pop(digest, None)
        answers = self._valid if valid else self._invalid
        answers[digest] = self._clock()
        answers.move_to_end(digest)
        if len(answers) > _MAX_KEYS:
            answers.popitem(last=False)
        return valid

    def _remembered(self, digest: bytes) -> bool | None:
        if self._since_valid(digest) < VALID_SECONDS:
            return True
        since = self._invalid.get(digest)
        return False if since is not None and self._clock() - since < INVALID_SECONDS else None

    def _since_valid(self, digest: bytes) -> float:
        since = self._valid.get(digest)
        return float("inf") if since is None else self._clock() - since


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
