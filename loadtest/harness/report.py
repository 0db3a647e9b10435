"""The report of a run: a JSON summary, CSV files and plots in one folder."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from loadtest.harness.resource_usage import Usage, write_usage
from loadtest.harness.statistics import Spread, Timeline, max_overlap, tokens_per_byte, write_timeline
from loadtest.harness.tables import table
from loadtest.harness.verdicts import Verdict, count_verdicts

ENDINGS_HEAD = ("handed over", "refused", "failed")
"""Heads of the columns of `endings`: handed over and refused for load, and whatever else failed."""


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
        "handed_over_for_load": counts.handed_over,
        "refused_for_load": counts.refused,
        "failed": counts.failed,
        "failures": counts.failures,
        "retry_after_ms": Spread.of(
            [one.retry_after for one in verdicts if one.retry_after is not None]
        ).milliseconds(),
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
        "handoffs": _count(verdict.handoff for verdict in verdicts if verdict.handoff),
        "brown_outs": _count(verdict.brown_out for verdict in good if verdict.brown_out),
    }


def lost_answers(figures: Mapping[str, Any], *, may_refuse: bool = False) -> int:
    """How many answers of a summary count against a run: those that failed, were handed over, or were refused for load.

    `may_refuse`: the load is meant to be more than can be served, so refusals do not count.
    """
    refused = 0 if may_refuse else figures["refused_for_load"]
    return figures["failed"] + figures["handed_over_for_load"] + refused


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
    """The summary's main figures as one row, and below it what became of answers that are not good."""
    first, beyond, gap = (figures[key] for key in ("first_text_ms", "first_text_beyond_engine_ms", "longest_gap_ms"))
    head = ("", "started", "good", "abandoned", *ENDINGS_HEAD, "at once", "first text p50", "p95", "p99 ms")
    head += ("beyond engine p50", "p95", "p99 ms", "longest gap p99", "max ms", "frames")
    row = [name, figures["started"], figures["good"], figures["abandoned"], *endings(figures)]
    row += [figures["streaming_at_once"], *(_figure(first[key]) for key in ("p50", "p95", "p99"))]
    row += [_figure(beyond[key]) for key in ("p50", "p95", "p99")]
    row += [_figure(gap["p99"]), _figure(gap["max"]), figures["deltas"]]
    return "\n".join([table(head, [row]), *remarks(figures)])


def endings(figures: Mapping[str, Any]) -> list[int]:
    """A summary's counts of answers that are not good."""
    return [figures[key] for key in ("handed_over_for_load", "refused_for_load", "failed")]


def remarks(figures: Mapping[str, Any]) -> list[str]:
    """Lines below a table: what went wrong and how often, when refused ones may come back, where answers are from."""
    lines = [f"  {count} x {failure}" for failure, count in figures["failures"].items()]
    if figures["refused_for_load"]:
        after = figures["retry_after_ms"]
        lines.append(f"  refused ones may come back after p50 {_figure(after['p50'])}, max {_figure(after['max'])} ms")
    for what, key in (("answers", "sources"), ("handoffs", "handoffs"), ("made with less", "brown_outs")):
        if figures[key]:
            lines.append(f"  {what}: " + ", ".join(f"{count} {name}" for name, count in figures[key].items()))
    return lines


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


def _count(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(values).most_common())


def _figure(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.0f}"
