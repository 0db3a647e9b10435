"""The constraints of deploy/ against pyproject.toml. `make lock-check` holds the lists against the package index."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[3]


def names_of(requirements: Iterable[str]) -> set[str]:
    """Packages that requirements name, without our own extras."""
    found = {re.split(r"[\[<>=!~; ]", one, maxsplit=1)[0] for one in requirements}
    return {re.sub("[_.]", "-", name).lower() for name in found} - {"kefu"}


def test_every_package_that_we_ask_for_is_constrained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    asked = names_of([*project["dependencies"], *(one for extra in extras.values() for one in extra)])
    constrained: set[str] = set()
    for name in ("constraints.txt", "constraints-gpu.txt"):
        lines = (ROOT / "deploy" / name).read_text("utf-8").splitlines()
        constrained |= names_of(line for line in lines if "==" in line)
    assert len(asked) > 80
    assert asked <= constrained
