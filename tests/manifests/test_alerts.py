"""What makes alerts ring, and what does not, by promtool."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.manifests import rules

TESTS = rules.WRITTEN.parent
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None,
    reason="promtool is not installed (apt-get install prometheus): when alerts ring was not tried",
)


@needs_promtool
@pytest.mark.parametrize(
    ("name", "source"),
    [("rules_test.yml", "rules.yaml"), ("slo_test.yml", "slo.yaml"), ("cluster_rules_test.yml", rules.CLUSTER)],
)
def test_alerts_ring_when_they_should_and_not_when_they_should_not(name: str, source: str, tmp_path: Path) -> None:
    assert PROMTOOL, "promtool is not installed: apt-get install prometheus"
    # Of one file each: evaluating what is not tried takes most of the time.
    rules.write(tmp_path / ("cluster-rules.yml" if source == rules.CLUSTER else "rules.yml"), source)
    (tmp_path / name).write_text((TESTS / name).read_text("utf-8").replace("/etc/prometheus/", f"{tmp_path}/"), "utf-8")
    told = subprocess.run([PROMTOOL, "test", "rules", tmp_path / name], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_every_alert_of_the_objectives_and_of_others_exporters_is_one_that_has_been_made_to_ring() -> None:
    tried = "".join(path.read_text("utf-8") for path in TESTS.glob("*_test.yml"))
    for group in rules.groups_of("slo.yaml", rules.CLUSTER):
        for rule in group["rules"]:
            assert rule.get("alert", "") in tried


def test_alerts_of_the_objectives_have_the_windows_and_factors_of_the_sre_workbook() -> None:
    budgets = {"KefuFirstTextBudget": "0.05", "KefuAnswersBudget": "0.001", "KefuEdgeBudget": "0.001"}
    page = (rules.ROOT / "docs/operate/slo.md").read_text("utf-8")
    rules_of = [rule for group in rules.groups_of("slo.yaml") for rule in group["rules"]]
    alerts = {rule["alert"]: rule for rule in rules_of if "alert" in rule}
    assert {name.removesuffix("Fast").removesuffix("Slow") for name in alerts} == budgets.keys()
    for name, budget in budgets.items():
        fast = re.findall(r"ratio_rate(\w+)\{[^}]*\} > ([\d.]+) \* ([\d.]+)", alerts[f"{name}Fast"]["expr"])
        assert fast == [("1h", "14.4", budget), ("5m", "14.4", budget), ("6h", "6", budget), ("30m", "6", budget)]
        slow = re.findall(r"ratio_rate(\w+)\{[^}]*\} > ([\d.]+)", alerts[f"{name}Slow"]["expr"])
        assert slow == [("3d", budget), ("6h", budget)]
        assert f"{100 - 100 * float(budget):g} %" in page
