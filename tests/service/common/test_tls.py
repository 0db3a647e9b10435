"""TLS between services, with the certificates that deploy/compose/secrets.sh makes."""

import asyncio
import os
import shutil
import ssl
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import grpc
import grpc.aio
import pytest

from kefu.common.errors import StartupError
from kefu.common.probe import is_serving
from kefu.common.rpc.renewed_channel import internal_channel
from kefu.common.tls import Tls
from kefu.edge.nginx_config import Edge
from kefu.edge.tls import Certificate, InternalTls
from kefu.router.replicas.discovery import server_name_of
from kefu.testing.ports import free_port
from tests.support.echo_router import echo_router
from tests.support.edge_harness import LIMITS, ROOT, ask_router_port, converse, open_edge_harness


def make_secrets(folder: Path) -> Tls:
    subprocess.run([ROOT / "deploy" / "compose" / "secrets.sh", folder], check=True, timeout=60)
    return Tls(folder / "inside.pem", folder / "inside-key.pem", folder / "inside-authority.pem")


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    return make_secrets(tmp_path / "secrets")


async def test_a_caller_with_a_certificate_of_the_authority_is_served(tls: Tls) -> None:
    port = free_port()
    async with echo_router(port, tls=tls), internal_channel(f"localhost:{port}", tls, ()) as channel:
        assert await ask_router_port(channel) == port


async def test_a_replica_that_is_known_by_its_ip_has_to_show_the_name_it_was_found_by(tls: Tls) -> None:
    port = free_port()
    name = server_name_of("dns:///kefu-generation:50053")
    assert name == "kefu-generation"
    async with echo_router(port, tls=tls):
        async with internal_channel(f"127.0.0.1:{port}", tls, (), name) as channel:
            assert await ask_router_port(channel) == port
        async with internal_channel(f"127.0.0.1:{port}", tls, (), "somebody-else") as channel:
            await fails(channel)


async def test_callers_without_tls_without_a_certificate_or_with_another_authoritys_are_not(
    tls: Tls, tmp_path: Path
) -> None:
    port = free_port()
    stranger = make_secrets(tmp_path / "stranger")
    mixed = Tls(stranger.certificate, stranger.key, tls.authority)
    only_root = grpc.ssl_channel_credentials(tls.authority.read_bytes())
    async with echo_router(port, tls=tls):
        for channel in (
            grpc.aio.insecure_channel(f"localhost:{port}"),
            grpc.aio.secure_channel(f"localhost:{port}", only_root),
            internal_channel(f"localhost:{port}", mixed, ()),
        ):
            async with channel:
                await fails(channel)


async def fails(channel: grpc.aio.Channel) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask_router_port(channel)
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


async def test_a_renewed_certificate_is_shown_to_the_next_connection_without_a_restart(tls: Tls) -> None:
    port = free_port()
    async with echo_router(port, tls=tls), internal_channel(f"localhost:{port}", tls, ()) as channel:
        client = of_the_same_authority(tls)
        before = await shown(port, client)
        assert await shown(port, client) == before
        assert await ask_router_port(channel) == port
        for file in (tls.certificate, tls.key):
            file.unlink()
        assert await shown(port, client) == before, "a renewal that is not done yet changes nothing"
        make_secrets(tls.certificate.parent)
        after = await shown(port, client)
        assert after != before
        assert await ask_router_port(channel) == port, "connections that were there go on"


async def test_a_caller_shows_a_renewed_certificate_without_a_restart_and_calls_in_flight_end(
    tls: Tls, tmp_path: Path
) -> None:
    other, port = make_secrets(tmp_path / "other"), free_port()
    own = make_secrets(tmp_path / "own")

    def renew(source: Tls, *files: str) -> None:
        for file in files:
            getattr(own, file).unlink(missing_ok=True)
            getattr(own, file).write_bytes(getattr(source, file).read_bytes())

    renew(tls, "certificate", "key", "authority")
    async with internal_channel(f"localhost:{port}", own, (), check_seconds=0) as channel:
        async with echo_router(port, tls=tls, drain=20):
            in_flight = asyncio.create_task(converse(channel, "1"))
            assert await ask_router_port(channel) == port
            renew(other, "certificate")
            assert await ask_router_port(channel) == port, "a certificate without its key changes nothing"
            renew(other, "key", "authority")
            with pytest.raises(grpc.aio.AioRpcError):  # this router takes the old authority's certificates alone
                await ask_router_port(channel)
            assert len(await in_flight) == 2
        async with echo_router(port, tls=other):
            assert await asyncio.wait_for(ask_when_connected(channel), 20) == port


async def ask_when_connected(channel: grpc.aio.Channel) -> int:
    await channel.channel_ready()
    return await ask_router_port(channel)


def of_the_same_authority(tls: Tls) -> Tls:
    other = tls.certificate.parent / "client"
    other.mkdir()
    for name in ("inside-authority.pem", "inside-authority-key.pem"):
        (other / name).write_bytes((tls.certificate.parent / name).read_bytes())
    return make_secrets(other)


async def shown(port: int, tls: Tls) -> bytes:
    """The certificate that a new connection gets to see."""
    context = ssl.create_default_context(cafile=str(tls.authority))
    context.load_cert_chain(tls.certificate, tls.key)
    context.set_alpn_protocols(["h2"])
    _, writer = await asyncio.open_connection("localhost", port, ssl=context)
    try:
        certificate: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return certificate
    finally:
        writer.transport.abort()


async def test_nginx_shows_and_checks_certificates_towards_the_routers(tls: Tls, tmp_path: Path) -> None:
    inside = InternalTls(
        Certificate(tls.certificate, tls.key), tls.authority, "kefu-router", "kefu-retrieval", "kefu-gateway"
    )
    edge = Edge("", [], tmp_path, LIMITS, internal_tls=inside)
    async with open_edge_harness(tmp_path, edge) as harness, harness.channel() as channel:
        assert {await ask_router_port(channel) for _ in range(10)} == set(harness.ports)
    wrong = InternalTls(inside.own_certificate, inside.authority, "somebody-else", "kefu-retrieval", "kefu-gateway")
    async with open_edge_harness(tmp_path, replace(edge, internal_tls=wrong)) as harness, harness.channel() as channel:
        await fails(channel)


async def test_nginx_shows_the_routers_a_renewed_certificate_without_a_reload(tls: Tls, tmp_path: Path) -> None:
    own = make_secrets(tmp_path / "own")
    inside = InternalTls(Certificate(own.certificate, own.key), tls.authority, "kefu-router", "", "")
    edge = Edge("", [], tmp_path, LIMITS, internal_tls=inside)
    async with open_edge_harness(tmp_path, edge, tls=tls) as harness, harness.channel() as channel:
        await fails(channel)  # nginx' certificate is of another authority
        for file, renewed in ((own.certificate, tls.certificate), (own.key, tls.key)):
            file.unlink()
            file.write_bytes(renewed.read_bytes())
        assert await ask_router_port(channel) in harness.ports


async def test_an_authority_is_replaced_without_a_failed_call_once_nginx_was_started_with_both(
    tls: Tls, tmp_path: Path
) -> None:
    """By docs/operate/kubernetes.md, Rotate keys: a bundle and nginx anew, certificates, the new one alone."""
    new = make_secrets(tmp_path / "new")
    own, trusted = make_copy(tls, tmp_path / "nginx"), tmp_path / "trusted.pem"
    trusted.write_bytes(tls.authority.read_bytes())
    both = new.authority.read_bytes() + tls.authority.read_bytes()
    inside = InternalTls(Certificate(own.certificate, own.key), trusted, "kefu-router", "", "")
    edge = Edge("", [], tmp_path, LIMITS, internal_tls=inside)

    async def asked(channel: grpc.aio.Channel) -> None:
        for _ in range(10):
            assert await ask_router_port(channel)

    overwrite(tls.authority, both)
    async with open_edge_harness(tmp_path, edge, tls=tls) as harness, harness.channel() as channel:
        await asked(channel)  # routers take both already, nginx the old one
        trusted.write_bytes(both)
    async with open_edge_harness(tmp_path, edge, tls=tls) as harness, harness.channel() as channel:  # nginx anew
        await asked(channel)
        for one in (tls, own):
            overwrite(one.certificate, new.certificate.read_bytes())
            overwrite(one.key, new.key.read_bytes())
            await asked(channel)
        overwrite(tls.authority, new.authority.read_bytes())
        await asked(channel)
        assert {await ask_router_port(channel) for _ in range(10)} == set(harness.ports)
    trusted.write_bytes(make_secrets(tmp_path / "stranger").authority.read_bytes())
    async with open_edge_harness(tmp_path, edge, tls=tls) as harness, harness.channel() as channel:
        await fails(channel)


def make_copy(tls: Tls, folder: Path) -> Tls:
    shutil.copytree(tls.certificate.parent, folder)
    return Tls(*(folder / file.name for file in (tls.certificate, tls.key, tls.authority)))


def overwrite(file: Path, content: bytes) -> None:
    file.unlink()
    file.write_bytes(content)


async def test_the_health_probe_of_the_images_works_with_and_without_tls(tls: Tls) -> None:
    plain, secure = free_port(), free_port()
    names = dict(zip(("CERTIFICATE", "KEY", "AUTHORITY"), (tls.certificate, tls.key, tls.authority), strict=True))
    with_tls = {f"KEFU_TLS_{name}": str(path) for name, path in names.items()}
    async with echo_router(plain), echo_router(secure, tls=tls):
        assert await probe(plain, {}) == 0
        assert await probe(secure, with_tls) == 0
        assert await probe(secure, {}) == 1
        assert await asyncio.to_thread(is_serving, f"localhost:{secure}", tls)
    assert await probe(plain, {}) == 1


async def probe(port: int, environment: dict[str, str]) -> int:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kefu.common.probe", str(port)),
        env={**os.environ, "PYTHONPATH": str(ROOT / "services"), **environment},
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await asyncio.wait_for(process.wait(), 60)


def test_a_file_that_is_missing_is_a_start_up_error(tls: Tls, tmp_path: Path) -> None:
    for broken in (
        Tls(tmp_path / "none.pem", tls.key, tls.authority),
        Tls(tls.certificate, tls.key, tmp_path / "none"),
    ):
        with pytest.raises(StartupError, match=r"none.* cannot be read|cannot be read.*none"):
            broken.server_credentials()
