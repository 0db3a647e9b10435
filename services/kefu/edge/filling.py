"""Filling in the templates of deploy/nginx."""

import string
from pathlib import Path

_TEMPLATES = Path(__file__).parent / "templates"


class _Template(string.Template):
    """`%{name}`: nginx has its own use for the dollar."""

    delimiter = "%"


def fill(template: str, /, **values: object) -> str:
    """The text of a template with its values. Raises KeyError for one that is missing."""
    return _Template((_TEMPLATES / f"{template}.template").read_text("utf-8")).substitute(values).rstrip("\n") + "\n"
