"""The constraints of deploy/ against pyproject.toml. `make lock-check` holds the lists against the package index."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[3]


def names_of(requirements: Iterable[str]) -> set[str]:
    """Packages that requirements name, without our own extras."""
    found = {re.split(r"[\[<>=!~; ]", one, maxsplit=1)[0] for one in requirements}
    return {re.sub("[_.]", "-", name).lower() for name in found} - {"kefu"}


def test_retrieval_has_in_its_images_what_it_may_be_configured_to_use() -> None:
    """Vectors in Milvus, and with a GPU models of sentence-transformers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    for name, wanted in (("retrieval", ["milvus"]), ("retrieval-gpu", ["milvus", "sentence-transformers"])):
        listed = (ROOT / "deploy/requirements" / f"{name}.txt").read_text("utf-8").splitlines()
        held = names_of(line for line in listed if "==" in line)
        asked = names_of(one for extra in ("retrieval", *wanted) for one in extras[extra])
        assert asked
        assert asked <= held, name


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


def test_time_zones_are_there_where_the_system_has_none() -> None:
    """Ubuntu 22.04 and small containers have none as they are installed: there every message was INTERNAL."""
    program = "from zoneinfo import ZoneInfo; print(ZoneInfo('Asia/Shanghai'))"
    found = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONTZPATH": ""}, capture_output=True, text=True, check=False
    )
    assert found.stdout == "Asia/Shanghai\n", found.stderr
