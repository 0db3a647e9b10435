"""The page of metrics, as a Prometheus asks for it."""

import httpx
import pytest
from prometheus_client import REGISTRY

from kefu.common.telemetry import metrics
from kefu.generation.engine_metrics import EngineMetrics
from kefu.testing.ports import free_port
from tests.support.generation_harness import ScriptedEngine

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@pytest.mark.parametrize("accept", [PROMETHEUS_2, PROMETHEUS_3, "*/*"])
def test_the_engines_metrics_have_their_names_for_every_prometheus(accept: str) -> None:
    counted = set(REGISTRY._names_to_collectors.values())  # pyright: ignore[reportPrivateUsage] - no public list
    address = f"127.0.0.1:{free_port()}"
    EngineMetrics(ScriptedEngine(()))
    try:
        with metrics(address):
            text = httpx.get(f"http://{address}/metrics", headers={"accept": accept}).text
    finally:
        for one in set(REGISTRY._names_to_collectors.values()) - counted:  # pyright: ignore[reportPrivateUsage] - as above
            REGISTRY.unregister(one)
    assert "\nvllm:num_requests_running{" in text
    assert "vllm_num" not in text
