"""The report of a run: a JSON summary, CSV files and plots in one folder."""

import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadtest.harness.resource_usage import Usage, write_usage
from loadtest.harness.statistics import Spread, Timeline, max_overlap, tokens_per_byte, write_timeline
from loadtest.harness.tables import table
from loadtest.harness.verdicts import Verdict, count_verdicts

_INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8")


def describe_environment() -> dict[str, Any]:
    """Time, machine and load average of the run."""
    return {
        "time": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": processor(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load_average": round(os.getloadavg()[0], 1),
    }


def processor() -> str:
    """The processor's name, and which of the instructions that models gain from it has."""
    described: dict[str, str] = {}
    with suppress(OSError):  # Linux tells; elsewhere the plain name must do
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = line.partition(":")
            described.setdefault(key.strip(), value.strip())
    has = [flag for flag in _INSTRUCTIONS if flag in described.get("flags", "").split()]
    return f"{described.get('model name') or platform.processor()} ({' '.join(has) or 'instructions not known'})"


def summary(verdicts: Sequence[Verdict], *, engine_seconds: float = 0.0) -> dict[str, Any]:
    """The figures of a run. `engine_seconds` is the engine's own least time to a first token."""
    counts = count_verdicts(verdicts)
    good = [verdict for verdict in verdicts if verdict.good]
    first = [verdict.first_text for verdict in good if verdict.first_text is not None]
    spans = [
        (one.asked_at + one.first_text, one.asked_at + one.total) for one in verdicts if one.first_text is not None
    ]
    return {
        "started": len(verdicts),
        "good": counts.good,
        "abandoned": counts.abandoned,
        "failed": counts.failed,
        "failures": counts.failures,
        "streaming_at_once": max_overlap(spans),
        "first_text_ms": Spread.of(first).milliseconds(),
        "first_text_beyond_engine_ms": Spread.of([one - engine_seconds for one in first]).milliseconds(),
        "engine_first_token_ms": round(engine_seconds * 1000, 1),
        "longest_gap_ms": Spread.of([verdict.longest_gap for verdict in good]).milliseconds(),
        "turn_ms": Spread.of([verdict.total for verdict in good]).milliseconds(),
        "deltas": sum(verdict.deltas for verdict in verdicts),
        "tokens": sum(verdict.completion_tokens for verdict in verdicts),
        "text_bytes": sum(verdict.text_bytes for verdict in verdicts),
        "sources": _count(verdict.source for verdict in good),
    }


def usage_summary(usage: Mapping[str, Usage]) -> dict[str, Any]:
    """CPU and memory of each process."""
    return {
        name: {
            "cpu_seconds": round(one.cpu_seconds, 2),
            "cores_mean": round(one.cores, 3),
            "cores_most": round(one.most_cores, 3),
            "rss_mib_first": round(one.samples[0].rss / 2**20, 1) if one.samples else None,
            "rss_mib_most": round(one.most_rss / 2**20, 1),
            "rss_mib_last": round(one.samples[-1].rss / 2**20, 1) if one.samples else None,
            "descriptors_first": one.samples[0].descriptors if one.samples else None,
            "descriptors_most": max((sample.descriptors for sample in one.samples), default=None),
            "descriptors_last": one.samples[-1].descriptors if one.samples else None,
        }
        for name, one in usage.items()
    }


def verdict_table(name: str, figures: Mapping[str, Any]) -> str:
    """The summary's main figures as one row."""
    first, beyond, gap = (figures[key] for key in ("first_text_ms", "first_text_beyond_engine_ms", "longest_gap_ms"))
    head = ("", "started", "good", "abandoned", "failed", "at once", "first text p50", "p95", "p99 ms")
    head += ("beyond engine p50", "p95", "p99 ms", "longest gap p99", "max ms", "frames")
    row = [name, figures["started"], figures["good"], figures["abandoned"], figures["failed"]]
    row += [figures["streaming_at_once"], *(_figure(first[key]) for key in ("p50", "p95", "p99"))]
    row += [_figure(beyond[key]) for key in ("p50", "p95", "p99")]
    row += [_figure(gap["p99"]), _figure(gap["max"]), figures["deltas"]]
    lines = [table(head, [row])]
    lines += [f"  {count} x {failure}" for failure, count in figures["failures"].items()]
    return "\n".join(lines)


def usage_table(usage: Mapping[str, Usage]) -> str:
    """CPU, memory and descriptors of each process as rows."""
    head = ("process", "CPU s", "cores mean", "most", "RSS MiB first", "most", "last", "descriptors most")
    rows = [
        [name, f"{one['cpu_seconds']:.1f}", f"{one['cores_mean']:.2f}", f"{one['cores_most']:.2f}"]
        + [_figure(one[key]) for key in ("rss_mib_first", "rss_mib_most", "rss_mib_last")]
        + [_figure(one["descriptors_most"])]
        for name, one in usage_summary(usage).items()
    ]
    return table(head, rows)


def write_report(
    folder: Path, title: str, figures: Mapping[str, Any], timeline: Timeline, usage: Mapping[str, Usage]
) -> None:
    """summary.json, timeline.csv, processes.csv and, where matplotlib is installed, PNG plots."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.json").write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    rate = tokens_per_byte(figures["text_bytes"], figures["tokens"]) if figures["tokens"] else 1 / 3
    write_timeline(folder / "timeline.csv", timeline, rate)
    write_usage(folder / "processes.csv", usage)
    try:
        from loadtest.harness.plots import draw
    except ImportError:
        print("No plots: matplotlib is not installed (pip install 'kefu[load]').")
    else:
        draw(folder, title)


def _count(values: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in values:
        found[value] = found.get(value, 0) + 1
    return found


def _figure(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.0f}"
