"""What a load test says of the machine that it ran on."""

import json
from pathlib import Path

import pytest

from kefu.common.resource_limits.cpu_budget import usable_cores
from loadtest.harness.environment import INSTRUCTION_SETS, describe_environment, read_environment

SAPPHIRE_RAPIDS = "fpu sse4_2 avx2 avx512f avx_vnni avx512_vnni amx_tile amx_int8"


def cpu_info(folder: Path, flags: str, model: str = "Intel(R) Xeon(R) Platinum 8488C") -> Path:
    path = folder / "cpuinfo"
    one = f"processor\t: 0\nmodel name\t: {model}\n{flags}\n"
    path.write_text(f"{one}\n{one.replace(model, 'another')}")
    return path


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (f"flags\t\t: {SAPPHIRE_RAPIDS}", "amx_int8 avx512_vnni avx_vnni avx512f avx2"),
        ("flags\t\t: fpu avx avx2", "avx2"),
        ("flags\t\t: fpu sse4_2 avx", f"none of {', '.join(INSTRUCTION_SETS)}"),
        ("Features\t: fp asimd", "unknown"),
    ],
)
def test_the_instruction_sets_that_matter_are_told_and_no_others(tmp_path: Path, flags: str, told: str) -> None:
    assert describe_environment(cpu_info(tmp_path, flags)).instructions == told


def test_the_line_names_processor_cores_and_load(tmp_path: Path) -> None:
    found = describe_environment(cpu_info(tmp_path, f"flags\t: {SAPPHIRE_RAPIDS}"))
    assert found.processor == "Intel(R) Xeon(R) Platinum 8488C"
    assert found.usable_cores == usable_cores()
    for part in (found.time, found.processor, "amx_int8", f"{usable_cores():g} usable cores", found.machine):
        assert part in str(found)
    assert str(found).endswith(f"load average {found.load_average}")


def test_where_the_system_does_not_tell_the_instructions_are_unknown(tmp_path: Path) -> None:
    found = describe_environment(tmp_path / "missing")
    assert found.instructions == "unknown"
    assert "instructions unknown" in str(found)


def test_json_holds_all_of_it_and_another_process_reads_it_again(tmp_path: Path) -> None:
    found = describe_environment(cpu_info(tmp_path, "flags\t: avx2", "One of its own"))
    written = json.dumps(found.as_json())
    assert {"time", "processor", "instructions", "usable_cores", "machine", "load_average"} == set(json.loads(written))
    assert read_environment(written) == found
    assert read_environment("").processor != "One of its own"
