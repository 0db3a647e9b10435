"""The other routers, each in a virtual environment of its own: they must not decide what Kefu runs with."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


class Tool(NamedTuple):
    """A router from the Python Package Index, at the version that was compared."""

    name: str
    requirement: str


VLLM_ROUTER = Tool("vllm-router", "vllm-router==0.1.17")
LITELLM = Tool("litellm", "litellm[proxy]==1.108.7")


def cache() -> Path:
    """Where the environments are kept."""
    return Path(os.environ.get("KEFU_CACHE_DIR") or Path.home() / ".cache" / "kefu") / "compare"


def program(tool: Tool) -> Path:
    """Its program, installed first when it is not there. CalledProcessError when that fails."""
    folder = cache() / tool.name
    found, stamp = folder / "bin" / tool.name, folder / "requirement"
    if not found.exists() or not stamp.exists() or stamp.read_text() != tool.requirement:
        print(f"Installing {tool.requirement} into {folder} …", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, tool.requirement], check=True)
        stamp.write_text(tool.requirement)
    return found
