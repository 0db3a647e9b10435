"""
Run a program with the packages of an image alone: python -m tests.manifests.command_line IMAGE MODULE WORD...

The lists of packages in deploy/requirements say what an image holds; a module of any other is not found here.
"""

import importlib.machinery
import importlib.metadata
import re
import runpy
import sys
from collections.abc import Sequence
from types import ModuleType

from kefu.testing.kustomize import ROOT


def _normal(name: str) -> str:
    return re.sub("[_.]", "-", name).lower()


def missing_in(image: str) -> set[str]:
    """Top-level modules that are installed here and not in the image."""
    listed = (ROOT / "deploy" / "requirements" / f"{image}.txt").read_text("utf-8")
    held = {_normal(name) for name in re.findall(r"^([\w.-]+)==", listed, re.MULTILINE)} | {"kefu"}
    installed = importlib.metadata.packages_distributions()
    return {module for module, sources in installed.items() if not any(_normal(one) in held for one in sources)}


class _NotThere:
    """A finder that stands before all others, and says that a module is not there."""

    def __init__(self, modules: set[str]) -> None:
        self._modules = modules

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] in self._modules:
            raise ModuleNotFoundError(f"No module named {name!r} in this image", name=name)
        return None


if __name__ == "__main__":
    sys.meta_path.insert(0, _NotThere(missing_in(sys.argv[1])))
    module = sys.argv[2]
    sys.argv = ["kefu", *sys.argv[3:]]
    runpy.run_module(module, run_name="__main__")
