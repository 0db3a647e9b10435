"""llama.cpp engine: a GGUF model as it is, on CPUs. The server runs in a child process (`llamacpp_process`)."""

import asyncio
import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import httpx
import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import BadRequest, EngineDead, StartupError
from kefu.generation.decoding.chat_template import ChatTemplate
from kefu.generation.decoding.choice import ChoiceScores, choose_answer
from kefu.generation.decoding.decoder import TokenStep, decode_answer
from kefu.generation.decoding.decoding_plan import Planner
from kefu.generation.decoding.tokenizer import check_tokenizer
from kefu.generation.engine import EngineLoad, Event, FinishReason, GenerationRequest, Message, ModelDescription
from kefu.generation.engines.gguf_tokenizer import GgufTokenizer
from kefu.generation.engines.llamacpp_process import LlamaCppProcess, ServerSettings, open_llamacpp_process
from kefu.generation.engines.step_watch import StepWatch
from kefu.generation.models.gguf_header import GgufHeader, read_gguf_header
from kefu.generation.models.local_model import LocalModel
from kefu.generation.models.memory_need import KvBudget

_log = structlog.stdlib.get_logger()
_PACKAGE = "xllamacpp"
_BATCH_TOKENS = 128
"""Tokens of prompts in one step. Steps of 512 are 5 % faster, and an abort waits up to four times as long."""
_SAMPLERS = ("top_k", "temperature", "top_p")
_TOP_K = 100
"""Candidates beyond these have no chance, and sorting 150,000 of them for top_p takes milliseconds a token."""
_CHOICE_BIAS = 200.0
"""Lifts the choices above all other tokens. Logits span less; more would cost a float32 the last of its six digits."""
_LEAST_PROBABILITY = 2.0**-126
"""Of float32, in which probabilities are told; less is told as 0 or without its digits."""
_DATA = "data: "


@dataclass(frozen=True)
class LlamaCppSettings:
    """Settings of the engine; GenerationConfig describes each."""

    max_model_tokens: int
    max_running: int
    kv_cache_gib: float
    default_reasoning_tokens: int
    stuck_seconds: float
    cores: float
    """Cores that may be kept busy."""
    adapters: dict[str, Path] = field(default_factory=dict[str, Path])


class LlamaCppEngine:
    """A running engine; see `open_llamacpp`."""

    coalesces = False  # the cap on reasoning and stop strings are checked token by token

    def __init__(
        self,
        process: LlamaCppProcess,
        client: httpx.AsyncClient,
        tokenizer: GgufTokenizer,
        planner: Planner,
        slots: int,
        watch: StepWatch,
    ) -> None:
        self._process = process
        self._client = client
        self._tokenizer = tokenizer
        self._planner = planner
        self._slots = slots
        self._watch = watch
        self._open: set[_LlamaCppSource] = set()

    @property
    def pid(self) -> int:
        """Id of llama.cpp's process."""
        return self._process.pid

    def describe(self) -> ModelDescription:
        """See Engine."""
        return self._planner.description

    def load(self) -> EngineLoad:
        """Requests of this process, which is llama.cpp's only caller; those beyond its slots wait in it."""
        running = min(len(self._open), self._slots)
        tokens = sum(source.tokens for source in self._open if source.tokens)
        capacity = self._slots * self._planner.description.max_model_tokens
        return EngineLoad(running, len(self._open) - running, min(tokens / capacity, 1.0), self._slots)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event, None]:
        """See Engine."""
        grammar = _grammar(request.json_schema)
        plan = await asyncio.to_thread(self._planner.plan, request)
        description = self._planner.description
        source = _LlamaCppSource(self._client, _sampling(request, self._planner), grammar, self._tokenizer, self._watch)
        if request.choices:
            answer = choose_answer(source, plan, request.choices)
        else:
            decode, limit = self._tokenizer.decode, description.max_model_tokens
            answer = decode_answer(source, plan, decode, max_model_tokens=limit)
        self._open.add(source)
        try:
            with self._watch.request():
                async with aclosing(answer) as events:
                    async for event in events:
                        yield event
        finally:
            self._open.discard(source)

    async def died(self) -> str:
        """See Engine. A process that has requests and takes no step is ended, so that its callers learn of it."""
        ended = asyncio.create_task(self._process.ended(), name="llamacpp-ended")
        stuck = asyncio.create_task(self._watch.stuck(), name="llamacpp-stuck")
        try:
            await asyncio.wait((ended, stuck), return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                return f"llama.cpp's process has ended with status {ended.result()}"
            self._process.kill()
            return stuck.result()
        finally:
            await cancel_and_wait(ended)
            await cancel_and_wait(stuck)


def server_settings(header: GgufHeader, model: Path, settings: LlamaCppSettings) -> ServerSettings:
    """What llama.cpp is started with for this model. A thread is left to other services while answers are written.

    One token at a time is bound by memory, and wants no more than all cores but one; more threads stall as soon as
    another process runs. A prompt is bound by arithmetic, and takes every core.
    """
    cores = max(int(settings.cores), 1)
    budget = KvBudget(settings.max_model_tokens, settings.max_running, settings.kv_cache_gib, settings.cores)
    return ServerSettings(
        model=model,
        slots=budget.answers(header.kv_bytes_per_token, header.context_length),
        slot_tokens=budget.answer_tokens(header.context_length),
        batch_tokens=_BATCH_TOKENS,
        decode_threads=max(cores - 1, 1),
        prefill_threads=cores,
        adapters=tuple(settings.adapters.values()),
    )


@asynccontextmanager
async def open_llamacpp(model: LocalModel, settings: LlamaCppSettings) -> AsyncIterator[LlamaCppEngine]:
    """Load the model and run the engine while the block runs. Loading takes seconds: the file is mapped as it is.

    Raises StartupError when llama.cpp cannot run the model. Its process ends with this one, however that ends.
    """
    package_version = _version()
    header = read_gguf_header(model.path)
    for name, path in settings.adapters.items():
        if not path.is_file():
            raise StartupError(f"There is no file of the adapter {name!r} at {path}.")
    wanted = server_settings(header, model.path, settings)
    _log.info("engine.loading", model=model.name, slots=wanted.slots, tokens=wanted.slot_tokens)
    async with (
        open_llamacpp_process(wanted) as process,
        httpx.AsyncClient(**_client_options(process), timeout=httpx.Timeout(None, connect=5.0)) as client,
    ):
        with httpx.Client(**_client_options(process), timeout=httpx.Timeout(30.0, connect=5.0)) as tokenizing:
            tokenizer = GgufTokenizer(header, lambda text: _tokenize(tokenizing, text))
            await asyncio.to_thread(check_tokenizer, tokenizer, model.name)
            template = ChatTemplate.of(tokenizer.chat_template, model.recommended_sampling)
            description = ModelDescription(
                model=model.name,
                engine="llamacpp",
                engine_version=package_version,
                fingerprint=model.fingerprint,
                max_model_tokens=wanted.slot_tokens,
                supports_reasoning=template.supports_reasoning,
                supports_token_continuation=True,
                simulated=False,
                device="cpu",
                adapters=tuple(settings.adapters),
                supports_choices=True,
            )
            planner = Planner(tokenizer, template, description, settings.default_reasoning_tokens)
            engine = LlamaCppEngine(
                process, client, tokenizer, planner, wanted.slots, StepWatch(settings.stuck_seconds)
            )
            await _warm_up(engine)
            _log.info("engine.ready", model=model.name, fingerprint=model.fingerprint)
            yield engine


async def _warm_up(engine: LlamaCppEngine) -> None:
    """Write one token: the first step reads the weights from the disk."""
    async for _ in engine.generate(GenerationRequest(messages=(Message("user", "Hello"),), max_tokens=1)):
        continue


def _client_options(process: LlamaCppProcess) -> dict[str, Any]:
    return {
        "base_url": process.address,
        "headers": {"Authorization": f"Bearer {process.key}"},
        # llama.cpp closes a connection that it kept in the moment in which it is used again.
        "limits": httpx.Limits(max_keepalive_connections=0),
        "trust_env": False,  # a proxy has no part in this
    }


def _tokenize(client: httpx.Client, text: str) -> list[int]:
    try:
        answer = client.post("/tokenize", json={"content": text, "add_special": False, "parse_special": True})
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise EngineDead("The engine of this replica has died; try another one.") from error
    return list(answer.json()["tokens"])


def _sampling(request: GenerationRequest, planner: Planner) -> dict[str, Any]:
    template, adapters = planner.template, planner.description.adapters
    fields: dict[str, Any] = {
        "temperature": template.temperature if request.temperature is None else request.temperature,
        "top_p": template.top_p if request.top_p is None else request.top_p,
        "top_k": _TOP_K,
        "samplers": list(_SAMPLERS),
    }
    if request.seed is not None:
        fields["seed"] = request.seed % (2**32 - 1)  # its highest one means "any"
    if adapters:
        fields["lora"] = [{"id": at, "scale": float(name == request.adapter)} for at, name in enumerate(adapters)]
    return fields


def _grammar(json_schema: str) -> str:
    """A schema as llama.cpp's grammar, in llguidance's form. Raises BadRequest for one that cannot be enforced.

    llama.cpp itself would log that it cannot, and answer without any. Spaces are fixed: a small model that is free to
    write them writes nothing else.
    """
    if not json_schema:
        return ""
    from llguidance import LLMatcher

    schema = json.loads(json_schema)
    schema["x-guidance"] = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
    grammar = f"%llguidance {{}}\nstart: %json {json.dumps(schema)}"
    matcher: Any = LLMatcher  # partially typed
    if problem := str(matcher.validate_grammar(grammar)):
        words = problem.partition("failed to compile JSON schema: ")[2].partition("\n   1 |")[0] or problem
        raise BadRequest("json_schema", f"cannot be enforced: {words}")
    return grammar


class _LlamaCppSource:
    """llama.cpp as the source of token ids of one request."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        sampling: dict[str, Any],
        grammar: str,
        tokenizer: GgufTokenizer,
        watch: StepWatch,
    ) -> None:
        self._client = client
        self._sampling = sampling
        self._grammar = grammar
        self._tokenizer = tokenizer
        self._watch = watch
        self.tokens = 0
        """Tokens of the prompt and the answer that the engine holds."""

    async def steps(
        self, prompt_ids: Sequence[int], max_tokens: int, *, constrained: bool
    ) -> AsyncGenerator[TokenStep, None]:
        body = {**self._sampling, "n_predict": max_tokens, "return_tokens": True}
        if constrained:
            body["grammar"] = self._grammar
        cached = told = 0
        held: tuple[int, ...] = ()
        async with aclosing(self._completion(prompt_ids, body)) as events:
            async for event in events:
                if progress := event.get("prompt_progress"):
                    cached = int(progress["cache"])
                    continue
                if event["stop"]:
                    by_model = event["stop_type"] == "eos"  # then the held token is the one that ended it
                    yield TokenStep(() if by_model else held, _reason(by_model), cached)
                    return
                lost = event["tokens_predicted"] - told - len(event["tokens"])
                told = event["tokens_predicted"]
                ids = (*held, *self._lost_tokens(event, lost), *event["tokens"])
                self.tokens = len(prompt_ids) + told
                held = ids[-1:] if self._tokenizer.is_control(ids[-1]) else ()
                yield TokenStep(ids[: len(ids) - len(held)], None, cached)

    async def score(self, prompt_ids: Sequence[int], token_ids: Sequence[int]) -> ChoiceScores:
        """See ChoiceSource. The tokens are all that the sampler keeps, and it tells their probabilities among them.

        Of those before sampling the server tells only the most probable of the whole vocabulary, not chosen ones.
        """
        body = {
            **self._sampling,
            "n_predict": 1,
            "logit_bias": [[token_id, _CHOICE_BIAS] for token_id in token_ids],
            "samplers": ["top_k", "temperature"],
            "top_k": len(token_ids),
            "temperature": 1.0,
            "n_probs": len(token_ids),
            "post_sampling_probs": True,
        }
        cached, found = 0, dict[int, float]()
        async with aclosing(self._completion(prompt_ids, body)) as events:
            async for event in events:
                if progress := event.get("prompt_progress"):
                    cached = int(progress["cache"])
                elif event["stop"]:
                    break
                else:
                    told = event["completion_probabilities"][0]["top_probs"]
                    found = {token["id"]: max(token["prob"], _LEAST_PROBABILITY) for token in told}
        if found.keys() != set(token_ids):
            raise RuntimeError(f"llama.cpp was asked about the tokens {list(token_ids)} and told of {list(found)}.")
        return ChoiceScores(tuple(math.log(found[token_id]) for token_id in token_ids), cached)

    async def _completion(
        self, prompt_ids: Sequence[int], body: dict[str, Any]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """llama.cpp's events of a request, up to the one with `stop`. Closing this aborts the request."""
        common = {
            "prompt": list(prompt_ids),
            "stream": True,
            "return_progress": True,  # a step is told while a prompt is read, too
            "cache_prompt": True,
        }
        self.tokens = len(prompt_ids)
        try:
            async with self._client.stream("POST", "/completion", json=common | body) as response:
                if not response.is_success:
                    raise RuntimeError(f"llama.cpp refused a request: {(await response.aread()).decode()}")
                async for line in response.aiter_lines():
                    self._watch.step()
                    if not line.startswith(_DATA):
                        if line.startswith("error"):
                            raise RuntimeError(f"llama.cpp broke a request off: {line}")
                        continue
                    event: dict[str, Any] = json.loads(line[len(_DATA) :])
                    if "error" in event:
                        raise RuntimeError(f"llama.cpp broke a request off: {event['error']}")
                    yield event
                    if event.get("stop"):
                        return
            raise EngineDead("The engine of this replica has died; try another one.")
        except httpx.HTTPError:
            raise EngineDead("The engine of this replica has died; try another one.") from None
        finally:
            self.tokens = 0

    def _lost_tokens(self, event: dict[str, Any], count: int) -> tuple[int, ...]:
        """The ids that llama.cpp does not tell: it waits until the text is whole characters, and tells the last id.

        Its text has their bytes. Of bytes that are no character at all nothing is known, and nothing is lost.
        """
        if count <= 0:
            return ()
        last = b"".join(self._tokenizer.bytes_of(token) for token in event["tokens"])
        text: str = event["content"]
        return self._tokenizer.split_bytes(text.encode().removesuffix(last), count) or ()


def _reason(by_model: bool) -> FinishReason:
    return FinishReason.STOP if by_model else FinishReason.LENGTH


def _version() -> str:
    try:
        return version(_PACKAGE)
    except PackageNotFoundError as error:
        raise StartupError(
            f"llama.cpp is not installed ({_PACKAGE}): pip install 'kefu[llamacpp]', or choose another engine by "
            "KEFU_GENERATION_ENGINE."
        ) from error
