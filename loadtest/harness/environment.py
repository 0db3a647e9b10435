"""The environment of a run: the date, the processor, and how busy the machine was as it started."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kefu.common.resource_limits.control_groups import read_text
from kefu.common.resource_limits.cpu_budget import usable_cores

INSTRUCTION_SETS = ("amx_int8", "avx512_vnni", "avx_vnni", "avx512_bf16", "avx512f", "avx2")
"""Those that make models faster, by their names in /proc/cpuinfo."""
_UNKNOWN = "unknown"
_CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Environment:
    """What a run started on. Its figures are compared only with those of an equal processor."""

    time: str
    processor: str
    """Its model."""
    instructions: str
    """Which of INSTRUCTION_SETS it has; "unknown" on systems that do not tell."""
    usable_cores: float
    """By affinity and by the container's quota."""
    machine: str
    """The architecture."""
    load_average: float
    """Of the last minute."""

    @property
    def hardware(self) -> str:
        """The processor and its cores."""
        has = self.instructions if self.instructions != _UNKNOWN else "instructions unknown"
        return f"{self.processor} ({has}), {self.usable_cores:g} usable cores, {self.machine}"

    def __str__(self) -> str:
        """One line."""
        return f"{self.time}, {self.hardware}, load average {self.load_average}"

    def as_json(self) -> dict[str, Any]:
        """For --json and `read_environment`."""
        return asdict(self)


def describe_environment(cpu_info: Path = _CPU_INFO) -> Environment:
    """The environment now. Ask before a run starts anything: its own load is not what the reader has to know."""
    described = _first_processor(cpu_info)
    return Environment(
        time=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        processor=described.get("model name") or platform.processor() or _UNKNOWN,
        instructions=_instructions(described.get("flags")),
        usable_cores=usable_cores(),
        machine=platform.machine(),
        load_average=round(os.getloadavg()[0], 1),
    )


def read_environment(text: str) -> Environment:
    """An environment as JSON, from the process that found it out; empty: the environment now."""
    return Environment(**json.loads(text)) if text else describe_environment()


def _first_processor(cpu_info: Path) -> dict[str, str]:
    described: dict[str, str] = {}
    for line in read_text(cpu_info).splitlines():
        key, _, value = line.partition(":")
        described.setdefault(key.strip(), value.strip())
    return described


def _instructions(flags: str | None) -> str:
    if flags is None:
        return _UNKNOWN
    has = set(flags.split())
    return " ".join(each for each in INSTRUCTION_SETS if each in has) or f"none of {', '.join(INSTRUCTION_SETS)}"
