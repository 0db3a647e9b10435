"""The pods of the component redis-sentinel, as processes: its own configure.sh, real servers, real Sentinels."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from kefu.common.redis.client import open_redis
from kefu.local.redis_server import server_binary
from kefu.testing.kustomize import K8S
from kefu.testing.ports import free_port
from tests.support.waiting import wait_until

CONFIGURE = K8S / "components" / "redis-sentinel" / "configure.sh"
PASSWORD = "a-password"
REDIS_CLI = """#!{python} -IS
import os, socket, sys
_, _, host, _, port, *command = sys.argv
connection = socket.create_connection((host, int(port)), 2)
answer = connection.makefile("rb")
for words in (["AUTH", os.environ["REDISCLI_AUTH"]], command):
    text = "".join("$%d\\r\\n%s\\r\\n" % (len(word), word) for word in words)
    connection.sendall(("*%d\\r\\n%s" % (len(words), text)).encode())
    head = answer.readline()
for _ in range(int(head[1:])):
    print(answer.read(int(answer.readline()[1:]) + 2).decode().strip())
"""
"""What configure.sh wants of redis-cli, which the server's package for tests does not bring."""


@dataclass
class Pod:
    """A pod of the StatefulSet: its volume stays, its processes come and go."""

    number: int
    folder: Path
    network: str
    redis_port: int
    sentinel_port: int
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list["subprocess.Popen[bytes]"])

    @property
    def name(self) -> str:
        return f"{self.network}{self.number}"

    def start(self) -> str:
        """Run the init container, then both containers. Returns what the first one said."""
        for path in ("etc/redis", "etc/redis-secret", "config", "data", "bin"):
            (self.folder / path).mkdir(parents=True, exist_ok=True)
        (self.folder / "etc/redis/redis.conf").write_text(
            f"bind {self.name}\nport {self.redis_port}\ndir {self.folder}/data\nappendonly yes\n"
            f"repl-diskless-sync-delay 0\ninclude {self.folder}/etc/redis-secret/requirepass.conf\n"
        )
        (self.folder / "etc/redis-secret/requirepass.conf").write_text(f"requirepass {PASSWORD}\n")
        cli = self.folder / "bin/redis-cli"
        cli.write_text(REDIS_CLI.format(python=sys.executable))
        cli.chmod(0o755)
        environment = {
            "PATH": f"{cli.parent}:/usr/bin:/bin",
            "KEFU_ROOT": str(self.folder),
            "KEFU_ME": self.name,
            "KEFU_NAME": self.network,
            "KEFU_REDIS_PORT": str(self.redis_port),
            "KEFU_SENTINEL_PORT": str(self.sentinel_port),
        }
        said = subprocess.run(
            ["sh", CONFIGURE], env=environment, capture_output=True, text=True, timeout=60, check=True
        ).stdout
        sentinel = self.folder / "data/sentinel/sentinel.conf"
        written = sentinel.read_text().replace("milliseconds kefu 5000", "milliseconds kefu 2000")
        sentinel.write_text(written.replace("failover-timeout kefu 30000", "failover-timeout kefu 10000"))
        server = str(server_binary())
        for arguments in ([f"{self.folder}/config/redis.conf"], [sentinel, "--sentinel", "--bind", self.name]):
            command = [server, *map(str, arguments)]
            self.processes.append(
                subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)
            )
        return said

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self.processes.clear()

    def redis(self) -> "redis.Redis":
        return self._client(self.redis_port)

    def sentinel(self) -> "redis.Redis":
        return self._client(self.sentinel_port)

    def _client(self, port: int) -> "redis.Redis":
        retry = Retry(NoBackoff(), 0)
        return redis.Redis(self.name, port, password=PASSWORD, decode_responses=True, socket_timeout=2, retry=retry)

    def primary(self) -> str:
        """Whom its Sentinel names; empty: it does not answer."""
        with self.sentinel() as client:
            try:
                told: dict[str, Any] = client.sentinel_master("kefu")  # pyright: ignore
            except redis.exceptions.ConnectionError:
                return ""
        return told["ip"]

    def hurry(self) -> None:
        """Have its Sentinel look and tell several times a second, not every ten and two."""
        with self.sentinel() as client:
            client.execute_command("SENTINEL", "DEBUG", "INFO-PERIOD", "300", "PUBLISH-PERIOD", "300")  # pyright: ignore

    def knows_all(self) -> bool:
        """Whether its Sentinel reaches both others, and knows both replicas."""
        with self.sentinel() as client:
            try:
                told: dict[str, Any] = client.sentinel_master("kefu")  # pyright: ignore
                replicas: list[dict[str, Any]] = client.sentinel_slaves("kefu")  # pyright: ignore
            except redis.exceptions.RedisError:
                return False
        ready = [one for one in replicas if one["master-link-status"] == "ok" and not one["is_sdown"]]
        return told["num-other-sentinels"] == 2 and len(ready) == 2

    def replicas(self) -> int:
        """How many replicas its Redis has, as the primary."""
        with self.redis() as client:
            try:
                told: dict[str, Any] = client.info("replication")  # pyright: ignore
            except redis.exceptions.RedisError:
                return 0
        return told["connected_slaves"]

    def value(self, key: str) -> str | None:
        with self.redis() as client:
            try:
                return client.get(key)  # pyright: ignore
            except redis.exceptions.RedisError:
                return None


@pytest.fixture
def pods(tmp_path: Path) -> Iterator[list[Pod]]:
    ports, network = (free_port(), free_port()), f"127.{free_port() % 200 + 10}.{free_port() % 200 + 10}.5"
    made = [Pod(number, tmp_path / str(number), network, *ports) for number in range(3)]
    yield made
    for pod in made:
        pod.stop()


async def test_after_all_pods_were_away_the_one_that_holds_the_newest_is_the_primary(pods: list[Pod]) -> None:
    first, second, third = pods
    for pod in pods:  # one after the other, as the StatefulSet does
        assert f"the primary is {first.name}" in pod.start()
        await wait_until(lambda pod=pod: pod.primary() == first.name)
        pod.hurry()
    await wait_until(lambda: all(pod.knows_all() for pod in pods), 60)
    with (
        redis.Redis(first.name, first.sentinel_port) as stranger,
        pytest.raises(redis.exceptions.AuthenticationError),
    ):
        stranger.execute_command("SENTINEL", "RESET", "kefu")  # pyright: ignore[reportUnknownMemberType]
    hosts = ",".join(f"{pod.name}:{pod.sentinel_port}" for pod in pods)
    async with open_redis(f"redis+sentinel://:{PASSWORD}@{hosts}/kefu/0?sentinel_password={PASSWORD}") as store:
        await store.set("known", "before")
    await wait_until(lambda: all(pod.value("known") == "before" for pod in pods))

    first.stop()  # its volume goes on saying that it is the primary
    await wait_until(lambda: second.primary() == third.primary() != first.name, 60)
    chosen = next(pod for pod in pods if pod.name == second.primary())
    await wait_until(lambda: chosen.replicas() == 1, 60)
    with chosen.redis() as client:
        client.set("known", "since")
    other = third if chosen is second else second
    await wait_until(lambda: other.value("known") == "since")

    for pod in (second, third):  # the whole namespace is stopped, and starts again
        pod.stop()
    for pod in pods:
        pod.start()
        await wait_until(lambda pod=pod: bool(pod.primary()))
        if pod is first:  # it was away when the others chose, and knows nothing of it: nothing may be written to it
            with first.redis() as client, pytest.raises(redis.exceptions.ResponseError, match="NOREPLICAS"):
                client.set("known", "wrong")
        pod.hurry()
    await wait_until(lambda: all(pod.primary() == chosen.name for pod in pods), 60)
    await wait_until(lambda: all(pod.value("known") == "since" for pod in pods), 60)
