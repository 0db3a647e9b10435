"""Prometheus beside the suite in containers: it finds every service, takes the alerts, and fills the dashboard."""

import asyncio
import json
import os
import re
import subprocess
from typing import Any
from urllib.parse import quote

import pytest

from kefu.router.v1 import chat_pb2 as pb
from tests.compose.asking import ENGLISH, ask
from tests.compose.containers import DEPLOY, ROOT, Containers, docker, until

IMAGE = os.environ.get("KEFU_PROMETHEUS_IMAGE", "")
SERVICES = {"router": 2, "gateway": 1, "retrieval": 1, "generation": 1}
EXPORTER = "redis_"
"""Begins the names of redis_exporter's metrics, which is in Kubernetes only."""
SELDOM = {"Failed turns", "Redis memory"}
"""Panels without data while all is well, and that of redis_exporter."""
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not IMAGE, reason="KEFU_PROMETHEUS_IMAGE names no image of Prometheus"),
]


def asked(kefu: Containers, *paths: str) -> list[Any]:
    """What Prometheus says; asked by a router: nobody outside reaches it. A query that it refuses is an error."""
    [router, *_] = kefu.ids("router")
    script = (
        "import sys, urllib.request as r\n"
        "for path in sys.argv[1:]: print(r.urlopen('http://prometheus:9090' + path, timeout=10).read().decode())"
    )
    lines = docker("exec", router, "python", "-c", script, *paths).splitlines()
    return [json.loads(line)["data"] for line in lines]


def query(expression: str) -> str:
    return f"/api/v1/query?query={quote(expression)}"


def test_prometheus_reads_the_metrics_of_every_container_and_evaluates_every_alert(kefu: Containers) -> None:
    kefu.up("--no-recreate", "prometheus")

    def up() -> dict[str, int]:
        pods = "count by (app_kubernetes_io_component) (count by (app_kubernetes_io_component, pod) (up == 1))"
        [found] = asked(kefu, query(pods))
        return {one["metric"]["app_kubernetes_io_component"]: int(one["value"][1]) for one in found["result"]}

    until(lambda: up() == SERVICES, 120)
    until(lambda: states(kefu) == {"ok"}, 120)


def states(kefu: Containers) -> set[str]:
    """How the alerts' expressions fare."""
    [rules] = asked(kefu, "/api/v1/rules")
    assert rules["groups"]
    return {rule["health"] for group in rules["groups"] for rule in group["rules"]}


async def test_every_panel_of_the_dashboard_has_data_or_tells_of_what_seldom_happens(kefu: Containers) -> None:
    panels = json.loads((ROOT / "k8s/components/monitoring/dashboard.json").read_text("utf-8"))["panels"]
    expressions = {
        panel["title"]: [target["expr"].replace("$__rate_interval", "2m") for target in panel["targets"]]
        for panel in panels
    }

    async with kefu.customers() as channel:
        handed_over = await ask(channel, kefu.key, "Let me talk to a person")
        assert handed_over.completed.finish_reason == pb.FINISH_REASON_HANDOFF

    async def empty() -> set[str]:
        async with kefu.customers() as channel:
            await ask(channel, kefu.key, ENGLISH)
        await asyncio.to_thread(kefu.command_line, "ask", ENGLISH)
        wanted = [(title, one) for title, each in expressions.items() for one in each]
        answers = asked(kefu, *(query(one) for _, one in wanted))
        with_data = {title for (title, _), answer in zip(wanted, answers, strict=True) if answer["result"]}
        return set(expressions) - with_data

    async with asyncio.timeout(180):
        while not await empty() <= SELDOM:
            await asyncio.sleep(5)


def test_every_metric_of_alerts_and_dashboard_is_one_that_a_container_has(kefu: Containers) -> None:
    texts = [
        (ROOT / "k8s/components/monitoring" / name).read_text("utf-8") for name in ("rules.yaml", "dashboard.json")
    ]
    names = {name for text in texts for name in re.findall(r"\b([a-z][a-z0-9_]+)\{namespace", text.replace("\\", ""))}
    [known] = asked(kefu, "/api/v1/metadata")
    exported = {name + end for name in known for end in ("", "_total", "_bucket", "_count")} | {"up"}
    assert len(names) > 40
    assert {name for name in names - exported if not name.startswith(EXPORTER)} == set()


def test_promtool_finds_nothing_wrong_and_alerts_ring_when_they_should(kefu: Containers) -> None:
    [prometheus] = kefu.ids("prometheus")
    assert "SUCCESS" in docker("exec", prometheus, "promtool", "check", "config", "/etc/prometheus/prometheus.yml")
    tests = (DEPLOY / "prometheus" / "rules_test.yml").read_bytes()
    script = (
        "cat > /prometheus/rules_test.yml && TMPDIR=/prometheus promtool test rules /prometheus/rules_test.yml 2>&1"
    )
    told = subprocess.run(
        ["docker", "exec", "--interactive", prometheus, "sh", "-c", script],
        input=tests,
        capture_output=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout.decode()
