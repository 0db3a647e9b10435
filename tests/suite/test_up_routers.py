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


async def test_two_routers_behind_nginx_answer_and_each_may_be_killed(tmp_path: Path) -> None:
    async with two_routers(tmp_path) as suite:
        assert suite.router == suite.service("nginx").address
        status = await suite.kefu_json("status")
        assert {row["name"]: row["health"] for row in status["services"]} == dict.fromkeys(ALL, "serving")
        async with httpx.AsyncClient() as browser:
            assert (await browser.get(f"http://{suite.router}/api/config")).json()["visitors"] is True
        session = (await suite.kefu_json("ask", "Hello!"))["session"]

        for name in ("router", "router-2"):
            old = suite.service(name).pid
            suite.kill(name)
            answer = await suite.kefu("ask", "Hello!", "--session", session)
            assert answer.status == 0, answer  # by the other one, at once
            await suite.until_restarted(name, old)
        assert (await suite.kefu("ask", "Hello!")).status == 0

        below = suite.processes("nginx")
        assert sum("worker" in " ".join(one.cmdline()) for one in below) >= 2
        suite.kill("nginx")
        await wait_until(lambda: not still_running(below), ORPHAN_SECONDS, lambda: str(still_running(below)))
        await suite.until_restarted("nginx", below[0].pid)
        assert (await suite.kefu("ask", "Hello!")).status == 0
        assert '"event":"edge"' in (await suite.kefu("logs", "nginx", "--raw")).out

        leader, master, *_ = suite.processes("nginx")
        master.kill()
        await suite.until_restarted("nginx", leader.pid)
        assert (await suite.kefu("ask", "Hello!")).status == 0

        below = suite.processes()
        assert await suite.end() == 0
        assert not still_running(below)


async def test_a_rolling_restart_of_the_routers_fails_no_question(tmp_path: Path) -> None:
    async with two_routers(tmp_path) as suite:
        for name in ("router", "router-2"):
            old = suite.service(name).pid
            os.kill(old, signal.SIGTERM)
            while suite.service(name).pid in (0, old):
                answer = await suite.kefu("ask", "Hello!")
                assert answer.status == 0, answer
            await suite.until_restarted(name, old)


async def test_answers_of_a_router_that_is_killed_are_resumed_at_the_other(tmp_path: Path) -> None:
    """`kefu ask` sees a stream that nginx resets, and joins its turn again."""
    slow = {"KEFU_GENERATION_SIMULATED_STEP_MILLISECONDS": "40"}
    async with two_routers(tmp_path, **slow) as suite:
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs" / "mattress.md").write_text("# Mattresses\n\nYou may try a mattress for 100 nights.\n")
        assert (await suite.kefu("import", str(tmp_path / "docs"), "--create")).status == 0
        question = ("ask", "For how many nights may I try a mattress?", "--json")
        asking = [asyncio.create_task(suite.kefu(*question)) for _ in range(4)]

        router = psutil.Process(suite.service("router").pid)
        port = int(suite.service("router").address.rpartition(":")[2])

        def answering() -> bool:
            """Answers have begun there; one of the two connections may be a health check."""
            inbound = [one for one in router.net_connections("tcp") if one.laddr and one.laddr[1] == port]
            return sum(one.status == psutil.CONN_ESTABLISHED for one in inbound) >= 2

        await wait_until(answering, 30, suite.printed)
        router.kill()
        answers = [json.loads(done.out) for done in await asyncio.gather(*asking) if done.status == 0]
        assert [answer["usage"]["completion_tokens"] for answer in answers] == [120] * 4
        assert len({answer["text"] for answer in answers}) == 1
        assert {answer["finish_reason"] for answer in answers} == {"FINISH_REASON_STOP"}


async def test_killing_kefu_up_leaves_no_worker_of_nginx_and_tls_works(tmp_path: Path) -> None:
    async with two_routers(tmp_path, "--tls") as suite:
        assert suite.router.startswith("https://127.0.0.1:")
        assert (await suite.kefu("ask", "Hello!")).status == 0
        assert "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=" in (await suite.kefu("env")).out
        below: list[psutil.Process] = suite.processes()
        await suite.end(signal.SIGKILL)
        await wait_until(lambda: not still_running(below), ORPHAN_SECONDS, lambda: str(still_running(below)))
