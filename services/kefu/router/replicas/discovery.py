"""
Discovery of replicas: a fixed list, the addresses of a DNS name, or the ready endpoints of a Kubernetes service.

Each source yields its addresses again whenever they change, and keeps the last ones while it can learn nothing: a name
server or an API server that fails must not take the replicas away. A router that was never told any is not ready: see
`open_discovery`.
"""

import asyncio
import random
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import ClassVar, Protocol

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import StartupError
from kefu.router.replicas.kubernetes_endpoints import EndpointSliceSource, ServiceAccount

Addresses = tuple[str, ...]
"""Each is host:port, or [host]:port for IPv6."""
Lookup = Callable[[str, int], Awaitable[list[str]]]
"""Returns the IP addresses of a name; the second argument is the port. Raises OSError."""

_LOOKUP_INTERVAL_SECONDS = 5.0
_FIRST_ANSWER_SECONDS = 5.0
_RESTART_SECONDS = 5.0
_DNS = "dns:///"
_KUBERNETES = "k8s:///"
_ACCOUNT = ServiceAccount()
_log = structlog.stdlib.get_logger()


class AddressSource(Protocol):
    """A source of replica addresses."""

    is_required: ClassVar[bool]
    """Whether nothing begins before its first addresses: it is asked for by name, and a wrong policy or right would
    otherwise show as a router that is well and answers nobody."""

    def changes(self) -> AsyncGenerator[Addresses, None]:
        """Yield all addresses, soon, and all of them again after each change. Never ends."""
        ...


@dataclass(frozen=True)
class FixedSource:
    """Addresses that never change."""

    addresses: Addresses
    is_required: ClassVar[bool] = False

    async def changes(self) -> AsyncGenerator[Addresses, None]:
        """Yield the list, once."""
        yield self.addresses
        await asyncio.Event().wait()


async def system_lookup(name: str, port: int) -> list[str]:
    """Look a name up with the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True)
class DnsSource:
    """All addresses of a DNS name, looked up again every `seconds`."""

    name: str
    port: int
    seconds: float = _LOOKUP_INTERVAL_SECONDS
    lookup: Lookup = system_lookup
    is_required: ClassVar[bool] = False
    """A Service without ready pods has no addresses in DNS, which is as good as none that was found."""

    async def changes(self) -> AsyncGenerator[Addresses, None]:
        """Yield the addresses that were found. A name that cannot be resolved changes nothing."""
        known: Addresses | None = None
        while True:
            try:
                async with asyncio.timeout(_FIRST_ANSWER_SECONDS):
                    found = await self.lookup(self.name, self.port)
            except OSError as error:  # TimeoutError is one
                _log.warning("discovery.name_not_resolved", name=self.name, cause=str(error) or "no answer in time")
                found = list[str]()
            addresses = tuple(sorted({format_address(address, self.port) for address in found})) or known or ()
            if addresses != known:
                known = addresses
                yield addresses
            await asyncio.sleep(self.seconds * random.uniform(0.9, 1.1))  # noqa: S311 - spreads look-ups


def format_address(ip: str, port: int) -> str:
    """An address in gRPC's form: host:port, or [host]:port for IPv6."""
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def address_sources(addresses: str, account: ServiceAccount = _ACCOUNT) -> list[AddressSource]:
    """The sources that an address of `RouterConfig` names. Raises StartupError when one cannot be read."""
    fixed: list[str] = []
    sources: list[AddressSource] = []
    for part in (part.strip() for part in addresses.split(",")):
        if part.startswith(_DNS):
            name, port = _name_and_port(part, _DNS)
            sources.append(DnsSource(name, _port_number(port, part)))
        elif part.startswith(_KUBERNETES):
            name, port = _name_and_port(part, _KUBERNETES)
            service, namespace, *_ = (*name.split("."), "")  # the first two parts of a fully qualified name
            if not account.token_file.exists():
                raise StartupError(f"{part} needs the service account of a pod, and {account.token_file} is missing.")
            sources.append(EndpointSliceSource(account, service, namespace, port))
        elif part:
            fixed.append(part)
    return [FixedSource(tuple(fixed)), *sources] if fixed else sources


def server_name_of(addresses: str) -> str:
    """The first name in such an address that stands for several addresses; empty when there is none."""
    for part in (part.strip() for part in addresses.split(",")):
        for scheme in (_DNS, _KUBERNETES):
            if part.startswith(scheme):
                return _name_and_port(part, scheme)[0]
    return ""


def _name_and_port(part: str, scheme: str) -> tuple[str, str]:
    name, _, port = part.removeprefix(scheme).rpartition(":")
    if not name or not port:
        raise StartupError(f"{part!r} is not of the form {scheme}name:port.")
    return name, port


def _port_number(port: str, part: str) -> int:
    if not port.isdecimal():
        raise StartupError(f"{port!r} in {part!r} is not a port's number.")
    return int(port)


@asynccontextmanager
async def open_discovery(
    sources: Sequence[AddressSource], on_change: Callable[[Addresses], Awaitable[None]]
) -> AsyncIterator[None]:
    """Call `on_change` with all addresses of all sources: before the block, and after each change while it runs.

    Each address is named once. Before the block, a source that yields nothing is waited for a few seconds only, or, if
    it is required, for as long as it takes.
    """
    latest: dict[int, Addresses] = {}
    changed = asyncio.Event()
    complete = asyncio.Event()
    known = asyncio.Event()  # all that is required
    required = {number for number, source in enumerate(sources) if source.is_required}

    async def listen(number: int, source: AddressSource) -> None:
        while True:
            try:
                async with aclosing(source.changes()) as changes:
                    async for addresses in changes:
                        latest[number] = addresses
                        changed.set()
                        if required <= latest.keys():
                            known.set()
                        if len(latest) == len(sources):
                            complete.set()
            except Exception:
                # The known addresses stay in use: a router that cannot learn of new replicas must log it, not stop.
                _log.exception("discovery.failed", source=type(source).__name__)
            await asyncio.sleep(_RESTART_SECONDS)

    async def apply() -> None:
        changed.clear()
        merged = dict.fromkeys(address for number in sorted(latest) for address in latest[number])
        await on_change(tuple(merged))

    async def follow() -> None:
        while True:
            await changed.wait()
            await apply()

    async with AsyncExitStack() as stack:
        for number, source in enumerate(sources):
            task = asyncio.create_task(listen(number, source), name=f"discover replicas, source {number}")
            stack.push_async_callback(cancel_and_wait, task)
        if sources:
            with suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_ANSWER_SECONDS):
                    await complete.wait()
        if required:
            await known.wait()
        await apply()
        following = asyncio.create_task(follow(), name="apply discovered replicas")
        stack.push_async_callback(cancel_and_wait, following)
        yield
