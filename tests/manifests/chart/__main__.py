"""
Write the Helm chart k8s/chart: python -m tests.manifests.chart

With --check nothing is written, and the status says whether it is current. With --release FOLDER the files of a release
are written there: kefu-cluster.yaml, each overlay (kefu-cpu-demo.yaml, ...), the chart (kefu-VERSION.tgz), SHA256SUMS.
"""

import argparse
import sys
from pathlib import Path

from tests.manifests.chart.helm import HelmFailed
from tests.manifests.chart.release import write_release
from tests.manifests.chart.writing import CHART, not_current, write


def main() -> int:
    """The number to exit with."""
    parser = argparse.ArgumentParser(prog="python -m tests.manifests.chart", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the chart is not current")
    parser.add_argument("--release", type=Path, metavar="FOLDER", help="write the files of a release (wants helm)")
    parser.add_argument("--registry", default="", help="where our images are: REGISTRY/kefu/router and so on")
    parser.add_argument("--digest", action="append", default=[], metavar="IMAGE=sha256:...", help="as it was pushed")
    options = parser.parse_args()
    if options.check:
        return _check()
    if options.release:
        return _release(options.release, options.registry, options.digest)
    write()
    return 0


def _check() -> int:
    stale = not_current()
    for path in stale:
        print(f"{CHART.name}/{path} is not what is generated: run python -m tests.manifests.chart")
    return 1 if stale else 0


def _release(folder: Path, registry: str, digests: list[str]) -> int:
    try:
        for path in write_release(
            folder, registry, {name: digest for name, _, digest in (one.partition("=") for one in digests)}
        ):
            print(path)
    except (HelmFailed, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
