"""The real nginx behind a proxy that says who calls: limits and the gateway go by the customer's address."""

import asyncio
import json
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kefu.edge.certificate import self_signed
from kefu.edge.limits import limits_for
from kefu.edge.nginx_config import Edge
from kefu.edge.proxies import ClientAddressFrom, TrustedProxies
from kefu.testing.ports import free_port
from tests.support.echo_gateway import echo_gateway
from tests.support.edge_harness import find_nginx_or_skip, open_edge_harness

OPEN = 300
"""Open calls of one address' browsers in these tests."""
PROXY = "127.0.0.1"
STRANGER = "127.0.0.9"
"""An address that is no proxy's."""
LIMITS = limits_for(1500, cores=2, descriptors=8192)
both_ways = pytest.mark.parametrize("told_by", ClientAddressFrom)


@dataclass
class Front:
    """nginx behind a proxy of `told_by`'s kind; what it serves is the echo gateway's."""

    told_by: ClientAddressFrom
    edge_port: int
    proxy_port: int
    """Port of the proxy that sets X-Forwarded-For; of nginx itself where the test speaks the PROXY protocol."""
    trusted: ssl.SSLContext | None = None

    async def get(
        self, path: str, customer: str, *, forged: str = "", from_address: str = ""
    ) -> tuple[int, asyncio.StreamReader, asyncio.StreamWriter]:
        """Status of a request of a customer's, and its connection, which stays open.

        `forged` is what the customer says of itself in X-Forwarded-For. `from_address` passes the proxy by.
        """
        if self.told_by is ClientAddressFrom.PROXY_PROTOCOL:
            reader, writer = await asyncio.open_connection(
                PROXY, self.edge_port, local_addr=(from_address or PROXY, 0), limit=2**14
            )
            writer.write(f"PROXY TCP4 {customer} {PROXY} 40000 443\r\n".encode())
            if self.trusted is not None:
                await writer.drain()
                await writer.start_tls(self.trusted, server_hostname="localhost")
        else:
            port = self.edge_port if from_address else self.proxy_port
            reader, writer = await asyncio.open_connection(
                PROXY, port, local_addr=(from_address or customer, 0), limit=2**14
            )
        header = f"X-Forwarded-For: {forged}\r\n" if forged else ""
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n".encode())
        status = int((await asyncio.wait_for(reader.readline(), 60)).split()[1])
        return status, reader, writer

    async def headers_at_the_gateway(self, customer: str, **how: Any) -> dict[str, str]:
        """What the gateway is told by a request."""
        status, reader, writer = await self.get("/echo", customer, **how)
        try:
            await reader.readuntil(b"\r\n\r\n")
            body = await asyncio.wait_for(reader.readuntil(b"}}"), 20)
            assert status == 200
            return json.loads(body)["headers"]
        finally:
            writer.transport.abort()


@asynccontextmanager
async def behind_a_proxy(told_by: ClientAddressFrom, tmp_path: Path, *, tls: bool = False) -> AsyncIterator[Front]:
    gateway_port = free_port()
    certificate = self_signed(tmp_path) if tls else None
    edge = Edge(
        "",
        [],
        tmp_path,
        LIMITS,
        gateways=[f"127.0.0.1:{gateway_port}"],
        certificate=certificate,
        proxies=TrustedProxies(told_by, [f"{PROXY}/32"]),
        keyless_per_second=100,
        browsers_open=OPEN,
    )
    trusted = ssl.create_default_context(cafile=certificate.certificate) if certificate else None
    async with open_edge_harness(tmp_path, edge, running=False) as harness, echo_gateway(gateway_port):
        edge_port = int(harness.edge.listen.partition(":")[2])
        if told_by is ClientAddressFrom.PROXY_PROTOCOL:
            yield Front(told_by, edge_port, edge_port, trusted)
        else:
            async with proxy_that_sets_forwarded_for(tmp_path / "in-front", edge_port) as proxy_port:
                yield Front(told_by, edge_port, proxy_port)


@asynccontextmanager
async def proxy_that_sets_forwarded_for(folder: Path, target: int) -> AsyncIterator[int]:
    """Another nginx, as a WAF or an ingress: it adds its caller to X-Forwarded-For."""
    folder.mkdir()
    port = free_port()
    config = folder / "nginx.conf"
    temporary = "".join(f"{name}_temp_path {folder};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config.write_text(
        f"daemon off; pid {folder}/pid; error_log stderr warn; worker_rlimit_nofile 8192; worker_processes 1;"
        "events { worker_connections 4096; }"
        f"http {{ access_log off; {temporary} server {{ listen 127.0.0.1:{port}; location / {{"
        f"proxy_pass http://127.0.0.1:{target}; proxy_http_version 1.1; proxy_buffering off;"
        "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; } } }"
    )
    process = await asyncio.create_subprocess_exec(
        *find_nginx_or_skip().command(config), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(20):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.02)
                else:
                    writer.transport.abort()
                    break
        yield port
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)


@both_ways
async def test_a_thousand_open_browsers_behind_one_proxy_are_served_and_one_abuser_is_limited(
    told_by: ClientAddressFrom, tmp_path: Path
) -> None:
    one_office = ["127.1.0.1"] * OPEN
    others = [f"127.2.{number // 200}.{1 + number % 200}" for number in range(1000 - OPEN)]
    writers: list[asyncio.StreamWriter] = []
    async with behind_a_proxy(told_by, tmp_path) as front:

        async def statuses(customers: list[str], forge: bool = False) -> Counter[int]:
            found: Counter[int] = Counter()
            for start in range(0, len(customers), 100):
                answers = await asyncio.gather(
                    *(
                        front.get("/stream", customer, forged=f"198.51.{start // 100}.{number}" if forge else "")
                        for number, customer in enumerate(customers[start : start + 100])
                    )
                )
                writers.extend(writer for _, _, writer in answers)
                found.update(status for status, _, _ in answers)
            return found

        try:
            assert await statuses([*one_office, *others]) == {200: 1000}
            abuser = await statuses(["127.3.0.1"] * (OPEN + 20), forge=True)
            assert abuser == {200: OPEN, 429: 20}, "whatever it says of itself, it is one address"
            assert await statuses(["127.1.0.2"]) == {200: 1}
        finally:
            for writer in writers:
                writer.transport.abort()


@both_ways
async def test_what_a_customer_or_a_stranger_says_of_itself_is_ignored(
    told_by: ClientAddressFrom, tmp_path: Path
) -> None:
    async with behind_a_proxy(told_by, tmp_path, tls=told_by is ClientAddressFrom.PROXY_PROTOCOL) as front:
        told = await front.headers_at_the_gateway("127.1.0.1", forged="198.51.100.7, 10.0.0.1")
        assert (told["x-real-ip"], told["x-forwarded-for"]) == ("127.1.0.1", "127.1.0.1")
        told = await front.headers_at_the_gateway("127.1.0.1", forged="198.51.100.7", from_address=STRANGER)
        assert (told["x-real-ip"], told["x-forwarded-for"]) == (STRANGER, STRANGER)


async def test_without_the_proxy_protocols_header_nobody_is_served(tmp_path: Path) -> None:
    async with behind_a_proxy(ClientAddressFrom.PROXY_PROTOCOL, tmp_path) as front:
        reader, writer = await asyncio.open_connection(PROXY, front.edge_port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()
