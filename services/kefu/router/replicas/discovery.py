"""
Where the replicas are: a fixed list, the addresses of a DNS name, the ready endpoints of a Kubernetes service.

Each source tells its addresses anew whenever they change, and keeps what it knew last while it can learn nothing: a
name server or an API server that fails must not take the replicas away.
"""

import asyncio
import random
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import StartupError
from kefu.router.replicas.kubernetes_endpoints import EndpointSlices, PodAccount

Addresses = tuple[str, ...]
"""Each is host:port, or [host]:port for IPv6."""
Lookup = Callable[[str, int], Awaitable[list[str]]]
"""IP addresses of a name (and the port they are meant for), or OSError."""

_LOOK_UP_SECONDS = 5.0
_FIRST_SECONDS = 5.0
_RESTART_SECONDS = 5.0
_DNS = "dns:///"
_KUBERNETES = "k8s:///"
_ACCOUNT = PodAccount()
_log = structlog.stdlib.get_logger()


class AddressSource(Protocol):
    """Something that knows addresses."""

    def changes(self) -> AsyncGenerator[Addresses, None]:
        """All addresses, soon, and all of them again after each change. Never ends."""
        ...


@dataclass(frozen=True)
class FixedAddresses:
    """Addresses that never change."""

    addresses: Addresses

    async def changes(self) -> AsyncGenerator[Addresses, None]:
        """The list, once."""
        yield self.addresses
        await asyncio.Event().wait()


async def system_lookup(name: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True)
class DnsName:
    """Every address that a name has, looked up again every `seconds`."""

    name: str
    port: int
    seconds: float = _LOOK_UP_SECONDS
    lookup: Lookup = system_lookup

    async def changes(self) -> AsyncGenerator[Addresses, None]:
        """What was found; a name that cannot be resolved, now or any more, changes nothing."""
        known: Addresses | None = None
        while True:
            try:
                async with asyncio.timeout(_FIRST_SECONDS):
                    found = await self.lookup(self.name, self.port)
            except OSError as error:  # TimeoutError is one
                _log.warning("discovery.name_not_resolved", name=self.name, cause=str(error) or "no answer in time")
                found = list[str]()
            addresses = tuple(sorted({at(address, self.port) for address in found})) or known or ()
            if addresses != known:
                known = addresses
                yield addresses
            await asyncio.sleep(self.seconds * random.uniform(0.9, 1.1))  # noqa: S311 - spreads look-ups


def at(ip: str, port: int) -> str:
    """The address of a port, as gRPC reads it."""
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def sources_of(addresses: str, account: PodAccount = _ACCOUNT) -> list[AddressSource]:
    """The sources that `RouterConfig.generation` names. Raises StartupError when one cannot be read."""
    fixed: list[str] = []
    sources: list[AddressSource] = []
    for part in (part.strip() for part in addresses.split(",")):
        if part.startswith(_DNS):
            name, port = _split(part, _DNS)
            sources.append(DnsName(name, _number(port, part)))
        elif part.startswith(_KUBERNETES):
            name, port = _split(part, _KUBERNETES)
            service, namespace, *_ = (*name.split("."), "")  # of a whole name the first two parts
            if not account.token_file.exists():
                raise StartupError(f"{part} needs the service account of a pod, and {account.token_file} is missing.")
            sources.append(EndpointSlices(account, service, namespace, port))
        elif part:
            fixed.append(part)
    return [FixedAddresses(tuple(fixed)), *sources] if fixed else sources


def server_name_of(addresses: str) -> str:
    """The first name in `RouterConfig.generation` that stands for several addresses; empty when there is none."""
    for part in (part.strip() for part in addresses.split(",")):
        for scheme in (_DNS, _KUBERNETES):
            if part.startswith(scheme):
                return _split(part, scheme)[0]
    return ""


def _split(part: str, scheme: str) -> tuple[str, str]:
    name, _, port = part.removeprefix(scheme).rpartition(":")
    if not name or not port:
        raise StartupError(f"KEFU_ROUTER_GENERATION: {part!r} is not of the form {scheme}name:port.")
    return name, port


def _number(port: str, part: str) -> int:
    if not port.isdecimal():
        raise StartupError(f"KEFU_ROUTER_GENERATION: {port!r} in {part!r} is not a port's number.")
    return int(port)


@asynccontextmanager
async def discovering(
    sources: Sequence[AddressSource], use: Callable[[Addresses], Awaitable[None]]
) -> AsyncIterator[None]:
    """Tell `use` all addresses of all sources, each once: before the block, and after each change while it runs.

    Before the block a source that says nothing is waited for a few seconds only.
    """
    latest: dict[int, Addresses] = {}
    changed = asyncio.Event()
    complete = asyncio.Event()

    async def listen(number: int, source: AddressSource) -> None:
        while True:
            try:
                async with aclosing(source.changes()) as changes:
                    async for addresses in changes:
                        latest[number] = addresses
                        changed.set()
                        if len(latest) == len(sources):
                            complete.set()
            except Exception:
                # What is known stays in use; a router that cannot learn of new replicas must say so, not stop.
                _log.exception("discovery.failed", source=type(source).__name__)
            await asyncio.sleep(_RESTART_SECONDS)

    async def apply() -> None:
        changed.clear()
        merged = dict.fromkeys(address for number in sorted(latest) for address in latest[number])
        await use(tuple(merged))

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
                async with asyncio.timeout(_FIRST_SECONDS):
                    await complete.wait()
        await apply()
        following = asyncio.create_task(follow(), name="use replicas found")
        stack.push_async_callback(cancel_and_wait, following)
        yield
