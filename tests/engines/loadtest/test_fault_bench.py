"""The fault table's own machinery, end to end: real processes, real customers, one replica really killed."""

from pathlib import Path

from loadtest.bench.bench import BenchSettings, open_bench
from loadtest.bench.reference import ask_reference
from loadtest.faults.injections import FAULTS
from loadtest.faults.recovery import Baseline
from loadtest.faults.report import row_of
from loadtest.faults.runner import run_fault


async def test_a_replica_killed_under_load_costs_no_customer_a_character(tmp_path: Path) -> None:
    [fault] = [fault for fault in FAULTS if fault.name == "kill-generation"]
    settings = BenchSettings(generations=2, retrievals=1, routers=1, answer_tokens=50, folders=("refunds",))
    async with open_bench(tmp_path, settings) as bench:
        reference = await ask_reference(bench)
        assert "simulated" in reference.text
        result = await run_fault(bench, fault, seconds=4, conversations=5, reference=reference, warm_seconds=3)
        assert len(result.records) > 5
        # How fast this machine is does not matter here: what is normal comes from the very run.
        normal = Baseline.of(result.records)
        row = row_of(fault, result.run, result.records, reference.text, result.stored, normal)
    assert (row.failed, row.degraded, row.repeated, row.missing, row.lost) == (0, 0, 0, 0, 0), row
    assert any("was killed with" in note for note in row.notes)
