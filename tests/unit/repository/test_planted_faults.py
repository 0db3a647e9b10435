"""The faults of tests/planted_faults do not rot: each can be planted, and each package of the services has one."""

import re
import subprocess
from pathlib import Path

from tests.planted_faults.faults import FAULTS, PATCHES
from tests.planted_faults.page import README, read_record, rendered

ROOT = Path(__file__).parents[3]
_NOT_RUN = ("tests/engines/", "tests/compose/", "tests/pods/", "tests/apiserver/")
"""Folders that `make test` leaves out."""
_WITHOUT_FAULT = {
    "__main__",
    "service",
    "wings",
    "domain",
    "config",
    "metrics",
    "v1",
    "retrieval_client",
    "answering/explaining",
}
"""Wiring, values and notes, which show in whatever uses them."""


def packages_of_architecture() -> set[str]:
    """The packages in the router's table and in retrieval's line below it."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    _, _, after = text.partition("| layer | packages |")
    table, _, rest = after.partition("\n\n")
    rows = [row.split("|")[2] for row in table.splitlines() if row.count("|") == 3]
    retrieval = re.search(r"^Retrieval, likewise: .*?\.$", rest, re.MULTILINE | re.DOTALL)
    assert retrieval is not None
    found = {f"router/{name}" for row in rows for name in _names(row)}
    return found | {f"retrieval/{name}" for name in _names(retrieval[0])}


def _names(text: str) -> list[str]:
    return [name for name in re.findall(r"`([a-z_0-9/]+)`", text) if name not in _WITHOUT_FAULT]


def test_every_patch_applies_to_the_tree() -> None:
    assert sorted(PATCHES.glob("*.patch")) == sorted(fault.patch for fault in FAULTS)
    command = ["git", "apply", "--check", *(str(fault.patch) for fault in FAULTS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_test_that_a_fault_names_is_there_and_run_by_make_test() -> None:
    named = {test for fault in FAULTS for test in fault.tests}
    assert {test for test in named if not (ROOT / test).is_file() or test.startswith(_NOT_RUN)} == set()


def test_there_are_at_least_thirty_and_each_package_of_router_and_retrieval_has_one() -> None:
    assert len(FAULTS) >= 30
    packages = packages_of_architecture()
    assert len(packages) > 25
    assert packages - {fault.room for fault in FAULTS} == set()


def test_the_page_is_what_the_table_and_the_record_make() -> None:
    assert README.read_text() == rendered(read_record())
