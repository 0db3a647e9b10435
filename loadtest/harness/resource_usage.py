"""Resource usage of each process of a suite under load: CPU, memory and descriptors by the second."""

import asyncio
import csv
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from kefu.local.data_dir import DataDir
from loadtest.harness.statistics import mean

GENERATOR = "generator"
"""Name of the load generator among the processes."""
_BUSY = 0.85
"""Share of a core above which a generator with one event loop is late with everything."""


@dataclass(frozen=True)
class Sample:
    """Resource usage of one process group at one time."""

    at: float
    """Seconds since sampling began."""
    cpu: float
    """Cores in use since the sample before."""
    rss: int
    """Resident bytes; of several processes, their sum, pages that they share counted for each."""
    descriptors: int
    """Open file descriptors."""


@dataclass
class Usage:
    """Resource usage of one process group over a run."""

    cpu_seconds: float = 0.0
    samples: list[Sample] = field(default_factory=list[Sample])

    @property
    def cores(self) -> float:
        """Mean cores in use."""
        return mean(sample.cpu for sample in self.samples)

    @property
    def most_cores(self) -> float:
        """Most cores in use in any one second."""
        return max((sample.cpu for sample in self.samples), default=0.0)

    @property
    def most_rss(self) -> int:
        """Most resident bytes."""
        return max((sample.rss for sample in self.samples), default=0)


Pids = Callable[[], Mapping[str, list[int]]]


def pids_of_suite(folder: Path) -> Pids:
    """Process ids by name, of the `kefu up` in this data folder with its children, and of this process."""

    def now() -> Mapping[str, list[int]]:
        found = {GENERATOR: [os.getpid()]}
        state = DataDir(folder).read_state()
        for service in state.services if state is not None else ():
            with suppress(psutil.NoSuchProcess):
                leader = psutil.Process(service.pid)
                found[service.name] = [leader.pid, *(child.pid for child in leader.children(recursive=True))]
        return found

    return now


class Sampler:
    """Samples process groups. CPU time of a process that ended between two samples is lost."""

    def __init__(self, pids: Pids) -> None:
        self.usage: dict[str, Usage] = {}
        self._pids = pids
        self._cpu: dict[int, float] = {}
        self._began = self._last = time.monotonic()
        self._take(first=True)

    def sample(self) -> None:
        """Take a sample now."""
        self._take(first=False)

    def generator_warning(self, name: str = GENERATOR) -> str:
        """A warning when the generator was short of CPU, so that its figures are in doubt; else empty."""
        own = self.usage.get(name)
        if own is None or own.most_cores < _BUSY:
            return ""
        return (
            f"WARNING: the generator ({name}) used up to {own.most_cores:.2f} of a core ({own.cores:.2f} in the mean): "
            "it may be the bottleneck, and times it measured may be its own."
        )

    def _take(self, *, first: bool) -> None:
        now = time.monotonic()
        elapsed, self._last = max(now - self._last, 1e-6), now
        for name, pids in self._pids().items():
            used, rss, descriptors = 0.0, 0, 0
            for pid in pids:
                with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    process = psutil.Process(pid)
                    times = process.cpu_times()
                    total = times.user + times.system
                    used += total - self._cpu.get(pid, total if first else 0.0)
                    self._cpu[pid] = total
                    rss += process.memory_info().rss
                    descriptors += process.num_fds()
            usage = self.usage.setdefault(name, Usage())
            if not first:
                usage.cpu_seconds += used
                usage.samples.append(Sample(now - self._began, used / elapsed, rss, descriptors))


@asynccontextmanager
async def sampling(pids: Pids, seconds: float = 1.0) -> AsyncIterator[Sampler]:
    """Sample every `seconds` while the block runs, and once more at its end."""
    sampler = Sampler(pids)

    async def repeat() -> None:
        while True:
            await asyncio.sleep(seconds)
            sampler.sample()

    task = asyncio.create_task(repeat(), name="sampler")
    try:
        yield sampler
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        sampler.sample()


def write_usage(path: Path, usage: Mapping[str, Usage]) -> None:
    """Write a CSV with a row for each process and sample."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("seconds", "process", "cores", "rss_mib", "descriptors"))
        for name, one in usage.items():
            for sample in one.samples:
                mib = f"{sample.rss / 2**20:.1f}"
                writer.writerow([f"{sample.at:.1f}", name, f"{sample.cpu:.3f}", mib, sample.descriptors])
