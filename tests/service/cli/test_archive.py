"""`kefu archive`, as a process that calls a real router with an archive in a folder."""

import json
from pathlib import Path

from kefu.router.config import Timing
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import BOOTSTRAP_KEY
from tests.support.router_harness import open_router_harness
from tests.support.shell import Shell
from tests.support.waiting import wait_until_async


async def test_status_list_and_export_show_what_is_archived(own_redis: RedisServer, tmp_path: Path) -> None:
    place, timing = tmp_path / "archive", Timing(archive_pass_seconds=0.1)
    async with open_router_harness(own_redis, timing=timing, archive=str(place), archive_quiet_seconds=0.0) as harness:
        root, shell = await harness.client(), Shell(harness, BOOTSTRAP_KEY, tmp_path / "data")
        session = (await root.ask("Hello!")).session.removeprefix("sessions/")

        async def is_archived() -> bool:
            return bool(list(place.rglob("*.sealed")))

        await wait_until_async(is_archived)
        shown = await shell.ok("archive", "status")
        for words in (f"{place}, encrypted, for 365 days", "1 of 1 live sessions are in the archive as they are"):
            assert words in shown
        assert session in await shell.ok("archive", "list", "--since", "2020-01-01")
        file = tmp_path / "all.jsonl"
        assert "1 conversations" in await shell.ok("archive", "export", "--since", "2020-01-01", "--out", str(file))
        assert json.loads(file.read_text())["name"] == f"sessions/{session}"
        assert file.stat().st_mode & 0o777 == 0o600
