"""TLS between nginx and the gateway's own HTTP server, with the certificates that deploy/compose/secrets.sh makes."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from kefu.common.errors import StartupError
from kefu.common.tls import Tls
from kefu.edge.nginx_config import Edge
from kefu.edge.tls import Certificate, InternalTls
from kefu.gateway import probe
from kefu.gateway.config import GatewayConfig
from kefu.gateway.http_server import CERTIFICATE_CHECK_SECONDS, Readiness, serving_http
from tests.service.common.test_tls import make_secrets, of_the_same_authority, shown
from tests.support.echo_router import INTERNAL_KEY
from tests.support.edge_harness import LIMITS, open_edge_harness


@asynccontextmanager
async def gateway(tls: Tls, certificate_check_seconds: float = CERTIFICATE_CHECK_SECONDS) -> AsyncIterator[int]:
    """Its server with something small to serve; yields the port."""
    config = GatewayConfig(
        internal_key=INTERNAL_KEY,  # pyright: ignore[reportCallIssue, reportArgumentType] - as the environment gives it
        listen="127.0.0.1:0",
        tls_certificate=tls.certificate,
        tls_key=tls.key,
        tls_authority=tls.authority,
        drain_seconds=0,
    )

    async def page(_: Request) -> Response:
        return PlainTextResponse("a page")

    app = Starlette(routes=[Route("/", page), Route("/readyz", page)])
    async with serving_http(
        config, app, Readiness(), lambda: None, certificate_check_seconds=certificate_check_seconds
    ) as port:
        yield port


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    return make_secrets(tmp_path / "secrets")


def context(tls: Tls, *, shows: bool = True) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=tls.authority)
    if shows:
        made.load_cert_chain(tls.certificate, tls.key)
    return made


async def test_nginx_reaches_the_gateway_over_tls_and_nobody_without_a_certificate_does(
    tls: Tls, tmp_path: Path
) -> None:
    async with gateway(tls) as port:
        inside = InternalTls(
            own_certificate=Certificate(tls.certificate, tls.key),
            authority=tls.authority,
            router_name="kefu-router",
            retrieval_name="kefu-retrieval",
            gateway_name="kefu-gateway",
        )
        edge = Edge("", [], tmp_path, LIMITS, gateways=[f"127.0.0.1:{port}"], internal_tls=inside)
        async with open_edge_harness(tmp_path, edge) as harness, httpx.AsyncClient() as client:
            assert (await client.get(f"http://{harness.edge.listen}/")).text == "a page"
        async with httpx.AsyncClient(verify=context(tls)) as known:
            assert (await known.get(f"https://localhost:{port}/")).text == "a page"
        for stranger in (httpx.AsyncClient(verify=context(tls, shows=False)), httpx.AsyncClient()):
            async with stranger:
                with pytest.raises(httpx.TransportError):
                    await stranger.get(f"https://localhost:{port}/")
                with pytest.raises(httpx.TransportError):
                    await stranger.get(f"http://localhost:{port}/")
        assert await asyncio.to_thread(probe.is_ready, port, context(tls))
        assert not await asyncio.to_thread(probe.is_ready, port)


async def test_a_renewed_certificate_is_shown_without_a_restart(tls: Tls) -> None:
    async with gateway(tls, certificate_check_seconds=0.05) as port:
        client = of_the_same_authority(tls)
        before = await shown(port, client)
        tls.certificate.unlink()
        await asyncio.sleep(0.2)
        assert await shown(port, client) == before, "a renewal that is not done yet changes nothing"
        tls.key.unlink()
        make_secrets(tls.certificate.parent)
        async with asyncio.timeout(30):
            while await shown(port, client) == before:
                await asyncio.sleep(0.05)


async def test_an_authority_is_replaced_without_a_restart_of_the_gateway(tls: Tls, tmp_path: Path) -> None:
    """As an operator does it: a bundle of both, the new certificate, the new authority alone."""
    new = make_secrets(tmp_path / "new")

    async def reached(by: Tls, *, port: int, trusting: Path) -> bool:
        made = ssl.create_default_context(cafile=trusting)
        made.load_cert_chain(by.certificate, by.key)
        async with httpx.AsyncClient(verify=made) as client:
            try:
                return (await client.get(f"https://localhost:{port}/")).text == "a page"
            except httpx.TransportError:
                return False

    def write(file: Path, *sources: Path) -> None:
        content = b"".join(source.read_bytes() for source in sources)
        file.unlink()
        file.write_bytes(content)

    shutil.copytree(tls.certificate.parent, tmp_path / "old")
    old = Tls(*(tmp_path / "old" / file.name for file in (tls.certificate, tls.key, tls.authority)))
    async with gateway(tls, certificate_check_seconds=0.05) as port, asyncio.timeout(60):
        assert await reached(old, port=port, trusting=old.authority)
        assert not await reached(new, port=port, trusting=old.authority)
        write(tls.authority, old.authority, new.authority)
        while not await reached(new, port=port, trusting=old.authority):
            await asyncio.sleep(0.05)
        assert await reached(old, port=port, trusting=old.authority), "callers that were not renewed yet"
        write(tls.certificate, new.certificate)
        write(tls.key, new.key)
        while not await reached(new, port=port, trusting=new.authority):
            await asyncio.sleep(0.05)
        write(tls.authority, new.authority)
        while await reached(old, port=port, trusting=new.authority):
            await asyncio.sleep(0.05)
        assert await reached(new, port=port, trusting=new.authority)


async def test_a_file_that_is_missing_is_a_start_up_error(tls: Tls) -> None:
    with pytest.raises(StartupError, match="KEFU_TLS"):
        async with gateway(Tls(tls.certificate, tls.key.with_name("none.pem"), tls.authority)):
            pass
