"""vLLM engine: `AsyncLLM` in this process, the same code on CPU and GPU. Its core and workers are child processes."""

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import structlog

from kefu.common.aio import cancel_and_wait, run_in_thread
from kefu.common.errors import BadRequest, EngineDead, StartupError
from kefu.generation.decoding.chat_template import ChatTemplate
from kefu.generation.decoding.decoder import TokenStep, decode_answer
from kefu.generation.decoding.planning import Planner
from kefu.generation.decoding.tokenizer import check_tokenizer
from kefu.generation.engine import EngineLoad, Event, FinishReason, GenerationRequest, Message, ModelDescription
from kefu.generation.engines.folder_tokenizer import FolderTokenizer
from kefu.generation.engines.step_watch import StepWatch
from kefu.generation.engines.vllm_process import prepare_environment, reap_orphans
from kefu.generation.models.gguf_conversion import NumberFormat, NumberFormatSetting
from kefu.generation.models.local_model import LocalModel

_log = structlog.stdlib.get_logger()
_HEALTH_CHECK_SECONDS = 0.2


@dataclass(frozen=True)
class VllmSettings:
    """Settings of the engine; GenerationConfig describes each."""

    max_model_tokens: int
    max_running: int
    kv_cache_gib: float
    gpu_memory_utilization: float
    tensor_parallel_size: int
    default_reasoning_tokens: int
    stuck_seconds: float


def device() -> Literal["cpu", "cuda"]:
    """The device of the installed build. Raises StartupError when vLLM is not installed."""
    try:
        from vllm.platforms import current_platform
    except ImportError as error:
        raise StartupError(f"vLLM cannot be imported ({error}); install kefu[cpu] or kefu[gpu].") from error
    return "cpu" if current_platform.is_cpu() else "cuda"


def gguf_number_format(wanted: NumberFormatSetting) -> NumberFormat:
    """The numbers that a GGUF file is converted to. Raises StartupError when they depend on a vLLM that is missing."""
    if wanted != "auto":
        return wanted
    return "int8" if device() == "cpu" else "bfloat16"


class VllmEngine:
    """A running engine; see `open_vllm`."""

    coalesces = False  # the cap on reasoning and stop strings are checked token by token

    def __init__(
        self,
        llm: Any,
        stats: "_Stats",
        tokenizer: FolderTokenizer,
        planner: Planner,
        settings: VllmSettings,
    ) -> None:
        self._llm = llm
        self._stats = stats
        self._tokenizer = tokenizer
        self._planner = planner
        self._settings = settings

    def describe(self) -> ModelDescription:
        """See Engine."""
        return self._planner.description

    def load(self) -> EngineLoad:
        """The scheduler's load after its last step. It takes one more step when it becomes idle."""
        return self._stats.load._replace(max_running=self._settings.max_running)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event, None]:
        """See Engine."""
        plan = await asyncio.to_thread(self._planner.plan, request)
        source = _VllmSource(self._llm, request, self._planner.template, self._tokenizer)
        limit = self._planner.description.max_model_tokens
        with self._stats.watch.request():
            async with aclosing(decode_answer(source, plan, self._tokenizer.decode, max_model_tokens=limit)) as events:
                async for event in events:
                    yield event

    async def died(self) -> str:
        """See Engine. A core that has requests and takes no step is as dead as one that has ended."""
        stuck = asyncio.create_task(self._stats.watch.stuck(), name="vllm-stuck")
        try:
            while not self._llm.errored:
                if stuck.done():
                    return stuck.result()
                await asyncio.sleep(_HEALTH_CHECK_SECONDS)
            return "vLLM's engine core or one of its workers has ended"
        finally:
            await cancel_and_wait(stuck)


@asynccontextmanager
async def open_vllm(model: LocalModel, settings: VllmSettings) -> AsyncIterator[VllmEngine]:
    """Load the model and run the engine while the block runs. Loading takes from half a minute to minutes.

    Raises StartupError when vLLM cannot run the model. Its child processes end with this process, however that ends.
    """
    device_name = device()
    prepare_environment(device_name)
    tokenizer = FolderTokenizer(model.path)
    check_tokenizer(tokenizer, model.name)
    with reap_orphans():
        _log.info("engine.loading", model=model.name, device=device_name)
        stats = _Stats(StepWatch(settings.stuck_seconds))
        try:
            llm = await run_in_thread(lambda: _start_engine(model.path, settings, device_name, stats))
        except Exception as error:
            raise StartupError(
                f"vLLM cannot run {model.name} from {model.path}: {error} The lines above say more."
            ) from error
        try:
            chat_template = ChatTemplate.of(tokenizer.chat_template, model.recommended_sampling)
            description = ModelDescription(
                model=model.name,
                engine="vllm",
                engine_version=_version(),
                fingerprint=model.fingerprint,
                max_model_tokens=int(llm.model_config.max_model_len),
                supports_reasoning=chat_template.supports_reasoning,
                supports_token_continuation=True,
                simulated=False,
                device=device_name,
            )
            planner = Planner(tokenizer, chat_template, description, settings.default_reasoning_tokens)
            engine = VllmEngine(llm, stats, tokenizer, planner, settings)
            await _warm_up(engine)
            _log.info("engine.ready", model=model.name, fingerprint=model.fingerprint)
            yield engine
        finally:
            if llm.output_handler is not None:
                llm.output_handler.cancel()  # else the handler reports the end of the core as a failure
            await run_in_thread(llm.shutdown)
            # AsyncLLM.__del__ calls this again at the interpreter's end, when the modules that it needs are gone.
            llm.shutdown = _ignore_shutdown


def _ignore_shutdown(timeout: float | None = None) -> None:
    del timeout


async def _warm_up(engine: VllmEngine) -> None:
    """Write one token. The first step is slow and starts vLLM's reader task, which must not start inside a call."""
    async for _ in engine.generate(GenerationRequest(messages=(Message("user", "Hello"),), max_tokens=1)):
        continue


class _VllmSource:
    """vLLM as the source of token ids of one request."""

    def __init__(
        self, llm: Any, request: GenerationRequest, chat_template: ChatTemplate, tokenizer: FolderTokenizer
    ) -> None:
        self._llm = llm
        self._request = request
        self._template = chat_template
        self._end_ids = tokenizer.end_ids

    async def steps(
        self, prompt_ids: Sequence[int], max_tokens: int, *, constrained: bool
    ) -> AsyncGenerator[TokenStep, None]:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams
        from vllm.v1.engine.exceptions import EngineDeadError

        request = self._request
        temperature = self._template.temperature if request.temperature is None else request.temperature
        params = SamplingParams(
            max_tokens=max_tokens,
            temperature=temperature,
            top_p=self._template.top_p if request.top_p is None else request.top_p,
            seed=None if request.seed is None else request.seed % 2**63,  # vLLM's seeds are signed
            stop_token_ids=sorted(self._end_ids),
            detokenize=False,  # this package's detokenizer can begin inside a character
            output_kind=RequestOutputKind.DELTA,
            structured_outputs=StructuredOutputsParams(json=request.json_schema) if constrained else None,
        )
        prompt: Any = {"prompt_token_ids": list(prompt_ids)}
        try:
            async with aclosing(self._llm.generate(prompt, params, uuid.uuid4().hex)) as outputs:
                async for output in outputs:
                    completion = output.outputs[0]
                    ids = tuple(completion.token_ids)
                    if completion.finish_reason == "stop" and ids and ids[-1] in self._end_ids:
                        ids = ids[:-1]
                    yield TokenStep(ids, _REASONS.get(completion.finish_reason), output.num_cached_tokens or 0)
        except EngineDeadError:
            raise EngineDead("The engine of this replica has died; try another one.") from None
        except ValueError as error:
            if not constrained:
                raise
            raise BadRequest("json_schema", f"cannot be enforced by vLLM: {error}") from error


_REASONS = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}


class _Stats:
    """The latest scheduler statistics."""

    def __init__(self, watch: StepWatch) -> None:
        self.load = EngineLoad()
        self.watch = watch

    def factory(self) -> Callable[..., Any]:
        """A vLLM stat logger that stores them after every step."""
        from vllm.v1.metrics.loggers import StatLoggerBase

        owner = self

        class Recorder(StatLoggerBase):
            def __init__(self, vllm_config: Any, engine_index: int = 0) -> None:
                del vllm_config, engine_index

            def record(
                self, scheduler_stats: Any, iteration_stats: Any, mm_cache_stats: Any = None, engine_idx: int = 0
            ) -> None:
                owner.watch.step()
                if (now := scheduler_stats) is not None:
                    waiting = now.num_waiting_reqs + now.num_skipped_waiting_reqs
                    owner.load = EngineLoad(now.num_running_reqs, waiting, now.kv_cache_usage)

            def log_engine_initialized(self) -> None:
                return

        return Recorder


def _start_engine(path: Path, settings: VllmSettings, device_name: str, stats: _Stats) -> Any:
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.v1.engine.async_llm import AsyncLLM

    model_limit = _max_position_embeddings(path)
    arguments: dict[str, Any] = {
        "model": str(path),
        "max_model_len": min(settings.max_model_tokens, model_limit or settings.max_model_tokens),
        "max_num_seqs": settings.max_running,
        "enable_prefix_caching": True,
        "tensor_parallel_size": settings.tensor_parallel_size,
        "disable_log_stats": True,  # vLLM's own loggers; `_Stats` still gets the statistics
        "generation_config": "vllm",  # every request sets its sampling in full
        "dtype": "bfloat16" if device_name == "cpu" else "auto",
    }
    if device_name == "cpu":
        # Compiling takes minutes and gains little for models that a CPU can run.
        arguments |= {"enforce_eager": True, "kv_cache_memory_bytes": int(settings.kv_cache_gib * 2**30)}
    else:
        arguments |= {"gpu_memory_utilization": settings.gpu_memory_utilization}
    return AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments), stat_loggers=[stats.factory()])


def _max_position_embeddings(path: Path) -> int | None:
    limit = json.loads((path / "config.json").read_text()).get("max_position_embeddings")
    return int(limit) if limit else None


def _version() -> str:
    import vllm

    return str(vllm.__version__)
