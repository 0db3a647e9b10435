"""README.md of this folder: written from the faults and the outcomes that were recorded."""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.planted_faults.faults import FAULTS

README = Path(__file__).with_name("README.md")
_RECORD = Path(__file__).with_name("outcomes.json")
_TEXT = """\
# Planted faults

Do the tests find what they are there for? Each patch in `faults/` is one small fault that a customer, a lead or an
operator would notice. `python -m tests.planted_faults` plants one after the other in a copy of what is committed, runs
the tests that should find it, and says which one did. That test runs once more without the fault, and has to pass. The
status is 1 if a fault was not found.

```console
$ .venv/bin/python -m tests.planted_faults                      # all of them
$ .venv/bin/python -m tests.planted_faults --only 19-storage    # one; --list names them
$ .venv/bin/python -m tests.planted_faults --whole              # with every test of make test: hours
$ .venv/bin/python -m tests.planted_faults --revision REV       # the same faults in another revision
$ .venv/bin/python -m tests.planted_faults --table              # writes this page, after a run with --record
```

A fault that no test finds wants a test. A patch that does not apply any more is written anew, for the same fault:
change the line, take `git diff`, and take the change back. A new package gets a fault in `faults.py`.

Before is revision b852c11a, after is this one. Only the tests that `faults.py` names were run.

| fault | room | what goes wrong | found before by | found after by |
|---|---|---|---|---|
"""


Record = Mapping[str, Mapping[str, str]]
"""By column, "before" and "after", and by fault: the test that found it. Empty: none did."""


def read_record() -> dict[str, dict[str, str]]:
    """What was recorded."""
    return json.loads(_RECORD.read_text()) if _RECORD.exists() else {}


def write_record(column: str, fault: str, found_by: str) -> None:
    """Keep the outcome of a fault. Those of others stay."""
    record = read_record()
    record[column] = dict(sorted({**record.get(column, {}), fault: found_by}.items()))
    _RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def rendered(record: Record) -> str:
    """The page."""
    rows = [
        f"| {fault.name} | {fault.room} | {fault.wrong} | {_cell(record, 'before', fault.name)} "
        f"| {_cell(record, 'after', fault.name)} |"
        for fault in FAULTS
    ]
    return _TEXT + "\n".join(rows) + "\n"


def _cell(record: Record, column: str, name: str) -> str:
    found_by = record.get(column, {}).get(name)
    if found_by is None:
        return "not tried"
    return f"`{found_by.replace('|', '/')}`" if found_by else "**not found**"
