"""Bounds on the calls that each caller has open at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class OpenCalls:
    """The calls that are open, counted for each key. `most`: of one key at once; 0: no limit."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._open = Counter[str]()

    @contextmanager
    def hold(self, key: str) -> Iterator[bool]:
        """Count a call of `key` while the block runs. Yields false, and counts nothing, when there is no room."""
        if self.most and self._open[key] >= self.most:
            yield False
            return
        self._open[key] += 1
        try:
            yield True
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]
