"""Retrieval on the card: FAISS, embedder and reranker against their selves on the CPU, as the tests marked `gpu` do."""

import asyncio
import re
import sys
from pathlib import Path

from loadtest.gpu_check.results import StepResult

ROOT = Path(__file__).parents[2]
_SECONDS = 1800.0
_FAILED_LINE = re.compile(r"^(?:FAILED|ERROR) .*$", re.MULTILINE)


def marked_files(root: Path = ROOT) -> list[str]:
    """Files with a test marked `gpu`. Only these are collected: others import what a machine for GPUs need not have."""
    return sorted(
        str(path.relative_to(root))
        for path in (root / "tests").rglob("test_*.py")
        if re.search(r"\bmark\.gpu\b", path.read_text("utf-8"))
    )


async def check_retrieval(logs: Path, result: StepResult) -> None:
    """Run the tests in a process of their own, and report its summary."""
    files = marked_files()
    if not files:
        result.note("No test is marked gpu")
        return
    log = logs / "pytest-gpu.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pytest", "-m", "gpu", "-q", "--no-header", "-p", "no:cacheprovider", *files),
            stdout=out,
            stderr=out,
            cwd=ROOT,
        )
        try:
            status = await asyncio.wait_for(process.wait(), _SECONDS)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    read_outcome(status, log.read_text(errors="replace"), result)


def read_outcome(status: int, output: str, result: StepResult) -> None:
    """Findings from pytest's exit status and output. Tests that were all skipped show nothing."""
    summary = (output.strip().splitlines() or ["pytest printed nothing"])[-1].strip("= ")
    if status != 0:
        result.fail(f"pytest -m gpu: {summary}")
        for line in _FAILED_LINE.findall(output)[:20]:
            result.fail(line)
    elif " passed" not in f" {summary}":
        result.note(f"pytest -m gpu: {summary}")
    else:
        result.passed(f"pytest -m gpu: {summary}")
