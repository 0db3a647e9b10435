"""grpc.health.v1, with watches that do not outlive the service."""

import asyncio
from typing import Any

import grpc
from grpc_health.v1 import health_pb2
from grpc_health.v1._async import HealthServicer
from grpc_health.v1.health import SERVICE_NAME as ALIVE

MAX_WATCHES = 100
"""Watches that a server has open at once. They need no key, and end only when their clients end them."""

Context = grpc.aio.ServicerContext[Any, Any]


class Health(HealthServicer):
    """The health servicer of a server and of each of its services.

    A `Watch` ends only when its client ends it, so that a single one would hold a drain to its last second: see
    `end_watches`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._watches = set[asyncio.Task[None]]()
        self._shutting_down = False

    async def Watch(self, request: health_pb2.HealthCheckRequest, context: Context) -> None:
        """See grpc.health.v1; ends with UNAVAILABLE when the server shuts down.

        RESOURCE_EXHAUSTED beyond MAX_WATCHES: whoever probes calls `Check`.
        """
        if len(self._watches) >= MAX_WATCHES:
            await context.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"{MAX_WATCHES} watches are open, and no more are taken; call Check.",
            )
        watch: asyncio.Task[None] = asyncio.create_task(super().Watch(request, context))  # pyright: ignore[reportUnknownMemberType] - untyped there
        self._watches.add(watch)
        try:
            await asyncio.wait({watch})
        finally:
            self._watches.discard(watch)
            watch.cancel()
        if self._shutting_down:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "This server is leaving; watch another one.")
        await watch

    async def set_alive(self) -> None:
        """Say SERVING under grpc.health.v1's own name until the shutdown: the process answers, whatever it can do."""
        await self.set(ALIVE, health_pb2.HealthCheckResponse.SERVING)

    async def set_all(self, services: tuple[str, ...], *, serving: bool) -> None:
        """Set the status of the server as a whole and of these services (full names)."""
        status = health_pb2.HealthCheckResponse
        for service in ("", *services):
            await self.set(service, status.SERVING if serving else status.NOT_SERVING)

    def end_watches(self) -> None:
        """End every watch. Call this after `enter_graceful_shutdown`, which notifies watches, and before the stop."""
        self._shutting_down = True
        for watch in tuple(self._watches):
            watch.cancel()
