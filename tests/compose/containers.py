"""
The real compose file, under a project name, ports, secrets and volumes of its own.

From the environment: KEFU_TAG, KEFU_NGINX_IMAGE, KEFU_REDIS_IMAGE as deploy/compose.yaml reads them; KEFU_TEST_WEIGHTS,
a folder as `python -m kefu.generation.weights` fills it (default: ~/.cache/kefu), with whose two models that are used
here the models' volume begins; KEFU_TEST_OVERRIDE, one more compose file, for what this machine needs. Without
KEFU_PROMETHEUS_IMAGE the tests of Prometheus are skipped, without KEFU_PREVIOUS_TAG those of two releases
(tests/compose/previous.sh makes its images).
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio

from kefu.client.channels import channel_to
from kefu.testing.ports import free_port

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PROJECT = "kefu-test"
WEIGHTS = ("models/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "models/SmolLM2-135M-Instruct.Q4_1.gguf")
CONVERTED = "converted"
"""What a release whose model runs in vLLM makes of them; made anew, in two minutes, where it is not there."""
WEIGHTS_FOLDER = Path(os.environ.get("KEFU_TEST_WEIGHTS", Path.home() / ".cache" / "kefu"))
UP_SECONDS = 1200


@dataclass
class Containers:
    """The project while it is up."""

    folder: Path
    port: int
    operations_port: int
    files: tuple[str, ...] = ("compose.yaml", "compose.operations.yaml")
    variables: dict[str, str] = field(default_factory=dict[str, str])
    """Of the compose file, besides those of this machine."""
    project: str = PROJECT
    deploy: Path = DEPLOY
    """The folder of the compose files: another release's may stand elsewhere."""

    @property
    def secrets(self) -> Path:
        """The folder of secrets."""
        return self.folder / "secrets"

    @property
    def key(self) -> str:
        """A key for everything: the first one."""
        return (self.secrets / "bootstrap_key").read_text().strip()

    @property
    def options(self) -> list[str]:
        """What `docker compose` has to be told."""
        files = (part for name in self.files for part in ("--file", str(self.deploy / name)))
        return ["--project-name", self.project, *files]

    @property
    def environment(self) -> dict[str, str]:
        """Of every command."""
        return {
            **os.environ,
            "KEFU_PORT": str(self.port),
            "KEFU_OPERATIONS_PORT": str(self.operations_port),
            "KEFU_SECRETS": str(self.secrets),
            **self.variables,
        }

    def compose(self, *arguments: str, seconds: float = UP_SECONDS) -> str:
        """`docker compose`; what it printed."""
        return _run(["docker", "compose", *self.options, *arguments], self.environment, seconds)

    def up(self, *arguments: str) -> None:
        """Bring it to what the files say, and wait until all are healthy; with all logs when that fails."""
        try:
            # `--wait` takes a container that has ended well, as weights does, for a failure.
            self.compose("up", "--detach", *arguments)
            self.until_healthy()
        except (AssertionError, subprocess.TimeoutExpired):
            sys.stderr.write(self.compose("logs", "--tail", "40"))
            raise

    def down(self, *arguments: str) -> None:
        """Remove all of it, what a profile brought too."""
        _run(
            ["docker", "compose", "--profile", "*", *self.options, "down", "--volumes", "--remove-orphans", *arguments],
            self.environment,
            300,
        )

    def until_healthy(self) -> None:
        """Return when every container that stays is healthy."""
        until(lambda: all(self.health(one) == "healthy" for one in self.ids()), UP_SECONDS)

    def ids(self, *services: str) -> list[str]:
        """Containers of these services that run, or of all."""
        return self.compose("ps", "--quiet", *services).split()

    def health(self, container: str) -> str:
        """What its health check says; a container without one is well while it runs."""
        state = self.inspect(container)["State"]
        assert state["Status"] != "exited" or state["ExitCode"] == 0, docker("logs", "--tail", "40", container)
        return state["Health"]["Status"] if "Health" in state else "healthy"

    def replicas(self) -> list[str]:
        """Containers of the model, under whatever service."""
        services = [name for name in self.compose("ps", "--services").split() if name.startswith("generation")]
        return self.ids(*services)

    def addresses(self, container: str, network: str = "") -> list[str]:
        """Of a container, in every network or in one."""
        networks = self.inspect(container)["NetworkSettings"]["Networks"]
        return [one["IPAddress"] for name, one in networks.items() if name.endswith(network)]

    def script(self, name: str, *arguments: str) -> str:
        """One of deploy/compose, as an operator runs it; what it printed."""
        return _run([str(DEPLOY / "compose" / name), *arguments, *self.options], self.environment, 900)

    def script_with_options(self, name: str, *arguments: str, **variables: str) -> str:
        """One of deploy/compose that has the options of `docker compose` from KEFU_COMPOSE; what it printed."""
        environment = {**self.environment, "KEFU_COMPOSE": " ".join(self.options), **variables}
        return _run([str(DEPLOY / "compose" / name), *arguments], environment, 900)

    async def replace(self, service: str) -> None:
        """Replace the containers of a service one by one."""
        await asyncio.to_thread(self.script, "rolling-update.sh", service)

    def inspect(self, container: str) -> dict[str, Any]:
        """All that Docker knows of a container."""
        [found] = json.loads(docker("inspect", container))
        return found

    def logs(self) -> str:
        """What all of them have logged."""
        return self.compose("logs", "--no-color", "--no-log-prefix")

    @contextmanager
    def changed(self, **services: dict[str, Any]) -> Iterator[None]:
        """With more in these services than the files say, while the block runs."""
        with self.changed_by_turns([services]) as turns:
            for _ in turns:
                yield

    @contextmanager
    def changed_by_turns(self, changes: list[dict[str, dict[str, Any]]]) -> Iterator[Iterator[None]]:
        """One change after the other, each as in `changed`; what was there before comes back once, at the end."""
        before = self.files
        override = self.folder / f"override-{len(before)}.json"  # one may stand within another

        def turns() -> Iterator[None]:
            for change in changes:
                services = {name.replace("_", "-"): one for name, one in change.items()}
                override.write_text(json.dumps({"services": services}))
                self.files = (*before, str(override))
                self.up()
                yield

        try:
            yield turns()
        finally:
            self.files = before
            self.up("--remove-orphans")

    def command_line(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The `kefu` command, over TLS through nginx."""
        environment = {
            **self.environment,
            "PYTHONPATH": str(ROOT / "services"),
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(self.secrets / "edge.pem"),
            "KEFU_SERVER": f"https://localhost:{self.port}",
            "KEFU_KNOWLEDGE_SERVER": f"https://localhost:{self.operations_port}",
            "KEFU_KEY": self.key,
        }
        command = [sys.executable, "-m", "kefu.cli", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1200, check=False)

    @asynccontextmanager
    async def customers(self) -> AsyncIterator[grpc.aio.Channel]:
        """A channel to the customers' port."""
        async with channel_to(f"https://localhost:{self.port}", str(self.secrets / "edge.pem")) as channel:
            yield channel

    @asynccontextmanager
    async def operations(self) -> AsyncIterator[grpc.aio.Channel]:
        """A channel to the port of support leads and operators."""
        async with channel_to(f"https://localhost:{self.operations_port}", str(self.secrets / "edge.pem")) as channel:
            yield channel


@contextmanager
def containers_up(
    folder: Path, project: str = PROJECT, deploy: Path = DEPLOY, variables: dict[str, str] | None = None
) -> Iterator[Containers]:
    """The project, from nothing; all of it is removed at the end, volumes too."""
    containers = Containers(folder, free_port(), free_port(), variables=variables or {}, project=project, deploy=deploy)
    if override := os.environ.get("KEFU_TEST_OVERRIDE"):
        containers.files = (*containers.files, override)
    subprocess.run([deploy / "compose" / "secrets.sh", containers.secrets], check=True, timeout=60)
    containers.down()
    try:
        _bring_weights(containers)
        began = time.monotonic()
        containers.up()
        sys.stderr.write(f"\nup in {time.monotonic() - began:.0f} s\n")
        yield containers
    finally:
        (folder / "logs.txt").write_text(containers.logs())
        containers.down("--timeout", "5")


def _bring_weights(containers: Containers) -> None:
    """Fill the volume as deploy/offline/README.md says, where this machine has weights; else `weights` fetches them."""
    if not all((WEIGHTS_FOLDER / part).exists() for part in WEIGHTS):
        return
    containers.compose("create", "weights")
    [image] = {containers.inspect(one)["Image"] for one in containers.compose("ps", "-aq", "weights").split()}
    with tempfile.TemporaryDirectory(dir=WEIGHTS_FOLDER) as chosen:
        parts = [*WEIGHTS, "hashes", *([CONVERTED] if containers.deploy != DEPLOY else [])]
        for part in (one for one in parts if (WEIGHTS_FOLDER / one).exists()):
            made = Path(chosen) / part
            made.parent.mkdir(exist_ok=True)
            # Links, which take neither time nor room.
            _run(["cp", "--recursive", "--link", str(WEIGHTS_FOLDER / part), str(made)], containers.environment, 60)
        script = DEPLOY / "offline" / "weights.sh"
        _run([str(script), chosen, f"{containers.project}_models", image], containers.environment, 600)


def docker(*arguments: str, seconds: float = 120) -> str:
    """`docker`; what it printed."""
    return _run(["docker", *arguments], {**os.environ}, seconds)


def inside(container: str, script: str) -> subprocess.CompletedProcess[str]:
    """A shell script in a container, as its own user."""
    command = ["docker", "exec", container, "sh", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def until(condition: Callable[[], bool], seconds: float) -> None:
    """Return once it holds; the test fails when it does not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def _run(command: list[str], environment: dict[str, str], seconds: float) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout
