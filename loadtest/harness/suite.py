"""A suite for a load test: `kefu up` with the simulated engine on free ports, filled with knowledge, then stopped."""

import hashlib
import itertools
import json
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kefu.generation.config import SimulatedSpeed
from kefu.testing.suite import Suite, running_suite
from loadtest.harness.questions import help_center

COLLECTION = "load"


@dataclass(frozen=True)
class EnginePace:
    """Pace of the simulated engine, and the hardware that it imitates."""

    name: str
    source: str
    """Where the figures come from."""
    step_milliseconds: float
    step_milliseconds_per_request: float
    prefill_tokens_per_second: float
    kv_tokens: int
    answer_tokens: int
    max_running: int = 8192

    @property
    def least_first_token_seconds(self) -> float:
        """The engine's own least time to a first token: one step, its prompt all in the prefix cache."""
        return self.step_milliseconds / 1000

    def variables(self) -> dict[str, str]:
        """The generation service's environment."""
        speed = SimulatedSpeed(
            prefill_tokens_per_second=self.prefill_tokens_per_second,
            step_milliseconds=self.step_milliseconds,
            step_milliseconds_per_request=self.step_milliseconds_per_request,
            kv_tokens=self.kv_tokens,
            answer_tokens=self.answer_tokens,
        )
        return {
            "KEFU_GENERATION_SIMULATED": speed.model_dump_json(),
            "KEFU_GENERATION_MAX_RUNNING": str(self.max_running),
            "KEFU_GENERATION_MAX_REQUESTS": str(2 * self.max_running),
        }


def steady_pace(interval_milliseconds: float, tokens: int) -> EnginePace:
    """A fixed interval between tokens for each stream, however many there are: the engine is never the bottleneck."""
    return EnginePace(
        name=f"a token every {interval_milliseconds:g} ms",
        source="none: it imitates no machine, so that only what stands around the engine is measured",
        step_milliseconds=interval_milliseconds,
        step_milliseconds_per_request=0.0,
        prefill_tokens_per_second=1e12,
        kv_tokens=1_000_000_000,
        answer_tokens=tokens,
    )


H100 = EnginePace(
    name="an H100",
    # Concurrency 1: first token 10.26 ms, between tokens 4.63 ms; concurrency 50, 100, 200: 5.91, 7.57, 12.65 ms. Step
    # and growth are read off these (the growth so that 200 come out right), prefill from the first token less one step.
    # No vendor publishes such a table for a 1.5B model on this card: an 8B one in FP8 reads 2.5 times as many bytes a
    # step as a 1.5B one in BF16, so the model that we recommend is faster than what is imitated here.
    source="docs.nvidia.com/nim/benchmarking/llm/1.0.0/performance: Llama-3.1-8b-instruct, version 1.8.0, H100 80G",
    step_milliseconds=4.63,
    step_milliseconds_per_request=0.04,
    prefill_tokens_per_second=35_000,
    kv_tokens=400_000,
    answer_tokens=120,
    max_running=256,
)


@dataclass(frozen=True)
class SuiteSetup:
    """The suite to start, and its contents."""

    pace: EnginePace
    routers: int = 1
    generation_replicas: int = 1
    retrieval_replicas: int = 1
    edge: tuple[str, ...] = ()
    """Further options of `kefu up`, such as those that put nginx in front."""
    corpora: tuple[Path, ...] = ()
    """BEIR corpus.jsonl files to import instead of the sample; empty: the sample's articles. Such a suite is kept under
    ~/.cache/kefu/load-suites, so that its documents are embedded once."""
    passages: int = 10_000
    """Most documents to import from the corpora."""
    everything_relevant: bool = True
    """Let every question reach the model, whatever the relevance of its passages."""
    variables: dict[str, str] = field(default_factory=dict[str, str])


@asynccontextmanager
async def open_loaded_suite(setup: SuiteSetup) -> AsyncIterator[Suite]:
    """The suite while the block runs, ready and filled. Curated answers are left out: they never ask the model."""
    environment = {
        "KEFU_LOG_LEVEL": "warning",
        "KEFU_ROUTER_MAX_CONCURRENT_TURNS": "20000",
        "KEFU_ROUTER_MAX_WAITING_TURNS": "20000",
        "KEFU_ROUTER_CACHE_ANSWERS": "false",  # what is measured is answering, not remembering
        **setup.pace.variables(),
        **setup.variables,
    }
    options = ["--generation-replicas", str(setup.generation_replicas), *setup.edge]
    options += ["--retrieval-replicas", str(setup.retrieval_replicas)]
    if setup.routers > 1:
        options += ["--routers", str(setup.routers)]
    with ExitStack() as stack:
        folder = _cached_folder(setup) if setup.corpora else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        async with running_suite(folder, "simulated", "", *options, **environment) as suite:
            await _fill(suite, setup, folder / "documents")
            if setup.everything_relevant:
                await always_ask_model(suite)
            yield suite


async def always_ask_model(suite: Suite) -> None:
    """Let every question reach the model, whatever the relevance of its passages. The tenant's settings do this:
    only they override the threshold that a collection calibrates for itself.
    """
    done = await suite.kefu("settings", "set", "min_relevance=0", "asks_back=no")
    if done.status != 0:
        raise RuntimeError(f"The settings were not taken:\n{done.out}\n{done.err}")


def _cached_folder(setup: SuiteSetup) -> Path:
    """The cached folder of a suite with these documents: embedding 10,000 takes a quarter of an hour, once."""
    names = "\n".join([*(f"{path.resolve()} {path.stat().st_size}" for path in setup.corpora), str(setup.passages)])
    cache = Path(os.environ.get("KEFU_CACHE_DIR") or Path.home() / ".cache" / "kefu")
    folder = cache / "load-suites" / hashlib.sha256(names.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def _fill(suite: Suite, setup: SuiteSetup, scratch: Path) -> None:
    source = _documents(setup.corpora, setup.passages, scratch) if setup.corpora else help_center()
    done = await suite.kefu(
        "import", str(source), "--collection", COLLECTION, "--create", seconds=3600 if setup.corpora else 300
    )
    if done.status != 0:
        raise RuntimeError(f"The import failed:\n{done.out}\n{done.err}")


def _documents(corpora: Sequence[Path], most: int, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    rows = (json.loads(line) for path in corpora for line in path.open(encoding="utf-8"))
    for number, row in enumerate(itertools.islice(rows, most)):
        title, text = str(row.get("title") or ""), str(row.get("text") or row.get("title") or "-")
        (folder / f"{number:06}.md").write_text(f"# {title}\n\n{text}\n" if title else text, encoding="utf-8")
    return folder
