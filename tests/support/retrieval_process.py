"""A retrieval node in a process of its own, which can be killed.

    python -m tests.support.retrieval_process REDIS_URL KEY

It prints its address and serves until it is killed.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from kefu.retrieval.sources.scheduler import Pace
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import BOOTSTRAP_KEY
from tests.support.retrieval_harness import open_retrieval_node
from tests.support.sources_harness import WordVectors


class RetrievalProcess:
    """A node, running sources at a test's pace: a lease is free again two seconds after its holder was killed."""

    def __init__(self, process: asyncio.subprocess.Process, address: str) -> None:
        self._process = process
        self.address = address

    async def kill(self) -> None:
        """Kill it: it has no say in that."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()


@asynccontextmanager
async def open_retrieval_process(redis: RedisServer) -> AsyncIterator[RetrievalProcess]:
    """A process that serves in the block."""
    command = [sys.executable, "-m", __name__, redis.url, BOOTSTRAP_KEY]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    address = (await process.stdout.readline()).decode().strip()
    running = RetrievalProcess(process, address)
    try:
        assert address, "the process ended before it served"
        yield running
    finally:
        await running.kill()


async def _serve(redis_url: str, key: str) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    pace = Pace(poll_seconds=0.05, lease_seconds=2.0)
    async with open_retrieval_node(redis_url, WordVectors(), pace=pace, bootstrap_key=key) as node:
        sys.stdout.write(f"{node.address}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
