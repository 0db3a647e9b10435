"""Trying a fault: a scratch copy of the tree with the patch in it, and the tests that are to find it."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

from tests.planted_faults.faults import Fault

ROOT = Path(__file__).parents[2]
WEB = "services/kefu/gateway/web"
_NODE_MODULES = f"{WEB}/node_modules"
_FAILED = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+)", re.MULTILINE)
"""Without the parameters: they are words, and the whole function is run again on the copy without a fault."""
_FAILED_PAGE = re.compile(r"^\s*FAIL\s+(.+?)\s*$", re.MULTILINE)
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_NO_TESTS = 5
"""Status of pytest where there was nothing to run."""
_TESTS_FAILED = (1, 2)
"""Status of pytest where tests failed, or could not be collected."""

_TEARDOWN_SECONDS = 60


class CannotTry(Exception):
    """A fault cannot be tried here; the text says why."""


@dataclass(frozen=True)
class Outcome:
    """What came of one fault."""

    found_by: str
    """The first test that failed; empty: none did."""
    seconds: float


@contextmanager
def scratch_copy(tree: Path, revision: str) -> Iterator[Path]:
    """A copy of what a revision of a tree holds, while the block runs. Environment and node_modules are linked."""
    with tempfile.TemporaryDirectory(prefix="kefu-fault-") as folder:
        copy = Path(folder) / "tree"
        try:
            _git(tree, "worktree", "add", "--quiet", "--detach", str(copy), revision)
            for name in (".venv", _NODE_MODULES):
                if (ROOT / name).exists() and not (copy / name).exists():
                    (copy / name).symlink_to((ROOT / name).resolve())
            yield copy
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(copy)], cwd=tree, capture_output=True)


@contextmanager
def planted(fault: Fault, copy: Path) -> Iterator[None]:
    """A block in which a copy has a fault. Raises CannotTry where its patch does not apply."""
    _git(copy, "apply", str(fault.patch))
    try:
        yield
    finally:
        _git(copy, "checkout", "--quiet", "--", ".")


def first_failure(copy: Path, tests: Sequence[str], *options: str) -> str:
    """The first test that fails in a copy; empty when none does. Without `tests` it is all that `make test` runs.

    Files that the copy has not are left out. Raises CannotTry when nothing is left.
    """
    there = [test for test in tests if (copy / test.partition("::")[0]).exists()]
    pages = [test for test in there if test.startswith(f"{WEB}/")]
    python = [test for test in there if test not in pages]
    if tests and not (pages or python):
        raise CannotTry("none of its tests is there")
    if pages or not tests:
        failed = _failed_page(copy, [str(Path(page).relative_to(WEB)) for page in pages])
        if failed:
            return failed
    return _failed_in_python(copy, python, *options) if python or not tests else ""


def tried(fault: Fault, copy: Path, *, whole: bool, workers: int, baseline: bool) -> Outcome:
    """Plant a fault in a copy, and run its tests, or all. Raises CannotTry.

    With `baseline` the test that found it runs once more without the fault, and has to pass: else CannotTry.
    """
    options = (f"--numprocesses={workers}",) if whole else ()
    with planted(fault, copy):
        began = time.monotonic()
        found_by = first_failure(copy, () if whole else fault.tests, *options)
        outcome = Outcome(found_by, time.monotonic() - began)
    # A test of the pages is named behind its file, and the whole file is run.
    if found_by and baseline and first_failure(copy, [found_by.partition(" > ")[0]]):
        raise CannotTry(f"{found_by} fails without the fault as well")
    return outcome


def _failed_in_python(copy: Path, tests: Sequence[str], *options: str) -> str:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *options, *tests]
    done = _run(command, copy)
    if done.returncode == 0:
        return ""
    if done.returncode == _NO_TESTS:
        raise CannotTry("its files hold no test that runs here")
    failed = _FAILED.search(done.stdout)
    if done.returncode not in _TESTS_FAILED or failed is None:
        raise CannotTry(f"pytest ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return failed[1]


def _failed_page(copy: Path, tests: Sequence[str]) -> str:
    if not (copy / _NODE_MODULES).exists():
        raise CannotTry(f"there is no {_NODE_MODULES}; run npm ci there")
    done = _run(["node_modules/.bin/vitest", "run", *tests], copy / WEB)
    if done.returncode == 0:
        return ""
    said = _COLORS.sub("", done.stdout + done.stderr)
    failed = _FAILED_PAGE.search(said)
    if failed is None:
        raise CannotTry(f"vitest ended with {done.returncode}:\n{said[-2000:]}")
    return f"{WEB}/{failed[1]}"


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command on the code of the copy that holds a folder. What PYTHONPATH names already comes after that."""
    copy = folder if (folder / "services").exists() else folder.parents[len(Path(WEB).parts) - 1]
    path = [str(copy / "services"), str(copy), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    # The copy is thrown away: what its tests start need not compile all of it each time.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    # In a session of its own: Ctrl-C reaches it through us alone, once, and it ends what its fixtures started.
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=PIPE, stderr=PIPE, text=True, start_new_session=True
    ) as process:
        try:
            out, err = process.communicate()
        except BaseException:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=_TEARDOWN_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
        return subprocess.CompletedProcess(command, process.returncode, out, err)


def _git(folder: Path, *words: str) -> None:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotTry(f"git {words[0]}: {done.stderr.strip()}")
