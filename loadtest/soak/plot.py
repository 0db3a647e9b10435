"""The plot of a soak: memory, descriptors and calls in flight of each process over time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from loadtest.soak.levels import Finding, Level

_PANELS = (("mib", "resident, MiB"), ("descriptors", "descriptors"), ("in_flight", "in flight"))


def draw(samples: Mapping[str, Sequence[Level]], findings: Sequence[Finding], path: Path, title: str) -> Path:
    """Write a PNG; dashed lines are when the starting level and the last one were read."""
    figure: Any
    axes: Any
    figure, axes = pyplot.subplots(len(_PANELS), 1, figsize=(9, 9), sharex=True)  # pyright: ignore[reportUnknownMemberType] - matplotlib types its arguments in part
    for axis, (field, label) in zip(axes, _PANELS, strict=True):
        for name, levels in samples.items():
            axis.plot([one.at for one in levels], [getattr(one, field) for one in levels], label=name, linewidth=1)
        for finding in findings[:1]:
            for level in (finding.before, finding.after):
                axis.axvline(level.at, linestyle="--", color="grey", linewidth=1)
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
        axis.grid(visible=True, alpha=0.3)
    axes[0].set_title(title, fontsize=9)
    axes[0].legend(fontsize="x-small", ncols=4)
    axes[-1].set_xlabel("seconds")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return path
