"""Where replicas are, as the configuration names them: fixed, by a DNS name, by a Kubernetes service."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from kefu.common.errors import StartupError
from kefu.router.replicas.discovery import (
    Addresses,
    DnsSource,
    FixedSource,
    address_sources,
    open_discovery,
    system_lookup,
)
from kefu.router.replicas.kubernetes_endpoints import EndpointSliceSource, ServiceAccount


@dataclass
class Resolver:
    """A name server whose answers a test changes; None: it fails."""

    found: list[str] | None = field(default_factory=list[str])
    asked: int = 0

    async def __call__(self, name: str, port: int) -> list[str]:
        self.asked += 1
        assert (name, port) == ("kefu-generation-headless", 50053)
        if self.found is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self.found

    async def was_asked_again(self) -> None:
        """Wait until two more look-ups began, so that one of them began and ended after now."""
        seen = self.asked
        while self.asked < seen + 2:
            await asyncio.sleep(0.005)


def by(resolver: Resolver) -> DnsSource:
    return DnsSource("kefu-generation-headless", 50053, seconds=0.01, lookup=resolver)


@dataclass
class Used:
    """What the pool was told, in order."""

    told: list[Addresses] = field(default_factory=list[Addresses])

    async def __call__(self, addresses: Addresses) -> None:
        self.told.append(addresses)


async def test_a_name_is_looked_up_again_and_its_changes_are_told() -> None:
    resolver, used = Resolver(["10.0.0.2", "10.0.0.1", "10.0.0.1"]), Used()
    async with asyncio.timeout(10), open_discovery([by(resolver)], used):
        assert used.told == [("10.0.0.1:50053", "10.0.0.2:50053")]
        resolver.found = ["10.0.0.2", "fd00::3"]
        await resolver.was_asked_again()
        assert used.told[1:] == [("10.0.0.2:50053", "[fd00::3]:50053")]
        await resolver.was_asked_again()
        assert len(used.told) == 2  # the same again is no change


async def test_a_name_that_vanishes_keeps_its_last_known_addresses() -> None:
    resolver, used = Resolver(["10.0.0.1"]), Used()
    async with asyncio.timeout(10), open_discovery([by(resolver)], used):
        for nothing in (None, list[str]()):
            resolver.found = nothing
            await resolver.was_asked_again()
        assert used.told == [("10.0.0.1:50053",)]
        resolver.found = ["10.0.0.9"]
        await resolver.was_asked_again()
        assert used.told[1:] == [("10.0.0.9:50053",)]


async def test_a_name_unknown_at_the_start_does_not_hold_up_the_others() -> None:
    resolver, used = Resolver(None), Used()
    async with asyncio.timeout(10), open_discovery([FixedSource(("a:1", "b:2")), by(resolver)], used):
        assert used.told == [("a:1", "b:2")]
        resolver.found = ["10.0.0.1"]
        await resolver.was_asked_again()
        assert used.told[1:] == [("a:1", "b:2", "10.0.0.1:50053")]


async def test_the_same_address_from_two_sources_is_one_replica() -> None:
    used = Used()
    async with open_discovery([FixedSource(("a:1",)), FixedSource(("b:2", "a:1"))], used):
        assert used.told == [("a:1", "b:2")]


async def test_a_source_that_breaks_leaves_what_is_known_in_use(caplog: pytest.LogCaptureFixture) -> None:
    class Breaks:
        is_required: ClassVar[bool] = False

        async def changes(self) -> AsyncGenerator[Addresses, None]:
            yield ("a:1",)
            raise RuntimeError("broken")

    used = Used()
    async with open_discovery([Breaks()], used):
        await asyncio.sleep(0.05)
        assert used.told == [("a:1",)]


async def test_the_systems_resolver_is_asked_by_default() -> None:
    assert set(await system_lookup("localhost", 50053)) <= {"127.0.0.1", "::1"}
    [source] = address_sources("dns:///localhost:50053")
    assert isinstance(source, DnsSource)
    assert source.lookup is system_lookup


def test_one_variable_names_sources_of_all_kinds() -> None:
    assert address_sources(" a:1, b:2 ") == [FixedSource(("a:1", "b:2"))]
    assert address_sources("dns:///x.y:3,a:1") == [FixedSource(("a:1",)), DnsSource("x.y", 3)]
    assert address_sources("") == []


@pytest.mark.parametrize(
    ("name", "namespace"),
    [("svc", ""), ("svc.shop", "shop"), ("svc.shop.svc", "shop"), ("svc.shop.svc.cluster.local", "shop")],
)
def test_a_service_is_named_as_in_the_clusters_dns(name: str, namespace: str, tmp_path: Path) -> None:
    account = ServiceAccount(token_file=tmp_path / "token")
    account.token_file.touch()
    assert address_sources(f"k8s:///{name}:grpc", account) == [EndpointSliceSource(account, "svc", namespace, "grpc")]


@pytest.mark.parametrize(
    ("addresses", "says"),
    [
        ("dns:///x", "dns:///name:port"),
        ("dns:///x:grpc", "not a port"),
        ("k8s:///svc", "k8s:///name:port"),
        ("k8s:///svc.ns:50053", "service account of a pod"),
    ],
)
def test_what_cannot_be_read_or_reached_ends_the_start(addresses: str, says: str) -> None:
    with pytest.raises(StartupError, match=says):
        address_sources(addresses)
