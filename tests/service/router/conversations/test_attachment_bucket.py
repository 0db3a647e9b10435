"""Customers' files in a bucket: obstore against a small server that speaks as much of S3 as is used."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

import pytest

from kefu.common.errors import AttachmentNotFound, BackendUnavailable
from kefu.router.conversations.attachments.encryption import FileCipher, WrongKey
from kefu.router.conversations.attachments.file_store import ObjectFileStore, S3Access, open_file_store
from kefu.testing.ports import free_port

KEY, OTHER = "a passphrase of the tests that is long", "another passphrase of the tests, as long"


class Bucket(BaseHTTPRequestHandler):
    """PUT, GET and DELETE of objects, their list, and the deletion of several."""

    objects: dict[str, bytes]
    unsigned: list[str]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as its base has it
        """Say nothing."""

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.send_header("last-modified", "Sun, 29 Nov 2026 01:00:00 GMT")
        self.send_header("etag", '"1"')
        self.end_headers()
        self.wfile.write(body)

    def _read(self) -> tuple[str, dict[str, list[str]], bytes]:
        if not self.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 Credential=the-key/"):
            self.unsigned.append(self.path)
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        name = unquote(parts.path).removeprefix("/files").strip("/")
        return name, parse_qs(parts.query, keep_blank_values=True), body

    def do_PUT(self) -> None:
        name, _, body = self._read()
        self.objects[name] = body
        self._answer(200)

    def do_GET(self) -> None:
        name, query, _ = self._read()
        if "list-type" in query:
            prefix = query.get("prefix", [""])[0]
            entries = "".join(
                f"<Contents><Key>{key}</Key><LastModified>2026-11-29T01:00:00.000Z</LastModified>"
                f'<ETag>"1"</ETag><Size>{len(self.objects[key])}</Size></Contents>'
                for key in sorted(self.objects)
                if key.startswith(prefix)
            )
            self._answer(
                200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>".encode()
            )
        elif name in self.objects:
            self._answer(200, self.objects[name])
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def do_POST(self) -> None:
        _, query, body = self._read()
        assert "delete" in query
        names = [each.text or "" for each in ElementTree.fromstring(body).iter() if each.tag.endswith("Key")]
        for name in names:
            self.objects.pop(name)
        deleted = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in names)
        self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())


@contextmanager
def serving_bucket() -> Iterator[tuple[ObjectFileStore, type[Bucket]]]:
    handler = type("OneBucket", (Bucket,), {"objects": {}, "unsigned": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        access = S3Access(f"http://127.0.0.1:{server.server_port}", "", "the-key", "the-secret")
        yield open_file_store("s3://files/kefu", access), handler
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_files_are_put_read_listed_and_deleted_in_a_bucket_below_the_prefix() -> None:
    with serving_bucket() as (store, bucket):
        for name in ("t/s1/a/content", "t/s1/a/preview", "t/s1/b/content", "t/s2/c/content"):
            await store.put(name, name.encode())
        assert set(bucket.objects) == {
            *("kefu/t/s1/a/content", "kefu/t/s1/a/preview", "kefu/t/s1/b/content", "kefu/t/s2/c/content")
        }
        assert await store.get("t/s1/b/content") == b"t/s1/b/content"
        assert {each.name async for each in store.objects()} == {
            *("t/s1/a/content", "t/s1/a/preview", "t/s1/b/content", "t/s2/c/content")
        }
        assert await store.delete("t/s1/a") == 2
        assert await store.delete("t/s1") == 1
        assert await store.delete("t/s1") == 0
        assert set(bucket.objects) == {"kefu/t/s2/c/content"}
        with pytest.raises(AttachmentNotFound):
            await store.get("t/s1/b/content")
        assert bucket.unsigned == []


async def test_a_bucket_that_is_away_is_told_as_such() -> None:
    store = open_file_store("s3://files", S3Access(f"http://127.0.0.1:{free_port()}", "", "k", "s"), retries=0)
    with pytest.raises(BackendUnavailable):
        await store.put("t/s/a/content", b"x")


def test_a_file_opens_at_its_own_place_and_with_a_key_that_was_changed() -> None:
    sealed = FileCipher([KEY]).seal("t/s/a/content", b"a receipt")
    assert b"receipt" not in sealed
    assert sealed != FileCipher([KEY]).seal("t/s/a/content", b"a receipt")
    assert FileCipher([OTHER, KEY]).open("t/s/a/content", sealed) == b"a receipt"
    for cipher, name, data in (
        (FileCipher([KEY]), "t/s/b/content", sealed),
        (FileCipher([OTHER]), "t/s/a/content", sealed),
        (FileCipher([KEY]), "t/s/a/content", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (FileCipher([KEY]), "t/s/a/content", b"something else"),
    ):
        with pytest.raises(WrongKey):
            cipher.open(name, data)
