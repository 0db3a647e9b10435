"""Health of the services that commands call, asked of each service itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from kefu.cli.console import console
from kefu.cli.remote.connection import Remote
from kefu.client.answer import Answer
from kefu.client.channels import open_channel
from kefu.common.aio import cancel_and_wait
from kefu.local.data_dir import SuiteState
from kefu.local.health_probes import channel_serving, http_serving, redis_probe
from kefu.text.terminal_text import printable

SERVING = "serving"
_NOT_ANSWERING = "not answering"
_QUIET_SECONDS = 3.0
_GRPC = ("router", "retrieval")
"""Speak gRPC whatever the scheme of their address, which may be nginx' with TLS."""


def local_suite(target: Remote) -> SuiteState | None:
    """The running `kefu up` of the data folder, if it is the one that commands call."""
    running = target.folder.running()
    return running if running is not None and running.router == target.router else None


async def service_health(target: Remote) -> list[dict[str, Any]]:
    """A row for each service of the local `kefu up`, elsewhere for router and retrieval; `health` is the answer."""
    running = local_suite(target)
    rows: list[dict[str, Any]] = [
        {"name": "router", "address": target.router},
        {"name": "retrieval", "address": target.knowledge},
    ]
    if running is not None:
        rows = [
            {
                "name": service.name,
                "address": service.address,
                "state": service.state,
                "pid": service.pid,
                "restarts": service.restarts,
                "detail": service.detail,
            }
            for service in running.services
        ]
    healths = await asyncio.gather(*(_health_of(row, target) for row in rows))
    return [{**row, "health": health} for row, health in zip(rows, healths, strict=True)]


async def _health_of(row: dict[str, Any], target: Remote) -> str:
    if row["name"] == "redis":
        keys = target.folder.keys()
        password = keys.redis_password if keys else ""
        serving = await redis_probe(int(row["address"].rpartition(":")[2]), password)()
    elif row["name"] not in _GRPC and row["address"].startswith("http://"):
        serving = await http_serving(row["address"])
    else:
        async with open_channel(row["address"], target.root_certificate) as channel:
            serving = await channel_serving(channel)
    if serving is None:  # what `kefu up` knows of it says more, unless it has not noticed yet
        return _NOT_ANSWERING if row.get("state", "ready") == "ready" else str(row["state"])
    return SERVING if serving else "not serving"


@asynccontextmanager
async def quiet_explained(target: Remote, answer: Answer) -> AsyncIterator[None]:
    """A block that reads `answer`. If nothing has come after 3 s, it is said which service is the cause, if one is."""

    async def explain() -> None:
        await asyncio.sleep(_QUIET_SECONDS)
        if answer.turn:
            return
        ill = [f"{row['name']} is {row['health']}" for row in await service_health(target) if row["health"] != SERVING]
        if ill and not answer.turn:
            helps = "`kefu up` starts again what does not answer" if local_suite(target) else "see `kefu status`"
            sentence = f"Waiting: {' and '.join(ill)}; {helps}. Ctrl-C gives up."
            console(stderr=True).print(printable(sentence), style="yellow", soft_wrap=True)

    explaining = asyncio.create_task(explain(), name="explain the wait")
    try:
        yield
    finally:
        await cancel_and_wait(explaining)
