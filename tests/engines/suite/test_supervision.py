"""What only the code that supervises a suite can break: services that hang, ends of terminals, several replicas.

tests/suite/test_up.py has the ends that every service's own code decides on.
"""

import asyncio
import ctypes
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from kefu.local.data_dir import DataDir
from kefu.testing.ports import free_port
from kefu.testing.suite import SERVICES, clean_environment, run_kefu, running_suite, still_running, wait_until
from tests.support.mattress_suite import DOCUMENT, QUESTION, answers_from_knowledge, feed, nothing_left, stops_in_order

_PTRACE_ATTACH = 16
_WALL = 0x40000000


@pytest.mark.timeout(300)
async def test_services_that_hang_are_killed_and_started_again_redis_too_and_it_is_said(tmp_path: Path) -> None:
    async with running_suite(tmp_path, KEFU_WATCHDOG_SECONDS="0") as suite:
        await feed(suite, tmp_path)
        old = {name: suite.service(name).pid for name in SERVICES}
        os.kill(old["redis"], signal.SIGSTOP)
        asking = asyncio.create_task(suite.kefu("ask", QUESTION))
        status = await suite.kefu("status")
        assert status.status == 1
        assert re.search(r"^redis +not answering", status.out, re.MULTILINE), status.out
        answer = await asking
        assert "Waiting: redis is not answering" in answer.err, answer
        assert answer.status in (0, 69), answer  # as the router heard of Redis again in time, or not
        await suite.until_restarted("redis", old["redis"])
        assert re.search(r"redis +restarting: did not answer for \d+ s and was killed", suite.printed())
        assert "100 nights" in (await suite.kefu("search", QUESTION)).out

        others = [name for name in SERVICES if name != "redis"]
        for name in others:
            os.kill(old[name], signal.SIGSTOP)
        for name in others:
            await suite.until_restarted(name, old[name])
        await answers_from_knowledge(suite)
        assert {one.name: one.restarts for one in suite.state().services} == dict.fromkeys(SERVICES, 1)


@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="stops one thread of a process as a debugger does")
async def test_every_service_whose_loop_stands_still_ends_itself_and_says_so(tmp_path: Path) -> None:
    async with running_suite(tmp_path, KEFU_WATCHDOG_SECONDS="1") as suite:
        old = {name: suite.service(name).pid for name in SERVICES if name != "redis"}
        for pid in old.values():
            stop_main_thread(pid)
        # A process that is traced ends for its tracer first.
        ended = [asyncio.create_task(asyncio.to_thread(os.waitpid, pid, _WALL)) for pid in old.values()]
        for status in await asyncio.gather(*ended):
            assert os.waitstatus_to_exitcode(status[1]) == 1
        for name, pid in old.items():
            await suite.until_restarted(name, pid)
            assert re.search(rf"{name} +restarting: ended with status 1; again in .*stood still in", suite.printed())
            log = (suite.folder.logs / f"{name}.log").read_text()
            assert re.search(r"^Timeout \(0:00:01\.5\d*\)!$", log, re.MULTILINE)


def stop_main_thread(pid: int) -> None:
    """Stop the thread of a process that runs its event loop, and no other, until this test has ended."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(_PTRACE_ATTACH, pid, None, None) != 0:
        pytest.skip(f"this machine allows no tracing: {os.strerror(ctypes.get_errno())}")
    os.waitpid(pid, _WALL)


async def test_in_the_background_it_outlives_no_kill_and_starts_again_and_goes_on_until_down(tmp_path: Path) -> None:
    folder = DataDir(tmp_path / "kefu")
    where = ("--data-dir", str(folder.path))
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "mattress.md").write_text(DOCUMENT)

    async def start() -> list[psutil.Process]:
        ports = [
            word
            for option in ("--port", "--retrieval-port", "--generation-port", "--redis-port", "--gateway-port")
            for word in (option, str(free_port()))
        ]
        up = await run_kefu("up", "--detach", "--engine", "simulated", *ports, *where)
        assert up.status == 0, up
        assert "Kefu is ready" in up.out
        state = folder.running()
        assert state is not None
        leader = psutil.Process(state.pid)
        return [leader, *leader.children(recursive=True)]

    try:
        everything = await start()
        assert (await run_kefu("import", str(tmp_path / "docs"), "--create", *where)).status == 0
        everything[0].kill()
        await nothing_left(everything)
        everything = await start()
        assert "100 nights" in (await run_kefu("search", QUESTION, *where)).out
    finally:
        down = await run_kefu("down", *where)
    assert down.status == 0, down
    assert not still_running(everything)
    assert folder.running() is None
    assert (await run_kefu("down", *where)).status == 1


async def test_several_replicas_are_started_and_used_and_end_with_their_terminal(tmp_path: Path) -> None:
    options = ("--generation-replicas", "2", "--retrieval-replicas", "2")
    async with running_suite(tmp_path, "simulated", "", *options) as suite:
        assert {one.name for one in suite.state().services} == {*SERVICES, "generation-2", "retrieval-2"}
        await feed(suite, tmp_path)
        for name in ("generation", "retrieval"):
            suite.kill(name)
            await answers_from_knowledge(suite)
        await stops_in_order(suite, signal.SIGHUP)


async def test_the_screen_of_a_terminal_is_redrawn_and_ctrl_c_works_there(tmp_path: Path) -> None:
    """On a pseudo-terminal, as a person has one."""
    leader, follower = os.openpty()
    ports = [
        word
        for option in ("--port", "--retrieval-port", "--generation-port", "--redis-port", "--gateway-port")
        for word in (option, str(free_port()))
    ]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "kefu.cli", "up", "--engine", "simulated"),
            *ports,
            *("--data-dir", str(tmp_path / "kefu")),
        ],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=clean_environment() | {"TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
        start_new_session=True,
    )
    os.close(follower)
    os.set_blocking(leader, False)
    seen = b""

    def read() -> str:
        nonlocal seen
        with suppress(BlockingIOError, OSError):
            while part := os.read(leader, 65536):
                seen += part
        return seen.decode(errors="replace")

    try:
        await wait_until(lambda: "Or in another terminal" in read(), 60, read)
        assert "\x1b[" in read(), "it draws"
        process.send_signal(signal.SIGINT)
        await wait_until(lambda: "no process is left" in read() and process.poll() is not None, 30, read)
        assert process.returncode == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(leader)


@pytest.mark.model
@pytest.mark.timeout(900)
async def test_with_a_real_model_the_engines_own_process_may_be_killed_too(tmp_path: Path) -> None:
    async with running_suite(tmp_path, "llamacpp", "smollm2-135m") as suite:
        await feed(suite, tmp_path)
        leader, *engine = suite.processes("generation")
        assert engine, "llama.cpp runs in a process of its own"
        for process in engine:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        await nothing_left([leader, *engine])
        await suite.until_restarted("generation", leader.pid, 300)
        assert (await suite.kefu("ask", QUESTION, seconds=240)).status == 0

        everything = suite.processes()
        await suite.end(signal.SIGKILL)
        await nothing_left(everything)
