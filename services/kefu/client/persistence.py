"""Which failed calls are made again, and when."""

import asyncio
import random
import time

import grpc

from kefu.common.rpc.status import error_of, failure_of, is_connection_lost

PATIENCE_SECONDS = 30.0
_FIRST_PAUSE_SECONDS = 0.25
_MOST_PAUSE_SECONDS = 5.0


class Persistence:
    """Goes with one call through its tries. `patience`: seconds without progress after which it is given up.

    A lost call is made again after pauses that grow; a refused one after the time that the server named (RetryInfo).
    When not `at_first`, a call that fails before anything has come of it fails at once.
    """

    def __init__(self, patience: float = PATIENCE_SECONDS, *, at_first: bool = True) -> None:
        self._patience = patience
        self._may = at_first
        self._since: float | None = None
        self._tries = 0

    def progressed(self) -> None:
        """Something new has come."""
        self._may, self._since, self._tries = True, None, 0

    async def pause(self, error: grpc.RpcError) -> None:
        """Return when the call should be made again; raises what the server said when it should not."""
        failure, now = failure_of(error), time.monotonic()
        self._since = now if self._since is None else self._since
        backoff = min(_FIRST_PAUSE_SECONDS * 2**self._tries, _MOST_PAUSE_SECONDS) * random.uniform(0.5, 1)  # noqa: S311
        told = failure.retry_after or 0.0
        refused = failure.code is grpc.StatusCode.RESOURCE_EXHAUSTED and told > 0
        seconds = told + backoff / 2 if told else backoff  # whoever was told the same does not come at the same moment
        if not self._may or not (refused or is_connection_lost(error)) or now + seconds - self._since > self._patience:
            raise error_of(error) from error
        self._tries += 1
        await asyncio.sleep(seconds)
