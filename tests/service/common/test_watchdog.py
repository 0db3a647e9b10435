"""A service whose event loop stands still ends, and says where it stood. Real processes, as `run` runs them."""

import asyncio
import re
import signal
import sys
import time

import pytest
from prometheus_client import REGISTRY

from kefu.common.rpc.watchdog import watchdog
from tests.support.grpc_calls import INTERNAL_KEY

# A service as `python -m kefu.router` is one: `run`, and `terminated` once all is open.
SERVICE = """
import asyncio, re, sys, threading, time
from kefu.common.config import ServiceConfig
from kefu.common.rpc.server import run, terminated

def read_customers_text():
    {block}

async def main(config):
    {start}
    asyncio.get_running_loop().call_later(0.2, read_customers_text)
    asyncio.get_running_loop().call_later(0.1, lambda: print("serving", flush=True))
    await terminated({seconds})
    print("ended well", flush=True)

run("router", ServiceConfig, main)
"""
HOLDS_THE_LOCK = 're.match(r"(a+)+$", "a" * 60 + "b")'  # one call of C, for ever, with the interpreter lock held
SLEEPS = "time.sleep(600)"


async def start(block: str, *, start: str = "pass", watchdog_seconds: str = "1") -> asyncio.subprocess.Process:
    code = SERVICE.format(block=block, start=start, seconds="config.watchdog_seconds")
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={
            "KEFU_INTERNAL_KEY": INTERNAL_KEY,
            "KEFU_WATCHDOG_SECONDS": watchdog_seconds,
            "PYTHONPATH": ":".join(sys.path),
        },
    )


@pytest.mark.parametrize("block", [HOLDS_THE_LOCK, SLEEPS])
async def test_a_loop_that_stands_still_ends_its_process_and_says_where_it_stood(block: str) -> None:
    process = await start(block)
    out, err = await asyncio.wait_for(process.communicate(), 40)
    assert process.returncode == 1
    dump = err.decode()
    assert re.search(r"^Timeout \(0:00:01\.5\d*\)!$", dump, re.MULTILINE)
    assert "read_customers_text" in dump
    assert "aaaa" not in dump, "stacks hold no values"
    assert out == b"serving\n"


async def test_a_loop_that_is_slow_at_times_and_turns_is_left_alone() -> None:
    process = await start("[time.sleep(0.6), asyncio.get_running_loop().call_later(0.05, read_customers_text)]")
    assert process.stdout is not None
    assert await process.stdout.readline() == b"serving\n"
    await asyncio.sleep(3.5)  # twice the time after which it would have been ended
    assert process.returncode is None
    process.send_signal(signal.SIGTERM)
    out, _ = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, out) == (0, b"ended well\n")


async def test_what_a_service_loads_before_it_serves_may_hold_the_loop() -> None:
    process = await start("pass", start="time.sleep(2.5)")
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 40) == b"serving\n"
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0


async def test_without_a_watchdog_the_loop_is_measured_alone() -> None:
    process = await start("time.sleep(2.5)", watchdog_seconds="0")
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 40) == b"serving\n"
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0


async def test_how_long_the_loop_was_blocked_is_in_the_metrics() -> None:
    def blocked_for_longer_than(bound: float) -> float:
        def count(bucket: str) -> float:
            return REGISTRY.get_sample_value("kefu_event_loop_lag_seconds_bucket", {"le": bucket}) or 0.0

        return count("+Inf") - count(str(bound))

    before = blocked_for_longer_than(0.25)
    async with watchdog(0):
        await asyncio.sleep(0.1)
        time.sleep(0.4)
        await asyncio.sleep(0.1)
    assert blocked_for_longer_than(0.25) == before + 1
