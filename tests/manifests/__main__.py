"""
Check the manifests: python -m tests.manifests - says of each build what it is, and what is wrong with it.

Builds every overlay and every check of k8s/ with `kubectl kustomize`, and the chart for each cluster with helm,
validates each object strictly, and runs checkov's policies over them. The tests beside this file hold them against the
services' own configuration: make k8s-check runs both.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import yaml

from kefu.testing.kustomize import CLUSTER, ROOT, BuildFailed, builds, name_of, objects_of, text_of
from tests.manifests import checkov
from tests.manifests.chart.helm import CHART, MISSING, helm, rendered
from tests.manifests.schemas import KUBERNETES, problems_of


def main() -> int:
    """The number to exit with."""
    began = time.perf_counter()
    failures = 0
    with tempfile.TemporaryDirectory() as scratch:
        print(f"Building with kubectl kustomize, validating strictly (Kubernetes {KUBERNETES}, others' schemas):")
        for folder in (CLUSTER, *builds()):
            failures += _build(folder, Path(scratch))
        failures += _chart(Path(scratch))
        failures += _policies(Path(scratch))
    print(f"{'FAILED' if failures else 'All well'}, {time.perf_counter() - began:.0f} s")
    return 1 if failures else 0


def _build(folder: Path, scratch: Path) -> int:
    where = folder.relative_to(ROOT)
    try:
        objects = objects_of(folder)
    except BuildFailed as error:
        print(f"  {where}: DOES NOT BUILD: {error}")
        return 1
    (scratch / f"{folder.name}.yaml").write_text(text_of(folder), "utf-8")
    problems = [(one, problem) for one in objects for problem in problems_of(one)]
    kinds = Counter(one["kind"] for one in objects)
    most = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(4))
    print(f"  {where}: {len(objects)} objects ({most}, ...), {'valid' if not problems else 'NOT VALID'}")
    for one, problem in problems:
        print(f"    {name_of(one)}: {problem}")
    return len(problems)


def _chart(scratch: Path) -> int:
    """What helm makes of each cluster's values: validated, and what no overlay or check has left for the policies."""
    if helm() is None:
        print(MISSING)
        return 0
    problems = 0
    known = [one for folder in builds() for one in objects_of(folder)]
    for file in sorted((CHART / "clusters").glob("*.yaml")):
        objects = rendered(["-f", file])
        found = [(one, problem) for one in objects for problem in problems_of(one)]
        print(f"  {file.relative_to(ROOT)}: {len(objects)} objects, {'valid' if not found else 'NOT VALID'}")
        for one, problem in found:
            print(f"    {name_of(one)}: {problem}")
        problems += len(found)
        own = [one for one in objects if one not in known]
        known += own
        (scratch / f"chart-{file.name}").write_text(yaml.safe_dump_all(own), "utf-8")
    return problems


def _policies(scratch: Path) -> int:
    if not checkov.BINARY.exists():
        print("checkov is not installed (make k8s-check does it): its policies were NOT checked.")
        return 1
    passed, findings = checkov.run(scratch)
    print(f"checkov: {passed} checks passed, {len(findings)} failed, with these exceptions:")
    for policy, where, why in checkov.EXCEPTIONS:
        print(f"  {policy} ({where or 'everywhere'}): {why}")
    for finding in findings:
        print(f"  FAILED {finding.policy} at {finding.resource}: {finding.what}")
    return len(findings)


if __name__ == "__main__":
    sys.exit(main())
