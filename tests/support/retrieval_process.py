"""A retrieval node in a process of its own, which can be killed.

It prints its address and serves until it is killed.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from kefu.retrieval.sources.scheduler import Pace
from kefu.testing.redis_server import RedisServer
from tests.support.forked_processes import ForkedProcess, fork
from tests.support.grpc_calls import BOOTSTRAP_KEY
from tests.support.retrieval_harness import open_retrieval_node
from tests.support.sources_harness import WordVectors


class RetrievalProcess:
    """A node, running sources at a test's pace: a lease is free again two seconds after its holder was killed."""

    def __init__(self, process: ForkedProcess, address: str) -> None:
        self._process = process
        self.address = address

    async def kill(self) -> None:
        """Kill it: it has no say in that."""
        self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def open_retrieval_process(redis: RedisServer) -> AsyncIterator[RetrievalProcess]:
    """A process that serves in the block."""
    reading, writing = os.pipe()
    with open(reading, encoding="utf-8") as printed:
        try:
            process = await fork(__name__, redis.url, BOOTSTRAP_KEY, environment=os.environ, stdout=writing)
        finally:
            os.close(writing)
        address = (await asyncio.to_thread(printed.readline)).strip()
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
