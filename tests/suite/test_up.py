"""
`kefu up` with all that it starts, over real Redis and the simulated engine.

A start takes ten seconds: the first tests share one suite, each leaves it ready, and the last of them ends it.
"""

import os
import re
import signal
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from kefu.testing.suite import SERVICES, Suite, run_kefu, running_suite, starting_suite, still_running, wait_until
from tests.support.mattress_suite import QUESTION, answers_from_knowledge, feed, nothing_left, stops_in_order


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    """A suite that holds DOCUMENT."""
    folder = tmp_path_factory.mktemp("shared")
    async with running_suite(folder) as suite:
        await feed(suite, folder)
        yield suite


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


async def test_a_background_start_that_fails_says_why(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        done = await run_kefu("up", "--detach", "--port", port, "--data-dir", str(tmp_path / "kefu"))
    assert done.status == 1
    assert f"Port {port} for the router is in use" in done.out + done.err
