"""A real Prometheus reads a running suite: it takes every rule, and finds data for every panel of every dashboard."""

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from kefu.edge.nginx_config import Edge
from kefu.testing.ports import free_port
from kefu.testing.suite import Suite, running_suite
from tests.manifests import rules
from tests.support.dashboards import OF_OTHERS, SELDOM, panels
from tests.support.edge_harness import LIMITS, open_edge_harness
from tests.support.gateway_harness import decode_frames, encode_frame
from tests.support.waiting import wait_until_async

CONVERSE = "/kefu.router.v1.ChatService/Converse"
PROMETHEUS = shutil.which("prometheus")
SERVICES = ("router", "gateway", "retrieval", "generation")
NEVER_HERE = {*OF_OTHERS, *SELDOM, "Certificates: days left"}
"""Panels without data: there is no TLS."""
pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        PROMETHEUS is None,
        reason="prometheus is not installed (apt-get install prometheus): no query of the dashboards was run",
    ),
]


@dataclass
class Prometheus:
    """A Prometheus that runs."""

    http: httpx.AsyncClient

    async def data(self, path: str, **parameters: str) -> Any:
        """What its API answers. A query that it does not understand is an error."""
        answer = await self.http.get(f"/api/v1/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def query(self, expression: str) -> list[Any]:
        """The series of a query."""
        return (await self.data("query", query=expression))["result"]


@asynccontextmanager
async def prometheus(folder: Path, targets: dict[str, str]) -> AsyncIterator[Prometheus]:
    """Prometheus with compose's configuration, every second; targets by the name of their service."""
    assert PROMETHEUS is not None
    config = yaml.safe_load((rules.WRITTEN.parent / "prometheus.yml").read_text("utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = ["rules.yml", "cluster-rules.yml"]
    [job] = config["scrape_configs"]
    del job["dns_sd_configs"]
    job["static_configs"] = [
        {"targets": [address], "labels": {"__meta_dns_name": f"kefu-{name}"}} for name, address in targets.items()
    ]
    (folder / "prometheus.yml").write_text(json.dumps(config), "utf-8")
    rules.write(folder / "rules.yml", *rules.EVERYWHERE)
    rules.write(folder / "cluster-rules.yml", rules.CLUSTER)
    address = f"127.0.0.1:{free_port()}"
    with (folder / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            PROMETHEUS,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address={address}",
            "--log.level=warn",
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://{address}") as http:

            async def answers() -> bool:
                assert process.returncode is None, (folder / "prometheus.log").read_text()
                try:
                    return (await http.get("/-/ready")).status_code == 200
                except httpx.TransportError:
                    return False

            await wait_until_async(answers)
            yield Prometheus(http)
    finally:
        process.terminate()
        await process.wait()


def metrics_of(suite: Suite) -> dict[str, str]:
    """Where each service of a suite serves its metrics."""
    environments = {name: suite.processes(name)[0].environ() for name in SERVICES}
    return {name: own[f"KEFU_{name.upper()}_METRICS_LISTEN"] for name, own in environments.items()}


async def test_every_rule_is_taken_and_every_panel_of_the_dashboards_has_data(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/gift_cards.md").write_text("# Gift cards\n\nA gift card is valid for 3 years.\n")
    of_nginx = f"127.0.0.1:{free_port()}"
    edge = Edge("", [], tmp_path, LIMITS, metrics_listen=of_nginx)
    async with (
        running_suite(tmp_path, "simulated", "", "--metrics") as suite,
        open_edge_harness(tmp_path, edge),
        prometheus(tmp_path, {**metrics_of(suite), "edge": of_nginx}) as watching,
        httpx.AsyncClient(base_url=suite.state().gateway) as browser,
    ):
        assert (await suite.kefu("import", str(tmp_path / "docs"), "--create")).status == 0
        assert (await suite.kefu("settings", "set", "min_relevance=0", "asks_back=no")).status == 0

        async def ask(text: str) -> None:
            headers = {"authorization": f"Bearer {suite.key}", "content-type": "application/connect+json"}
            request = encode_frame({"session": "sessions/-", "text": text})
            _, end = decode_frames((await browser.post(CONVERSE, content=request, headers=headers)).content)
            assert "error" not in end, end

        lacking, deadline = panels("30s"), time.monotonic() + 60
        while not lacking.keys() <= NEVER_HERE:
            assert time.monotonic() < deadline, f"no data: {lacking.keys() - NEVER_HERE}"
            await browser.get("/")
            await ask(f"How long is gift card {os.urandom(3).hex()} valid?")
            await ask("Let me talk to a person")
            lacking = {
                title: queries
                for title, queries in lacking.items()
                if not any([await watching.query(query) for query in queries])
            }
        assert lacking.keys() == NEVER_HERE, "they have data after all"
        groups = (await watching.data("rules"))["groups"]
        assert {rule["health"] for group in groups for rule in group["rules"]} == {"ok"}
        assert await watching.query('ALERTS{alertstate="firing"}') == []
        assert await watching.query('kefu_replicas_ready{namespace="kefu", kind="generation"} == 1')
        late, deadline = 'kefu:first_text_late:ratio_rate5m{namespace="kefu"} >= 0', time.monotonic() + 60
        while not await watching.query(late):  # its rule is evaluated after the panels' data is there
            assert time.monotonic() < deadline, "the recording rule has no data"
            await ask(f"How long is gift card {os.urandom(3).hex()} valid?")
