"""Draw a run: python -m loadtest.harness.plots FOLDER - from the CSV files that it left there."""

import csv
from pathlib import Path
from typing import Annotated, Any

import matplotlib
import typer

matplotlib.use("Agg")
from matplotlib import pyplot


def draw(folder: Path, title: str) -> list[Path]:
    """first_text.png, streams.png and processes.png beside the CSV files; returns their paths."""
    seconds = _columns(folder / "timeline.csv")
    written: list[Path] = []
    figure, axes = _axes(1, title)
    for column, label in (("first_text_p50_ms", "p50"), ("first_text_p95_ms", "p95"), ("first_text_p99_ms", "p99")):
        points = [
            (at, value) for at, value in zip(seconds["second"], seconds[column], strict=True) if value is not None
        ]
        axes[0].plot([at for at, _ in points], [value for _, value in points], label=label)
    axes[0].set_ylabel("first text, ms")
    axes[0].set_ylim(bottom=0)
    axes[0].legend()
    written.append(_save(figure, axes, folder / "first_text.png"))
    figure, axes = _axes(2, title)
    axes[0].plot(seconds["second"], seconds["open"])
    axes[0].set_ylabel("streams open")
    axes[1].plot(seconds["second"], seconds["tokens"], color="tab:green")
    axes[1].set_ylabel("tokens/s")
    written.append(_save(figure, axes, folder / "streams.png"))
    written.append(_processes(folder, title))
    return written


def _processes(folder: Path, title: str) -> Path:
    with (folder / "processes.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    figure, axes = _axes(3, title)
    for name in dict.fromkeys(row["process"] for row in rows):
        own = [row for row in rows if row["process"] == name]
        at = [float(row["seconds"]) for row in own]
        for axis, column in zip(axes, ("cores", "rss_mib", "descriptors"), strict=True):
            axis.plot(at, [float(row[column]) for row in own], label=name)
    for axis, label in zip(axes, ("CPU, cores", "resident, MiB", "descriptors"), strict=True):
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
    axes[0].legend(fontsize="small", ncols=3)
    return _save(figure, axes, folder / "processes.png")


def _columns(path: Path) -> dict[str, list[float | None]]:
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    names = rows[0] if rows else ()
    return {name: [float(row[name]) if row[name] else None for row in rows] for name in names}


def _axes(count: int, title: str) -> tuple[Any, list[Any]]:
    figure, axes = pyplot.subplots(count, 1, figsize=(9, 3.2 * count), sharex=True, squeeze=False)  # pyright: ignore[reportUnknownMemberType] - matplotlib types its arguments in part
    column: list[Any] = [row[0] for row in axes]
    column[0].set_title(title)
    column[-1].set_xlabel("seconds")
    return figure, column


def _save(figure: Any, axes: list[Any], path: Path) -> Path:
    for axis in axes:
        axis.grid(visible=True, alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return path


def main(
    folder: Annotated[Path, typer.Argument(help="Folder with timeline.csv and processes.csv.")],
    title: Annotated[str, typer.Option(help="Heading of the plots.")] = "Load test",
) -> None:
    """Draw again what a run left behind."""
    for path in draw(folder, title):
        print(path)


if __name__ == "__main__":
    typer.run(main)
