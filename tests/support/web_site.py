"""A web site on this machine, whose pages a test changes, breaks, moves and takes away."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_BLOCK = bytes(64 * 1024)
Answer = Callable[[str, str, dict[str, str], bytes], "Response | None"]


@dataclass(frozen=True)
class Response:
    """An answer. `endless`: its body is so many bytes of zeros more, sent as they are read."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    endless: int = 0


def redirect(to: str, status: int = 301) -> Response:
    """An answer that leads to another address."""
    return Response(status=status, headers={"location": to})


class WebSite:
    """A site. `pages` are its answers by path with query; what is not among them is 404, or what `answer` says."""

    def __init__(self) -> None:
        self.pages: dict[str, Response] = {}
        self.answer: Answer = lambda method, path, headers, body: None
        self.asked: Counter[str] = Counter()
        """Calls by path."""
        self.answered: Counter[int] = Counter()
        """Answers by status."""
        self.before: Callable[[str], Awaitable[None]] | None = None
        """Waited for before each answer."""
        self.sent_bytes = 0
        self.port = 0

    @property
    def address(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def page(self, path: str, title: str, text: str) -> None:
        """Put a page of HTML, within the chrome of a site."""
        html = (
            f"<html><head><title>{title} - Shop</title></head><body><nav><a href='/'>Home</a></nav>"
            f"<main><h1>{title}</h1><p>{text}</p></main><footer>© Shop</footer></body></html>"
        )
        self.pages[path] = Response(html.encode(), headers={"content-type": "text/html; charset=utf-8"})

    def sitemap(self, *paths: str) -> None:
        """Put a sitemap that lists pages."""
        listed = "".join(f"<url><loc>{self.address}{path}</loc></url>" for path in paths)
        text = f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>'
        self.pages["/sitemap.xml"] = Response(text.encode(), headers={"content-type": "application/xml"})

    def forget(self) -> None:
        """Count from nothing."""
        self.asked.clear()
        self.answered.clear()
        self.sent_bytes = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the calls of one connection."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").split("\r\n")
                method, path, _ = first.split(" ", 2)
                headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.asked[path] += 1
                if self.before is not None:
                    await self.before(path)
                response = self.answer(method, path, headers, body) or self.pages.get(path) or Response(status=404)
                await self._send(writer, response, headers)
        writer.close()

    async def _send(self, writer: asyncio.StreamWriter, response: Response, asked: dict[str, str]) -> None:
        etag = f'"{hashlib.sha1(response.body).hexdigest()}"'
        status, body, endless = response.status, response.body, response.endless
        headers = dict(response.headers)
        if status == 200 and not endless:
            headers["etag"] = etag
            if asked.get("if-none-match") == etag:
                status, body = 304, b""
        self.answered[status] += 1
        if not endless:
            headers["content-length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode("latin-1") + body)
        await writer.drain()
        while endless > 0:
            writer.write(_BLOCK)
            self.sent_bytes += len(_BLOCK)
            endless -= len(_BLOCK)
            await writer.drain()
        if response.endless:
            writer.close()


@asynccontextmanager
async def open_web_site() -> AsyncIterator[WebSite]:
    """A site while the block runs."""
    site = WebSite()
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
