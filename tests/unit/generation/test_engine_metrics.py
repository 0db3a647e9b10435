"""Metrics by vLLM's names, counted from an answer's events."""

from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from kefu.generation.engine import Channel, EngineLoad, Event, Finished, FinishReason, Piece, Started
from kefu.generation.engine_metrics import EngineMetrics
from tests.support.generation_harness import ANSWER, KEY_METADATA, ScriptedEngine, collect_events, make_request
from tests.support.generation_harness import serve_generation as serve
from tests.support.waiting import wait_until

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
