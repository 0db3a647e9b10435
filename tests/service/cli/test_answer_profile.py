"""`kefu doctor` and `kefu status` of a running suite say what its model may do."""

import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from kefu.common.redis.commands import RedisCommands
from kefu.local.data_dir import DataDir, Keys, ServiceState, SuiteState, start_time_of
from kefu.router.exam.cases import cases_version
from kefu.router.exam.marks import RIGHT_SENTENCES, Marks, ReadingMarks, WritingMarks
from kefu.router.exam.marks_store import MarksStore
from kefu.testing.redis_server import RedisServer, redis_server
from tests.support.cli_harness import CliHarness
from tests.support.grpc_calls import BOOTSTRAP_KEY, INTERNAL_KEY
from tests.support.router_harness import RouterHarness, open_router_harness

PASSWORD = "of-this-redis"


@dataclass
class Suite:
    """A data folder that says where the harness serves."""

    harness: RouterHarness
    kefu: CliHarness
    folder: DataDir
    redis: RedisServer

    @contextmanager
    def set_to(self, **variables: str) -> Iterator[None]:
        """A block in which the process that is said to be the router has these variables."""
        with subprocess.Popen(["sleep", "600"], env={"PATH": os.environ["PATH"], **variables}) as router:
            try:
                services = [
                    self._service("redis", self.redis.port),
                    self._service("generation", int(self.harness.generation.rpartition(":")[2])),
                    self._service("router", self.kefu.port, router.pid),
                ]
                state = SuiteState(os.getpid(), start_time_of(os.getpid()), "run", "ready", services[2].address)
                state.services = services
                self.folder.write_state(state)
                yield
            finally:
                router.kill()

    @staticmethod
    def _service(name: str, port: int, pid: int = 0) -> ServiceState:
        start = start_time_of(pid) if pid else 0.0
        return ServiceState(name, f"127.0.0.1:{port}", f"{name}.log", "ready", pid=pid, start_time=start)

    async def found(self) -> tuple[str, str]:
        """Verdict of `kefu doctor`, and what it found."""
        findings = json.loads((await self.kefu("doctor", "--json")).out)
        [one] = [each for each in findings if each["subject"] == "Answer profile"]
        return one["verdict"], one["found"]


@pytest.fixture
async def suite(tmp_path: Path) -> AsyncIterator[Suite]:
    folder = DataDir(tmp_path / "kefu")
    folder.create()
    folder.write_private(folder.path / "keys.json", json.dumps(asdict(Keys(BOOTSTRAP_KEY, INTERNAL_KEY, PASSWORD))))
    (tmp_path / "redis").mkdir()
    async with (
        redis_server(tmp_path / "redis", password=PASSWORD) as redis,
        open_router_harness(redis, answer_profile="auto") as harness,
    ):
        yield Suite(harness, CliHarness(tmp_path, harness.routers[0].port), folder, redis)


async def test_doctor_and_status_say_what_the_model_may_do_and_why(suite: Suite) -> None:
    marks = Marks(
        {"direct": WritingMarks(cases=60, right=57, harmful=0)},
        {RIGHT_SENTENCES: ReadingMarks(20, 20), "row": ReadingMarks(20, 1)},
        cases_version(),
        "2026-12-01",
    )
    with suite.set_to():
        verdict, found = await suite.found()
        assert (verdict, found.startswith("scripted: evidence: ")) == ("note", True)
        assert "sits the exam" in found
        async with suite.harness.open_store() as store:
            await MarksStore(RedisCommands(store)).put(suite.harness.replica.fingerprint, marks)
        said = "verified: may write, may verify (passed the exam of 2026-12-01: 95% of its replies right, 0% harmful)"
        assert await suite.found() == ("ok", f"scripted: {said}")
        assert f"Answer profile: {said}\n" in (await suite.kefu("status")).out
        told = json.loads((await suite.kefu("status", "--json")).out)
        assert (told["model"]["model"], told["answer_profile"]["profile"]) == ("scripted", "verified")
    with suite.set_to(KEFU_ROUTER_ANSWER_PROFILE="evidence"):
        _, found = await suite.found()
        assert found.endswith("(set by KEFU_ROUTER_ANSWER_PROFILE)")


async def test_doctor_says_why_it_does_not_know(suite: Suite) -> None:
    with suite.set_to():
        suite.redis.kill()
        assert await suite.found() == (
            "note",
            "not known: Redis, which has the marks, does not answer: see `kefu status`.",
        )
    assert await suite.found() == ("note", "not known: The router does not run: see `kefu status`.")
