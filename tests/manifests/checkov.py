"""checkov's policies for Kubernetes, with every exception and its reason."""

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from kefu.testing.kustomize import ROOT

BINARY = ROOT / "build" / "checkov" / "bin" / "checkov"


class Exempt(NamedTuple):
    """A policy that is not met, where, and why."""

    policy: str
    where: str
    """Part of the file's or the resource's name as checkov writes them; empty: everywhere."""
    why: str


EXCEPTIONS = (
    Exempt(
        "CKV_K8S_43",
        "",
        "images by digest: a digest is known when a release is pushed; k8s/README.md says how to set it",
    ),
    Exempt("CKV_K8S_15", "", "pull policy Always: tags here never move, and a cluster without a registry has to start"),
    Exempt("CKV_K8S_35", "", "secrets as files: the services read their configuration from the environment"),
    Exempt(
        "CKV_K8S_40",
        "openshift",
        "a high user number: OpenShift's own constraint gives one, and refuses any that is named",
    ),
    Exempt("CKV_K8S_38", "kefu-router", "service account tokens: the router watches EndpointSlices"),
)


class Finding(NamedTuple):
    """A policy that a resource does not meet."""

    policy: str
    resource: str
    what: str
    file: str


def run(manifests: Path) -> tuple[int, list[Finding]]:
    """How many checks passed in a folder of manifests, and what was found beyond the exceptions."""
    done = subprocess.run(
        [BINARY, "-d", str(manifests), "--framework", "kubernetes", "--output", "json", "--skip-download", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    try:
        report: Any = json.loads(done.stdout)
        failed, passed = report["results"]["failed_checks"], report["summary"]["passed"]
    except (ValueError, KeyError, TypeError) as error:
        raise RuntimeError(f"checkov gave no report: {done.stderr.strip() or done.stdout[:500]}") from error
    found = [Finding(one["check_id"], one["resource"], one["check_name"], one["file_path"]) for one in failed]
    return passed, [finding for finding in found if not _exempt(finding)]


def _exempt(finding: Finding) -> bool:
    return any(one.policy == finding.policy and one.where in f"{finding.file} {finding.resource}" for one in EXCEPTIONS)
