"""deploy/requirements/ and the constraints against the package index: `make lock-check`, where it can be reached."""

import os
import subprocess
import urllib.error
import urllib.request
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
