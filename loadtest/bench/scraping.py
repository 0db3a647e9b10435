"""Prometheus metrics of the processes under test."""

import asyncio
import urllib.request
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from kefu.local.ports import HOST
from loadtest.bench.process import Process

_LONG_CALLS = ("WatchLoad", "Watch", "GenerateMany")
"""Methods whose calls last as long as the processes at both ends."""


class MetricSample(NamedTuple):
    """One sample."""

    name: str
    labels: dict[str, str]
    value: float


async def scrape(process: Process) -> list[MetricSample] | None:
    """Every sample of a process. None: the process does not answer."""

    def fetch() -> str:
        with urllib.request.urlopen(f"http://{HOST}:{process.metrics_port}/metrics", timeout=2) as answer:
            return str(answer.read(), "utf-8")

    try:
        text = await asyncio.to_thread(fetch)
    except OSError:
        return None
    return [
        MetricSample(sample.name, dict(sample.labels), sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]


async def accepted_calls(process: Process, method: str) -> int | None:
    """Calls of a method that a process has accepted, with those in flight. None: the process does not answer."""
    readings = await scrape(process)
    if readings is None:
        return None
    return round(
        sum(
            one.value
            for one in readings
            if one.name in ("kefu_rpc_seconds_count", "kefu_rpcs_in_flight") and _is_method(one, method)
        )
    )


async def in_flight(process: Process) -> int | None:
    """Calls and turns in flight, without _LONG_CALLS. None: the process does not answer."""
    readings = await scrape(process)
    if readings is None:
        return None
    return round(
        sum(
            one.value
            for one in readings
            if one.name in ("kefu_turns_running", "kefu_turns_waiting")
            or (one.name == "kefu_rpcs_in_flight" and not any(_is_method(one, lasting) for lasting in _LONG_CALLS))
        )
    )


def _is_method(reading: MetricSample, method: str) -> bool:
    return reading.labels.get("method", "").rpartition("/")[2] == method
