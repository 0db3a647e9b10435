"""
`kefu up` with all that it starts, over real Redis; the simulated engine where the model does not matter.

A start takes ten seconds: the first tests share one suite, each leaves it ready, and the last of them ends it.
"""

import asyncio
import ctypes
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from kefu.local.data_dir import DataDir
from kefu.testing.ports import free_port
from kefu.testing.suite import (
    SERVICES,
    Suite,
    clean_environment,
    run_kefu,
    running_suite,
    starting_suite,
    still_running,
    wait_until,
)

ORPHAN_SECONDS = 5.0  # the promise: nothing is left after that
DOCUMENT = "# Mattresses\n\nYou may try a mattress for 100 nights and return it free of charge.\n"
QUESTION = "For how many nights may I try a mattress?"


async def feed(suite: Suite, folder: Path) -> None:
    (folder / "docs").mkdir()
    (folder / "docs" / "mattress.md").write_text(DOCUMENT)
    done = await suite.kefu("import", str(folder / "docs"), "--create")
    assert done.status == 0, done
    assert "1 created" in done.out


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    """A suite that holds DOCUMENT."""
    folder = tmp_path_factory.mktemp("shared")
    async with running_suite(folder) as suite:
        await feed(suite, folder)
        yield suite


async def answers_from_knowledge(suite: Suite) -> None:
    """Every `kefu ask` succeeds, and within seconds one is answered from the document: until then the router, whose
    connections to a service that was away come back with backoff, may hand the customer over."""
    deadline = time.monotonic() + 20
    while True:
        answer = await suite.kefu("ask", QUESTION)
        assert answer.status == 0, answer
        if "Mattresses" in answer.out:
            return
        assert time.monotonic() < deadline, answer


async def nothing_left(processes: list[psutil.Process]) -> None:
    assert processes
    await wait_until(lambda: not still_running(processes), ORPHAN_SECONDS, lambda: str(still_running(processes)))


async def stops_in_order(suite: Suite, number: signal.Signals) -> None:
    below = suite.processes()
    assert len(below) >= len(SERVICES) - 1  # one of them may have failed
    assert await suite.end(number) == 0
    assert not still_running(below)
    assert "no process is left" in suite.printed()
    assert suite.folder.read_state() is None


@pytest.mark.asyncio(loop_scope="module")
async def test_the_suite_becomes_ready_and_answers(shared: Suite) -> None:
    suite = shared
    assert "Kefu is ready" in suite.printed()
    hints = suite.printed().partition("Go on in a browser:")[2].splitlines()
    columns = [re.match(r"  .*?\S  +(?=[a-z])", hint) for hint in hints if hint.startswith("  ")]
    assert len({column and column.end() for column in columns}) == 1, "what they do stands in one column"
    answer = await suite.kefu_json("ask", QUESTION)
    assert answer["text"]
    assert answer["finish_reason"] in ("FINISH_REASON_STOP", "FINISH_REASON_LENGTH")
    assert answer["passages"][0]["title"] == "Mattresses"

    found = await suite.kefu_json("search", QUESTION)
    assert "100 nights" in found["hits"][0]["passage"]["text"]
    status = await suite.kefu_json("status")
    assert {row["name"]: row["health"] for row in status["services"]} == dict.fromkeys(SERVICES, "serving")
    assert status["model"]["engine"] == "simulated"
    assert status["collections"][0]["document_count"] == 1
    assert "serving" in (await suite.kefu("logs", "router")).out

    assert "Collection help: 1 document, 1 passage, 0 curated answers\n" in (await suite.kefu("status")).out

    again = await suite.kefu("import", str(suite.folder.path.parent / "docs"))
    assert "0 created, 0 updated, 1 unchanged" in again.out


@pytest.mark.asyncio(loop_scope="module")
async def test_secrets_are_readable_by_their_owner_only_and_a_second_instance_is_refused(shared: Suite) -> None:
    keys = shared.folder.keys()
    assert keys is not None
    secrets = (keys.bootstrap, keys.internal, keys.redis_password)
    assert stat.S_IMODE(shared.folder.path.stat().st_mode) == 0o700
    for file in shared.folder.path.rglob("*"):
        if file.is_file() and any(secret.encode() in file.read_bytes() for secret in secrets):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    command_lines = "\n".join(" ".join(one.cmdline()) for one in shared.processes())
    assert not any(secret in command_lines for secret in secrets)
    assert not any(secret in shared.printed() for secret in secrets)

    for options in ((), ("--detach",)):
        done = await shared.kefu("up", *options)
        assert done.status == 1
        assert f"process {shared.process.pid}" in done.err
        assert "kefu down" in done.err


@pytest.mark.asyncio(loop_scope="module")
async def test_each_service_killed_alone_is_started_again_without_an_orphan(shared: Suite) -> None:
    before = {one.name: one.restarts for one in shared.state().services}
    for name in SERVICES:
        old = shared.processes(name)
        shared.kill(name)
        await nothing_left(old)
        if name != "router":  # for the router, `kefu ask` waits by itself
            await shared.until_restarted(name, old[0].pid)
        await answers_from_knowledge(shared)
    assert {one.name: one.restarts - before[one.name] for one in shared.state().services} == dict.fromkeys(SERVICES, 1)


@pytest.mark.asyncio(loop_scope="module")
async def test_knowledge_and_sessions_are_there_after_everything_was_killed(shared: Suite) -> None:
    first = await shared.kefu_json("ask", QUESTION)
    # Turns are on disk within two seconds, knowledge at once: that is what is promised. A kill loses neither.
    old = {name: shared.service(name).pid for name in SERVICES}
    for name in SERVICES:
        shared.kill(name)
    for name in SERVICES:
        await shared.until_restarted(name, old[name])

    found = await shared.kefu_json("search", QUESTION)
    assert "100 nights" in found["hits"][0]["passage"]["text"]
    shown = await shared.kefu_json("sessions", "show", first["session"])
    assert [turn["question"] for turn in shown["turns"]] == [QUESTION]
    assert shown["turns"][0]["text"] == first["text"]
    second = await shared.kefu_json("ask", QUESTION, "--session", first["session"])
    assert second["session"] == first["session"]


@pytest.mark.asyncio(loop_scope="module")
async def test_five_crashes_in_a_minute_are_reported_with_the_last_lines(shared: Suite) -> None:
    others = {name: shared.service(name).pid for name in SERVICES if name != "generation"}

    def failed() -> bool:
        return shared.service("generation").state == "failed"

    for _ in range(5):  # those of the tests before count where they were within the minute
        if failed():
            break
        pid = shared.service("generation").pid
        shared.kill("generation")
        await wait_until(
            lambda pid=pid: failed() or shared.service("generation").pid not in (0, pid), 30, shared.printed
        )
    await wait_until(failed, 30, shared.printed)
    await wait_until(lambda: "The other services go on" in shared.printed(), 5, shared.printed)
    printed = shared.printed()
    assert re.search(r"generation: crashed 5 times in \d+ s \(killed by SIGKILL\)", printed)
    assert "The last lines of" in printed
    assert {name: shared.service(name).pid for name in others} == others
    status = await shared.kefu("status")
    assert status.status == 1
    assert "failed" in status.out


@pytest.mark.asyncio(loop_scope="module")
async def test_sigterm_stops_everything_in_order(shared: Suite) -> None:
    await stops_in_order(shared, signal.SIGTERM)


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


_PTRACE_ATTACH = 16
_WALL = 0x40000000


def stop_main_thread(pid: int) -> None:
    """Stop the thread of a process that runs its event loop, and no other, until this test has ended."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(_PTRACE_ATTACH, pid, None, None) != 0:
        pytest.skip(f"this machine allows no tracing: {os.strerror(ctypes.get_errno())}")
    os.waitpid(pid, _WALL)


async def test_while_it_starts_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    async with starting_suite(tmp_path, "--engine", "simulated") as suite:
        await wait_until(lambda: "retrieval     starting" in suite.printed(), 30, suite.printed)
        below = suite.processes()
        assert await suite.end(signal.SIGINT) == 0
        assert not still_running(below)


async def test_a_named_port_in_use_is_an_error_that_names_its_holder(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        async with starting_suite(tmp_path, "--engine", "simulated", "--port", port) as suite:
            assert await suite.process.wait() == 1
            assert f"Port {port} for the router is in use by" in suite.printed()
            assert f"process {os.getpid()}" in suite.printed()


async def test_a_model_that_is_not_there_is_a_sentence_and_not_tried_again(tmp_path: Path) -> None:
    async with starting_suite(tmp_path, "--model", "/no/such/model") as suite:
        assert await suite.process.wait() == 78
        printed = suite.printed()
        assert "There is no model at /no/such/model" in printed
        assert "Traceback" not in printed
        assert not list(suite.folder.logs.iterdir()), "it is found out before anything else has started"


async def test_a_service_that_cannot_start_is_a_sentence_and_not_tried_again(tmp_path: Path) -> None:
    wrong = {"KEFU_GENERATION_MAX_REQUESTS": "many"}
    async with starting_suite(tmp_path, "--engine", "simulated", **wrong) as suite:
        assert await suite.process.wait() == 78
        printed = suite.printed()
        assert "cannot start" in printed
        assert "Kefu did not start: generation failed" in printed
        assert "Traceback" not in printed
        assert "restarting" not in printed


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


async def test_a_background_start_that_fails_says_why(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        done = await run_kefu("up", "--detach", "--port", port, "--data-dir", str(tmp_path / "kefu"))
    assert done.status == 1
    assert f"Port {port} for the router is in use" in done.out + done.err


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
