"""grpc.reflection, for so many callers at once and so long: it needs no key."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha._async import ReflectionServicer

MAX_CALLS = 100
"""Calls that a server has open at once."""
MAX_SECONDS = 60.0
"""A call ends after this: clients ask when they begin, and again in another call."""

Context = grpc.aio.ServicerContext[Any, Any]


class Reflection:
    """The reflection servicer of these services (full names)."""

    def __init__(self, services: Iterable[str], *, max_seconds: float = MAX_SECONDS) -> None:
        self._answers: Any = ReflectionServicer(services)  # wrongly typed there
        self._max_seconds = max_seconds
        self._open = 0

    async def ServerReflectionInfo(
        self, request_iterator: AsyncIterator[reflection_pb2.ServerReflectionRequest], context: Context
    ) -> AsyncIterator[reflection_pb2.ServerReflectionResponse]:
        """See grpc.reflection. RESOURCE_EXHAUSTED beyond MAX_CALLS, DEADLINE_EXCEEDED after the seconds."""
        if self._open >= MAX_CALLS:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{MAX_CALLS} callers ask already; ask again.")
        self._open += 1
        try:
            async with asyncio.timeout(self._max_seconds):
                async for response in self._answers.ServerReflectionInfo(request_iterator, context):
                    yield response
        except TimeoutError:
            await context.abort(
                grpc.StatusCode.DEADLINE_EXCEEDED, f"A call ends after {self._max_seconds:g} s; ask in another one."
            )
        finally:
            self._open -= 1
