"""Which replica writes an answer, and its end in the middle of it."""

import asyncio
import re
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import grpc.aio

from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from tests.compose.asking import LONG, MOST_TOKENS, Answer
from tests.compose.containers import Containers, docker
from tests.support.grpc_calls import bearer_metadata

WATCH_REPLICAS = """
import re, time, urllib.request
print("watching", flush=True)
until = time.monotonic() + 180
while time.monotonic() < until:
    text = urllib.request.urlopen("http://127.0.0.1:9090/metrics").read().decode()
    found = re.findall(r'kefu_replica_open_streams{replica="([\\d.]+):50053"} ([\\d.]+)', text)
    if used := [address for address, streams in found if float(streams)]:
        print(used[0], flush=True)
        break
    time.sleep(0.02)
"""
WRITING = {"environment": {"KEFU_ROUTER_ANSWER_PROFILE": "unchecked", "KEFU_ROUTER_HEDGE_SHARE": "0"}}
"""
Routers that show what the model writes as it comes: so small a one is not asked by those that ship.

Nor is a second replica asked where one is slow to begin: the one that writes is to be killed here, not the other.
"""
KILL_WHEN_TOLD = "echo ready; read _; kill -9 $(cat /proc/1/task/1/children)"
"""SIGKILL to the service itself, as when the kernel is out of memory: the container ends and is started again."""


class Kill:
    """Ends a container's service at once: asking Docker first would take longer than an answer."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.done = False

    async def now(self) -> None:
        """Return when its container has ended."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        await self._process.communicate()
        self.done = True


@asynccontextmanager
async def kill_prepared(container: str) -> AsyncIterator[Kill]:
    """For one container."""
    async with _inside(container, "sh", "-c", KILL_WHEN_TOLD) as process:
        yield Kill(process)


@asynccontextmanager
async def _inside(container: str, *command: str) -> AsyncIterator[Process]:
    """A program in a container, once it has said its first line."""
    process = await asyncio.create_subprocess_exec(
        *("docker", "exec", "--interactive", container, *command), stdin=PIPE, stdout=PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def killed_in_the_middle(kefu: Containers, channel: grpc.aio.Channel) -> tuple[bytes, Answer]:
    """Kill the replica that writes an answer at its first words: what had been written, and the answer as a whole."""
    request = pb.ConverseRequest(
        session="sessions/-", text=LONG, collections=["collections/help"], max_tokens=MOST_TOKENS
    )
    events: list[pb.ConverseEvent] = []
    broken_off = b""
    async with _writer_watched(kefu) as writer:
        async for event in rpc.ChatServiceStub(channel).Converse(request, metadata=bearer_metadata(kefu.key)):
            events.append(event)
            if event.HasField("text_delta") and not broken_off:
                broken_off = event.text_delta.text.encode()
                await (await asyncio.wait_for(writer, 30)).now()
    assert broken_off
    return broken_off, Answer(events)


@asynccontextmanager
async def _writer_watched(kefu: Containers) -> AsyncIterator[asyncio.Future[Kill]]:
    """The replica that a router reads an answer from: of the first answer that begins in the block."""
    found: asyncio.Future[Kill] = asyncio.get_running_loop().create_future()
    async with AsyncExitStack() as stack:
        kills: dict[str, Kill] = {}
        for container in kefu.replicas():
            kill = await stack.enter_async_context(kill_prepared(container))
            kills |= dict.fromkeys(kefu.addresses(container), kill)
        routers = [
            await stack.enter_async_context(_inside(router, "python", "-uc", WATCH_REPLICAS))
            for router in kefu.ids("router")
        ]

        async def read(process: Process) -> None:
            assert process.stdout is not None
            address = (await process.stdout.readline()).decode().strip()
            if address and not found.done():
                found.set_result(kills[address])

        reading = [asyncio.create_task(read(router)) for router in routers]
        try:
            yield found
        finally:
            for task in reading:
                task.cancel()


def continuations(kefu: Containers) -> float:
    """Answers that a replica broke off, as the routers counted them."""
    found = [
        re.findall(r"^kefu_continuations_total{.*} ([\d.]+)$", metrics_of(one), re.MULTILINE)
        for one in kefu.ids("router")
    ]
    return sum(float(value) for values in found for value in values)


def known_replicas(kefu: Containers) -> set[int]:
    """Of how many replicas each router knows what they owe."""
    owed = r"^kefu_replica_load_tokens{.*} [\d.]"  # NaN is not known
    return {len(re.findall(owed, metrics_of(one), re.MULTILINE)) for one in kefu.ids("router")}


def metrics_of(container: str) -> str:
    """What a service tells Prometheus."""
    read = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9090/metrics').read().decode())"
    return docker("exec", container, "python", "-c", read)
