"""What the images hold may be passed on under Kefu's own licence: nothing in them is under the GPL or AGPL alone."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

LISTS = Path(__file__).parents[3] / "deploy/requirements"
IMAGES = ("router", "gateway", "retrieval", "retrieval-gpu", "generation-cpu", "generation-gpu")
COPYLEFT = re.compile(r"\bA?GPL|(?<!Lesser )General Public")


def licences_of(package: str) -> list[str]:
    """The licences of a package, of which whoever passes it on may choose one."""
    told = metadata(package)
    if "License-Expression" in told:
        expression = told["License-Expression"]
        return [expression] if " AND " in expression else re.split(r"\s+OR\s+", expression.strip("()"))
    classifiers = [each for each in told.get_all("Classifier") or () if each.startswith("License ::")]
    return classifiers or told.get_all("License") or [""]


def test_no_image_holds_a_package_that_may_only_be_passed_on_under_the_gpl() -> None:
    listed = {
        name
        for image in IMAGES
        for name in re.findall(r"^([\w.-]+)==", (LISTS / f"{image}.txt").read_text("utf-8"), re.MULTILINE)
    }
    read = 0
    for package in sorted(listed):
        try:
            licences = licences_of(package)
        except PackageNotFoundError:
            continue  # CUDA's, which are not installed here
        read += 1
        assert not all(COPYLEFT.search(each) for each in licences), f"{package}: {licences}"
    assert read > 150
