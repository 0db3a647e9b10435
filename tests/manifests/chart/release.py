"""The files of a release: the overlays, rendered, and the chart, packed; both name the images that were published."""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from kefu.testing.kustomize import CLUSTER, text_of
from tests.manifests.chart.helm import CHART, run, template
from tests.manifests.chart.source import profiles
from tests.manifests.chart.writing import release

OURS = ("router", "gateway", "retrieval", "generation")
VARIANTS = (*OURS, "retrieval-gpu", "generation-cpu", "generation-gpu")


def image_values(registry: str, digests: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The value `images` for a registry that has our images. Raises ValueError for a name or a digest that is none."""
    for name, digest in digests.items():
        if name not in VARIANTS or not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
            raise ValueError(f"{name}={digest} is no image of ours ({', '.join(VARIANTS)}) with a digest, sha256:…")
    found: dict[str, dict[str, str]] = (
        {name: {"repository": f"{registry}/kefu/{name}"} for name in OURS} if registry else {}
    )
    for name, digest in digests.items():
        found[name] = found.get(name, {}) | {"digest": digest}
    return found


def write_release(folder: Path, registry: str = "", digests: Mapping[str, str] | None = None) -> list[Path]:
    """Write them into a folder, with their sums. Raises HelmFailed, BuildFailed and ValueError."""
    images = image_values(registry, digests or {})
    folder.mkdir(parents=True, exist_ok=True)
    found = {folder / "kefu-cluster.yaml": text_of(CLUSTER)}
    with tempfile.TemporaryDirectory() as scratch:
        chart = Path(shutil.copytree(CHART, Path(scratch) / "kefu"))
        values = chart / "values.yaml"
        before = values.read_text("utf-8")
        after = before.replace("\nimages: {}\n", f"\nimages: {json.dumps(images)}\n")
        if images and after == before:
            raise ValueError("values.yaml has no `images: {}` any more")
        values.write_text(after, "utf-8")
        for profile in profiles():
            found[folder / f"kefu-{profile}.yaml"] = template("--set", f"profile={profile}", chart=chart)
        run("package", chart, "--destination", folder)
    for path, text in found.items():
        path.write_text(f"# Kefu {release()}. k8s/README.md says what comes before it.\n{text}", "utf-8")
    written = [*found, folder / f"kefu-{release()}.tgz"]
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in written)
    (folder / "SHA256SUMS").write_text(sums, "utf-8")
    return [*written, folder / "SHA256SUMS"]
