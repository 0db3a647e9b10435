"""Templates of nginx's configuration, and how they are filled in."""

import string
from pathlib import Path

_TEMPLATES = Path(__file__).parent / "templates"


class _Template(string.Template):
    """Template with `%{name}`, since nginx has its own use for the dollar."""

    delimiter = "%"


def fill(template: str, /, **values: object) -> str:
    """The text of a template, filled in. Raises KeyError for a value that is missing."""
    return _Template((_TEMPLATES / f"{template}.template").read_text("utf-8")).substitute(values).rstrip("\n") + "\n"
