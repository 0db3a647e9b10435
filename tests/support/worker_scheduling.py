"""Scheduling of tests on workers of pytest-xdist, and the tests that a quick run leaves out.

Files go to whichever worker is free, those that take long first. Tests marked `alone` or `model` run at the end, one
after the other, when every other worker has ended: they measure time, or need the whole machine.
"""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

_FOLDERS = ("suite", "browser", "faults", "service", "manifests", "unit")
"""Folders with the longest files first, so that workers end at about the same time."""
_NOT_QUICK = {"suite": "of the whole suite", "browser": "in a browser", "faults": "of faults"}
_ALONE = "alone: "


def is_alone(item: pytest.Item) -> bool:
    """Whether no other test may run beside this one."""
    return any(item.get_closest_marker(name) for name in ("alone", "model"))


def top_folder(item: pytest.Item) -> str:
    """The folder of tests/ that holds this test, such as unit."""
    return item.path.relative_to(Path(__file__).parents[1]).parts[0]


def sort_tests(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Tests by how long their folders take; those that run alone at the end, last those that use the demo."""

    def rank(item: pytest.Item) -> tuple[bool, bool, int]:
        folder, fixtures = top_folder(item), getattr(item, "fixturenames", ())
        return is_alone(item), "demo" in fixtures, _FOLDERS.index(folder) if folder in _FOLDERS else len(_FOLDERS)

    return sorted(items, key=rank)


def reason_left_out(item: pytest.Item) -> str:
    """Why a quick run leaves this test out; empty when it is run."""
    if item.get_closest_marker("model"):
        return "with a real model"
    if (folder := top_folder(item)) in _NOT_QUICK:
        return _NOT_QUICK[folder]
    parameters: dict[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    if "milvus" in (*getattr(item, "fixturenames", ()), parameters.get("vectors")):
        return "with Milvus"
    return "slow" if item.get_closest_marker("slow") else ""


class RunNotes:
    """Notes of a worker to the scheduler, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, alone: list[str], left_out: Counter[str]) -> None:
        """Write the tests that run alone, and the number of those left out by reason."""
        self.path.write_text(json.dumps([alone, left_out]))

    def alone(self) -> set[str]:
        """Node ids of tests that run alone."""
        return set(json.loads(self.path.read_text())[0]) if self.path.exists() else set()

    def left_out(self) -> Counter[str]:
        """Number of tests left out, by reason."""
        return Counter(json.loads(self.path.read_text())[1] if self.path.exists() else {})


class FileScheduling(LoadFileScheduling):
    """Keeps a file's tests together. Tests that run alone go to the last worker, once the others have ended."""

    def __init__(self, config: pytest.Config, log: object, notes: RunNotes) -> None:
        config.option.loadscopereorder = False  # they come in the order of `sort_tests`
        super().__init__(config, log)  # pyright: ignore[reportArgumentType]
        self._notes = notes
        self._alone: set[str] | None = None

    def _split_scope(self, nodeid: str) -> str:
        if self._alone is None:
            self._alone = self._notes.alone()
        return (_ALONE if nodeid in self._alone else "") + super()._split_scope(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if next(iter(self.workqueue)).startswith(_ALONE):
            others = [other for other in self.nodes if other is not node]
            if any(not other.shutting_down for other in others):
                node.shutdown()  # it ends what it has
                return
            if any(self._pending_of(self.assigned_work[other]) for other in others):
                return  # until they have ended
        super()._assign_work_unit(node)

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        super().mark_test_complete(node, item_index, duration)
        if self.workqueue:
            for other in self.nodes:
                if other is not node and other in self.registered_collections:  # not one that still collects
                    self._reschedule(other)
