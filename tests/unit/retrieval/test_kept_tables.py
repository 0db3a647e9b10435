"""Tables of word lists that are kept on disk."""

import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from kefu.retrieval.text.cedict import Gloss, Glosses, build_tables
from kefu.retrieval.text.kept_tables import Tables, kept_tables, packed, unpacked

_LINES = ("保修 保修 [bao3 xiu1] /to guarantee/warranty/", "報修 报修 [bao4 xiu1] /to report damage/", "# remark")


class _Builder:
    """Builds a table, and counts how often."""

    def __init__(self) -> None:
        self.built = 0

    def __call__(self) -> Tables:
        self.built += 1
        return {"words": packed(["退货", "", "é"]), "counts": np.arange(1000)}


def _table_of(folder: Path | None, builder: _Builder, *sources: bytes) -> list[str]:
    tables = kept_tables(folder, "list", sources or (b"text", b"code"), builder)
    assert tables["counts"].tolist() == list(range(1000))
    return unpacked(tables["words"])


def _array_file() -> bytes:
    file = BytesIO()
    np.save(file, np.arange(3))
    return file.getvalue()


def test_a_table_is_built_once_for_its_sources(tmp_path: Path) -> None:
    build = _Builder()
    for sources, built in (
        ((b"a", b"b"), 1),
        ((b"a", b"b"), 1),
        ((b"ab", b""), 2),
        ((b"a", b"c"), 3),
        ((b"a", b"c"), 3),
    ):
        assert _table_of(tmp_path / "new", build, *sources) == ["退货", "", "é"]
        assert build.built == built
    assert [path.name for path in (tmp_path / "new").rglob("*.npz*")] == ["list.npz"]


@pytest.mark.parametrize("broken", ["empty", "pickle", "another array", "truncated", "a byte changed"])
def test_a_file_that_is_broken_is_written_anew(tmp_path: Path, broken: str) -> None:
    build = _Builder()
    _table_of(tmp_path, build)
    (path,) = tmp_path.rglob("*.npz")
    whole = path.read_bytes()
    contents = {
        "empty": b"",
        "pickle": b"\x80\x04K\x01.",
        "another array": _array_file(),
        "truncated": whole[:2000],
        "a byte changed": whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:],
    }
    path.write_bytes(contents[broken])
    for _ in range(2):
        assert _table_of(tmp_path, build) == ["退货", "", "é"]
    assert build.built == 2


def test_a_file_of_another_user_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = _Builder()
    _table_of(tmp_path, build)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    _table_of(tmp_path, build)
    assert build.built == 2


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    build = _Builder()
    for folder in (tmp_path / "file", None, tmp_path / "file"):
        assert _table_of(folder, build) == ["退货", "", "é"]
    assert build.built == 3


def test_glosses_are_the_same_from_kept_tables(tmp_path: Path) -> None:
    def build() -> Tables:
        return build_tables(_LINES, list, frozenset(("to",)))

    for _ in range(2):
        glosses = Glosses(kept_tables(tmp_path, "glosses", (b"1",), build))
        assert glosses.in_english("保修") == [Gloss("guarantee", 1.0), Gloss("warranty", 1.0)]
        assert [gloss.word for gloss in glosses.in_chinese("damage")] == ["报修"]
        assert (glosses.meaning("保修"), glosses.meaning("退货")) == ("guarantee", "")
        assert (glosses.same_sound("保修"), glosses.parts("保修单")) == (["报修"], ["保修", "单"])
