"""Too heavy for every run: collected by `make kube-play` alone; skipped there, with the reason, where podman is not."""

import os
import sys

import pytest

from tests.pods.podman import reason_not_to_play

collect_ignore_glob = [] if os.environ.get("KEFU_KUBE_PLAY") else ["*/test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without podman or the images nothing is tried here, and it is said why."""
    here = [item for item in items if "/tests/pods/" in str(item.path)]
    if here and (reason := reason_not_to_play()):
        sys.stderr.write(f"\nNOTHING OF tests/pods IS TRIED: {reason}\n")
        for item in here:
            item.add_marker(pytest.mark.skip(reason=reason))
