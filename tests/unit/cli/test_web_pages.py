"""What `kefu import URL` fetches, from where, and what it refuses."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kefu.cli.console import CommandFailed
from kefu.cli.documents.local_files import MAX_BYTES, FoundFiles
from kefu.cli.documents.web_pages import Fetcher, path_of, urls_in
from kefu.common.outbound.ssrf import Address, is_allowed, is_public
from tests.support.table import table


@table(
    "address",
    [
        *("127.0.0.1", "10.0.0.8", "172.16.1.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "192.0.2.1", "168.63.129.16", "192.0.0.192", "100.100.100.200"),
        *("::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::1", "fec0::1", "5f00::1", "3fff::1", "fd00:ec2::254"),
        *("2606:2800:220:1:0:5efe:7f00:1", "2606:2800:220:1:200:5efe:a00:8", "4000::1", "100::1"),
    ],
)
def test_an_address_that_is_not_everyones_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_hosts_are_allowed_by_name_or_below_a_starred_one() -> None:
    assert is_allowed("Docs.Example.com.", ["docs.example.com"])
    assert is_allowed("a.b.example.com", ["*.example.com"])
    assert not is_allowed("example.com", ["*.example.com"])
    assert not is_allowed("badexample.com", ["*.example.com"])
    assert not is_allowed("docs.example.com.evil.example", ["docs.example.com"])


@table(
    ("url", "path"),
    [
        ("https://Docs.example.com/help/returns.html", "docs.example.com/help/returns.html"),
        ("https://docs.example.com", "docs.example.com"),
        ("https://docs.example.com/a/../../etc/x?id=2#part", "docs.example.com/etc/x?id=2"),
        ("https://docs.example.com/%E9%80%80%E8%B4%A7/", "docs.example.com/退货"),
        ("https://docs.example.com/%2e%2e/%00x", "docs.example.com/x"),
    ],
)
def test_a_page_is_called_by_its_host_and_path(url: str, path: str) -> None:
    assert path_of(url) == path


def test_a_list_may_hold_remarks_and_nothing_but_addresses(tmp_path: Path) -> None:
    (tmp_path / "urls.txt").write_text("# help\nhttps://a.example/x\n\n")
    assert urls_in(tmp_path / "urls.txt") == ["https://a.example/x"]
    (tmp_path / "urls.txt").write_text("file:///etc/passwd\n")
    with pytest.raises(CommandFailed, match="file:///etc/passwd"):
        urls_in(tmp_path / "urls.txt")


# Against a server on this machine, which is allowed here


def anyone(_: Address) -> bool:
    return True


@asynccontextmanager
async def website(answers: dict[str, bytes]) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        writer.write(answers.get(head.split()[1], b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def ok(body: bytes, media_type: str = "text/html; charset=utf-8") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def moved(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


async def fetch(
    folder: Path,
    *urls: str,
    allowed: tuple[str, ...] = ("127.0.0.1",),
    permitted: Any = anyone,
    max_bytes: int = MAX_BYTES,
) -> tuple[FoundFiles, dict[str, str]]:
    found = FoundFiles()
    async with Fetcher.open(allowed, folder, permitted, max_bytes) as fetcher:
        failed = await fetcher.fetch_all(urls, found, lambda _: None)
    return found, {url.rpartition("/")[2]: reason for url, reason in failed}


async def test_pages_are_fetched_with_their_type_and_address(tmp_path: Path) -> None:
    async with website({"/a": ok(b"<p>Hi</p>"), "/b": moved("/a"), "/c.md": ok(b"# C", "text/plain")}) as site:
        found, failed = await fetch(tmp_path, f"{site}/a", f"{site}/b", f"{site}/c.md")
    assert failed == {}
    page, redirected, text = found.files
    assert (page.file.read_bytes(), page.media_type, page.uri) == (
        b"<p>Hi</p>",
        "text/html; charset=utf-8",
        f"{site}/a",
    )
    assert redirected.file.read_bytes() == b"<p>Hi</p>"
    assert redirected.path.endswith("/b")
    assert text.media_type == ""


async def test_a_redirect_is_checked_like_an_address_and_does_not_go_on_for_ever(tmp_path: Path) -> None:
    answers = {
        "/out": moved("http://elsewhere.example/"),
        "/file": moved("file:///etc/passwd"),
        "/loop": moved("/loop"),
        "/user": moved("http://a:b@127.0.0.1/"),
    }
    async with website(answers) as site:
        found, failed = await fetch(tmp_path, *(f"{site}{path}" for path in answers), f"{site}/gone")
    assert not found.files
    assert "--allow-host elsewhere.example" in failed["out"]
    assert "no http:// or https:// address" in failed["file"]
    assert "leads on more than 5 times" in failed["loop"]
    assert "password" in failed["user"]
    assert "status 404" in failed["gone"]


async def test_a_name_is_resolved_once_and_connected_to_where_it_was_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, resolved = asyncio.get_running_loop(), list[str]()
    async with website({"/a": ok(b"<p>Hi</p>")}) as site:
        port = int(site.rpartition(":")[2])

        async def rebinding(host: str, port: int, **_: Any) -> list[Any]:
            resolved.append(host)
            address = "127.0.0.1" if len(resolved) == 1 else "10.9.9.9"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(loop, "getaddrinfo", rebinding)
        found, failed = await fetch(tmp_path, f"http://docs.example:{port}/a", allowed=("docs.example",))
    assert failed == {}
    assert len(found.files) == 1
    assert resolved[0] == "docs.example"
    assert "10.9.9.9" not in resolved


async def test_a_name_with_one_private_address_among_others_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mixed(host: str, port: int, **_: Any) -> list[Any]:
        found = ("93.184.216.34", "192.168.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", mixed)
    _, failed = await fetch(tmp_path, "http://docs.example/a", allowed=("docs.example",), permitted=is_public)
    assert "192.168.0.1" in failed["a"]


async def test_more_than_a_document_may_have_is_not_fetched(tmp_path: Path) -> None:
    async with website({"/a": ok(b"x" * 11)}) as site:
        found, failed = await fetch(tmp_path, f"{site}/a", max_bytes=10)
    assert not found.files
    assert "64 MiB" in failed["a"]
