"""What the reference pages list is complete: every reason of a failure, every metric, every variable."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY, CollectorRegistry

from kefu.common import errors
from kefu.generation.engine_metrics import EngineMetrics
from tests.support.generation_harness import ScriptedEngine

DOCS = Path(__file__).parents[3] / "docs"


def rows(page: str) -> dict[str, list[str]]:
    """The rows of a page's tables that begin with a name in code, by that name."""
    lines = re.findall(r"^\| `([^`]+)` \|(.*)\|$", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    return {name: [cell.strip() for cell in re.split(r"(?<!\\)\|", rest)] for name, rest in lines}


def test_the_page_of_errors_has_every_reason_with_its_code() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ServiceError)]
    known = {kind.reason: kind.code.name for kind in kinds if kind is not errors.ServiceError}
    assert {name: cells[0] for name, cells in rows("reference/errors.md").items()} == known


def test_the_page_of_metrics_has_every_metric_with_its_type_and_labels() -> None:
    for service in ("router", "retrieval", "generation", "gateway"):
        importlib.import_module(f"kefu.{service}.__main__")
    known = {name: told for name, told in described(REGISTRY).items() if name.startswith("kefu_")}
    assert told_of_metrics("kefu_") == known


def test_the_page_of_metrics_has_those_by_which_engines_are_counted() -> None:
    registry = CollectorRegistry()
    EngineMetrics(ScriptedEngine(()), registry)
    known = {
        name: (kind, tuple(label for label in labels if label not in ("model_name", "engine")))
        for name, (kind, labels) in described(registry).items()
    }
    assert told_of_metrics("vllm:") == known


def described(registry: CollectorRegistry) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Type and labels of the metrics in a registry."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    collectors: set[Any] = set(registry._names_to_collectors.values())  # pyright: ignore[reportPrivateUsage] - no other way
    for collector in collectors:
        for family in collector.describe() if hasattr(collector, "describe") else ():
            name = f"{family.name}_total" if family.type == "counter" else family.name
            found[name] = (family.type, tuple(getattr(collector, "_labelnames", ())))
    return found


def told_of_metrics(prefix: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Type and labels of the metrics of the page."""
    return {
        name: (cells[0], tuple(re.findall(r"(?:^|, )`(\w+)`", re.sub(r":.*", "", cells[1]))))
        for name, cells in rows("reference/metrics.md").items()
        if name.startswith(prefix)
    }


@pytest.mark.parametrize("marker", ["<!-- begin generated: make configuration -->", "<!-- end generated -->"])
def test_the_table_of_variables_stands_between_its_markers(marker: str) -> None:
    assert (DOCS / "reference/configuration.md").read_text("utf-8").count(marker) == 1
