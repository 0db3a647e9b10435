"""Machine speed: measured once with the smallest model of the catalog, and kept in the cache folder."""

import asyncio
import json
import os
import platform
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil
import structlog

from kefu.common.aio import run_in_thread
from kefu.common.errors import StartupError
from kefu.common.resource_limits.cpu_budget import usable_cores
from kefu.generation.config import GenerationConfig
from kefu.generation.engine import Engine, Finished, GenerationRequest, Message, Piece
from kefu.generation.models.catalog import SMALLEST
from kefu.generation.models.resolver import resolve_gguf
from kefu.generation.models.selection import MachineSpeed

_log = structlog.stdlib.get_logger()
_ENGINE_PACKAGE = "xllamacpp"
_RECORD_FILE = "measured-speed.json"
_ROUNDS = 2  # the better one counts: what else runs for a moment is not the machine's speed
_WRITTEN_TOKENS = 32
_LEAST_WRITTEN = 8
_LOOK_SECONDS = 0.5
_BUSY_PERCENT = 30.0
_TEXT = """Here is what our shop tells its customers about returns. You may return what you bought within thirty days of
its arrival, unused and in its packaging. Write to us first, with the number of your order, and we send you a label for
the parcel; without the label we cannot tell whose parcel it is. Clothes may be tried on, shoes only indoors. Food,
opened software and anything made to your order cannot be returned, unless it arrived broken: then send us a photograph
within two days. We pay your money back the way it came, five working days after the parcel has reached our warehouse,
and tell you by mail when it is done. Gift cards go back as gift cards. For a parcel from abroad the customs that you
paid are not ours to return. If you would rather have another size, say so in the letter, and we send it as soon as the
first one is on its way back. Retell all of this to a customer in your own words, in full sentences, leaving nothing
out."""

Say = Callable[[str], None]
"""To be called with sentences for the person who started this."""


Measure = Callable[[GenerationConfig], Awaitable[MachineSpeed]]


@dataclass(frozen=True)
class MachineIdentity:
    """What a measured speed depends on. When any of it changes, the machine is measured anew."""

    processor: str
    cores: float
    engine_version: str
    model_sha256: str


@dataclass(frozen=True)
class MeasuredSpeed:
    """A machine's speed as it is kept in the cache."""

    machine: MachineIdentity
    speed: MachineSpeed
    measured_at: str
    """ISO 8601, UTC."""


async def speed_here(config: GenerationConfig, say: Say, measure: Measure | None = None) -> MachineSpeed:
    """The machine's speed as it was measured before, else measured now and kept.

    Beside other work a machine is slower than it is: what was measured then is used this once, and not kept.
    """
    if kept := kept_speed(config.cache_dir):
        return kept.speed
    say("Measuring how fast this machine is, once; a few seconds.")
    busy = await run_in_thread(lambda: psutil.cpu_percent(interval=_LOOK_SECONDS))
    speed = await (measure or measure_llamacpp)(config)
    if busy < _BUSY_PERCENT:
        keep(speed, config.cache_dir)
    else:
        say(f"Other programs keep {busy:.0f} % of this machine busy: it is measured again at the next start.")
    return speed


async def measure_and_keep(config: GenerationConfig, measure: Measure | None = None) -> MeasuredSpeed:
    """Measure the machine, whatever else runs, and keep the outcome."""
    return keep(await (measure or measure_llamacpp)(config), config.cache_dir)


def keep(speed: MachineSpeed, cache: Path) -> MeasuredSpeed:
    """Keep a speed as this machine's, for the next start."""
    measured = MeasuredSpeed(machine_identity(), speed, datetime.now(UTC).isoformat(timespec="seconds"))
    cache.mkdir(parents=True, exist_ok=True)
    record = cache / _RECORD_FILE
    scratch = record.with_name(f".{record.name}.{os.getpid()}")
    scratch.write_text(json.dumps(asdict(measured), indent=2))
    scratch.replace(record)
    _log.info("machine.measured", **asdict(speed))
    return measured


def kept_speed(cache: Path) -> MeasuredSpeed | None:
    """The speed that was measured on this very machine with this engine; None when there is none."""
    try:
        record: dict[str, Any] = json.loads((cache / _RECORD_FILE).read_text())
        kept = MeasuredSpeed(
            MachineIdentity(**record["machine"]), MachineSpeed(**record["speed"]), str(record["measured_at"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kept if kept.machine == machine_identity() else None


def machine_identity() -> MachineIdentity:
    """What this machine's speed depends on."""
    try:
        engine = version(_ENGINE_PACKAGE)
    except PackageNotFoundError:
        engine = ""
    return MachineIdentity(_processor(), usable_cores(), engine, SMALLEST.sha256)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # macOS and Windows
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.lower().startswith(("model name", "cpu part")))
    return next(names, platform.machine())


async def measure_llamacpp(config: GenerationConfig) -> MachineSpeed:
    """Measure llama.cpp with the smallest model, which is fetched if it is not here. Raises StartupError."""
    from kefu.generation.engines.llamacpp import LlamaCppSettings, open_llamacpp

    model = await run_in_thread(lambda: resolve_gguf(SMALLEST.name, config.cache_dir))
    settings = LlamaCppSettings(
        max_model_tokens=1024,
        max_running=1,
        kv_cache_gib=config.kv_cache_gib,
        default_reasoning_tokens=config.default_reasoning_tokens,
        stuck_seconds=config.stuck_seconds,
        cores=usable_cores(),
    )
    async with open_llamacpp(model, settings) as engine:
        return await speed_of(engine)


async def speed_of(engine: Engine) -> MachineSpeed:
    """How fast an engine reads a prompt and writes an answer when it has nothing else to do."""
    rounds = [await _round(engine, number) for number in range(1, _ROUNDS + 1)]
    return MachineSpeed(max(one.prefill for one in rounds), max(one.decode for one in rounds))


async def _round(engine: Engine, number: int) -> MachineSpeed:
    # The number comes first: a prompt that begins as an earlier one is read from the prefix cache.
    prompt = Message("user", f"{number}{number}. {_TEXT}")
    request = GenerationRequest(messages=(prompt,), max_tokens=_WRITTEN_TOKENS, temperature=0.0, seed=number)
    read_tokens = written = 0
    clock = asyncio.get_running_loop().time
    began = first = last = clock()
    async with aclosing(engine.generate(request)) as events:
        async for event in events:
            if isinstance(event, Piece) and event.token_ids:
                last = clock()
                if first == began:
                    first = last
                else:
                    written += len(event.token_ids)
            elif isinstance(event, Finished):
                read_tokens = event.prompt_tokens - event.cached_prompt_tokens
    if written < _LEAST_WRITTEN or last <= first:
        raise StartupError(f"{engine.describe().model} wrote too little to be measured; run `kefu models measure`.")
    decode = written / (last - first)
    reading = max(first - began - 1 / decode, 1e-6)  # the first token was written in that time, too
    return MachineSpeed(read_tokens / reading, decode)
