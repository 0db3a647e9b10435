"""Prometheus beside the suite in containers: it finds every service, takes the alerts, and fills the dashboard."""

import asyncio
import json
import os
import subprocess
import time
from typing import Any
from urllib.parse import quote

import pytest

from kefu.router.v1 import chat_pb2 as pb
from tests.compose.asking import ENGLISH, ask
from tests.compose.containers import DEPLOY, Containers, docker, until
from tests.compose.replicas import WRITING
from tests.support.dashboards import OF_OTHERS, SELDOM, panels

IMAGE = os.environ.get("KEFU_PROMETHEUS_IMAGE", "")
SERVICES = {"edge": 1, "router": 2, "gateway": 1, "retrieval": 1, "generation": 1}
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


async def test_every_panel_of_the_dashboards_has_data_or_tells_of_what_seldom_happens(kefu: Containers) -> None:
    lacking = panels("2m")

    async def some_work() -> None:
        async with kefu.customers() as channel:
            await ask(channel, kefu.key, ENGLISH)
            handed_over = await ask(channel, kefu.key, "Let me talk to a person")
            assert handed_over.completed.finish_reason == pb.FINISH_REASON_HANDOFF
        await asyncio.to_thread(kefu.command_line, "ask", ENGLISH)

    deadline = time.monotonic() + 240
    with kefu.changed(router=WRITING):
        while not lacking.keys() <= {*OF_OTHERS, *SELDOM}:
            assert time.monotonic() < deadline, f"no data: {lacking.keys() - {*OF_OTHERS, *SELDOM}}"
            await some_work()
            asked_for = [(title, one) for title, each in lacking.items() for one in each]
            answers = asked(kefu, *(query(one) for _, one in asked_for))
            found = {title for (title, _), answer in zip(asked_for, answers, strict=True) if answer["result"]}
            lacking = {title: each for title, each in lacking.items() if title not in found}


def test_promtool_finds_nothing_wrong_and_alerts_ring_when_they_should(kefu: Containers) -> None:
    [prometheus] = kefu.ids("prometheus")
    assert "SUCCESS" in docker("exec", prometheus, "promtool", "check", "config", "/etc/prometheus/prometheus.yml")
    for name in ("rules_test.yml", "slo_test.yml"):
        script = f"cat > /prometheus/{name} && TMPDIR=/prometheus promtool test rules /prometheus/{name} 2>&1"
        told = subprocess.run(
            ["docker", "exec", "--interactive", prometheus, "sh", "-c", script],
            input=(DEPLOY / "prometheus" / name).read_bytes(),
            capture_output=True,
            check=False,
        )
        assert told.returncode == 0, told.stdout.decode()
