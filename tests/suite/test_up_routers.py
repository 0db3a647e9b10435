"""`kefu up --routers 2`: two routers behind the real nginx, with the simulated engine."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest
import pytest_asyncio

from kefu.testing.ports import free_port
from kefu.testing.suite import SERVICES, Suite, running_suite, still_running, wait_until
from tests.support.edge_harness import find_nginx_or_skip

ALL = {*SERVICES, "router-2", "nginx"}
ORPHAN_SECONDS = 5.0


@asynccontextmanager
async def two_routers(tmp_path: Path, *more: str, **environment: str) -> AsyncIterator[Suite]:
    find_nginx_or_skip()
    behind = free_port(2)
    options = ("--routers", "2", "--router-port", str(behind), *more)
    async with running_suite(tmp_path, "simulated", "", *options, **environment) as suite:
        yield suite


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def routers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    """Two routers, one that its tests kill and leave ready; an answer takes five seconds."""
    slow = {"KEFU_GENERATION_SIMULATED": '{"step_milliseconds": 40}'}
    async with two_routers(tmp_path_factory.mktemp("routers"), **slow) as suite:
        yield suite


@pytest.mark.asyncio(loop_scope="module")
async def test_a_rolling_restart_of_the_routers_fails_no_question(routers: Suite) -> None:
    for name in ("router", "router-2"):
        old = routers.service(name).pid
        os.kill(old, signal.SIGTERM)
        while routers.service(name).pid in (0, old):
            answer = await routers.kefu("ask", "Hello!")
            assert answer.status == 0, answer
        await routers.until_restarted(name, old)


@pytest.mark.asyncio(loop_scope="module")
async def test_answers_of_a_router_that_is_killed_are_resumed_at_the_other(routers: Suite, tmp_path: Path) -> None:
    """`kefu ask` sees a stream that nginx resets, and joins its turn again."""
    (tmp_path / "mattress.md").write_text("# Mattresses\n\nYou may try a mattress for 100 nights.\n")
    assert (await routers.kefu("import", str(tmp_path), "--create")).status == 0
    question = ("ask", "For how many nights may I try a mattress?", "--json")
    asking = [asyncio.create_task(routers.kefu(*question)) for _ in range(4)]

    pid = routers.service("router").pid
    router = psutil.Process(pid)
    port = int(routers.service("router").address.rpartition(":")[2])

    def answering() -> bool:
        """Answers have begun there; one of the two connections may be a health check."""
        inbound = [one for one in router.net_connections("tcp") if one.laddr and one.laddr[1] == port]
        return sum(one.status == psutil.CONN_ESTABLISHED for one in inbound) >= 2

    await wait_until(answering, 30, routers.printed)
    router.kill()
    answers = [json.loads(done.out) for done in await asyncio.gather(*asking) if done.status == 0]
    assert [answer["usage"]["completion_tokens"] for answer in answers] == [120] * 4
    assert len({answer["text"] for answer in answers}) == 1
    assert {answer["finish_reason"] for answer in answers} == {"FINISH_REASON_STOP"}
    await routers.until_restarted("router", pid)


@pytest.mark.asyncio(loop_scope="module")
async def test_two_routers_behind_nginx_answer_and_each_may_be_killed(routers: Suite) -> None:
    assert routers.router == routers.service("nginx").address
    status = await routers.kefu_json("status")
    assert {row["name"]: row["health"] for row in status["services"]} == dict.fromkeys(ALL, "serving")
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(f"http://{routers.router}/api/config")).json()["visitors"] is True
    session = (await routers.kefu_json("ask", "Hello!"))["session"]

    for name in ("router", "router-2"):
        old = routers.service(name).pid
        routers.kill(name)
        answer = await routers.kefu("ask", "Hello!", "--session", session)
        assert answer.status == 0, answer  # by the other one, at once
        await routers.until_restarted(name, old)
    assert (await routers.kefu("ask", "Hello!")).status == 0

    below = routers.processes("nginx")
    assert sum("worker" in " ".join(one.cmdline()) for one in below) >= 2
    routers.kill("nginx")
    await wait_until(lambda: not still_running(below), ORPHAN_SECONDS, lambda: str(still_running(below)))
    await routers.until_restarted("nginx", below[0].pid)
    assert (await routers.kefu("ask", "Hello!")).status == 0
    assert '"event":"edge"' in (await routers.kefu("logs", "nginx", "--raw")).out

    leader, master, *_ = routers.processes("nginx")
    master.kill()
    await routers.until_restarted("nginx", leader.pid)
    assert (await routers.kefu("ask", "Hello!")).status == 0

    below = routers.processes()
    assert await routers.end() == 0
    assert not still_running(below)


async def test_killing_kefu_up_leaves_no_worker_of_nginx_and_tls_works(tmp_path: Path) -> None:
    async with two_routers(tmp_path, "--tls") as suite:
        assert suite.router.startswith("https://127.0.0.1:")
        assert (await suite.kefu("ask", "Hello!")).status == 0
        assert "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=" in (await suite.kefu("env")).out
        below: list[psutil.Process] = suite.processes()
        await suite.end(signal.SIGKILL)
        await wait_until(lambda: not still_running(below), ORPHAN_SECONDS, lambda: str(still_running(below)))
