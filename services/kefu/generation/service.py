"""The generation service as a whole: serves the configured engine until SIGTERM, or until the engine dies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from kefu.common.aio import run_in_thread
from kefu.common.auth import open_keyring
from kefu.common.permissions import permissions_of
from kefu.common.resource_limits.cpu_budget import usable_cores
from kefu.common.resource_limits.memory_budget import available_memory
from kefu.common.rpc.server import RunningServer, check_address, serving, terminated
from kefu.generation.config import GenerationConfig
from kefu.generation.engine import Engine, RemoteEngine
from kefu.generation.engine_choice import choose_engine
from kefu.generation.engine_metrics import EngineMetrics
from kefu.generation.model_choice import choose_and_fetch, default_model, is_auto, reader_of
from kefu.generation.models.preflight import check_model
from kefu.generation.servicer import SERVICE, GenerationServicer, ServingLimits

if TYPE_CHECKING:
    from kefu.generation.engines.llamacpp import LlamaCppSettings

_log = structlog.stdlib.get_logger()
PERMISSIONS = permissions_of(SERVICE)
ENGINE_DIED = 70
"""Exit status when the engine has died: starting again may help (sysexits.h calls it EX_SOFTWARE)."""


class EngineDied(Exception):
    """The engine can never answer again. The process exits with a status that is not zero, to be started again."""


async def main(config: GenerationConfig) -> None:
    """Serve until SIGTERM. When the engine dies, report NOT_SERVING and raise EngineDied.

    An engine whose model is elsewhere is NOT_SERVING as long as that cannot be asked.
    """
    check_address(config.listen)
    async with open_engine(config) as engine:
        counts_itself = engine.describe().engine == "vllm"
        servicer = GenerationServicer(engine, limits_of(config), None if counts_itself else EngineMetrics(engine))
        async with (
            open_keyring(config.internal_key.get_secret_value()) as keys,
            serving(
                config.listen,
                servicer.register,
                keyring=keys,
                permissions=PERMISSIONS,
                drain_seconds=config.drain_seconds,
                transport=config.transport(),
                tls=config.tls,
                healthy=not isinstance(engine, RemoteEngine),
            ) as server,
        ):
            await until_end(engine, servicer, server, config.watchdog_seconds)


async def until_end(
    engine: Engine, servicer: GenerationServicer, server: RunningServer, watchdog_seconds: float = 0.0
) -> None:
    """Return at SIGTERM or SIGINT. Raises EngineDied when the engine dies first."""
    signalled = asyncio.create_task(terminated(watchdog_seconds), name="terminated")
    died = asyncio.create_task(engine.died(), name="engine-died")
    tasks: list[asyncio.Task[Any]] = [signalled, died]
    if isinstance(engine, RemoteEngine):
        tasks.append(asyncio.create_task(_follow(engine, server), name="availability"))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if died.done():
            servicer.engine_dead = True
            await server.set_healthy(False)
            _log.error("engine.died", what=died.result())
            raise EngineDied(died.result())
    finally:
        servicer.leave()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _follow(engine: RemoteEngine, server: RunningServer) -> None:
    async with aclosing(engine.availability()) as changes:
        async for there in changes:
            await server.set_healthy(there)


def limits_of(config: GenerationConfig) -> ServingLimits:
    """The servicer's limits, from the configuration."""
    return ServingLimits(
        max_requests=config.max_requests,
        frame_seconds=config.frame_milliseconds / 1000,
        frame_seconds_per_stream=config.frame_milliseconds_per_stream / 1000,
        frame_seconds_most=config.frame_milliseconds_most / 1000,
        stall_seconds=config.stall_seconds,
    )


def open_engine(config: GenerationConfig) -> AbstractAsyncContextManager[Engine]:
    """The configured engine, running while the block runs."""
    # Imported where they are needed: a replica without vLLM need not have it installed.
    match choose_engine(config.engine):
        case "llamacpp":
            return _open_llamacpp(config)
        case "vllm":
            return _open_vllm(config)
        case "openai":
            from kefu.generation.engines.openai import OpenAISettings, open_openai

            return open_openai(
                OpenAISettings(
                    url=config.openai_url,
                    key=config.openai_key.get_secret_value(),
                    model=config.model,
                    max_model_tokens=config.openai_max_model_tokens,
                    reasoning=config.openai_reasoning,
                    default_reasoning_tokens=config.default_reasoning_tokens,
                    max_running=config.openai_max_running,
                    adapters=config.adapters,
                )
            )
        case "simulated":
            from kefu.generation.engines.simulated import SimulatedSettings, open_simulated

            speed = config.simulated
            return open_simulated(
                config.model,
                SimulatedSettings(
                    prefill_tokens_per_second=speed.prefill_tokens_per_second,
                    step_seconds=speed.step_milliseconds / 1000,
                    step_seconds_per_request=speed.step_milliseconds_per_request / 1000,
                    kv_tokens=speed.kv_tokens,
                    answer_tokens=speed.answer_tokens,
                    max_model_tokens=config.max_model_tokens,
                    max_running=config.max_running,
                ),
            )


@asynccontextmanager
async def _open_llamacpp(config: GenerationConfig) -> AsyncIterator[Engine]:
    from kefu.generation.engines.llamacpp import open_llamacpp
    from kefu.generation.models.resolver import resolve_gguf

    wanted = config.model
    if is_auto(wanted):
        wanted = (await choose_and_fetch(config, lambda why: _log.info("model.choice", why=why))).name
    await run_in_thread(lambda: _check_model(wanted, config, gpu=False))
    model = await run_in_thread(lambda: resolve_gguf(wanted, config.cache_dir))
    async with open_llamacpp(model, _llamacpp_settings(config)) as engine:
        yield engine


def _llamacpp_settings(config: GenerationConfig) -> "LlamaCppSettings":
    from kefu.generation.engines.llamacpp import LlamaCppSettings

    return LlamaCppSettings(
        max_model_tokens=config.max_model_tokens,
        max_running=config.max_running,
        kv_cache_gib=config.kv_cache_gib,
        default_reasoning_tokens=config.default_reasoning_tokens,
        stuck_seconds=config.stuck_seconds,
        cores=usable_cores(),
        adapters={name: Path(place).expanduser() for name, place in config.adapters.items()},
    )


@asynccontextmanager
async def _open_vllm(config: GenerationConfig) -> AsyncIterator[Engine]:
    from kefu.generation.engines.vllm import open_vllm
    from kefu.generation.engines.vllm_arguments import VllmSettings, check_arguments, device, gguf_number_format
    from kefu.generation.models.model_source import gguf_size
    from kefu.generation.models.resolver import resolve

    check_arguments(config.vllm_args)  # before anything is downloaded
    gpu = device() != "cpu"
    wanted = default_model(gpu=gpu) if is_auto(config.model) else config.model
    await run_in_thread(lambda: _check_model(wanted, config, gpu=gpu))
    numbers = gguf_number_format(config.gguf_numbers, gguf_size(wanted))
    model = await run_in_thread(lambda: resolve(wanted, config.cache_dir, numbers, gpu=gpu))
    settings = VllmSettings(
        max_model_tokens=config.max_model_tokens,
        max_running=config.max_running,
        kv_cache_gib=config.kv_cache_gib,
        gpu_memory_utilization=config.gpu_memory_utilization,
        tensor_parallel_size=config.tensor_parallel_size,
        default_reasoning_tokens=config.default_reasoning_tokens,
        stuck_seconds=config.stuck_seconds,
        adapters={name: Path(place) for name, place in config.adapters.items()},
        arguments=config.vllm_args,
    )
    async with open_vllm(model, settings) as engine:
        yield engine


def _check_model(model: str, config: GenerationConfig, *, gpu: bool) -> None:
    """Raise StartupError for a model that cannot be run here, before anything is loaded."""
    if reader := reader_of(choose_engine(config.engine), config, gpu=gpu):
        check_model(model, config.cache_dir, reader, available_memory())
