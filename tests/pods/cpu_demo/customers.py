"""Customers who ask all the time, and what they meet."""

import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc.aio
import httpx

from kefu.common.rpc.status import failure_of
from kefu.router.v1 import chat_pb2 as pb
from tests.compose.asking import CHINESE, ENGLISH, LONG, Answer, ask
from tests.pods.installed import CUSTOMERS_PORT, Installed

CUSTOMERS = 3


@dataclass
class Load:
    """What customers have met so far."""

    answered: list[Answer] = field(default_factory=list[Answer])
    otherwise: list[str] = field(default_factory=list[str])
    """Answers from elsewhere than was expected."""
    failed: list[str] = field(default_factory=list[str])
    by_gateway: int = 0
    """Pages, and answers at /v1, that came through a gateway."""
    failed_by_gateway: list[str] = field(default_factory=list[str])

    async def until_more(self, count: int) -> None:
        """Return once so many more have been answered."""
        wanted = len(self.answered) + count
        async with asyncio.timeout(180):
            while len(self.answered) < wanted:
                await asyncio.sleep(0.2)


@asynccontextmanager
async def load(kefu: Installed, source: int = pb.ANSWER_SOURCE_EXTRACTIVE) -> AsyncIterator[Load]:
    """Customers who ask one question after the other, each over a connection of its own to one of the two nginx.

    `source` is where their answers are expected to come from.
    """
    found, stop = Load(), asyncio.Event()

    async def customer(number: int) -> None:
        async with kefu.customers(f"kefu-nginx-{number % 2}") as channel:
            while not stop.is_set():
                try:
                    answer = await ask(channel, kefu.key, (ENGLISH, LONG, CHINESE)[number % 3])
                    if answer.completed.source == source:
                        found.answered.append(answer)
                    else:
                        found.otherwise.append(answer.text.decode())
                except grpc.aio.AioRpcError as error:
                    found.failed.append(str(failure_of(error)))
                await asyncio.sleep(0.05)

    async def browser() -> None:
        trusted = ssl.create_default_context(cafile=kefu.folder / "secrets" / "edge.pem")
        address = f"https://{kefu.pods.addresses['kefu-nginx-0']}:{CUSTOMERS_PORT}"
        question = {"model": "kefu/help", "messages": [{"role": "user", "content": ENGLISH}]}
        headers = {"Authorization": f"Bearer {kefu.key}"}
        async with httpx.AsyncClient(base_url=address, verify=trusted, trust_env=False, timeout=60) as client:
            while not stop.is_set():
                for what in (client.get("/"), client.post("/v1/chat/completions", json=question, headers=headers)):
                    try:
                        found.by_gateway += (await what).raise_for_status().is_success
                    except httpx.HTTPError as error:
                        found.failed_by_gateway.append(repr(error))
                await asyncio.sleep(0.2)

    customers = [asyncio.create_task(customer(number)) for number in range(CUSTOMERS)]
    customers.append(asyncio.create_task(browser()))
    try:
        await found.until_more(2)
        yield found
        await found.until_more(CUSTOMERS)
    finally:
        stop.set()
        await asyncio.gather(*customers)


async def killed(kefu: Installed, name: str) -> None:
    """SIGKILL to the service of a pod; return when podman has started it anew."""
    [container] = [one["name"] for one in kefu.pods.pods[name].containers]
    before = kefu.pods.inspect(name, container)
    os.kill(before["State"]["Pid"], signal.SIGKILL)
    async with asyncio.timeout(60):
        while (await asyncio.to_thread(kefu.pods.inspect, name, container))["RestartCount"] == before["RestartCount"]:
            await asyncio.sleep(0.2)
