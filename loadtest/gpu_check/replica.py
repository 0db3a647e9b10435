"""Replicas under check: Kefu's generation service with vLLM, as a process of its own, and what its log tells."""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from kefu.local.health_probes import grpc_probe
from kefu.local.ports import HOST
from loadtest.bench.process import Process
from loadtest.gpu_check.setting import Setting

DRAIN_SECONDS = 120.0
_KV_TOKENS = re.compile(r"KV cache size: ([\d,]+) tokens")


def make_replica(setting: Setting, number: int, utilization: float) -> Process:
    """A replica that takes this share of the card. It is not started."""
    port, metrics = setting.ports.allocate(), setting.ports.allocate()
    replica = Process(
        f"generation-{number}",
        (sys.executable, "-P", "-m", "kefu.generation"),
        port,
        metrics,
        setting.logs,
        grpc_probe(f"{HOST}:{port}"),
        start_seconds=setting.start_seconds,
    )
    replica.environment.update(
        {
            "KEFU_INTERNAL_KEY": setting.internal_key,
            "KEFU_GENERATION_ENGINE": "vllm",
            "KEFU_GENERATION_MODEL": str(setting.model),
            "KEFU_GENERATION_LISTEN": replica.address,
            "KEFU_GENERATION_METRICS_LISTEN": f"{HOST}:{metrics}",
            "KEFU_GENERATION_MAX_MODEL_TOKENS": str(setting.max_model_tokens),
            "KEFU_GENERATION_MAX_RUNNING": str(setting.max_running),
            "KEFU_GENERATION_MAX_REQUESTS": str(4 * setting.max_running),
            "KEFU_GENERATION_GPU_MEMORY_UTILIZATION": f"{utilization:g}",
            "KEFU_GENERATION_TENSOR_PARALLEL_SIZE": str(setting.tensor_parallel_size),
            "KEFU_DRAIN_SECONDS": f"{DRAIN_SECONDS:g}",
            "KEFU_LOG_FORMAT": "json",
            "PYTHONUNBUFFERED": "1",
        }
    )
    return replica


def kv_tokens(log: Path) -> int | None:
    """Tokens of the key/value cache by vLLM's own line in a log; None: there is no such line."""
    found = _KV_TOKENS.findall(log.read_text(errors="replace")) if log.exists() else []
    return int(found[-1].replace(",", "")) if found else None


def log_tail(log: Path, lines: int = 5) -> str:
    """The last lines of a log in one, for a finding."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return " / ".join(line.strip() for line in text.splitlines()[-lines:] if line.strip())[-1500:]


def descendants(pid: int) -> Mapping[int, float]:
    """A process and all below it, with the time at which each began."""
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        return {one.pid: one.create_time() for one in family}
    except psutil.NoSuchProcess:
        return {}


def still_running(processes: Mapping[int, float]) -> Iterator[str]:
    """Names of those that still run, for people."""
    for pid, began in processes.items():
        try:
            process = psutil.Process(pid)
            if process.create_time() == began and process.status() != psutil.STATUS_ZOMBIE:
                yield f"{process.name()} ({pid})"
        except psutil.NoSuchProcess:
            continue
