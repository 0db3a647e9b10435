"""A client that is none of ours: `buf curl`, written in Go, which knows the contracts by reflection alone."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.suite import Done, Suite, clean_environment, running_suite

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def suite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    async with running_suite(tmp_path_factory.mktemp("clients"), "simulated") as running:
        yield running


async def buf_curl(suite: Suite, method: str, request: object, key: str) -> Done:
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).parent / "buf"), "curl", "--protocol", "grpc", "--http2-prior-knowledge"),
        *("-H", f"authorization: Bearer {key}", "-d", json.dumps(request), f"http://{suite.router}/{method}"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean_environment() | {"HOME": os.environ.get("HOME", "/tmp")},
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


async def test_it_converses_by_reflection(suite: Suite) -> None:
    asked = {"session": "sessions/-", "text": "谢谢"}
    done = await buf_curl(suite, "kefu.router.v1.ChatService/Converse", asked, suite.key)
    assert done.status == 0, done
    decoder, events, rest = json.JSONDecoder(), list[dict[str, object]](), done.out.strip()
    while rest:
        event, end = decoder.raw_decode(rest)
        events.append(event)
        rest = rest[end:].lstrip()
    assert [next(iter(event)) for event in events] == ["turnStarted", "textDelta", "turnCompleted"]


async def test_an_error_reaches_it_with_its_reason(suite: Suite) -> None:
    done = await buf_curl(suite, "kefu.router.v1.ChatService/GetSession", {"name": "sessions/-"}, "kefu_no_key")
    assert done.status != 0
    failure = json.loads(done.err[done.err.index("{") :])
    assert failure["code"] == "unauthenticated"
    assert any(detail["type"] == "google.rpc.ErrorInfo" for detail in failure["details"])
