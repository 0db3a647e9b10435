"""
Write the Helm chart k8s/chart: python -m tests.manifests.chart

With --check nothing is written, and the status says whether it is current.
"""

import argparse
import sys

from tests.manifests.chart.writing import CHART, not_current, write


def main() -> int:
    """The number to exit with."""
    parser = argparse.ArgumentParser(prog="python -m tests.manifests.chart", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the chart is not current")
    options = parser.parse_args()
    if not options.check:
        write()
        return 0
    stale = not_current()
    for path in stale:
        print(f"{CHART.name}/{path} is not what is generated: run python -m tests.manifests.chart")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
