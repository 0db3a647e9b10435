"""Scheduling of tests on workers of pytest-xdist, and the tests that a run leaves out.

A unit of work is a file, all tests that share one fixture of the session, or the manifests: each is built once a
process. Units go to whichever worker is free, the
longest first, by the seconds that tests/durations.json has of them. Of units with a real model one runs at a time,
beside others. Tests marked `alone` run at the end, one after the other, when every other worker has ended.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

ENGINES = "engines"
"""The folder and the marker of what `make test-engines` runs, and nothing else does."""
DURATIONS = Path(__file__).parents[1] / "durations.json"
"""Seconds of each unit of a second or more, as `pytest --write-durations` measured them."""
_SHARED = ("demo", "desk_suite")
"""Fixtures of the session that take long to set up: all their tests are one unit."""
_MANIFESTS = "tests/manifests"
_QUICK = {"unit", "service"}
"""Folders of which `make quick` runs something."""
QUICK_SECONDS = 2
"""Most measured seconds of a file that it runs."""
_ALONE, _MODEL = "alone: ", "model: "


def top_folder(item: pytest.Item) -> str:
    """The folder of tests/ that holds this test, such as unit."""
    return item.path.relative_to(Path(__file__).parents[1]).parts[0]


def unit_of(item: pytest.Item) -> str:
    """The unit of work that this test belongs to, with what it may not run beside in front."""
    file = item.nodeid.partition("::")[0]
    shared = next((name for name in getattr(item, "fixturenames", ()) if name in _SHARED), None)
    if item.get_closest_marker("alone"):
        return _ALONE + file
    unit = f"tests that share {shared}" if shared else _MANIFESTS if file.startswith(_MANIFESTS) else file
    return _MODEL + unit if shared == "demo" or item.get_closest_marker("model") else unit


def sort_tests(items: Iterable[pytest.Item], seconds: Mapping[str, float]) -> list[pytest.Item]:
    """Tests by their units, those that take longest first and those that run alone last."""

    def rank(item: pytest.Item) -> tuple[bool, float, str]:
        unit = unit_of(item)
        return unit.startswith(_ALONE), -seconds.get(unit, 0.0), unit

    return sorted(items, key=rank)


def is_quick(path: Path, seconds: Mapping[str, float]) -> bool:
    """Whether `make quick` reads a file or a folder of tests/: not one whose tests were measured to take long."""
    parts = path.relative_to(DURATIONS.parent).parts
    if parts and parts[0] not in _QUICK and (len(parts) > 1 or path.is_dir()):
        return False
    file = "/".join(("tests", *parts))
    return sum(seconds.get(kind + file, 0) for kind in ("", _ALONE, _MODEL)) <= QUICK_SECONDS


def reason_left_out(item: pytest.Item, *, quick: bool, engines: bool | None) -> str:
    """Why a run leaves this test out; empty when it is run. `engines`: what needs engines is run alone, not, or too."""
    if engines is not None and engines != (top_folder(item) == ENGINES or item.get_closest_marker(ENGINES) is not None):
        return "tests of other runs" if engines else "tests of engines"
    return "tests with a real model" if quick and item.get_closest_marker("model") else ""


class RunNotes:
    """Notes of a worker to the scheduler, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, units: Mapping[str, str], left_out: Counter[str]) -> None:
        """Write the unit of each test by node id, and the number of those left out by reason."""
        self.path.write_text(json.dumps([units, left_out]))

    def units(self) -> dict[str, str]:
        """The units of tests by node id; none before a worker has written them."""
        return json.loads(self.path.read_text())[0] if self.path.exists() else {}

    def left_out(self) -> Counter[str]:
        """Number of tests left out, by reason."""
        return Counter(json.loads(self.path.read_text())[1] if self.path.exists() else {})


class UnitScheduling(LoadFileScheduling):
    """Keeps a unit's tests together on one worker."""

    def __init__(self, config: pytest.Config, log: object, notes: RunNotes) -> None:
        config.option.loadscopereorder = False  # they come in the order of `sort_tests`
        super().__init__(config, log)  # pyright: ignore[reportArgumentType]
        self._notes = notes
        self._units: dict[str, str] | None = None

    def _split_scope(self, nodeid: str) -> str:
        if self._units is None:
            self._units = self._notes.units()
        return self._units.get(nodeid) or super()._split_scope(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        others = [other for other in self.nodes if other is not node]
        busy_with_model = any(
            unit.startswith(_MODEL) and not all(tests.values())
            for other in others
            for unit, tests in self.assigned_work.get(other, {}).items()
        )
        chosen = next((unit for unit in self.workqueue if not (busy_with_model and unit.startswith(_MODEL))), None)
        if chosen is None:
            return  # until the other worker's unit has ended
        if chosen.startswith(_ALONE):
            if any(not other.shutting_down for other in others):
                node.shutdown()  # it ends what it has
                return
            if any(self._pending_of(self.assigned_work[other]) for other in others):
                return  # until they have ended
        self.workqueue.move_to_end(chosen, last=False)
        super()._assign_work_unit(node)

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        super().mark_test_complete(node, item_index, duration)
        if self.workqueue:
            for other in self.nodes:
                if other is not node and other in self.registered_collections:  # not one that still collects
                    self._reschedule(other)
