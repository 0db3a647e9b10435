"""A small server that speaks as much of S3 as Kefu uses, in memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

KEY, SECRET = "the-key", "the-secret"
_PAGE = 3
"""Objects in one answer to a list: few, so that tests turn pages."""


class Bucket(BaseHTTPRequestHandler):
    """PUT, GET, HEAD and DELETE of objects, their list by prefix and delimiter, and the deletion of several."""

    objects: ClassVar[dict[str, bytes]]
    unsigned: ClassVar[list[str]]
    away: ClassVar[bool] = False

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as its base has it
        """Say nothing."""

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.send_header("last-modified", "Sun, 29 Nov 2026 01:00:00 GMT")
        self.send_header("etag", '"1"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _read(self) -> tuple[str, dict[str, list[str]], bytes]:
        if not self.headers.get("authorization", "").startswith(f"AWS4-HMAC-SHA256 Credential={KEY}/"):
            self.unsigned.append(self.path)
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        name = unquote(parts.path).removeprefix("/files").strip("/")
        return name, parse_qs(parts.query, keep_blank_values=True), body

    def do_PUT(self) -> None:
        name, _, body = self._read()
        if self.away:
            self._answer(503)
            return
        self.objects[name] = body
        self._answer(200)

    def do_HEAD(self) -> None:
        name, _, _ = self._read()
        self._answer(200 if name in self.objects else 404)

    def do_GET(self) -> None:
        name, query, _ = self._read()
        if "list-type" in query:
            self._answer(200, self._listed(query))
        elif name in self.objects:
            self._answer(200, self.objects[name])
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def do_DELETE(self) -> None:
        name, _, _ = self._read()
        self.objects.pop(name, None)
        self._answer(204)

    def do_POST(self) -> None:
        _, query, body = self._read()
        assert "delete" in query
        names = [each.text or "" for each in ElementTree.fromstring(body).iter() if each.tag.endswith("Key")]
        for name in names:
            self.objects.pop(name, None)
        deleted = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in names)
        self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())

    def _listed(self, query: dict[str, list[str]]) -> bytes:
        prefix, delimiter = query.get("prefix", [""])[0], query.get("delimiter", [""])[0]
        after = max(query.get("start-after", [""])[0], query.get("continuation-token", [""])[0])
        found: dict[str, str] = {}
        for key in sorted(self.objects):
            if not key.startswith(prefix) or key <= after:
                continue
            below = key[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
            if below[1]:
                folder = f"{prefix}{below[0]}/"
                found[folder] = f"<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>"
            else:
                found[key] = (
                    f"<Contents><Key>{key}</Key><LastModified>2026-11-29T01:00:00.000Z</LastModified>"
                    f'<ETag>"1"</ETag><Size>{len(self.objects[key])}</Size></Contents>'
                )
        page = list(found)[:_PAGE]
        more = len(found) > _PAGE
        last = page[-1] if page else ""
        # Behind a folder come the names behind all that it holds.
        token = f"<NextContinuationToken>{last}{'~' if last.endswith('/') else ''}</NextContinuationToken>"
        whole = f"<IsTruncated>{str(more).lower()}</IsTruncated>{token if more else ''}"
        return f"<ListBucketResult>{whole}{''.join(found[each] for each in page)}</ListBucketResult>".encode()


@dataclass(frozen=True)
class ServedBucket:
    """A bucket named "files" that is served."""

    endpoint: str
    handler: type[Bucket]

    @property
    def objects(self) -> dict[str, bytes]:
        """What is in it, by name."""
        return self.handler.objects


@contextmanager
def serving_bucket() -> Iterator[ServedBucket]:
    """Serve an empty bucket while the block runs."""
    handler = type("OneBucket", (Bucket,), {"objects": {}, "unsigned": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield ServedBucket(f"http://127.0.0.1:{server.server_port}", handler)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
