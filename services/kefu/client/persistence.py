"""The retry policy: which failed calls are made again, and when."""

import asyncio
import random
import time

import grpc

from kefu.common.rpc.status import error_of, failure_of, is_connection_lost

PATIENCE_SECONDS = 30.0
_FIRST_PAUSE_SECONDS = 0.25
_MOST_PAUSE_SECONDS = 5.0


class Persistence:
    """The attempts of one call.

    A lost call is made again after pauses that grow from 0.25 s to 5 s. A refused call is made again after the time
    that the server named (RetryInfo).

    Args:
        patience: seconds without progress after which the call fails, 0 or more.
        at_first: False: a call that fails before any progress fails at once.
    """

    def __init__(self, patience: float = PATIENCE_SECONDS, *, at_first: bool = True) -> None:
        self._patience = patience
        self._may = at_first
        self._since: float | None = None
        self._tries = 0

    def progressed(self) -> None:
        """Note progress: the patience begins anew."""
        self._may, self._since, self._tries = True, None, 0

    async def pause(self, error: grpc.RpcError) -> None:
        """Wait until the call should be made again. Raises the server's error when it should not."""
        failure, now = failure_of(error), time.monotonic()
        self._since = now if self._since is None else self._since
        backoff = min(_FIRST_PAUSE_SECONDS * 2**self._tries, _MOST_PAUSE_SECONDS) * random.uniform(0.5, 1)  # noqa: S311
        told = failure.retry_after or 0.0
        refused = failure.code is grpc.StatusCode.RESOURCE_EXHAUSTED and told > 0
        seconds = told + backoff / 2 if told else backoff  # clients with the same RetryInfo come at different moments
        if not self._may or not (refused or is_connection_lost(error)) or now + seconds - self._since > self._patience:
            raise error_of(error) from error
        self._tries += 1
        await asyncio.sleep(seconds)
