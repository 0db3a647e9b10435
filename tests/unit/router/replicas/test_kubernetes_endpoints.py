"""Replicas from Kubernetes: a recording of a list and its watches, with lost connections and 410 Gone in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from kefu.router.replicas.kubernetes_endpoints import EndpointSliceSource, ServiceAccount
from tests.support.kubernetes_api import RecordedKubernetesApi, open_kubernetes_api, open_switched_api
from tests.support.waiting import wait_until

RECORDING = Path(__file__).parent / "recordings" / "endpoint_slices.json"
CHANGES = [
    ("10.1.0.1:50053", "10.1.1.1:50053"),
    ("10.1.0.1:50053", "10.1.0.2:50053", "10.1.1.1:50053"),
    ("10.1.0.2:50053", "10.1.1.1:50053"),
    ("10.1.0.2:50053", "10.1.1.1:50053", "10.1.2.1:50053"),
    ("10.1.0.2:50053", "10.1.0.3:50053", "10.1.2.1:50053"),
    ("10.1.0.2:50053", "10.1.0.3:50053"),
    (),
]


@pytest.fixture
async def api() -> AsyncIterator[RecordedKubernetesApi]:
    async with open_kubernetes_api(RECORDING) as served:
        yield served


@pytest.fixture
def slices(api: RecordedKubernetesApi, tmp_path: Path) -> EndpointSliceSource:
    account = ServiceAccount(api.url, tmp_path / "token", tmp_path / "ca.crt", tmp_path / "namespace")
    account.token_file.write_text("first\n", "ascii")
    account.namespace_file.write_text("kefu", "ascii")
    return EndpointSliceSource(account, "kefu-generation", "kefu", "50053", backoff=(0.01, 0.05))


async def told(slices: EndpointSliceSource, most: int) -> list[tuple[str, ...]]:
    """The first changes."""
    found: list[tuple[str, ...]] = []
    async with asyncio.timeout(20), aclosing(slices.changes()) as changes:
        async for addresses in changes:
            found.append(addresses)
            if len(found) == most:
                break
    return found


async def test_the_recorded_watch_is_followed_through_lost_connections_and_410_gone(
    api: RecordedKubernetesApi, slices: EndpointSliceSource
) -> None:
    assert await told(slices, len(CHANGES)) == CHANGES
    assert api.mismatches == []
    assert len(api.requests) == len(api.recording.exchanges)


async def test_a_port_may_be_named_and_an_empty_namespace_is_the_pods_own(
    api: RecordedKubernetesApi, slices: EndpointSliceSource
) -> None:
    named = replace(slices, port="metrics", namespace="")
    assert await told(named, 1) == [("10.1.0.1:9090", "10.1.1.1:9090")]
    assert api.mismatches == []


async def test_the_token_is_read_again_for_each_connection(
    api: RecordedKubernetesApi, slices: EndpointSliceSource
) -> None:
    async with asyncio.timeout(20), aclosing(slices.changes()) as changes:
        await anext(changes)
        slices.account.token_file.write_text("renewed", "ascii")
        for _ in range(2):
            await anext(changes)
    assert api.tokens == ["first", "first", "renewed"]


async def test_until_the_api_was_reached_once_nothing_is_yielded_and_the_log_says_what_to_check(
    api: RecordedKubernetesApi, slices: EndpointSliceSource
) -> None:
    account = slices.account
    hidden = account.token_file.rename(account.token_file.with_name("hidden"))
    with capture_logs() as logs:
        async with asyncio.timeout(20), aclosing(slices.changes()) as changes:
            first = asyncio.ensure_future(anext(changes))
            await wait_until(lambda: bool(logs))
            assert not first.done(), "a router that knows of no replica must not be taken for one that is ready"
            assert watched() == 0
            hidden.rename(account.token_file)
            assert await first == CHANGES[0]
            following = asyncio.create_task(anext(changes))
            await wait_until(lambda: watched() == 1)
            assert await following == CHANGES[1]
    [said] = [one for one in logs if one["event"] == "discovery.not_ready"]
    assert (said["log_level"], said["error"]) == ("error", "FileNotFoundError")
    assert "automountServiceAccountToken" in said["advice"]


def watched() -> float | None:
    return REGISTRY.get_sample_value("kefu_endpoint_watch_connected", {"endpoints": "kefu-generation"})


async def test_what_to_check_is_said_of_rights_and_of_an_address_that_nobody_answers_at(
    slices: EndpointSliceSource, tmp_path: Path
) -> None:
    async with open_switched_api() as api:
        api.status = 403
        source = replace(slices, account=replace(slices.account, url=api.url))
        with capture_logs() as logs:
            async with aclosing(source.changes()) as changes:
                waiting = asyncio.ensure_future(anext(changes))
                await wait_until(lambda: len(api.requests) > 2)
                api.status = 0
                await wait_until(lambda: len(logs) > 1)
                waiting.cancel()
                await asyncio.wait([waiting])
    rights, nobody = [one["advice"] for one in logs]
    assert "403" in rights
    assert "list and watch endpointslices" in rights
    assert "kefu-router-apiserver" in nobody
    assert "address and port" in nobody
