"""Levels of each process over time: memory, descriptors, calls in flight; and whether they return."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil

from loadtest.bench.bench import Bench
from loadtest.bench.process import Process
from loadtest.bench.scraping import in_flight
from loadtest.harness.statistics import mean

MEMORY_TIMES = 1.1
MEMORY_MIB = 16.0
"""Resident memory has returned when it is at most so many times the starting level and so many MiB more."""
DESCRIPTORS = 8
"""Descriptors have returned when there are at most so many more: a pool may keep a connection longer than before."""
_SAMPLE_SECONDS = 1.0
_LEVEL_SAMPLES = 4


@dataclass(frozen=True)
class Level:
    """Levels of one process at one time."""

    at: float
    """Seconds since sampling began."""
    mib: float
    """Resident memory."""
    descriptors: int
    in_flight: int
    """Calls and turns, but for those that last as long as the process, such as WatchLoad."""


@dataclass(frozen=True)
class Finding:
    """Levels of one process before and after the load."""

    name: str
    before: Level
    after: Level
    most: Level
    """The highest levels under load."""
    keeps: bool
    """True for Redis, which keeps the conversations: its memory is shown, and no finding."""

    @property
    def problem(self) -> str:
        """Levels that did not return; empty: all did."""
        found: list[str] = []
        if not self.keeps and self.after.mib > self.before.mib * MEMORY_TIMES + MEMORY_MIB:
            found.append("memory")
        if self.after.descriptors > self.before.descriptors + DESCRIPTORS:
            found.append("descriptors")
        if self.after.in_flight > self.before.in_flight:
            found.append("in flight")
        return ", ".join(found)


class Levels:
    """Samples of every process, by name."""

    def __init__(self, bench: Bench) -> None:
        self._processes = [bench.redis, *bench.services]
        self._began = time.monotonic()
        self.samples: dict[str, list[Level]] = {process.name: [] for process in self._processes}

    async def sample_continuously(self) -> None:
        """Sample until cancelled."""
        while True:
            await asyncio.gather(*(self._sample(process) for process in self._processes))
            await asyncio.sleep(_SAMPLE_SECONDS)

    def current_levels(self) -> dict[str, Level]:
        """Mean of the last few samples of each process; of calls in flight the least, as some are still ending."""
        return {name: level_of(samples[-_LEVEL_SAMPLES:]) for name, samples in self.samples.items()}

    async def _sample(self, process: Process) -> None:
        calls = await in_flight(process) if process.metrics_port else 0
        one = psutil.Process(process.pid)
        level = Level(
            time.monotonic() - self._began, one.memory_info().rss / 2**20, one.num_fds(), -1 if calls is None else calls
        )
        self.samples[process.name].append(level)


def level_of(samples: Sequence[Level]) -> Level:
    """One level for several samples of a process at rest."""
    return Level(
        samples[-1].at,
        mean(sample.mib for sample in samples),
        round(mean(sample.descriptors for sample in samples)),
        min(sample.in_flight for sample in samples),
    )


def compare_levels(
    samples: Mapping[str, Sequence[Level]], before: Mapping[str, Level], after: Mapping[str, Level]
) -> list[Finding]:
    """Findings for each process between the two levels."""
    findings: list[Finding] = []
    for name, start in before.items():
        loaded = [sample for sample in samples[name] if start.at <= sample.at <= after[name].at]
        most = Level(
            0.0,
            max(sample.mib for sample in loaded),
            max(sample.descriptors for sample in loaded),
            max(sample.in_flight for sample in loaded),
        )
        findings.append(Finding(name, start, after[name], most, keeps=name == "redis"))
    return findings
