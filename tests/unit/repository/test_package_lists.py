"""deploy/requirements/ and the constraints against the package index: `make lock-check`, where it can be reached."""

import os
import re
import subprocess
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
UV = ROOT / "build" / "tools" / "bin" / "uv"


def index_answers() -> bool:
    """Whether uv's index can be reached, found out within a few seconds."""
    index = os.environ.get("UV_DEFAULT_INDEX", "https://pypi.org/simple").rstrip("/")
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{index}/kefu-is-there/", method="HEAD"), timeout=5):
            return True
    except urllib.error.HTTPError as answer:
        return answer.code == 404  # it knows no such package
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_lists_are_current_and_vllm_resolves_beside_that_of_the_gpu_image() -> None:
    if not UV.exists():
        pytest.skip("no uv: make build/tools/.made")
    if not index_answers():
        pytest.skip("the package index cannot be reached")
    done = subprocess.run(
        [str(ROOT / "deploy" / "requirements" / "lock.sh"), str(UV), "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


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
