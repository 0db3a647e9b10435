"""Which files `kefu import` sends, under which path, and what it says of the others."""

import os
from pathlib import Path

import pytest

from kefu.cli.console import CommandFailed
from kefu.cli.documents.local_files import MAX_BYTES, find_files
from kefu.client import Document


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    root = tmp_path / "shop" / "docs"
    for name in ("a.md", "en/b.html", "en/c.TXT", "zh/d.csv", ".hidden.md", ".git/e.md", "picture.png"):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return root


def paths(*given: Path, root: Path | None = None) -> list[str]:
    return [file.path for file in find_files(given, root=root).files]


def test_a_folder_is_read_whole_and_its_name_begins_each_path(docs: Path) -> None:
    assert paths(docs) == ["docs/a.md", "docs/en/b.html", "docs/en/c.TXT", "docs/zh/d.csv"]


def test_what_is_left_out_is_named_with_a_reason(docs: Path) -> None:
    skipped = {Path(path).name: reason for path, reason in find_files([docs]).skipped}
    assert skipped == {
        ".hidden.md": "hidden file",
        ".git": "hidden folder",
        "picture.png": "a picture as small as an icon",
    }


def test_the_same_folder_has_the_same_paths_from_anywhere(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = paths(docs)
    for cwd, given in ((docs, "."), (docs / "en", ".."), (docs.parent, "docs"), (docs.parent, "./docs/../docs/")):
        monkeypatch.chdir(cwd)
        assert paths(Path(given)) == expected


def test_a_file_has_the_path_it_has_in_its_folder(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(docs)
    assert paths(Path("a.md")) == ["docs/a.md"]
    assert paths(Path("en/b.html"), root=docs.parent) == ["docs/en/b.html"]


def test_a_file_that_is_named_is_sent_whatever_its_type(docs: Path) -> None:
    assert paths(docs / "picture.png") == ["docs/picture.png"]


def test_a_file_given_twice_is_sent_once(docs: Path) -> None:
    assert paths(docs, docs / "a.md") == paths(docs)
    assert not [reason for _, reason in find_files([docs, docs / "a.md"]).skipped if "--root" in reason]


def test_two_files_of_one_path_are_not_mixed_up(docs: Path, tmp_path: Path) -> None:
    other = tmp_path / "docs" / "a.md"
    other.parent.mkdir()
    other.write_text("another")
    found = find_files([docs, other])
    assert [file.path for file in found.files].count("docs/a.md") == 1
    assert any("--root" in reason for path, reason in found.skipped if path == str(other))


def test_an_empty_file_is_sent_without_parts(tmp_path: Path) -> None:
    (tmp_path / "empty.md").touch()
    (file,) = find_files([tmp_path / "empty.md"]).files
    assert list(Document(file.path, file.file).parts()) == []


def test_parts_are_at_most_a_mebibyte_and_whole_together(tmp_path: Path) -> None:
    content = os.urandom(1_500_000)
    (tmp_path / "big.md").write_bytes(content)
    (file,) = find_files([tmp_path / "big.md"]).files
    parts = list(Document(file.path, file.file).parts())
    assert b"".join(parts) == content
    assert all(0 < len(part) <= 1024 * 1024 for part in parts)


def test_a_file_larger_than_the_contract_allows_is_not_sent(tmp_path: Path) -> None:
    with (tmp_path / "huge.md").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    found = find_files([tmp_path])
    assert not found.files
    assert "64 MiB" in found.skipped[0][1]


def test_a_name_that_is_not_utf8_is_skipped(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.md")).write_text("x")
    found = find_files([tmp_path])
    assert not found.files
    assert "UTF-8" in found.skipped[0][1]


def test_a_link_that_leads_nowhere_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "link.md").symlink_to(tmp_path / "gone.md")
    found = find_files([tmp_path])
    assert not found.files
    assert "cannot be read" in found.skipped[0][1]


def test_curated_answers_are_told_apart(docs: Path) -> None:
    found = find_files([], [docs / "zh" / "d.csv"])
    assert [(file.path, file.curated) for file in found.files] == [("zh/d.csv", True)]


@pytest.mark.parametrize("given", ["gone", "gone.md"])
def test_what_does_not_exist_is_a_sentence(tmp_path: Path, given: str) -> None:
    with pytest.raises(CommandFailed, match="There is no file or folder"):
        find_files([tmp_path / given])


def test_a_root_that_does_not_hold_the_file_is_a_sentence(docs: Path) -> None:
    with pytest.raises(CommandFailed, match="--root"):
        find_files([docs / "a.md"], root=docs / "en")
