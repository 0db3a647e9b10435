"""
Alerts for Prometheus without its operator: python -m tests.manifests.rules - writes deploy/prometheus/rules.yml.

They are the groups of k8s/components/monitoring, but for those that want a cluster's exporters (cluster-rules.yaml).
"""

from pathlib import Path
from typing import Any

import yaml

from kefu.testing.kustomize import K8S, ROOT

MONITORING = K8S / "components" / "monitoring"
EVERYWHERE = ("rules.yaml", "slo.yaml")
CLUSTER = "cluster-rules.yaml"
WRITTEN = ROOT / "deploy" / "prometheus" / "rules.yml"
_HEAD = "# Written by `python -m tests.manifests.rules` from k8s/components/monitoring; a test compares them.\n"


def groups_of(*names: str) -> list[dict[str, Any]]:
    """The groups of rules of some files of the component."""
    read = [yaml.safe_load((MONITORING / name).read_text("utf-8")) for name in names]
    return [group for one in read for group in one["spec"]["groups"]]


def write(path: Path, *names: str) -> None:
    """Write the groups as Prometheus reads them."""
    text = yaml.safe_dump({"groups": groups_of(*names)}, sort_keys=False, width=120, allow_unicode=True)
    path.write_text(_HEAD + text, "utf-8")


if __name__ == "__main__":
    write(WRITTEN, *EVERYWHERE)
    print(f"wrote {WRITTEN}")
