"""The suite under test as bare processes. Only the injected fault restarts them."""

import asyncio
import json
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kefu.cli.documents import local_files
from kefu.client import Client, Document
from kefu.common.auth import make_key
from kefu.local.health_probes import grpc_probe, http_probe, redis_probe
from kefu.local.ports import HOST
from kefu.local.redis_server import server_arguments, server_binary
from kefu.local.suite import sample_folder
from loadtest.bench.nginx import nginx_process
from loadtest.bench.process import PortAllocator, Process

COLLECTION = "collections/help"


@dataclass(frozen=True)
class BenchSettings:
    """Settings of the suite under test. Units are in the names."""

    generations: int = 3
    retrievals: int = 2
    routers: int = 2
    step_milliseconds: float = 20.0
    """Of the simulated engine: one token per running request."""
    answer_tokens: int = 100
    first_token_seconds: float = 3.0
    """As fits an engine on a GPU; the default, 20 s, is for prefilling on a CPU."""
    between_token_seconds: float = 3.0
    search_seconds: float = 3.0
    """Twice the default: here everything, the customers too, shares one machine's cores."""
    drain_seconds: float = 15.0
    folders: Sequence[str] = ("refunds", "returns", "delivery")
    """Of the sample help centre, in English."""
    nginx: bool = False
    """Clients reach the routers through nginx, and not each router directly."""
    gateway: bool = False
    """A gateway for visitors as well."""


@dataclass(frozen=True)
class Bench:
    """All processes of the suite under test. Clients use `key`, services use `internal_key`."""

    folder: Path
    settings: BenchSettings
    key: str
    internal_key: str
    redis: Process
    retrievals: list[Process]
    generations: list[Process]
    routers: list[Process]
    nginx: Process | None = None
    gateway: Process | None = None

    @property
    def client_addresses(self) -> list[str]:
        """Addresses that clients call: nginx, or each router."""
        return [process.address for process in ([self.nginx] if self.nginx else self.routers)]

    @property
    def processes(self) -> list[Process]:
        """All processes, in the order in which they are started."""
        return [self.redis, *self.services, *filter(None, (self.nginx, self.gateway))]

    @property
    def services(self) -> list[Process]:
        """Processes of Kefu's services, in the order in which they are started."""
        return [*self.retrievals, *self.generations, *self.routers]

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Metadata of a client's call."""
        return (("authorization", f"Bearer {self.key}"),)

    async def restart_stopped(self) -> None:
        """Start every process that does not run, continue stopped ones, and return when all are ready."""
        for process in self.processes:
            process.signal(signal.SIGCONT)
            if not process.pid:
                await process.start()
        for process in self.processes:
            await process.wait_until_ready()


@asynccontextmanager
async def open_bench(folder: Path, settings: BenchSettings) -> AsyncIterator[Bench]:
    """The whole suite while the block runs, ready and with its knowledge imported. Logs go to `folder`."""
    bench = _make_bench(folder, settings)
    try:
        await bench.redis.start()
        await asyncio.gather(*(process.start() for process in bench.retrievals))
        await asyncio.gather(*(process.start() for process in (*bench.generations, *bench.routers)))
        for front in filter(None, (bench.nginx, bench.gateway)):
            await front.start()
        await _import_sample(bench)
        yield bench
    finally:
        for process in reversed(bench.processes):
            await process.kill()


def _make_bench(folder: Path, settings: BenchSettings) -> Bench:
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "redis"
    data.mkdir(exist_ok=True)
    ports = PortAllocator()
    redis_port = ports.allocate()
    arguments = server_arguments(data, redis_port)
    redis = Process(
        "redis", (str(server_binary()), *arguments), redis_port, 0, folder, redis_probe(redis_port, password="")
    )
    internal_key, key = make_key("internal").secret, make_key("bootstrap").secret
    shared = {
        "KEFU_REDIS_URL": f"redis://{HOST}:{redis_port}/0",
        "KEFU_INTERNAL_KEY": internal_key,
        "KEFU_WATCHDOG_SECONDS": "0",  # a fault freezes a process, and nobody starts it again here
        "KEFU_BOOTSTRAP_KEY": key,
        "KEFU_DRAIN_SECONDS": f"{settings.drain_seconds:g}",
        "KEFU_LOG_FORMAT": "json",
        "PYTHONUNBUFFERED": "1",
    }

    def service(package: str, number: int, environment: Mapping[str, str]) -> Process:
        port, metrics = ports.allocate(), ports.allocate()
        name, prefix = f"{package}-{number + 1}", f"KEFU_{package.upper()}_"
        command = (sys.executable, "-P", "-m", f"kefu.{package}")
        ready = http_probe(f"http://{HOST}:{port}") if package == "gateway" else grpc_probe(f"{HOST}:{port}")
        process = Process(name, command, port, metrics, folder, ready)
        own = {f"{prefix}LISTEN": process.address, f"{prefix}METRICS_LISTEN": f"{HOST}:{metrics}"}
        process.environment.update({**shared, **own, **environment})
        return process

    retrievals = [
        service("retrieval", number, {"KEFU_RETRIEVAL_SNAPSHOT_FOLDER": str(folder / f"snapshots-{number + 1}")})
        for number in range(settings.retrievals)
    ]
    simulated = {
        "KEFU_GENERATION_ENGINE": "simulated",
        "KEFU_GENERATION_SIMULATED": json.dumps(
            {"step_milliseconds": settings.step_milliseconds, "answer_tokens": settings.answer_tokens}
        ),
    }
    generations = [service("generation", number, simulated) for number in range(settings.generations)]
    addresses = [process.address for process in retrievals]
    router_environment = {
        "KEFU_ROUTER_RETRIEVAL": addresses[0] if len(addresses) == 1 else "ipv4:" + ",".join(addresses),
        "KEFU_ROUTER_GENERATION": ",".join(process.address for process in generations),
        "KEFU_ROUTER_FIRST_TOKEN_SECONDS": f"{settings.first_token_seconds:g}",
        "KEFU_ROUTER_SEARCH_SECONDS": f"{settings.search_seconds:g}",
        "KEFU_ROUTER_BETWEEN_TOKEN_SECONDS": f"{settings.between_token_seconds:g}",
        "KEFU_ROUTER_CACHE_ANSWERS": "false",  # customers ask the same again and again, and are to meet the model
    }
    routers = [service("router", number, router_environment) for number in range(settings.routers)]
    nginx: Process | None = None
    if settings.nginx:
        nginx = nginx_process(routers, ports.allocate(), folder, settings.drain_seconds)
    gateway: Process | None = None
    if settings.gateway:
        behind = "ipv4:" + ",".join(process.address for process in routers)
        visitors = {"KEFU_GATEWAY_VISITOR_SECRET": secrets.token_hex(16), "KEFU_GATEWAY_VISITOR_COLLECTIONS": "help"}
        gateway = service(
            "gateway", 0, {"KEFU_GATEWAY_ROUTER": behind, "KEFU_GATEWAY_RETRIEVAL": addresses[0], **visitors}
        )
    return Bench(folder, settings, key, internal_key, redis, retrievals, generations, routers, nginx, gateway)


async def _import_sample(bench: Bench) -> None:
    english = sample_folder() / "help_center" / "en"
    files = local_files.find_files([english / name for name in bench.settings.folders]).files
    documents = [Document(file.path, file.file) for file in files]
    async with Client(bench.retrievals[0].address, key=bench.key) as kefu:
        for result in (await kefu.import_documents(COLLECTION, documents, create=True)).values():
            if not result.passages:
                raise RuntimeError(f"{result.path} was not imported: {result.message}")
