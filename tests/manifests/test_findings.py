"""What an operator found who read every manifest: each finding has tests that are named after it."""

import re
from pathlib import Path

FINDINGS = {
    "b1": "images under a name of Docker Hub's that is not ours",
    "b2": "names, or the API server, out of reach on the clusters that people have",
    "b5": "an uninstall that takes the namespace, and with it the volume of Redis",
    "b6": "overlays and components that cannot be applied over each other",
    "b7": "no road to the desk for the staff",
    "b8": "certificates that end by design",
    "b9": "images with holes that are known",
}
"""The others, b3, b4 and b10, are the engines', and not of the manifests."""


def test_every_finding_has_tests_named_after_it() -> None:
    written = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    named = set(re.findall(r"^def test_(b\d+)_", written, re.MULTILINE))
    assert named == set(FINDINGS)
