"""Metrics by vLLM's names, counted from an answer's events; the names are those that vLLM itself exports."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from kefu.generation.engine import Channel, EngineLoad, Event, Finished, FinishReason, Piece, Started
from kefu.generation.engine_metrics import EngineMetrics
from kefu.generation.engines.vllm_arguments import engine_arguments, engine_config
from kefu.generation.models.local_model import LocalModel
from tests.support.generation_harness import ANSWER, KEY_METADATA, ScriptedEngine, collect_events, make_request
from tests.support.generation_harness import serve_generation as serve
from tests.support.waiting import wait_until
from tests.unit.generation.conftest import SETTINGS

LABELS = {"model_name": "scripted", "engine": "0"}


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def value(registry: CollectorRegistry, name: str, **labels: str) -> float:
    found = registry.get_sample_value(f"vllm:{name}", LABELS | labels)
    assert found is not None, name
    return found


def play(metrics: EngineMetrics, events: Sequence[Event]) -> None:
    request = metrics.request()
    for event in events:
        request.observe(event)
    request.close()


def test_an_answer_is_counted_with_its_tokens_and_its_hits(registry: CollectorRegistry) -> None:
    play(EngineMetrics(ScriptedEngine(ANSWER), registry), ANSWER)
    counts = {
        name: value(registry, name)
        for name in (
            "prompt_tokens_total",
            "generation_tokens_total",
            "prefix_cache_queries_total",
            "prefix_cache_hits_total",
            "time_to_first_token_seconds_count",
            "e2e_request_latency_seconds_count",
        )
    }
    assert list(counts.values()) == [7, 5, 7, 4, 1, 1]
    assert value(registry, "request_success_total", finished_reason="stop") == 1


def test_tokens_are_counted_once_whether_they_came_with_ids_or_only_as_a_number(registry: CollectorRegistry) -> None:
    metrics = EngineMetrics(ScriptedEngine(()), registry)
    end = Finished(FinishReason.LENGTH, 7, 0, 5, 0)
    play(metrics, (Started(7), Piece(Channel.TEXT, "a b c d e"), end))  # a remote server
    assert value(registry, "generation_tokens_total") == 5
    play(metrics, (Started(7), Piece(Channel.TEXT, "a b", (1, 2)), end))  # with tokens that gave no text at the end
    assert value(registry, "generation_tokens_total") == 10
    play(metrics, (Started(7), Finished(FinishReason.STOP, 7, 0, 0, 0)))  # an empty answer
    assert value(registry, "generation_tokens_total") == 10
    assert value(registry, "prompt_tokens_total") == 21


def test_an_answer_that_is_given_up_counts_what_was_written_and_as_aborted(registry: CollectorRegistry) -> None:
    metrics = EngineMetrics(ScriptedEngine(()), registry)
    play(metrics, ANSWER[:2])
    play(metrics, ANSWER[:1])
    assert value(registry, "generation_tokens_total") == 2
    assert value(registry, "request_success_total", finished_reason="abort") == 2
    assert value(registry, "time_to_first_token_seconds_count") == 1
    assert value(registry, "e2e_request_latency_seconds_count") == 0


def test_gauges_are_the_engines_load_now(registry: CollectorRegistry) -> None:
    class Loaded(ScriptedEngine):
        def load(self) -> EngineLoad:
            return EngineLoad(running=3, waiting=2, kv_cache_usage=0.25)

    EngineMetrics(Loaded(()), registry)
    assert value(registry, "num_requests_running") == 3
    assert value(registry, "num_requests_waiting") == 2
    assert value(registry, "kv_cache_usage_perc") == 0.25


@pytest.mark.asyncio
async def test_the_service_counts_answers_and_those_that_a_caller_gives_up(registry: CollectorRegistry) -> None:
    engine = ScriptedEngine(ANSWER[:-1], hold=True)
    async with serve(engine, metrics=EngineMetrics(engine, registry)) as (stub, _, _):
        call = stub.Generate(make_request(), metadata=KEY_METADATA)
        assert await call.read()
        call.cancel()
        await wait_until(lambda: value(registry, "request_success_total", finished_reason="abort") == 1)
        engine.hold, engine.events = False, ANSWER
        await collect_events(stub, make_request())
    assert value(registry, "request_success_total", finished_reason="stop") == 1


@pytest.mark.filterwarnings("default")  # importing vLLM warns of its dependencies' futures
def test_names_types_labels_and_buckets_are_vllms_own(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch, model_shape: LocalModel
) -> None:
    from vllm.v1.metrics import loggers

    theirs = CollectorRegistry()
    for name in ("_gauge_cls", "_counter_cls", "_histogram_cls"):
        original = getattr(loggers.PrometheusStatLogger, name)
        monkeypatch.setattr(loggers.PrometheusStatLogger, name, partial(original, registry=theirs))
    loggers.PrometheusStatLogger(engine_config(engine_arguments(model_shape, SETTINGS, "cpu")))
    EngineMetrics(ScriptedEngine(ANSWER), registry)

    def described(registry: CollectorRegistry) -> dict[str, tuple[Any, ...]]:
        metrics: Any = registry._collector_to_names  # pyright: ignore[reportPrivateUsage] - there is no public list
        return {
            metric._name: (type(metric), metric._labelnames, tuple(metric._kwargs.get("buckets", ())))
            for metric in metrics
        }

    ours, known = described(registry), described(theirs)
    assert len(ours) == 10
    assert {name: known.get(name) for name in ours} == ours
