"""What `kefu up` starts by default runs without PyTorch, transformers and vLLM, which its installation does not have.

Here all of them are installed. So each Python process of the suite looks at what it imports, and refuses these.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from kefu.testing.suite import clean_environment, running_suite

HEAVY = ("torch", "transformers", "vllm")
# `importlib.util.find_spec` may ask for them, as the choice of the engine does: importing them is what fails.
REFUSING = """
import importlib.abc, importlib.machinery, os, sys, traceback

class Refused(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name in {heavy!r} else None

    def create_module(self, spec):
        with open({record!r}, "a") as file:
            file.write(spec.name + " by " + " ".join(sys.argv) + "\\n" + "".join(traceback.format_stack(limit=20)))
        raise ModuleNotFoundError("No module named " + repr(spec.name), name=spec.name)

    def exec_module(self, module):
        raise AssertionError("it is never made")

sys.meta_path.insert(0, Refused())
with open({started!r}, "a") as file:
    file.write(" ".join(sys.orig_argv) + "\\n")
"""


class Watch:
    """A folder whose sitecustomize.py refuses the heavy packages, and what it has seen."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._record, self._started = folder / "imported", folder / "started"
        program = REFUSING.format(heavy=HEAVY, record=str(self._record), started=str(self._started))
        (folder / "sitecustomize.py").write_text(program)
        before = clean_environment().get("PYTHONPATH")
        self.path = f"{folder}:{before}" if before else str(folder)

    def imported(self) -> str:
        return self._record.read_text() if self._record.exists() else ""

    def started(self) -> str:
        return self._started.read_text() if self._started.exists() else ""


@pytest.mark.parametrize("package", HEAVY)
def test_the_watch_sees_an_import_that_happens(tmp_path: Path, package: str) -> None:
    watch = Watch(tmp_path / "watch")
    environment = clean_environment() | {"PYTHONPATH": watch.path}
    command = [
        sys.executable,
        "-c",
        f"import importlib.util; assert importlib.util.find_spec('{package}'); import {package}",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "ModuleNotFoundError" in done.stderr
    assert watch.imported().startswith(f"{package} by ")


@pytest.mark.timeout(400)
@pytest.mark.model
async def test_the_suite_starts_and_answers_without_them(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "watch")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "mattress.md").write_text("# Mattresses\n\nYou may try a mattress for 100 nights.\n")
    async with running_suite(tmp_path, "auto", "smollm2-135m", PYTHONPATH=watch.path) as suite:
        for service in ("router", "retrieval", "generation", "gateway"):
            assert f"kefu.{service}" in watch.started(), "each has had the watch"
        imported = await suite.kefu("import", str(tmp_path / "docs"), "--create")
        assert imported.status == 0, imported
        answer = await suite.kefu_json("ask", "For how many nights may I try a mattress?")
        assert answer["text"]
    assert watch.imported() == ""
