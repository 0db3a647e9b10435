"""The TypeScript client, packed, and run by Node in front of a real gateway. Its parts are tested with the pages."""

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.common.errors import ServiceError
from kefu.testing.redis_server import RedisServer
from kefu.testing.suite import CommandResult
from tests.support.gateway_harness import GatewayHarness, open_gateway_harness
from tests.support.grpc_calls import BOOTSTRAP_KEY
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.tcp_proxy import open_tcp_proxy
from tests.support.waiting import wait_until_async

WEB = Path(__file__).parents[3] / "services/kefu/gateway/web"
ASK = "How long does a refund take?"
PARTS = ["Refunds arrive 𠮷😀 ", "after we ", "receive the parcel 中文。 ", "Done 😀."]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, packed and unpacked beside what it needs."""
    if not shutil.which("node") or not (WEB / "node_modules").exists():
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail("CI has to have Node, and the pages' packages: run make web")
        pytest.skip("Node or the pages' packages are not installed: run make web")
    folder = tmp_path_factory.mktemp("node")
    packing = ["npm", "pack", "--silent", "--pack-destination", str(folder)]
    packed = subprocess.run(packing, cwd=WEB / "client", capture_output=True, text=True, check=False)
    assert packed.returncode == 0, packed.stdout + packed.stderr
    installed = folder / "node_modules"
    installed.mkdir()
    for scope in ("@bufbuild", "@connectrpc"):
        (installed / scope).symlink_to(WEB / "node_modules" / scope)
    subprocess.run(["tar", "-xzf", str(next(folder.glob("*.tgz"))), "-C", str(folder)], check=True)
    (installed / "@kefu").mkdir()
    return (folder / "package").rename(installed / "@kefu/client")


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis) as harness:
        harness.knowledge.hits = [make_hit("Refunds arrive after we receive the parcel.")]
        yield harness


@pytest.fixture
async def gateway(harness: RouterHarness) -> AsyncIterator[GatewayHarness]:
    async with open_gateway_harness(harness) as gateway:
        yield gateway


async def example(package: Path, url: str, key: str = BOOTSTRAP_KEY) -> CommandResult:
    process = await asyncio.create_subprocess_exec(
        *("node", "example.mjs", ASK),
        cwd=package,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "KEFU_URL": url, "KEFU_KEY": key},
    )
    out, err = await asyncio.wait_for(process.communicate(), 90)
    return CommandResult(process.returncode or 0, out.decode(), err.decode())


async def test_an_answer_that_is_cut_goes_on_and_no_character_comes_twice(
    package: Path, harness: RouterHarness, gateway: GatewayHarness
) -> None:
    going_on = asyncio.Event()
    harness.replica.frames = [*PARTS[:2], going_on, *PARTS[2:]]
    async with open_tcp_proxy(gateway.port) as proxy:
        running = asyncio.create_task(example(package, f"http://127.0.0.1:{proxy.port}"))

        async def begun() -> bool:
            return any(b"after we" in chunk for _, chunk in proxy.forwarded)

        await wait_until_async(begun)
        proxy.cut()
        going_on.set()
        proxy.restore()
        done = await running
    assert (done.status, done.out.splitlines()[0]) == (0, "".join(PARTS)), done
    assert "The connection was lost" in done.err
    assert len(harness.replica.calls) == 1


async def test_a_wrong_key_is_told_with_its_reason(package: Path, gateway: GatewayHarness) -> None:
    done = await example(package, gateway.url, f"kefu_x_{'0' * 64}")
    assert (done.status, done.out) == (1, "")
    assert done.err.rstrip().endswith("(UNAUTHENTICATED)")
    assert "lost" not in done.err


def test_whoever_uses_it_has_its_types(package: Path) -> None:
    use = package.parents[2] / "use.mts"
    use.write_text(
        'import { Kefu, KefuError } from "@kefu/client";\n'
        'const answer = await new Kefu({ baseUrl: "" }).ask("?");\n'
        "export const titles: string[] = answer.citations.map(({ title }) => title);\n"
        "export const reasonOf = (error: KefuError): string => error.reason;\n"
        "// @ts-expect-error\nexport const wrong: number = answer.text;\n"
    )
    options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext"]
    tsc = [str(WEB / "node_modules/.bin/tsc"), *options, str(use)]
    checked = subprocess.run(tsc, cwd=use.parent, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_it_needs_the_versions_that_the_pages_are_built_with() -> None:
    pages, client = (json.loads((WEB / each).read_text("utf-8")) for each in ("package.json", "client/package.json"))
    assert client["dependencies"]
    assert client["dependencies"].items() <= pages["dependencies"].items()


def test_the_reasons_that_it_names_are_the_servers() -> None:
    text = (WEB / "client/src/failure.ts").read_text("utf-8")
    named = set(re.findall(r'\| "([A-Z_]+)"', text))
    assert "SESSION_BUSY" in named
    assert named <= {error.reason for error in ServiceError.__subclasses__()}
