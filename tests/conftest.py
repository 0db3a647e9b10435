"""Fixtures that tests of several kinds share, and how tests are chosen and shared among workers."""

import gc
import json
import os
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import structlog
from redis import Redis

from kefu.testing.redis_server import RedisServer, redis_server
from kefu.testing.suite import UNHURRIED, Suite, starting_suite, wait_until
from tests.support.forked_processes import run_kefu
from tests.support.nvidia_gpu import reason_without_gpu
from tests.support.shared_redis import SharedRedis
from tests.support.shared_suites import ending_with_unit, interrupt_suites
from tests.support.worker_scheduling import (
    DURATIONS,
    ENGINES,
    QUICK_SECONDS,
    RunNotes,
    UnitScheduling,
    is_quick,
    reason_left_out,
    sort_tests,
    unit_of,
)

_NOTES = pytest.StashKey[RunNotes]()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _redis_of_all(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SharedRedis]:
    async with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield SharedRedis(server.url, server.admin_url)


@pytest.fixture(scope="module")
def redis(_redis_of_all: SharedRedis) -> SharedRedis:
    """A real Redis with an append-only file, one for all tests of a worker. A module begins with an empty one."""
    with Redis.from_url(_redis_of_all.admin_url) as client:  # pyright: ignore[reportUnknownMemberType]
        client.flushall()  # pyright: ignore[reportUnknownMemberType]
    return _redis_of_all


@pytest.fixture
async def own_redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A real Redis with an append-only file, empty, for one test, which may stop, fill and configure it.

    Also for tests of what belongs to no tenant: leases of all routers, queues, and searches of all keys.
    """
    async with redis_server(tmp_path / "redis") as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    """`kefu up --demo`, with a real model: started once for all tests, and ended as by Ctrl-C.

    Sources may be folders in "sources" beside its data folder. Experiments count a conversation at once.
    """
    folder = tmp_path_factory.mktemp("demo")
    (sources := folder / "sources").mkdir()
    variables = {
        "KEFU_RETRIEVAL_SOURCE_FOLDERS": str(sources),
        "KEFU_ROUTER_EXPERIMENT_QUIET_SECONDS": "0",
        **UNHURRIED,
    }
    async with starting_suite(folder, "--demo", **variables) as suite:
        await wait_until(
            lambda: "kefu chat" in suite.printed() or suite.process.returncode is not None, 800, suite.printed
        )
        assert suite.process.returncode is None, suite.printed()
        with ending_with_unit(suite):
            yield suite
        assert await suite.end(signal.SIGINT) == 0


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make quick` is `pytest --quick`, and `make test-engines` is `pytest --engines`."""
    parser.addoption("--quick", action="store_true", help="leave out what takes long, and say what that was")
    parser.addoption("--engines", action="store_true", help="run the tests that make test leaves out, and no others")
    parser.addoption(
        "--write-durations", action="store_true", help="write tests/durations.json, by which work is shared"
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave alone what imports libraries that are not installed everywhere, unless asked for; and what is not quick."""
    if config.getoption("--quick") and not is_quick(collection_path, _measured()):
        return True
    return True if collection_path == Path(__file__).with_name(ENGINES) and _engines(config) is False else None


@cache
def _measured() -> dict[str, float]:
    return json.loads(DURATIONS.read_text())


def _engines(config: pytest.Config) -> bool | None:
    """Whether this run is of what `make test` leaves out, and nothing else. None: of both, the folder is named."""
    if config.getoption("--engines"):
        return True
    return None if any(ENGINES in Path(named).parts for named in config.args) else False


def pytest_configure(config: pytest.Config) -> None:
    """Workers leave their notes in a file whose name they are given. What each test would wait for is made cheap."""
    Suite.run_kefu = staticmethod(run_kefu)
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)  # drawn ones take 0.5 s
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])
    given = getattr(config, "workerinput", {}).get("notes")
    if given is not None:
        for name in ("COLUMNS", "LINES"):  # a worker has no terminal, nor have the commands that its tests start
            os.environ.pop(name, None)
    else:
        folder = tempfile.TemporaryDirectory(prefix="kefu-tests-")
        config.add_cleanup(folder.cleanup)
        given = f"{folder.name}/notes"
    config.stash[_NOTES] = RunNotes(Path(given))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is not wanted, and put the rest in order."""
    quick = bool(config.getoption("--quick"))
    reasons = {item: reason_left_out(item, quick=quick, engines=_engines(config)) for item in items}
    left_out = Counter(reason for reason in reasons.values() if reason)
    config.hook.pytest_deselected(items=[item for item in items if reasons[item]])
    items[:] = [item for item in items if not reasons[item]]
    if (on_gpu := [item for item in items if item.get_closest_marker("gpu")]) and (reason := reason_without_gpu()):
        for item in on_gpu:
            item.add_marker(pytest.mark.skip(reason=reason))
    items[:] = sort_tests(items, _measured())
    if getattr(config, "workerinput", {}).get("workerid", "gw0") == "gw0":
        units = {item.nodeid: unit_of(item) for item in items}
        config.stash[_NOTES].write(units, left_out)


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what stays: modules, and thousands of tests."""
    gc.collect()
    gc.freeze()


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Interrupt suites that no other test will ask."""
    if nextitem is None or unit_of(nextitem) != unit_of(item):
        interrupt_suites()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give a worker the name of the file."""
    node.workerinput["notes"] = str(node.config.stash[_NOTES].path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> UnitScheduling:
    """Of all runs with several workers."""
    return UnitScheduling(config, log, config.stash[_NOTES])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say where the time went, and what was left out."""
    folders, units = Counter[str](), Counter[str]()
    notes = config.stash[_NOTES]
    known = notes.units()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                folders["/".join(report.nodeid.split("/")[:2])] += report.duration  # pyright: ignore
                units[known.get(report.nodeid, report.nodeid)] += report.duration  # pyright: ignore
    if len(folders) > 1:
        parts = ", ".join(f"{folder} {spent:.0f}" for folder, spent in folders.most_common())
        terminalreporter.write_line(f"seconds of all workers: {parts}")
    if config.getoption("--write-durations"):
        written = {unit: round(spent) for unit, spent in units.most_common() if spent >= 1}
        DURATIONS.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n")
    if (counts := notes.left_out()) and _engines(config) is False:
        parts = ", ".join(f"{count} {why}" for why, count in counts.most_common())
        terminalreporter.write_line(f"left out: {parts}")
    if config.getoption("--quick"):
        more = f"files that took more than {QUICK_SECONDS} s when they were measured"
        terminalreporter.write_line(f"left out: all but tests/unit and tests/service, and {more}. make test runs them.")
