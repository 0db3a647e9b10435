"""The supervisor, over small real processes: restarts, giving up, stopping, and no orphans by any road."""

import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from kefu.local.data_dir import ServiceState, SuiteState, start_time_of
from kefu.local.processes import RUN_VARIABLE, kill_leftovers
from kefu.local.supervisor import (
    CRASHES_BEFORE_GIVING_UP,
    RestartPolicy,
    Service,
    ServiceStatus,
    SupervisedService,
    Supervisor,
)
from tests.support.waiting import wait_until

PATIENCE = 30.0  # for what takes well under a second on an idle machine


def service(folder: Path, name: str, code: str, after: tuple[str, ...] = (), grace: float = 5.0) -> Service:
    """A Python program that is ready once it has written `NAME.ready`."""
    marker = folder / f"{name}.ready"
    prelude = f"import os, sys, time, signal, subprocess, pathlib\nready = pathlib.Path({str(marker)!r})\n"

    async def ready() -> bool:
        return marker.exists()

    return Service(
        name=name,
        command=(sys.executable, "-c", prelude + textwrap.dedent(code)),
        environment={},
        address="",
        log=folder / f"{name}.log",
        ready=ready,
        after=after,
        grace_seconds=grace,
    )


RUNS = "ready.touch()\ntime.sleep(600)"


@asynccontextmanager
async def supervised(
    *services: Service,
    policy: RestartPolicy = RestartPolicy(),  # noqa: B008 - frozen
) -> AsyncIterator[tuple[Supervisor, list[tuple[str, ServiceStatus]]]]:
    seen: list[tuple[str, ServiceStatus]] = []

    def note(one: SupervisedService) -> None:
        # A change of its detail alone is told too; another service's change may lie between the two.
        latest = next((state for name, state in reversed(seen) if name == one.service.name), None)
        if latest is not one.state:
            seen.append((one.service.name, one.state))

    async with Supervisor(services, note, policy=policy) as supervisor:
        yield supervisor, seen


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


async def test_services_start_after_those_they_need_and_stop_before_them(tmp_path: Path) -> None:
    stops = tmp_path / "stops"
    code = f"""
        def stop(*_):
            with open({str(stops)!r}, "a") as file:
                file.write(NAME + "\\n")
            sys.exit(0)
        signal.signal(signal.SIGTERM, stop)
        ready.touch()
        time.sleep(600)
    """
    first = service(tmp_path, "first", "NAME = 'first'\n" + textwrap.dedent(code))
    second = service(tmp_path, "second", "NAME = 'second'\n" + textwrap.dedent(code), after=("first",))
    async with supervised(first, second) as (supervisor, seen):
        assert await supervisor.settled()
        pids = [one.pid for one in supervisor.services]
    assert seen.index(("first", ServiceStatus.READY)) < seen.index(("second", ServiceStatus.STARTING))
    assert stops.read_text().split() == ["second", "first"]
    assert not any(is_alive(pid) for pid in pids)
    assert [one.state for one in supervisor.services] == [ServiceStatus.STOPPED, ServiceStatus.STOPPED]


async def test_a_killed_service_is_started_again(tmp_path: Path) -> None:
    async with supervised(service(tmp_path, "one", RUNS)) as (supervisor, _):
        assert await supervisor.settled()
        (one,) = supervisor.services
        before = one.pid
        os.kill(before, signal.SIGKILL)
        await wait_until(lambda: one.pid not in (0, before) and one.state is ServiceStatus.READY)
        assert one.restarts == 1


async def test_a_health_check_that_fails_by_itself_ends_the_start_with_its_words(tmp_path: Path) -> None:
    async def broken() -> bool:
        raise TypeError("a fault of our own")

    one = dataclasses.replace(service(tmp_path, "one", RUNS), ready=broken)
    async with Supervisor([one], lambda _: None) as supervisor:
        assert not await supervisor.settled()
        assert "a fault of our own" in supervisor.services[0].detail


async def test_one_service_is_stopped_for_good_and_the_others_go_on(tmp_path: Path) -> None:
    async with supervised(service(tmp_path, "one", RUNS), service(tmp_path, "two", RUNS)) as (supervisor, seen):
        assert await supervisor.settled()
        one, two = supervisor.services
        stopped, going_on = one.pid, two.pid
        await supervisor.stop_service("one")
        await wait_until(lambda: one.state is ServiceStatus.STOPPED)
        assert not is_alive(stopped)
        await supervisor.stop_service("one")  # once more, and one that is not there
        await supervisor.stop_service("three")
        assert (two.pid, two.state, one.restarts) == (going_on, ServiceStatus.READY, 0)
    assert ("one", ServiceStatus.RESTARTING) not in seen


def with_health(one: Service, file: Path) -> Service:
    """The service with a probe that says what is in a file: "serving", "not serving", or nothing at all."""

    async def ready() -> bool | None:
        return {"serving": True, "not serving": False}.get(file.read_text()) if file.exists() else None

    return dataclasses.replace(one, ready=ready)


@pytest.mark.parametrize(
    ("health", "policy", "told"),
    [
        ("", RestartPolicy(0.05, silent_seconds=1.0, unhealthy_seconds=600), "did not answer for "),
        ("not serving", RestartPolicy(0.05, silent_seconds=600, unhealthy_seconds=1.0), "was not healthy for "),
    ],
)
async def test_a_service_that_hangs_or_is_not_healthy_for_long_is_killed_and_started_again(
    tmp_path: Path, health: str, policy: RestartPolicy, told: str
) -> None:
    file = tmp_path / "health"
    code = f"signal.signal(signal.SIGTERM, signal.SIG_IGN)\npathlib.Path({str(file)!r}).write_text('serving')\n"
    one = with_health(service(tmp_path, "one", code + "time.sleep(600)", grace=0.1), file)
    details: list[str] = []
    async with Supervisor([one], lambda one: details.append(f"{one.state}: {one.detail}"), policy=policy) as supervisor:
        assert await supervisor.settled()
        (running,) = supervisor.services
        before = running.pid
        file.write_text(health)
        await wait_until(lambda: running.pid not in (0, before) and running.state is ServiceStatus.READY)
        assert not is_alive(before)
        assert running.restarts == 1
    assert any(line.startswith("restarting: ") and told in line for line in details), details
    assert any(line.startswith("not answering: ") for line in details)


async def test_a_service_that_still_starts_is_not_taken_for_one_that_hangs(tmp_path: Path) -> None:
    slow = service(tmp_path, "one", "time.sleep(4.0)\nready.touch()\ntime.sleep(600)", grace=0.1)
    async with supervised(slow, policy=RestartPolicy(silent_seconds=0.2, unhealthy_seconds=0.2)) as (supervisor, seen):
        assert await supervisor.settled()
        assert supervisor.services[0].restarts == 0
    assert seen.count(("one", ServiceStatus.STARTING)) == 1


async def test_a_service_that_answers_again_in_time_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "health"
    code = f"pathlib.Path({str(file)!r}).write_text('serving')\ntime.sleep(600)"
    async with supervised(with_health(service(tmp_path, "one", code), file)) as (supervisor, _):
        assert await supervisor.settled()
        (running,) = supervisor.services
        before = running.pid
        file.write_text("")
        await wait_until(lambda: running.state is ServiceStatus.UNRESPONSIVE)
        file.write_text("serving")
        await wait_until(lambda: running.state is ServiceStatus.READY)
        assert (running.pid, running.restarts) == (before, 0)


async def test_where_the_loop_of_a_service_stood_that_its_watchdog_ended_is_told(tmp_path: Path) -> None:
    code = """
        import asyncio, threading
        from kefu.common.rpc.watchdog import watchdog

        def read_customers_text():
            time.sleep(600)

        async def main():
            async with watchdog(0.2):
                asyncio.get_running_loop().call_soon(read_customers_text)
                await asyncio.sleep(600)

        threading.Thread(target=threading.Event().wait, daemon=True).start()
        asyncio.run(main())
    """
    details: list[str] = []
    one = service(tmp_path, "one", code)
    async with Supervisor([one], lambda one: details.append(one.detail)):
        await wait_until(lambda: any("again in" in line for line in details))
    (told,) = [line for line in details if "again in 0.5 s" in line]
    assert told.startswith("ended with status 1; again in 0.5 s: its event loop stood still in read_customers_text (")


async def test_what_a_crashed_service_had_started_is_ended_with_it(tmp_path: Path) -> None:
    code = """
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        ready.write_text(str(child.pid))
        time.sleep(600)
    """
    async with supervised(service(tmp_path, "one", code)) as (supervisor, _):
        await wait_until(lambda: bool((tmp_path / "one.ready").exists() and (tmp_path / "one.ready").read_text()))
        child = int((tmp_path / "one.ready").read_text())
        assert is_alive(child)
        os.kill(supervisor.services[0].pid, signal.SIGKILL)
        await wait_until(lambda: not is_alive(child))


async def test_when_a_service_is_stopped_all_that_it_had_started_is_gone(tmp_path: Path) -> None:
    code = """
        children = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) for _ in range(5)]
        ready.write_text(" ".join(str(child.pid) for child in children))
        time.sleep(600)
    """
    async with supervised(service(tmp_path, "one", code)) as (supervisor, _):
        assert await supervisor.settled()
    assert not [pid for pid in map(int, (tmp_path / "one.ready").read_text().split()) if is_alive(pid)]


async def test_a_process_that_has_ended_and_was_not_waited_for_is_no_leftover() -> None:
    mine = uuid.uuid4().hex
    ended = subprocess.Popen(["true"], env={**os.environ, RUN_VARIABLE: mine}, start_new_session=True)
    try:
        await wait_until(lambda: not is_alive(ended.pid))
        state = SuiteState(pid=2**22 + 1, start_time=0, run_id=mine)
        state.services = [ServiceState("router", "", "", pid=ended.pid, start_time=start_time_of(ended.pid))]
        assert kill_leftovers(state) == []
    finally:
        ended.wait()


async def test_five_crashes_are_enough_and_its_last_words_are_kept(tmp_path: Path) -> None:
    one = service(tmp_path, "one", "print('no such model', flush=True); sys.exit(3)")
    other = service(tmp_path, "other", RUNS)
    async with supervised(one, other, policy=RestartPolicy(first_backoff_seconds=0.05)) as (supervisor, seen):
        assert not await supervisor.settled()
        (failed,) = supervisor.failed()
        assert failed.service.name == "one"
        assert "crashed 5 times" in failed.detail
        assert "status 3" in failed.detail
        assert failed.last_lines() == ["no such model"]
        assert supervisor.services[1].state is not ServiceStatus.FAILED
    assert seen.count(("one", ServiceStatus.STARTING)) == CRASHES_BEFORE_GIVING_UP


async def test_a_service_that_says_it_cannot_start_is_not_started_again(tmp_path: Path) -> None:
    one = service(tmp_path, "one", "sys.stderr.write('kefu-one cannot start: the port is taken.\\n'); sys.exit(78)")
    async with supervised(one) as (supervisor, seen):
        assert not await supervisor.settled()
        assert supervisor.failed()[0].detail == "kefu-one cannot start: the port is taken."
    assert seen.count(("one", ServiceStatus.STARTING)) == 1


async def test_a_command_that_is_not_there_fails_and_harms_nothing_else(tmp_path: Path) -> None:
    one = service(tmp_path, "one", RUNS)
    gone = dataclasses.replace(service(tmp_path, "gone", ""), command=("/nowhere/at/all",))
    async with supervised(one, gone) as (supervisor, _):
        assert not await supervisor.settled()
        (failed,) = supervisor.failed()
        assert failed.detail == "/nowhere/at/all cannot be run: No such file or directory"


STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nready.touch()\ntime.sleep(600)"


async def test_a_service_that_does_not_listen_is_killed_after_its_grace(tmp_path: Path) -> None:
    async with supervised(service(tmp_path, "one", STUBBORN, grace=0.3)) as (supervisor, _):
        assert await supervisor.settled()
        pid = supervisor.services[0].pid
    assert not is_alive(pid)


async def test_in_a_hurry_nobody_is_given_grace(tmp_path: Path) -> None:
    async with supervised(service(tmp_path, "one", STUBBORN, grace=600)) as (supervisor, _):
        assert await supervisor.settled()
        pid = supervisor.services[0].pid
        supervisor.skip_grace()
    assert not is_alive(pid)


async def test_while_it_starts_its_last_line_is_its_detail(tmp_path: Path) -> None:
    one = service(tmp_path, "one", "sys.stdout.write('10%\\r20% of the model'); sys.stdout.flush(); time.sleep(600)")
    async with supervised(one) as (supervisor, _):
        await wait_until(lambda: supervisor.services[0].detail == "20% of the model")


async def test_services_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    program = f"""
import asyncio, pathlib, sys
from kefu.local.supervisor import Service, Supervisor
marker = pathlib.Path({str(tmp_path / "ready")!r})
async def ready():
    return marker.exists()
code = "import os, pathlib, time; pathlib.Path({str(tmp_path / "ready")!r}).write_text(str(os.getpid()));"
code += "time.sleep(600)"
async def main():
    one = Service("one", (sys.executable, "-c", code), {{}}, "", pathlib.Path({str(tmp_path / "log")!r}), ready)
    async with Supervisor([one], lambda _: None):
        await asyncio.sleep(600)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program]) as parent:
        marker = tmp_path / "ready"
        await wait_until(lambda: marker.exists() and bool(marker.read_text()))
        child = int(marker.read_text())
        assert is_alive(child)
        parent.kill()
        parent.wait()
        await wait_until(lambda: not is_alive(child))


async def test_leftovers_of_an_earlier_run_are_ended_and_nothing_else_is() -> None:
    def sleeper(run: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["sleep", "600"], env={**os.environ, RUN_VARIABLE: run}, start_new_session=True)

    mine = uuid.uuid4().hex  # tests of another checkout on this machine may run at this moment
    recorded, marked, other, reused = sleeper("none"), sleeper(mine), sleeper("other"), sleeper("none")
    try:
        state = SuiteState(pid=2**22 + 1, start_time=0, run_id=mine)
        state.services = [
            ServiceState("redis", "", "", pid=recorded.pid, start_time=start_time_of(recorded.pid)),
            ServiceState("router", "", "", pid=reused.pid, start_time="another boot 100"),
        ]
        ended = kill_leftovers(state)
        assert recorded.wait(PATIENCE) == marked.wait(PATIENCE) == -signal.SIGKILL
        assert other.poll() is None
        assert reused.poll() is None, "its pid is in the record, and it is another process"
        assert len(ended) == 2
    finally:
        for process in (recorded, marked, other, reused):
            process.kill()
            process.wait()
