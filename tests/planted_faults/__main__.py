"""
Plant faults and see whether the tests find them: python -m tests.planted_faults

One after the other is planted in a copy of what is committed. The test that found one runs once more without it, and
has to pass.
"""

import argparse
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.planted_faults.faults import FAULTS, Fault
from tests.planted_faults.page import README, read_record, rendered, write_record
from tests.planted_faults.trying import ROOT, CannotTry, Outcome, scratch_copy, tried


def main() -> int:
    """The number to exit with."""
    options = _options()
    if options.list:
        for fault in FAULTS:
            print(f"{fault.name}  {fault.room}: {fault.wrong}\n    {' '.join(fault.tests)}")
        return 0
    if options.table:
        README.write_text(rendered(read_record()))
        return 0
    faults = [fault for fault in FAULTS if not options.only or fault.name in options.only]
    tree: Path = options.tree.resolve()
    revision = _revision(tree, options.revision)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the copy is removed then, too
    try:
        with scratch_copy(tree, revision) as copy:
            outcomes = _all_tried(faults, copy, options)
    except KeyboardInterrupt:
        print("Interrupted; the copy is removed.", file=sys.stderr)
        return 130
    found = sum(bool(outcome.found_by) for outcome in outcomes.values())
    print(f"{found} of {len(faults)} faults were found at {revision}.")
    return 0 if found == len(faults) else 1


def _all_tried(faults: Sequence[Fault], copy: Path, options: argparse.Namespace) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    for number, fault in enumerate(faults, 1):
        try:
            outcome = tried(fault, copy, whole=options.whole, workers=options.workers, baseline=not options.no_baseline)
        except CannotTry as reason:
            said = f"NOT TRIED: {reason}"
        else:
            outcomes[fault.name] = outcome
            said = f"found by {outcome.found_by}" if outcome.found_by else "NOT FOUND"
            said += f", {outcome.seconds:.0f} s"
            if options.record:
                write_record(options.record, fault.name, outcome.found_by)
        print(f"[{number}/{len(faults)}] {fault.name}: {said}", flush=True)
    return outcomes


def _revision(tree: Path, name: str) -> str:
    command = ["git", "rev-parse", "--short=8", "--verify", f"{name}^{{commit}}"]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True).stdout.strip()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.planted_faults", description=__doc__)
    add = parser.add_argument
    add("--only", action="append", metavar="NAME", choices=[fault.name for fault in FAULTS], help="these faults alone")
    add("--whole", action="store_true", help="run all tests that `make test` runs, and not only those of the table")
    add("--workers", type=int, default=2, help="workers of pytest with --whole; 2 unless given")
    add("--tree", type=Path, default=ROOT, metavar="PATH", help="another checkout; what is committed there is tried")
    add("--revision", default="HEAD", metavar="REV", help="another revision; tests that it lacks are left out")
    add("--no-baseline", action="store_true", help="do not run the test that found a fault once more without it")
    add("--record", choices=["before", "after"], help="keep the outcomes for a column of the table")
    add("--list", action="store_true", help="print the faults")
    add("--table", action="store_true", help="write README.md from the faults and what was recorded")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
