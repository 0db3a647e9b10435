"""Fakes for faults that killing a process cannot make: a replica that only fails, a connection that only hangs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import grpc
import grpc.aio

from kefu.generation.v1 import generation_pb2 as pb
from kefu.generation.v1 import generation_pb2_grpc as rpc

Context = grpc.aio.ServicerContext[Any, Any]
_CHUNK = 65_536


class FailingReplica(rpc.GenerationServiceServicer):
    """A replica that looks healthy and idle, and fails every answer with INTERNAL and UNAVAILABLE in turn."""

    def __init__(self) -> None:
        self.failed = 0
        """Answers that were asked of the replica, and failed."""

    async def Generate(self, request: pb.GenerateRequest, context: Context) -> AsyncIterator[pb.GenerateEvent]:
        """Fail."""
        await context.abort(grpc.StatusCode.INTERNAL, "This stand-in fails always.")
        yield pb.GenerateEvent()

    async def GenerateMany(
        self, request_iterator: AsyncIterator[pb.GenerateManyRequest], context: Context
    ) -> AsyncIterator[pb.GenerateManyResponse]:
        """Fail each answer."""
        async for request in request_iterator:
            for begin in request.begin:
                self.failed += 1
                code = grpc.StatusCode.INTERNAL if self.failed % 2 else grpc.StatusCode.UNAVAILABLE
                number: int = code.value[0]
                failure = pb.Failure(code=number, message="This stand-in fails always.")
                yield pb.GenerateManyResponse(events=[pb.AnswerEvent(answer=begin.answer, failure=failure)])

    async def WatchLoad(self, request: pb.WatchLoadRequest, context: Context) -> AsyncIterator[pb.LoadReport]:
        """Report no owed tokens."""
        while True:
            yield pb.LoadReport(boot_id="failing-stand-in")
            await asyncio.sleep(0.5)

    async def DescribeModel(self, request: pb.DescribeModelRequest, context: Context) -> pb.DescribeModelResponse:
        """Describe the model."""
        return pb.DescribeModelResponse(model="failing-stand-in", engine="stand-in", max_model_tokens=8192)


@asynccontextmanager
async def failing_replica(address: str) -> AsyncIterator[FailingReplica]:
    """A FailingReplica that serves at `address` while the block runs."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    servicer = FailingReplica()
    rpc.add_GenerationServiceServicer_to_server(servicer, server)
    server.add_insecure_port(address)
    await server.start()
    try:
        yield servicer
    finally:
        await server.stop(0)


class StallingProxy:
    """Forwards TCP connections until `stall`: then every connection stays open, and nothing is forwarded.

    A peer of a machine that lost its power or network sees the same: no data, no FIN, no RST.
    """

    def __init__(self, upstream: tuple[str, int]) -> None:
        self._upstream = upstream
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers = set[asyncio.StreamWriter]()
        self._tasks = set[asyncio.Task[None]]()

    def stall(self) -> None:
        """Stop forwarding, on open and new connections."""
        self._flowing.clear()

    def resume(self) -> None:
        """Close the stalled connections, and forward new ones."""
        for writer in list(self._writers):
            writer.close()
        self._flowing.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; a callback of asyncio.start_server."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        upstream: asyncio.StreamWriter | None = None
        try:
            await self._flowing.wait()
            answers, upstream = await asyncio.open_connection(*self._upstream)
            self._writers.add(upstream)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, upstream))
                group.create_task(self._pump(answers, writer))
        except* OSError:
            pass  # one side is gone: the other one is closed below
        finally:
            for one in (writer, upstream):
                if one is not None:
                    self._writers.discard(one)
                    one.close()
            self._tasks.discard(task)

    async def close(self) -> None:
        """Close every connection."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError("closed")


@asynccontextmanager
async def stalling_proxy(host: str, port: int, upstream: int) -> AsyncIterator[StallingProxy]:
    """A proxy from `port` to `upstream`, both of `host`, while the block runs."""
    proxy = StallingProxy((host, upstream))
    server = await asyncio.start_server(proxy.serve, host, port)
    try:
        yield proxy
    finally:
        server.close()
        with suppress(ExceptionGroup):
            await proxy.close()
