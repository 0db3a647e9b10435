"""Each service is asked for its health in the way in which it speaks."""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from kefu.cli.remote.connection import Remote
from kefu.cli.remote.service_health import _health_of  # pyright: ignore[reportPrivateUsage]
from tests.support.generation_harness import ScriptedEngine, serve_generation
from tests.support.web_site import Response, open_web_site


@pytest.mark.parametrize("name", ["gateway", "orders"])
async def test_what_speaks_http_is_asked_so(name: str) -> None:
    """The demo's order system was asked by gRPC, and "not answering" while it answered."""
    async with open_web_site() as site:
        row: dict[str, Any] = {"name": name, "address": site.address, "state": "ready"}
        site.pages["/readyz"] = Response(body=b"ok")
        assert await _health_of(row, cast("Remote", None)) == "serving"
        site.pages["/readyz"] = Response(status=503, body=b"no")
        assert await _health_of(row, cast("Remote", None)) == "not serving"
    assert await _health_of(row, cast("Remote", None)) == "not answering"


@dataclass
class Trusting:
    root_certificate: str = ""


@pytest.mark.parametrize("scheme", ["", "http://"])
async def test_router_and_retrieval_are_asked_by_grpc_whatever_the_scheme_of_their_address(scheme: str) -> None:
    """`eval "$(kefu env)"` of a suite with TLS names https://…; the router was asked for a page there."""
    async with serve_generation(ScriptedEngine([])) as (_, _, server):
        row: dict[str, Any] = {"name": "router", "address": f"{scheme}127.0.0.1:{server.port}"}
        assert await _health_of(row, cast("Remote", Trusting())) == "serving"
