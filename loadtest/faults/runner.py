"""One fault from beginning to end: preparation, load, injection, recovery, comparison with the stored turns."""

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple

import grpc
import grpc.aio

from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from loadtest.bench.bench import Bench
from loadtest.bench.customers import BURST_SECONDS, CustomerLoad
from loadtest.bench.records import StoredComparison, TurnRecord, compare_stored
from loadtest.bench.reference import Reference
from loadtest.bench.scraping import in_flight
from loadtest.faults.injections import Fault, FaultRun

_PAGE = 100
_TRIES = 20
_AFTER_SECONDS = 6.0  # or a fault that takes longer than the row would leave no time to be over in
_SETTLE_SECONDS = 20.0  # longer than a resumable turn is kept for its reader, and longer than a lease


class FaultResult(NamedTuple):
    """Run, records and stored turns of one fault."""

    run: FaultRun
    records: list[TurnRecord]
    stored: StoredComparison


async def run_fault(
    bench: Bench,
    fault: Fault,
    seconds: float,
    conversations: int,
    reference: Reference,
    *,
    warm_seconds: float = 5.0,
    burst: int = 1,
) -> FaultResult:
    """Inject the fault after `warm_seconds` of load, and go on for at least `seconds` more.

    `burst` times as many customers ask from the fault on, for 20 s.

    Returns when every turn has ended and the suite is whole again.
    """
    load = CustomerLoad(
        bench.client_addresses,
        bench.metadata,
        reference.questions,
        conversations,
        len(reference.text.encode()),
    )
    run = FaultRun(bench, load)
    async with fault.prepare(bench) as act, load.asking():
        await asyncio.sleep(warm_seconds)
        remaining = asyncio.create_task(asyncio.sleep(seconds))
        crowd = asyncio.create_task(load.burst(burst, BURST_SECONDS))
        await act(run)
        await asyncio.gather(remaining, crowd, asyncio.sleep(_AFTER_SECONDS))
    await bench.restart_stopped()
    run.violations += await _busy_processes(bench)
    return FaultResult(run, load.records, compare_stored(load.records, await stored_turns(bench, load.records)))


async def _busy_processes(bench: Bench) -> list[str]:
    """Processes with calls in flight some time after the last customer has left."""
    working = bench.services
    deadline = time.monotonic() + _SETTLE_SECONDS
    while True:
        counts = [await in_flight(process) for process in working]
        left = [(process, count) for process, count in zip(working, counts, strict=True) if count]
        if not left or time.monotonic() > deadline:
            return [f"{process.name} still has {count} calls or turns in flight" for process, count in left]
        working = [process for process, _ in left]
        await asyncio.sleep(0.5)


async def stored_turns(bench: Bench, records: Sequence[TurnRecord]) -> dict[str, list[pb.Turn]]:
    """Turns by session, as a router lists them now. Sessions that are gone are left out."""
    sessions = dict.fromkeys(record.session for record in records if record.session)
    found = dict[str, list[pb.Turn]]()
    async with grpc.aio.insecure_channel(bench.routers[0].address) as channel:
        stub = rpc.ChatServiceStub(channel)
        for session in sessions:
            turns = await _turns_of(stub, session, bench.metadata)
            if turns is not None:
                found[session] = turns
    return found


async def _turns_of(
    stub: "rpc.ChatServiceAsyncStub", session: str, metadata: tuple[tuple[str, str], ...]
) -> list[pb.Turn] | None:
    turns: list[pb.Turn] = []
    token = ""
    for attempt in range(_TRIES):
        try:
            while True:
                request = pb.ListTurnsRequest(session=session, page_size=_PAGE, page_token=token)
                page = await stub.ListTurns(request, metadata=metadata, timeout=5.0)
                turns += page.turns
                token = page.next_page_token
                if not token:
                    return turns
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            if error.code() is not grpc.StatusCode.UNAVAILABLE or attempt == _TRIES - 1:
                raise
        await asyncio.sleep(0.5)
    return turns
