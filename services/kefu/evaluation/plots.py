"""Plots: figures with their intervals, and refused against answered shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kefu.evaluation.metrics import Figure

_ROW = 0.38  # inches
_WIDTH = 6.4


@dataclass(frozen=True)
class Intervals:
    """A panel of shares, each a point with its interval, one below the other."""

    title: str
    rows: Mapping[str, Figure]

    @property
    def height(self) -> float:
        """Height in inches."""
        return 1.1 + _ROW * len(self.rows)

    def draw(self, axes: Any) -> None:
        """Into axes of matplotlib."""
        for at, (name, figure) in enumerate(self.rows.items()):
            around = [[figure.value - figure.low], [figure.high - figure.value]]
            axes.errorbar(figure.value, at, xerr=around, fmt="o", capsize=3, color="tab:blue")
            axes.annotate(f"{figure.value:.3f}", (figure.value, at), (0, 6), textcoords="offset points", ha="center")
            axes.axhline(at, color="0.9", zorder=0, label=name)
        axes.set_yticks(range(len(self.rows)), list(self.rows))
        axes.set_ylim(len(self.rows) - 0.4, -0.8)
        axes.set_xlim(-0.02, 1.02)


@dataclass(frozen=True)
class Curves:
    """A panel of lines through points (x, y), and of single points."""

    title: str
    x: str
    y: str
    lines: Mapping[str, Sequence[tuple[float, float]]]
    points: Mapping[str, tuple[float, float]]
    height: float = 5.0

    def draw(self, axes: Any) -> None:
        """Into axes of matplotlib."""
        for name, line in self.lines.items():
            axes.plot([x for x, _ in line], [y for _, y in line], label=name)
        for (name, (x, y)), marker in zip(self.points.items(), "osD^vP*X" * len(self.points), strict=False):
            axes.plot(x, y, marker, color="black", markerfacecolor="none", label=name)
        axes.set_xlabel(self.x)
        axes.set_ylabel(self.y)
        axes.set_xlim(0.4, 1.01)
        axes.set_ylim(-0.02, 1.02)
        axes.legend(fontsize="small", loc="lower left")


Panel = Intervals | Curves


def can_draw() -> bool:
    """Whether matplotlib is installed, which is optional."""
    return find_spec("matplotlib") is not None


def draw(panels: Sequence[Panel], path: Path) -> None:
    """Draw panels one below the other. The ending of `path` gives the format (.png, .svg, .pdf)."""
    from matplotlib.figure import Figure as Canvas  # optional, and takes a second

    canvas: Any = Canvas(figsize=(_WIDTH, sum(panel.height for panel in panels)), layout="constrained")
    heights = [panel.height for panel in panels]
    column = canvas.subplots(len(panels), 1, squeeze=False, height_ratios=heights)
    for panel, (axes,) in zip(panels, column, strict=True):
        panel.draw(axes)
        axes.set_title(panel.title)
        axes.grid(visible=True, axis="x", alpha=0.3)
    canvas.savefig(path, dpi=110)
