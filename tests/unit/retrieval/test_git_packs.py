"""What a Git server's pack may unpack to, before any of it is unpacked. Packs are made by dulwich, and by hand."""

import hashlib
import io
import os
import resource
import zlib
from pathlib import Path

import pytest
from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.objects import Blob
from dulwich.pack import write_pack_objects

from kefu.retrieval.sources.fetching.findings import SourceFailed
from kefu.retrieval.sources.fetching.git import check_pack
from tests.support.cpu_time import seconds
from tests.support.table import table

MIB = 2**20
BLOB, REF_DELTA = 3, 7


def check(folder: Path, pack: bytes, most: int = MIB, in_all: int = 4 * MIB) -> None:
    file = folder / "a.pack"
    file.write_bytes(pack)
    with file.open("rb") as opened:
        check_pack(opened, most, in_all)


def number(value: int) -> bytes:
    found = b""
    while value > 127:
        found, value = found + bytes([value & 127 | 128]), value >> 7
    return found + bytes([value])


def packed(kind: int, size: int, data: bytes, base: bytes = b"") -> bytes:
    """An object that says it has `size` bytes."""
    head = kind << 4 | size & 15
    return (bytes([head | 128]) + number(size >> 4) if size > 15 else bytes([head])) + base + zlib.compress(data)


def pack(*objects: bytes, count: int | None = None) -> bytes:
    whole = b"PACK" + (2).to_bytes(4) + (len(objects) if count is None else count).to_bytes(4) + b"".join(objects)
    return whole + hashlib.sha1(whole, usedforsecurity=False).digest()


def test_a_pack_of_dulwich_passes_with_its_deltas(tmp_path: Path) -> None:
    text = os.urandom(20_000)
    blobs = [Blob.from_string(text + bytes([each])) for each in range(20)]
    written = io.BytesIO()
    each_apart = [(each, None) for each in blobs]
    write_pack_objects(written, each_apart, deltify=True, object_format=DEFAULT_OBJECT_FORMAT)
    assert len(written.getvalue()) < 3 * len(text), "deltas are among them"
    check(tmp_path, written.getvalue(), 20_001, 21 * 20_001)
    with pytest.raises(SourceFailed, match="unpacks to more"):
        check(tmp_path, written.getvalue(), 20_001, 19 * 20_001)
    with pytest.raises(SourceFailed, match="holds a file of 20001 bytes"):
        check(tmp_path, written.getvalue(), 20_000)


@table(
    ("data", "said"),
    [
        (pack(packed(BLOB, 1000 * MIB, bytes(1000))), "holds a file of 1048576000 bytes"),
        (pack(packed(BLOB, 10, bytes(11))), "broken"),
        (pack(packed(REF_DELTA, 14, number(100) + number(2**40) + bytes(7), bytes(20))), f"a file of {2**40} bytes"),
        (pack(*(packed(BLOB, MIB, bytes(MIB)) for _ in range(5))), "unpacks to more than 4194304"),
        (pack(packed(BLOB, 5, b"12345"), count=3), "broken|holds a file"),
        (pack(packed(BLOB, 5, b"12345"))[:15], "broken"),
        (b"PACK" + (2).to_bytes(4) + (1).to_bytes(4) + b"\xff" * 100, "broken"),
        (b"PACK", "broken"),
        (b"", "broken"),
    ],
)
def test_what_is_too_large_or_broken_is_refused(data: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match=said):
        check(tmp_path, data)


def test_an_object_that_unpacks_to_more_than_it_says_takes_neither_memory_nor_time(tmp_path: Path) -> None:
    bomb = zlib.compress(bytes(300 * MIB), 9)
    data = pack(packed(BLOB, 1000, b"")[:2] + bomb)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SourceFailed, match="broken"):
        check(tmp_path, data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024, "KiB"


def test_small_objects_take_linear_time(tmp_path: Path) -> None:
    def of(count: int) -> float:
        data = pack(*(packed(BLOB, 9, b"123456789") for _ in range(count)))
        return seconds(lambda: check(tmp_path, data), tries=2)

    assert of(40_000) < 8 * of(10_000)
