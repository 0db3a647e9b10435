"""vLLM engine: `AsyncLLM` in this process, the same code on CPU and GPU. Its core and workers are child processes."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

import structlog

from kefu.common.aio import cancel_and_wait, run_in_thread
from kefu.common.errors import BadRequest, EngineDead, StartupError
from kefu.generation.decoding.chat_template import ChatTemplate
from kefu.generation.decoding.choice import ChoiceScores, choose_answer
from kefu.generation.decoding.decoder import TokenStep, decode_answer
from kefu.generation.decoding.decoding_plan import Planner
from kefu.generation.decoding.tokenizer import check_tokenizer
from kefu.generation.engine import EngineLoad, Event, FinishReason, GenerationRequest, Message, ModelDescription
from kefu.generation.engines.folder_tokenizer import FolderTokenizer
from kefu.generation.engines.step_watch import StepWatch
from kefu.generation.engines.vllm_adapters import LoraAdapter, read_adapters
from kefu.generation.engines.vllm_arguments import VllmSettings, device, engine_arguments, engine_config, version
from kefu.generation.engines.vllm_cards import check_cards
from kefu.generation.engines.vllm_process import engine_environment, reap_orphans
from kefu.generation.engines.vllm_statistics import SchedulerStatistics
from kefu.generation.engines.vllm_tokenizer import schema_tokenizer
from kefu.generation.models.local_model import LocalModel

_log = structlog.stdlib.get_logger()
_HEALTH_CHECK_SECONDS = 0.2


class VllmEngine:
    """A running engine; see `open_vllm`."""

    coalesces = False  # the cap on reasoning and stop strings are checked token by token

    def __init__(
        self,
        llm: Any,
        statistics: SchedulerStatistics,
        tokenizer: FolderTokenizer,
        planner: Planner,
        adapters: Mapping[str, Any],
    ) -> None:
        self._llm = llm
        self._statistics = statistics
        self._tokenizer = tokenizer
        self._planner = planner
        self._adapters = adapters

    def describe(self) -> ModelDescription:
        """See Engine."""
        return self._planner.description

    def load(self) -> EngineLoad:
        """The scheduler's load after its last step. It takes one more step when it becomes idle."""
        return self._statistics.load

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event, None]:
        """See Engine."""
        plan = await asyncio.to_thread(self._planner.plan, request)
        adapter = self._adapters[request.adapter] if request.adapter else None
        source = _VllmSource(self._llm, request, self._planner.template, self._tokenizer, adapter)
        limit = self._planner.description.max_model_tokens
        if request.choices:
            answer = choose_answer(source, plan, request.choices)
        else:
            answer = decode_answer(source, plan, self._tokenizer.decode, max_model_tokens=limit)
        with self._statistics.watch.request():
            async with aclosing(answer) as events:
                async for event in events:
                    yield event

    async def died(self) -> str:
        """See Engine. A core that has requests and takes no step is as dead as one that has ended."""
        stuck = asyncio.create_task(self._statistics.watch.stuck(), name="vllm-stuck")
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
    tokenizer = FolderTokenizer(model.path)
    check_tokenizer(tokenizer, model.name)
    adapters = read_adapters(settings.adapters, model.path)
    with (
        engine_environment(settings.tensor_parallel_size),
        reap_orphans(),
        schema_tokenizer(model.path) as tokenizer_folder,
    ):
        arguments = engine_arguments(model, settings, device_name, adapters, tokenizer_folder)
        config = await run_in_thread(lambda: engine_config(arguments))
        _log.info(
            "engine.loading",
            model=model.name,
            device=device_name,
            dtype=str(config.model_config.dtype),
            quantization=config.model_config.quantization,
            max_batched_tokens=config.scheduler_config.max_num_batched_tokens,
        )
        if device_name == "cuda":
            await run_in_thread(lambda: check_cards(model.path, config))
        watch = StepWatch(settings.stuck_seconds)
        statistics = SchedulerStatistics(watch, max_running=config.scheduler_config.max_num_seqs)
        try:
            llm = await run_in_thread(lambda: _start(config, arguments, statistics))
        except Exception as error:
            raise StartupError(
                f"vLLM cannot run {model.name} from {model.path}: {error} The lines above say more."
            ) from error
        try:
            chat_template = ChatTemplate.of(tokenizer.chat_template, model.recommended_sampling)
            description = ModelDescription(
                model=model.name,
                engine="vllm",
                engine_version=version(),
                fingerprint=model.fingerprint,
                max_model_tokens=int(config.model_config.max_model_len),
                supports_reasoning=chat_template.supports_reasoning,
                supports_token_continuation=True,
                simulated=False,
                device=device_name,
                adapters=tuple(adapter.name for adapter in adapters),
                # Of a step with guessed tokens vLLM tells the most probable tokens alone, and not chosen ones.
                supports_choices=config.speculative_config is None,
            )
            planner = Planner(tokenizer, chat_template, description, settings.default_reasoning_tokens)
            engine = VllmEngine(llm, statistics, tokenizer, planner, await _load_adapters(llm, adapters))
            await _warm_up(engine)
            _log.info("engine.ready", model=model.name, fingerprint=model.fingerprint)
            yield engine
        finally:
            if llm.output_handler is not None:
                llm.output_handler.cancel()  # else the handler reports the end of the core as a failure
            await run_in_thread(llm.shutdown)
            # AsyncLLM.__del__ calls this again at the interpreter's end, when the modules that it needs are gone.
            llm.shutdown = _ignore_shutdown


def _start(config: Any, arguments: Mapping[str, Any], statistics: SchedulerStatistics) -> Any:
    from vllm.v1.engine.async_llm import AsyncLLM

    return AsyncLLM.from_vllm_config(
        config,
        stat_loggers=statistics.loggers(),
        disable_log_stats=arguments["disable_log_stats"],
        enable_log_requests=arguments.get("enable_log_requests", False),
    )


async def _load_adapters(llm: Any, adapters: Sequence[LoraAdapter]) -> dict[str, Any]:
    """vLLM's requests for the adapters, by name. Raises StartupError for one that does not fit the model."""
    from vllm.lora.request import LoRARequest

    loaded: dict[str, Any] = {}
    for number, adapter in enumerate(adapters, start=1):
        request = LoRARequest(lora_name=adapter.name, lora_int_id=number, lora_path=str(adapter.path))
        try:
            await llm.add_lora(request)
        except Exception as error:  # from vLLM's core, whatever class it had there
            raise StartupError(
                f"KEFU_GENERATION_ADAPTERS: {adapter.name} in {adapter.path} does not fit this model: {error}"
            ) from error
        loaded[adapter.name] = request
    return loaded


def _ignore_shutdown(timeout: float | None = None) -> None:
    del timeout


async def _warm_up(engine: VllmEngine) -> None:
    """Write one token. The first step is slow and starts vLLM's reader task, which must not start inside a call."""
    async for _ in engine.generate(GenerationRequest(messages=(Message("user", "Hello"),), max_tokens=1)):
        continue


class _VllmSource:
    """vLLM as the source of token ids of one request."""

    def __init__(
        self,
        llm: Any,
        request: GenerationRequest,
        chat_template: ChatTemplate,
        tokenizer: FolderTokenizer,
        adapter: Any,
    ) -> None:
        self._llm = llm
        self._adapter = adapter
        self._request = request
        self._template = chat_template
        self._end_ids = tokenizer.end_ids

    async def steps(
        self, prompt_ids: Sequence[int], max_tokens: int, *, constrained: bool
    ) -> AsyncGenerator[TokenStep, None]:
        from vllm import SamplingParams
        from vllm.exceptions import VLLMValidationError
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

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
        try:
            async with aclosing(self._outputs(prompt_ids, params)) as outputs:
                async for output in outputs:
                    completion = output.outputs[0]
                    ids = tuple(completion.token_ids)
                    if completion.finish_reason == "stop" and ids and ids[-1] in self._end_ids:
                        ids = ids[:-1]
                    yield TokenStep(ids, _REASONS.get(completion.finish_reason), output.num_cached_tokens or 0)
        except (ValueError, VLLMValidationError) as error:
            if not constrained:
                raise
            raise BadRequest("json_schema", f"cannot be enforced by vLLM: {error}") from error

    async def score(self, prompt_ids: Sequence[int], token_ids: Sequence[int]) -> ChoiceScores:
        """See ChoiceSource. vLLM tells log-probabilities of the tokens that it is asked about."""
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        params = SamplingParams(
            max_tokens=1,
            temperature=1.0,  # so that `logprobs_mode` may be any
            logprob_token_ids=list(token_ids),
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        async with aclosing(self._outputs(prompt_ids, params)) as outputs:
            output = await anext(outputs)
        told = output.outputs[0].logprobs[0]
        scores = tuple(float(told[token_id].logprob) for token_id in token_ids)
        return ChoiceScores(scores, output.num_cached_tokens or 0)

    async def _outputs(self, prompt_ids: Sequence[int], params: Any) -> AsyncGenerator[Any, None]:
        from vllm.v1.engine.exceptions import EngineDeadError

        prompt: Any = {"prompt_token_ids": list(prompt_ids)}
        try:
            async with aclosing(
                self._llm.generate(prompt, params, uuid.uuid4().hex, lora_request=self._adapter)
            ) as outputs:
                async for output in outputs:
                    yield output
        except EngineDeadError:
            raise EngineDead("The engine of this replica has died; try another one.") from None


_REASONS = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}
