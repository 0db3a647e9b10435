"""The services of `kefu up`: their commands, environments and ports."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kefu.local import ports, redis_server
from kefu.local.data_dir import DataDir, Keys
from kefu.local.health_probes import grpc_probe, http_probe, redis_probe
from kefu.local.nginx import prepare_nginx
from kefu.local.ports import HOST, PortAllocator
from kefu.local.processes import RUN_VARIABLE
from kefu.local.supervisor import Service

_DRAIN_SECONDS = 5.0  # at one desk nobody wants to wait longer; KEFU_DRAIN_SECONDS wins
_GRACE_SECONDS = 5.0  # after the drain: closing an engine takes a moment
_METRICS = 9101
ORDER_SYSTEM = "orders"
"""The service that the demo's order system is."""


@dataclass(frozen=True)
class SuiteOptions:
    """The options of `kefu up`. A port of None is the default one, or the next free one."""

    model: str = ""
    engine: str = ""
    generation_replicas: int = 1
    retrieval_replicas: int = 1
    routers: int = 1
    tls: bool = False
    streams: int | None = None
    """Most streams open at once through nginx. None: the usual number, or as many as the descriptors allow."""
    port: int | None = None
    retrieval_port: int | None = None
    generation_port: int | None = None
    redis_port: int | None = None
    gateway_port: int | None = None
    router_port: int | None = None
    metrics: bool = False
    demo: bool = False
    """With the sample shop's order system; then the sample is imported, and asked."""

    @property
    def has_nginx(self) -> bool:
        """Whether nginx runs in front of the routers."""
        return self.routers > 1 or self.tls


@dataclass(frozen=True)
class LocalSuite:
    """The services in the order of their start, and the addresses that people call."""

    services: list[Service]
    router: str
    retrieval: str
    gateway: str
    root_certificate: str = ""
    order_system: str = ""
    """Address of the sample shop's order system, with its page; empty without the demo."""


def compose(options: SuiteOptions, folder: DataDir, keys: Keys, run_id: str, allocator: PortAllocator) -> LocalSuite:
    """The services of a suite with these options, with their ports allocated.

    Raises LocalError when a requested port is in use, and StartupError when nginx is missing or a limit does not fit.
    """
    front_port = allocator.allocate("nginx" if options.has_nginx else "the router", ports.ROUTER, options.port)
    redis_port = allocator.allocate("Redis", ports.REDIS, options.redis_port)
    retrievals = _allocate_ports(
        allocator, "retrieval", ports.RETRIEVAL, options.retrieval_port, options.retrieval_replicas
    )
    generations = _allocate_ports(
        allocator, "generation", ports.GENERATION, options.generation_port, options.generation_replicas
    )
    gateway_port = allocator.allocate("the gateway", ports.GATEWAY, options.gateway_port)
    routers = {"router": front_port}
    if options.has_nginx:
        routers = _allocate_ports(allocator, "router", ports.ROUTER_BEHIND_NGINX, options.router_port, options.routers)
    order_system = None
    if options.demo:
        order_system_port = allocator.allocate("the order system", ports.ORDER_SYSTEM)
        order_system = _order_system(order_system_port, f"http://{HOST}:{gateway_port}", folder, run_id)
    metrics = _metrics_addresses(allocator) if options.metrics else iter(lambda: "", None)
    shared = {
        RUN_VARIABLE: run_id,
        "KEFU_REDIS_URL": f"redis://:{keys.redis_password}@{HOST}:{redis_port}/0",
        "KEFU_INTERNAL_KEY": keys.internal,
        "KEFU_BOOTSTRAP_KEY": keys.bootstrap,
        "KEFU_DRAIN_SECONDS": os.environ.get("KEFU_DRAIN_SECONDS", f"{_DRAIN_SECONDS:g}"),
        "PYTHONUNBUFFERED": "1",
    }
    services = [_redis(folder, keys, redis_port, run_id)]
    for name, port in retrievals.items():
        services.append(_service(name, "retrieval", port, next(metrics), folder, shared))
    for name, port in generations.items():
        engine_options = {"KEFU_GENERATION_MODEL": options.model, "KEFU_GENERATION_ENGINE": options.engine}
        own = {variable: value for variable, value in engine_options.items() if value}
        services.append(_service(name, "generation", port, next(metrics), folder, {**shared, **own}))
    backends = {
        "KEFU_ROUTER_RETRIEVAL": _list(retrievals.values()),
        "KEFU_ROUTER_GENERATION": _list(generations.values()),
    }
    if "KEFU_ROUTER_ATTACHMENTS" not in os.environ:
        backends["KEFU_ROUTER_ATTACHMENTS"] = str(folder.attachments)
    if order_system is not None:  # its keys and its orders are read from this machine
        backends["KEFU_ROUTER_PRIVATE_NETWORKS"] = os.environ.get("KEFU_ROUTER_PRIVATE_NETWORKS", HOST)
    for name, router_port in routers.items():
        services.append(_service(name, "router", router_port, next(metrics), folder, {**shared, **backends}))
    # Not through nginx: the gateway spreads its calls over the routers itself.
    backends = {
        "KEFU_GATEWAY_ROUTER": _grpc_target(list(routers.values())),
        "KEFU_GATEWAY_RETRIEVAL": _grpc_target(list(retrievals.values())),
    }
    if options.has_nginx:
        backends["KEFU_GATEWAY_TRUSTED_PROXIES"] = os.environ.get("KEFU_GATEWAY_TRUSTED_PROXIES", HOST)
    if order_system is not None:  # its page shows the chat
        named = os.environ.get("KEFU_GATEWAY_FRAME_ANCESTORS", "")
        backends["KEFU_GATEWAY_FRAME_ANCESTORS"] = ",".join(filter(None, (named, order_system.address)))
    gateway = _gateway(gateway_port, next(metrics), folder, {**shared, **backends})
    behind = [gateway] if order_system is None else [gateway, order_system]
    shop = "" if order_system is None else order_system.address
    retrieval_addresses = [f"{HOST}:{retrieval_port}" for retrieval_port in retrievals.values()]
    if not options.has_nginx:
        return LocalSuite(
            [*services, *behind],
            f"{HOST}:{front_port}",
            retrieval_addresses[0],
            gateway.address,
            order_system=shop,
        )
    nginx = prepare_nginx(
        folder,
        front_port,
        {name: f"{HOST}:{router_port}" for name, router_port in routers.items()},
        retrieval_addresses,
        f"{HOST}:{gateway_port}",
        run_id,
        streams=options.streams,
        tls=options.tls,
        drain_seconds=float(shared["KEFU_DRAIN_SECONDS"]),
        cores=os.cpu_count() or 1,
    )
    # nginx serves KnowledgeService too. Here retrieval is called directly, so that a caller waits while it restarts.
    services += [nginx.service, *behind]
    return LocalSuite(services, nginx.address, retrieval_addresses[0], gateway.address, nginx.root_certificate, shop)


def _service(
    name: str, package: str, port: int, metrics: str, folder: DataDir, environment: Mapping[str, str]
) -> Service:
    prefix = f"KEFU_{package.upper()}_"
    own = {f"{prefix}LISTEN": f"{HOST}:{port}"}
    if metrics:
        own[f"{prefix}METRICS_LISTEN"] = metrics
    if package == "retrieval":
        own[f"{prefix}SNAPSHOT_FOLDER"] = str(folder.snapshots / name)
    return Service(
        name=name,
        command=(sys.executable, "-P", "-m", f"kefu.{package}"),  # -P: a folder named kefu here is not ours
        environment={**environment, **own},
        address=f"{HOST}:{port}",
        log=folder.logs / f"{name}.log",
        ready=grpc_probe(f"{HOST}:{port}"),
        after=("redis",),
        grace_seconds=float(environment["KEFU_DRAIN_SECONDS"]) + _GRACE_SECONDS,
    )


def _gateway(port: int, metrics: str, folder: DataDir, environment: Mapping[str, str]) -> Service:
    own = {"KEFU_GATEWAY_LISTEN": f"{HOST}:{port}"}
    if metrics:
        own["KEFU_GATEWAY_METRICS_LISTEN"] = metrics
    if "KEFU_GATEWAY_VISITOR_SECRET" not in os.environ:  # at this desk anyone may try the chat page
        own["KEFU_GATEWAY_VISITOR_SECRET"] = folder.make_visitor_secret()
    address = f"http://{HOST}:{port}"
    return Service(
        name="gateway",
        command=(sys.executable, "-P", "-m", "kefu.gateway"),
        environment={**environment, **own},
        address=address,
        log=folder.logs / "gateway.log",
        ready=http_probe(address),
        grace_seconds=float(environment["KEFU_DRAIN_SECONDS"]) + _GRACE_SECONDS,
    )


def _order_system(port: int, gateway: str, folder: DataDir, run_id: str) -> Service:
    address = f"http://{HOST}:{port}"
    return Service(
        name=ORDER_SYSTEM,
        command=(sys.executable, "-P", "-m", "kefu.order_system"),
        environment={
            RUN_VARIABLE: run_id,
            "KEFU_ORDERS_LISTEN": f"{HOST}:{port}",
            "KEFU_ORDERS_DATABASE": str(folder.orders),
            "KEFU_ORDERS_API_KEY": folder.make_order_system_key(),
            "KEFU_ORDERS_KEFU": gateway,
            "PYTHONUNBUFFERED": "1",
        },
        address=address,
        log=folder.logs / "orders.log",
        ready=http_probe(address),
    )


def _redis(folder: DataDir, keys: Keys, port: int, run_id: str) -> Service:
    # The password keeps other users of this machine out. It is in a file, since everybody can read command lines.
    settings = folder.path / "redis.conf"
    DataDir.write_private(settings, f"requirepass {keys.redis_password}\nprotected-mode yes")
    return Service(
        name="redis",
        command=(
            str(redis_server.server_of(folder.redis, folder.redis_writer)),
            str(settings),
            *redis_server.server_arguments(folder.redis, port),
        ),
        environment={RUN_VARIABLE: run_id},
        address=f"{HOST}:{port}",
        log=folder.logs / "redis.log",
        ready=redis_probe(port, keys.redis_password),
    )


def _allocate_ports(
    allocator: PortAllocator, what: str, default: int, requested: int | None, count: int
) -> dict[str, int]:
    found: dict[str, int] = {}
    for number in range(count):
        name = what if number == 0 else f"{what}-{number + 1}"
        found[name] = allocator.allocate(name, default, None if requested is None else requested + number)
    return found


def _metrics_addresses(allocator: PortAllocator) -> Iterator[str]:
    while True:
        yield f"{HOST}:{allocator.allocate('metrics', _METRICS)}"


def _list(target_ports: Iterable[int]) -> str:
    return ",".join(f"{HOST}:{port}" for port in target_ports)


def _grpc_target(target_ports: list[int]) -> str:
    addresses = [f"{HOST}:{port}" for port in target_ports]
    # gRPC's own form for several addresses: the channel goes on to the next one when one does not answer.
    return addresses[0] if len(addresses) == 1 else "ipv4:" + ",".join(addresses)


def sample_folder() -> Path:
    """The folder of the sample knowledge base that comes with Kefu."""
    return Path(__file__).parent.parent / "sample"
