"""The names of engine metrics are those that vLLM itself exports."""

from functools import partial
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from vllm.v1.metrics import loggers

from kefu.generation.engine_metrics import EngineMetrics
from kefu.generation.engines.vllm_arguments import engine_arguments, engine_config
from kefu.generation.models.local_model import LocalModel
from tests.engines.generation.conftest import SETTINGS
from tests.support.generation_harness import ANSWER, ScriptedEngine


@pytest.mark.filterwarnings("default")  # importing vLLM warns of its dependencies' futures
def test_names_types_labels_and_buckets_are_vllms_own(monkeypatch: pytest.MonkeyPatch, model_shape: LocalModel) -> None:
    registry = CollectorRegistry()
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
