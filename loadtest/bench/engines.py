"""
Kefu's generation service over an engine, against that engine's own server: the same prompts, in turn, in one run.

    python -m loadtest.bench.engines [--engine llamacpp --engine vllm] [--model NAME …] [--at-once 1 --at-once 4 …]

Kefu's service is called over gRPC. llama.cpp's own server is called at `/completion`, vLLM's (`vllm serve`) at
`/v1/completions`. Both sides are processes of their own, with the same model, slots and threads, and the token ids of
the same prompts: questions about the sample help centre with a passage each, temperature 0. The sides take turns; each
turn has prompts of its own, so that no cache knows them. The first token is timed at the caller. Memory is the sum of
what the side's processes hold (RSS), the mapped file of a model included. Run it on a quiet machine.
"""

import asyncio
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Protocol

import grpc.aio
import httpx
import psutil
import typer
from rich.progress import Progress

from kefu.common.cache_folder import default_cache
from kefu.common.resource_limits.cpu_budget import usable_cores
from kefu.common.rpc.interceptor import internal_metadata
from kefu.generation.engines.folder_tokenizer import FolderTokenizer
from kefu.generation.engines.llamacpp import LlamaCppSettings, server_settings
from kefu.generation.engines.llamacpp_process import open_llamacpp_process
from kefu.generation.models.gguf_header import read_gguf_header
from kefu.generation.models.resolver import resolve, resolve_gguf
from kefu.generation.v1 import generation_pb2 as pb
from kefu.generation.v1 import generation_pb2_grpc as rpc
from kefu.local.health_probes import Probe, grpc_probe
from loadtest.bench.process import PortAllocator, Process
from loadtest.harness.environment import describe_environment
from loadtest.harness.questions import help_center
from loadtest.harness.statistics import percentile
from loadtest.harness.tables import table

_SLOTS = 16
_MAX_TOKENS = 1024
_KV_GIB = 8.0
_INSTRUCTION = "Answer the question in one sentence, from the passage alone. 请只根据资料，用一句话回答。"
_CHARACTERS = {"en": 700, "zh": 300}
"""Of a passage: about 200 tokens."""

Prompt = Sequence[int]


@dataclass
class Timing:
    """One answer: seconds to its first token and to its end, and tokens written."""

    first: float
    total: float
    tokens: int


@dataclass
class Measured:
    """What one side did at one number of requests at once."""

    timings: list[Timing] = field(default_factory=list[Timing])
    seconds: float = 0.0

    @property
    def tokens_per_second(self) -> float:
        """Tokens of all requests together, a second."""
        return sum(timing.tokens for timing in self.timings) / self.seconds


class Side(Protocol):
    """One server under test."""

    name: str
    ready_seconds: float

    def pids(self) -> list[int]:
        """The processes of this side."""
        ...

    def answer(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[int, None]:
        """Numbers of tokens as they come."""
        ...


@dataclass
class KefuSide:
    """Kefu's generation service, over gRPC."""

    process: Process
    stub: Any
    key: str
    ready_seconds: float
    name: str = "kefu"

    def pids(self) -> list[int]:
        """See Side."""
        return [self.process.pid]

    async def answer(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[int, None]:
        """See Side."""
        request = pb.GenerateRequest(tokens=pb.TokenPrompt(token_ids=prompt), max_tokens=max_tokens, temperature=0)
        written = 0
        async for event in self.stub.Generate(request, metadata=internal_metadata(self.key)):
            if event.HasField("delta") and event.delta.token_ids:
                written += len(event.delta.token_ids)
                yield len(event.delta.token_ids)
            elif event.HasField("completed"):
                yield event.completed.completion_tokens - written


@dataclass
class HttpSide:
    """An engine's own server, over HTTP and server-sent events."""

    client: httpx.AsyncClient
    path: str
    body: dict[str, Any]
    limit: str
    """The field for the most tokens."""
    count: Callable[[dict[str, Any]], int]
    """Tokens of an event; the one that ends an answer, which Kefu does not send, is taken off with the last."""
    own_pids: Callable[[], list[int]]
    ready_seconds: float
    name: str = "own server"

    def pids(self) -> list[int]:
        """See Side."""
        return self.own_pids()

    async def answer(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[int, None]:
        """See Side."""
        body = {**self.body, "prompt": list(prompt), self.limit: max_tokens}
        async with self.client.stream("POST", self.path, json=body) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                if line.startswith("data: {") and (tokens := self.count(json.loads(line[6:]))):
                    yield tokens


async def measure(side: Side, prompts: Sequence[Prompt], at_once: int, max_tokens: int) -> Measured:
    """Have all prompts answered, so many at once."""
    waiting = asyncio.Queue[Prompt]()
    for prompt in prompts:
        waiting.put_nowait(prompt)
    found = Measured()

    async def caller() -> None:
        while not waiting.empty():
            prompt = waiting.get_nowait()
            began = time.monotonic()
            first, tokens = 0.0, 0
            async with aclosing(side.answer(prompt, max_tokens)) as written:
                async for count in written:
                    first = first or time.monotonic() - began
                    tokens += count
            found.timings.append(Timing(first, time.monotonic() - began, tokens))

    began = time.monotonic()
    await asyncio.gather(*(caller() for _ in range(at_once)))
    found.seconds = time.monotonic() - began
    return found


def conversations() -> list[str]:
    """Passages with a question each, in both languages in turn, no two alike."""
    found: dict[str, list[str]] = {}
    for language, length in _CHARACTERS.items():
        texts = [path.read_text() for path in sorted((help_center() / language).rglob("*.md"))]
        found[language] = [text[at : at + length] for text in texts for at in range(0, len(text) - length, length)]
    ask = {"en": "What is the most important condition?", "zh": "最重要的条件是什么？"}
    return [
        f"{passage}\n\n{ask[language]}"
        for pair in zip(found["en"], found["zh"], strict=False)
        for language, passage in zip(ask, pair, strict=True)
    ]


def written_out(text: str) -> str:
    """A conversation in the ChatML of the Qwen models."""
    return f"<|im_start|>system\n{_INSTRUCTION}<|im_end|>\n<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"


def memory_of(side: Side) -> float:
    """GiB that the side's processes and their descendants hold."""
    family: dict[int, psutil.Process] = {}
    for pid in side.pids():
        process = psutil.Process(pid)
        family |= {one.pid: one for one in (process, *process.children(recursive=True))}
    return sum(one.memory_info().rss for one in family.values()) / 2**30


@asynccontextmanager
async def kefu_side(engine: str, model: str, folder: Path, ports: PortAllocator) -> AsyncIterator[KefuSide]:
    """Kefu's generation service with this engine and model."""
    key = f"kefu_internal_{secrets.token_hex(32)}"
    port = ports.allocate()
    command = (sys.executable, "-P", "-m", "kefu.generation")
    process = Process(f"kefu-{engine}", command, port, 0, folder, grpc_probe(f"127.0.0.1:{port}"))
    environment = {
        "KEFU_GENERATION_LISTEN": process.address,
        "KEFU_GENERATION_ENGINE": engine,
        "KEFU_GENERATION_MODEL": model,
        "KEFU_GENERATION_MAX_MODEL_TOKENS": str(_MAX_TOKENS),
        "KEFU_GENERATION_MAX_RUNNING": str(_SLOTS),
        "KEFU_GENERATION_KV_CACHE_GIB": str(_KV_GIB if engine == "llamacpp" else 1.0),
        "KEFU_INTERNAL_KEY": key,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    began = time.monotonic()
    await process.start(environment)
    try:
        async with grpc.aio.insecure_channel(process.address) as channel:
            yield KefuSide(process, rpc.GenerationServiceStub(channel), key, time.monotonic() - began)
    finally:
        await process.kill()


@asynccontextmanager
async def llamacpp_side(path: Path) -> AsyncIterator[HttpSide]:
    """llama.cpp's own server."""
    settings = LlamaCppSettings(_MAX_TOKENS, _SLOTS, _KV_GIB, 64, 600.0, usable_cores())
    began = time.monotonic()
    wanted = server_settings(read_gguf_header(path), path, settings)
    async with (
        open_llamacpp_process(wanted) as process,
        httpx.AsyncClient(
            base_url=process.address,
            headers={"Authorization": f"Bearer {process.key}"},
            timeout=None,
            limits=httpx.Limits(max_keepalive_connections=0),
        ) as client,
    ):
        yield HttpSide(
            client,
            "/completion",
            {"stream": True, "return_tokens": True, "temperature": 0},
            "n_predict",
            lambda event: len(event["tokens"]) - (event.get("stop_type") == "eos"),
            lambda: [process.pid],
            time.monotonic() - began,
        )


@asynccontextmanager
async def vllm_side(path: Path, folder: Path, ports: PortAllocator) -> AsyncIterator[HttpSide]:
    """vLLM's own server, as `vllm serve` starts it, with the settings that Kefu gives the engine."""
    port = ports.allocate()
    address = f"http://127.0.0.1:{port}"
    command = (
        *(sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--host", "127.0.0.1", "--port", str(port)),
        *("--model", str(path), "--served-model-name", "m", "--max-model-len", str(_MAX_TOKENS)),
        *("--max-num-seqs", str(_SLOTS), "--dtype", "bfloat16", "--enforce-eager"),
        *("--kv-cache-memory-bytes", str(2**30), "--enable-prefix-caching"),
    )
    process = Process("vllm-serve", command, port, 0, folder, _health_probe(address))
    began = time.monotonic()
    cores = ",".join(map(str, sorted(os.sched_getaffinity(0))))
    await process.start({"VLLM_CPU_OMP_THREADS_BIND": cores, "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"})
    try:
        async with httpx.AsyncClient(base_url=address, timeout=None) as client:
            yield HttpSide(
                client,
                "/v1/completions",
                {"model": "m", "stream": True, "temperature": 0, "return_token_ids": True},
                "max_tokens",
                lambda event: sum(
                    len(choice.get("token_ids") or ()) - (choice.get("finish_reason") == "stop")
                    for choice in event["choices"]
                ),
                lambda: [process.pid],
                time.monotonic() - began,
            )
    finally:
        await process.kill()


def _health_probe(address: str) -> Probe:
    """A probe of vLLM's own server, which answers at /health."""

    async def ready() -> bool | None:
        async with httpx.AsyncClient(timeout=2.0) as client:
            try:
                return (await client.get(f"{address}/health")).is_success
            except httpx.HTTPError:
                return None

    return ready


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    at_once: Sequence[int]
    prompts: int
    max_tokens: int
    rounds: int


async def compare(engine: str, model: str, plan: Plan, folder: Path) -> list[list[object]]:
    """Rows of the table for one engine and model."""
    cache = default_cache()
    gguf = resolve_gguf(model, cache).path
    async with AsyncExitStack() as stack:
        ports = PortAllocator()
        if engine == "llamacpp":
            own = await stack.enter_async_context(llamacpp_side(gguf))
        else:
            own = await stack.enter_async_context(vllm_side(resolve(model, cache).path, folder, ports))
        kefu = await stack.enter_async_context(kefu_side(engine, model, folder, ports))
        encode = FolderTokenizer(resolve(model, cache).path).encode if engine == "vllm" else None
        prompts: list[Prompt] = []
        for text in conversations():
            if encode is not None:
                prompts.append(encode(written_out(text)))
            else:
                answer = await own.client.post(
                    "/tokenize", json={"content": written_out(text), "add_special": False, "parse_special": True}
                )
                prompts.append(answer.json()["tokens"])
        rows: list[list[object]] = []
        taken = 0
        with Progress() as progress:
            task = progress.add_task(f"{engine}, {model}", total=len(plan.at_once) * plan.rounds * 2)
            for at_once in plan.at_once:
                found: dict[str, list[Measured]] = {"own server": [], "kefu": []}
                count = max(plan.prompts, 2 * at_once)
                for number in range(plan.rounds):
                    chosen = [prompts[(taken + at) % len(prompts)] for at in range(count)]
                    taken += count
                    for side in (own, kefu) if number % 2 == 0 else (kefu, own):
                        found[side.name].append(await measure(side, chosen, at_once, plan.max_tokens))
                        progress.advance(task)
                rows.append([engine, model, at_once, *_figures(found)])
        ends = (
            "",
            f"{own.ready_seconds:.1f}",
            f"{kefu.ready_seconds:.1f}",
            f"{memory_of(own):.1f}",
            f"{memory_of(kefu):.1f}",
        )
        rows[-1] += ends[1:]
        for row in rows[:-1]:
            row += [""] * 4
    return rows


def _figures(found: dict[str, list[Measured]]) -> list[object]:
    rates = {
        name: sum(sum(t.tokens for t in one.timings) for one in turns) / sum(one.seconds for one in turns)
        for name, turns in found.items()
    }
    firsts = {name: percentile([t.first for one in turns for t in one.timings], 0.5) for name, turns in found.items()}
    own, kefu = rates["own server"], rates["kefu"]
    return [
        f"{own:.1f}",
        f"{kefu:.1f}",
        f"{kefu / own:.3f}",
        f"{firsts['own server'] * 1000:.0f}",
        f"{firsts['kefu'] * 1000:.0f}",
        f"{(firsts['kefu'] - firsts['own server']) * 1000:+.0f}",
    ]


def main(
    engine: Annotated[list[str], typer.Option(help="llamacpp, vllm; both when not given.")] = [],  # noqa: B006
    model: Annotated[list[str], typer.Option(help="Names of the catalog.")] = [],  # noqa: B006
    at_once: Annotated[list[int], typer.Option(help="Requests at once; 1, 4 and 16 when not given.")] = [],  # noqa: B006
    prompts: Annotated[int, typer.Option(help="Prompts of a turn, at least two for each that runs at once.")] = 12,
    max_tokens: Annotated[int, typer.Option(help="Most tokens of an answer.")] = 48,
    rounds: Annotated[int, typer.Option(help="Turns of each side.")] = 2,
) -> None:
    """Compare Kefu over its engines with the engines' own servers."""
    plan = Plan(at_once or [1, 4, 16], prompts, max_tokens, rounds)
    environment = describe_environment()
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory(prefix="kefu-engines-") as scratch:
        for one in engine or ["llamacpp", "vllm"]:
            for name in model or ["qwen2.5-coder-0.5b-instruct"]:
                rows += asyncio.run(compare(one, name, plan, Path(scratch)))
    head = ("engine", "model", "at once", "own tok/s", "kefu tok/s", "ratio", "own first ms", "kefu first ms", "beyond")
    print(table((*head, "own ready s", "kefu ready s", "own GiB", "kefu GiB"), rows))
    print(environment)
    print(
        f"{prompts} prompts or two for each at once, {max_tokens} tokens at most, {rounds} turns of each side in turn."
    )


if __name__ == "__main__":
    typer.run(main)
