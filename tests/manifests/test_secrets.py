"""Secrets that come from elsewhere hold what the pods read, under the names by which they read it."""

from pathlib import Path
from typing import Any

import yaml

from kefu.testing.kustomize import K8S, Object, builds, containers, name_of, pod_of, with_jobs
from tests.manifests.schemas import problems_of

WRITTEN = K8S / "secrets" / "external-secrets.yaml"
OTHERWISE = {
    *("kefu-edge-tls", "kefu-inside-tls", "kefu-redis-authority", "kefu-operations", "kefu-milvus"),
    *("kefu-archive", "kefu-backup", "kefu-backup-identity"),
}
"""Of certificates, which cert-manager makes, and of components that only some take."""


def read_by_pods(folder: Path) -> set[tuple[str, str]]:
    """Secret and key of all that pods read as variables or as named files."""
    found: set[tuple[str, str]] = set()
    for workload in with_jobs(folder):
        for container in containers(workload):
            for variable in container.get("env", []):
                reference = variable.get("valueFrom", {}).get("secretKeyRef")
                if reference:
                    found.add((reference["name"], reference["key"]))
        for volume in pod_of(workload).get("volumes", []):
            secret: Any = volume.get("secret", {})
            found |= {(secret["secretName"], item["key"]) for item in secret.get("items", [])}
    return found


def made(one: Object) -> set[tuple[str, str]]:
    target = one["spec"]["target"]
    keys = target.get("template", {}).get("data") or [each["secretKey"] for each in one["spec"]["data"]]
    return {(target["name"], key) for key in keys}


def test_external_secrets_make_what_the_pods_read() -> None:
    objects: list[Object] = list(yaml.safe_load_all(WRITTEN.read_text("utf-8")))
    assert {name_of(one): problems_of(one) for one in objects if problems_of(one)} == {}
    wanted = {pair for folder in builds() for pair in read_by_pods(folder)}
    assert {pair for one in objects for pair in made(one)} == {pair for pair in wanted if pair[0] not in OTHERWISE}
    assert all(one["spec"]["target"]["deletionPolicy"] == "Retain" for one in objects), (
        "a vault that is away takes none"
    )


def test_the_page_of_secrets_names_all_that_pods_read_and_their_keys() -> None:
    rows = [line for line in (K8S / "secrets" / "README.md").read_text("utf-8").splitlines() if line.startswith("| `")]
    for secret, key in {pair for folder in builds() for pair in read_by_pods(folder)}:
        assert any(f"`{secret}`" in row and f"`{key}`" in row for row in rows), f"{secret}: {key}"
