"""Answers made by arithmetic, for load tests of everything around the engine: it says so in every answer.

The model of time is that of a server with continuous batching: a step writes one token for each running request and
takes `step + (batch - 1) * step_per_request` seconds; a request joins the batch when the key/value cache has room for
its prompt and its whole answer, and prefills `prompt tokens not in the prefix cache / prefill rate` seconds of step
time first. Prompts share a prefix in blocks of 16 tokens, least recently used blocks leaving first, as in vLLM.
"""

import asyncio
import hashlib
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from kefu.common.errors import CannotContinue, PromptTooLong
from kefu.generation.engines.base import (
    Channel,
    EngineLoad,
    Event,
    Finished,
    FinishReason,
    GenerationRequest,
    ModelDescription,
    Piece,
    Started,
)

_BLOCK = 16
"""Tokens of a block of the prefix cache."""
_CHARACTERS_PER_TOKEN = 3
_SENTENCE = "[simulated answer: no model wrote this] "


@dataclass(frozen=True)
class SimulatedSettings:
    """The machine that is imitated; see GenerationConfig."""

    prefill_tokens_per_second: float
    step_seconds: float
    step_seconds_per_request: float
    kv_tokens: int
    answer_tokens: int
    max_model_tokens: int
    max_running: int


@dataclass(eq=False)
class _Job:
    prompt_tokens: int
    blocks: tuple[bytes, ...]
    answer_tokens: int
    cached_tokens: int = 0
    prefill_left: float = 0.0
    written: asyncio.Queue[None] = field(default_factory=asyncio.Queue[None])
    count: int = 0

    @property
    def kv_tokens(self) -> int:
        return self.prompt_tokens + self.answer_tokens


class SimulatedEngine:
    """An imitated server; see the module."""

    def __init__(self, model: str, settings: SimulatedSettings) -> None:
        self._model = model or "simulated"
        self._settings = settings
        self._waiting: deque[_Job] = deque()
        self._running: list[_Job] = []
        self._prefixes: OrderedDict[bytes, None] = OrderedDict()
        self._work = asyncio.Event()

    def describe(self) -> ModelDescription:
        """See Engine."""
        return ModelDescription(
            model=self._model,
            engine="simulated",
            engine_version="1",
            fingerprint="simulated",
            max_model_tokens=self._settings.max_model_tokens,
            supports_reasoning=False,
            supports_token_continuation=True,
            simulated=True,
            device="none",
        )

    def load(self) -> EngineLoad:
        """See Engine."""
        held = sum(job.kv_tokens for job in self._running)
        return EngineLoad(len(self._running), len(self._waiting), min(held / self._settings.kv_tokens, 1.0))

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event, None]:
        """See Engine. Token `n` of an answer has the id `n`, so an answer can go on from any number of them."""
        sent = 0
        if (before := request.continuation) is not None:
            if before.token_ids and before.fingerprint != self.describe().fingerprint:
                raise CannotContinue("These token ids were made by another engine; start over.")
            sent = len(before.token_ids) or -(-len(before.text) // _CHARACTERS_PER_TOKEN)
        job = self._job(request)
        limit = self._settings.max_model_tokens - min(job.answer_tokens, self._settings.max_model_tokens // 4)
        if job.prompt_tokens > limit:
            raise PromptTooLong(job.prompt_tokens, limit)
        job.count = sent
        yield Started(job.prompt_tokens + sent)
        self._waiting.append(job)
        self._work.set()
        try:
            for number in range(sent, job.answer_tokens):
                await job.written.get()
                yield Piece(Channel.TEXT, _token_text(number), (number,))
        finally:
            self._leave(job)
        whole = job.answer_tokens >= self._settings.answer_tokens
        yield Finished(
            FinishReason.STOP if whole else FinishReason.LENGTH,
            job.prompt_tokens + sent,
            job.cached_tokens,
            max(job.answer_tokens - sent, 0),
            0,
        )

    async def died(self) -> str:
        """See Engine: arithmetic does not die."""
        await asyncio.Event().wait()
        return ""

    async def run(self) -> None:
        """Take steps while there is work, for ever."""
        settings = self._settings
        while True:
            self._admit()
            if not self._running:
                self._work.clear()
                if not self._waiting:
                    await self._work.wait()
                continue
            prefill = sum(job.prefill_left for job in self._running)
            step = settings.step_seconds + (len(self._running) - 1) * settings.step_seconds_per_request
            await asyncio.sleep(step + prefill)
            for job in tuple(self._running):
                job.prefill_left = 0.0
                job.count += 1
                job.written.put_nowait(None)
                if job.count >= job.answer_tokens:
                    self._leave(job)

    def _job(self, request: GenerationRequest) -> _Job:
        if request.token_ids:
            tokens = [str(token_id) for token_id in request.token_ids]
        else:
            text = "".join(f"{message.role}\n{message.content}\n" for message in request.messages)
            tokens = [text[at : at + _CHARACTERS_PER_TOKEN] for at in range(0, len(text), _CHARACTERS_PER_TOKEN)]
        digest, blocks = hashlib.sha256(), list[bytes]()
        for start in range(0, len(tokens) - _BLOCK + 1, _BLOCK):
            digest.update("\0".join(tokens[start : start + _BLOCK]).encode())
            blocks.append(digest.digest())
        return _Job(len(tokens), tuple(blocks), min(request.max_tokens, self._settings.answer_tokens))

    def _admit(self) -> None:
        while self._waiting and len(self._running) < self._settings.max_running:
            job = self._waiting[0]
            held = sum(other.kv_tokens for other in self._running)
            if self._running and held + job.kv_tokens > self._settings.kv_tokens:
                return
            self._waiting.popleft()
            hits = 0
            for block in job.blocks:
                if block not in self._prefixes:
                    break
                hits += 1
            for block in job.blocks:
                self._prefixes[block] = None
                self._prefixes.move_to_end(block)
            while len(self._prefixes) > self._settings.kv_tokens // _BLOCK:
                self._prefixes.popitem(last=False)
            job.cached_tokens = hits * _BLOCK
            job.prefill_left = (job.prompt_tokens - job.cached_tokens) / self._settings.prefill_tokens_per_second
            self._running.append(job)

    def _leave(self, job: _Job) -> None:
        with suppress(ValueError):
            self._running.remove(job)
        with suppress(ValueError):
            self._waiting.remove(job)


def _token_text(number: int) -> str:
    start = number * _CHARACTERS_PER_TOKEN % len(_SENTENCE)
    return (_SENTENCE * 2)[start : start + _CHARACTERS_PER_TOKEN]


@asynccontextmanager
async def open_simulated(model: str, settings: SimulatedSettings) -> AsyncIterator[SimulatedEngine]:
    """An imitated server that runs while the block does."""
    engine = SimulatedEngine(model, settings)
    runner = asyncio.create_task(engine.run(), name="simulated-engine")
    try:
        yield engine
    finally:
        runner.cancel()
        with suppress(asyncio.CancelledError):
            await runner
