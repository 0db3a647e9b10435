"""Customers' files in a bucket: obstore against a small server that speaks as much of S3 as is used."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kefu.common.errors import AttachmentNotFound, BackendUnavailable
from kefu.router.conversations.attachments.encryption import FileCipher, WrongKey
from kefu.router.conversations.attachments.file_store import ObjectFileStore, S3Access, open_file_store
from kefu.testing.ports import free_port
from tests.support.s3_bucket import KEY as S3_KEY
from tests.support.s3_bucket import SECRET as S3_SECRET
from tests.support.s3_bucket import ServedBucket, serving_bucket

KEY, OTHER = "a passphrase of the tests that is long", "another passphrase of the tests, as long"


@contextmanager
def opened_bucket() -> Iterator[tuple[ObjectFileStore, ServedBucket]]:
    with serving_bucket() as bucket:
        yield open_file_store("s3://files/kefu", S3Access(bucket.endpoint, "", S3_KEY, S3_SECRET)), bucket


async def test_files_are_put_read_listed_and_deleted_in_a_bucket_below_the_prefix() -> None:
    with opened_bucket() as (store, bucket):
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
        assert bucket.handler.unsigned == []


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
