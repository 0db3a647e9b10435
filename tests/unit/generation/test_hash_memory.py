"""Hashes of weights: computed once, and anew when the file has changed."""

import hashlib
import os
from pathlib import Path

import pytest

from kefu.generation.models import hash_memory
from kefu.generation.models.hash_memory import remembered_sha256
from kefu.generation.models.resolver import resolve
from tests.support.tiny_tokenizer import write_tokenizer


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were read whole."""
    names: list[str] = []
    original = hash_memory.sha256_of

    def count(path: Path) -> str:
        names.append(path.name)
        return original(path)

    monkeypatch.setattr(hash_memory, "sha256_of", count)
    return names


def test_a_file_is_read_once_and_again_when_it_changes(tmp_path: Path, read: list[str]) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"one")
    for _ in range(3):
        assert remembered_sha256(weights, tmp_path / "cache") == hashlib.sha256(b"one").hexdigest()
    assert len(read) == 1

    before = weights.stat()
    weights.write_bytes(b"two")  # of the same size
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert remembered_sha256(weights, tmp_path / "cache") == hashlib.sha256(b"two").hexdigest()
    weights.write_bytes(b"three")
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns + 1))  # of another size at the same time
    assert remembered_sha256(weights, tmp_path / "cache") == hashlib.sha256(b"three").hexdigest()
    assert len(read) == 3


def test_a_link_is_known_by_what_it_leads_to(tmp_path: Path, read: list[str]) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    link = tmp_path / "link"
    link.symlink_to("one")
    assert remembered_sha256(link, tmp_path / "cache") == hashlib.sha256(b"one").hexdigest()
    link.unlink()
    link.symlink_to("two")  # as a hub's snapshot after an update
    assert remembered_sha256(link, tmp_path / "cache") == hashlib.sha256(b"two").hexdigest()
    assert read == ["one", "two"]


@pytest.mark.parametrize("rest", ["", "{", "[1]"])
def test_a_record_cut_short_is_made_anew(tmp_path: Path, read: list[str], rest: str) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"one")
    remembered_sha256(weights, tmp_path / "cache")
    (record,) = (tmp_path / "cache" / "hashes").iterdir()
    record.write_text(rest)
    assert remembered_sha256(weights, tmp_path / "cache") == hashlib.sha256(b"one").hexdigest()
    assert len(read) == 2


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path, read: list[str]) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"one")
    (tmp_path / "cache").write_text("a file, no folder")
    for _ in range(2):
        assert remembered_sha256(weights, tmp_path / "cache") == hashlib.sha256(b"one").hexdigest()
    assert len(read) == 2


def test_a_model_folder_is_read_once(tmp_path: Path, read: list[str]) -> None:
    folder = tmp_path / "model"
    write_tokenizer(folder)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    first = resolve(str(folder), tmp_path / "cache").fingerprint
    assert sorted(read) == ["config.json", "model.safetensors", "tokenizer.json"]
    assert resolve(str(folder), tmp_path / "cache").fingerprint == first
    assert len(read) == 3
    (folder / "model.safetensors").write_bytes(b"other weights")
    assert resolve(str(folder), tmp_path / "cache").fingerprint != first
