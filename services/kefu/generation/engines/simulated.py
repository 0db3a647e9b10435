"""
Simulated engine: answers made by arithmetic, for load tests of everything around the engine. Every answer says so.

Time is that of a server with continuous batching. A step writes one token for each running request and takes
`step + (batch - 1) * step_per_request` seconds. A request joins the batch when the key/value cache has room for its
prompt and its whole answer. First it prefills, for `prompt tokens not in the prefix cache / prefill rate` seconds of
step time, with at most 2,048 tokens of prompts a step, split as vLLM does: who comes later is read later, and all
others wait for the step. Prompts share a prefix in blocks of 16 tokens, and the least recently used blocks leave first,
as in vLLM.

Of several choices the one is answered of whose characters the last message holds most: weights are e to that share.
"""

import asyncio
import hashlib
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush

from kefu.common.errors import BadRequest, CannotContinue, PromptTooLong
from kefu.generation.decoding.choice import most_probable, normalise
from kefu.generation.engine import (
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

_BLOCK_TOKENS = 16
"""Tokens of a block of the prefix cache."""
_STEP_TOKENS = 2048
"""Tokens of prompts that one step reads: vLLM's own limit as a server, but for cards with 70 GiB and more (8,192)."""
_CHARACTERS_PER_TOKEN = 3
_SENTENCE = "(simulated answer: no model wrote this) "


@dataclass(frozen=True)
class SimulatedSettings:
    """The simulated server; see GenerationConfig."""

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
    sent: int = 0
    """Tokens of the answer that another replica wrote before."""
    cached_tokens: int = 0
    unread_tokens: int = 0
    """Of the prompt, once the job was taken."""
    joined: int | None = None
    """The step before the first one that writes for this job; None while the job waits or its prompt is read."""
    written_event: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def kv_tokens(self) -> int:
        return self.prompt_tokens + self.answer_tokens

    def written(self, step: int) -> int:
        """Tokens of the answer after a step, those written elsewhere included."""
        return self.sent if self.joined is None else min(self.sent + step - self.joined, self.answer_tokens)


class SimulatedEngine:
    """A simulated server; see the module. A step costs nothing for a job whose reader is not waiting."""

    coalesces = True

    def __init__(self, model: str, settings: SimulatedSettings) -> None:
        self._model = model or "simulated"
        self._settings = settings
        self._step = 0
        self._waiting: deque[_Job] = deque()
        self._running: set[_Job] = set()
        self._reading: _Job | None = None  # one of those that run: its prompt is read in part
        self._kv_tokens_used = 0
        self._prefill = 0.0
        self._ends: list[tuple[int, int, _Job]] = []  # a heap: after which step, in the order of joining
        self._joined = 0
        self._awaiting: set[_Job] = set()
        self._prefixes: OrderedDict[bytes, None] = OrderedDict()
        self._has_work = asyncio.Event()

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
            supports_choices=True,
        )

    def load(self) -> EngineLoad:
        """See Engine."""
        usage = min(self._kv_tokens_used / self._settings.kv_tokens, 1.0)
        return EngineLoad(len(self._running), len(self._waiting), usage, self._settings.max_running)

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[Event, None]:
        """See Engine. Token `n` of an answer has the id `n`, so that an answer can go on from any number of tokens."""
        if request.json_schema:
            raise BadRequest("json_schema", "is not obeyed by the simulated engine: it writes no JSON.")
        if request.adapter:
            raise BadRequest("adapter", f"is {request.adapter!r}, and the simulated engine has none.")
        sent = 0
        if (before := request.continuation) is not None:
            if before.token_ids and before.fingerprint != self.describe().fingerprint:
                raise CannotContinue("These token ids were made by another engine; start over.")
            sent = len(before.token_ids) or -(-len(before.text) // _CHARACTERS_PER_TOKEN)
        job = self._job(request)
        limit = self._settings.max_model_tokens - min(job.answer_tokens, self._settings.max_model_tokens // 4)
        if job.prompt_tokens > limit:
            raise PromptTooLong(job.prompt_tokens, limit)
        job.sent = sent
        yield Started(job.prompt_tokens + sent)
        self._waiting.append(job)
        self._has_work.set()
        sent_tokens = sent
        chosen: tuple[float, ...] = ()
        if request.choices:
            chosen = _choose(request.choices, request.messages[-1].content if request.messages else "")
        try:
            while sent_tokens < job.answer_tokens:
                if (written := job.written(self._step)) == sent_tokens:
                    job.written_event.clear()
                    self._awaiting.add(job)
                    await job.written_event.wait()
                    continue
                if chosen:
                    yield Piece(Channel.TEXT, most_probable(request.choices, chosen))
                else:
                    yield Piece(Channel.TEXT, _text(sent_tokens, written), tuple(range(sent_tokens, written)))
                sent_tokens = written
        finally:
            self._remove(job)
        whole = bool(chosen) or job.answer_tokens >= self._settings.answer_tokens
        yield Finished(
            FinishReason.STOP if whole else FinishReason.LENGTH,
            job.prompt_tokens + sent,
            job.cached_tokens,
            max(job.answer_tokens - sent, 0),
            0,
            chosen,
        )

    async def died(self) -> str:
        """See Engine. Never returns: arithmetic does not die."""
        await asyncio.Event().wait()
        return ""

    async def run(self) -> None:
        """Take steps while there is work, for ever."""
        settings, clock = self._settings, asyncio.get_running_loop().time
        ends = clock()
        while True:
            self._admit()
            if not self._running:
                self._has_work.clear()
                if not self._waiting:
                    await self._has_work.wait()
                ends = clock()
                continue
            step = settings.step_seconds + (len(self._running) - 1) * settings.step_seconds_per_request
            prefill, self._prefill = self._prefill, 0.0
            # From the end of the last step: the simulated server goes on while this process is busy.
            ends += step + prefill
            await asyncio.sleep(max(ends - clock(), 0))
            self._step += 1
            for job in [waiting_job for waiting_job in self._awaiting if waiting_job.joined is not None]:
                self._awaiting.remove(job)
                job.written_event.set()
            while self._ends and self._ends[0][0] <= self._step:
                self._free(heappop(self._ends)[2])

    def _job(self, request: GenerationRequest) -> _Job:
        if request.token_ids:
            tokens = [str(token_id) for token_id in request.token_ids]
        else:
            text = "".join(f"{message.role}\n{message.content}\n" for message in request.messages)
            tokens = [text[at : at + _CHARACTERS_PER_TOKEN] for at in range(0, len(text), _CHARACTERS_PER_TOKEN)]
        digest, blocks = hashlib.sha256(), list[bytes]()
        for start in range(0, len(tokens) - _BLOCK_TOKENS + 1, _BLOCK_TOKENS):
            digest.update("\0".join(tokens[start : start + _BLOCK_TOKENS]).encode())
            blocks.append(digest.digest())
        return _Job(len(tokens), tuple(blocks), min(request.max_tokens, self._settings.answer_tokens))

    def _admit(self) -> None:
        """Let requests join, and read of their prompts what the next step has room for."""
        room = _STEP_TOKENS
        while room > 0:
            if self._reading is None and not self._take_next():
                return
            job = self._reading
            assert job is not None  # noqa: S101 - taken
            read = min(job.unread_tokens, room)
            room -= read
            job.unread_tokens -= read
            self._prefill += read / self._settings.prefill_tokens_per_second
            if job.unread_tokens:
                return
            self._reading = None
            job.joined = self._step
            self._joined += 1
            heappush(self._ends, (self._step + job.answer_tokens - job.sent, self._joined, job))

    def _take_next(self) -> bool:
        """Take the first request that waits, if there is room for it. Its prompt is read next."""
        if not self._waiting or len(self._running) >= self._settings.max_running:
            return False
        job = self._waiting[0]
        if self._running and self._kv_tokens_used + job.kv_tokens > self._settings.kv_tokens:
            return False
        self._waiting.popleft()
        hits = 0
        for block in job.blocks:
            if block not in self._prefixes:
                break
            hits += 1
        for block in job.blocks:
            self._prefixes[block] = None
            self._prefixes.move_to_end(block)
        while len(self._prefixes) > self._settings.kv_tokens // _BLOCK_TOKENS:
            self._prefixes.popitem(last=False)
        job.cached_tokens = hits * _BLOCK_TOKENS
        job.unread_tokens = job.prompt_tokens - job.cached_tokens
        self._reading = job
        self._running.add(job)
        self._kv_tokens_used += job.kv_tokens
        return True

    def _remove(self, job: _Job) -> None:
        self._awaiting.discard(job)
        if self._reading is job:
            self._reading = None
        elif job.joined is None:
            with suppress(ValueError):
                self._waiting.remove(job)
        self._free(job)

    def _free(self, job: _Job) -> None:
        if job in self._running:
            self._running.remove(job)
            self._kv_tokens_used -= job.kv_tokens


def _choose(choices: Sequence[str], message: str) -> tuple[float, ...]:
    """Log-probabilities of choices, by the share of each one's characters that the message holds."""
    return normalise([sum(character in message for character in choice) / len(choice) for choice in choices])


def _text(start: int, end: int) -> str:
    """The text of tokens `start` to `end`."""
    begin = start * _CHARACTERS_PER_TOKEN % len(_SENTENCE)
    length = (end - start) * _CHARACTERS_PER_TOKEN
    return (_SENTENCE * (length // len(_SENTENCE) + 2))[begin : begin + length]


@asynccontextmanager
async def open_simulated(model: str, settings: SimulatedSettings) -> AsyncIterator[SimulatedEngine]:
    """A simulated server that runs while the block runs."""
    engine = SimulatedEngine(model, settings)
    runner = asyncio.create_task(engine.run(), name="simulated-engine")
    try:
        yield engine
    finally:
        runner.cancel()
        with suppress(asyncio.CancelledError):
            await runner
