"""Reports of `kefu eval`: Markdown, with a picture beside it where matplotlib is installed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kefu.evaluation.plots import Panel, can_draw, draw

ReportOption = Annotated[
    Path | None,
    typer.Option("--report", help="Write a report in Markdown here, and a picture beside it.", show_default=False),
]
_err = Console(stderr=True)


def write_report(path: Path, text: str, panels: Sequence[Panel]) -> None:
    """Write the report to `path`, and its picture beside it with the ending .png."""
    picture = path.with_suffix(".png")
    if can_draw():
        draw(panels, picture)
        text = f"{text.rstrip()}\n\n![The same as a picture]({picture.name})\n"
    else:
        _err.print("No picture was drawn: that takes matplotlib (pip install 'kefu[plots]').", markup=False)
    path.write_text(text, encoding="utf-8")
