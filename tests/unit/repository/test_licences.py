"""What the images hold may be passed on under Kefu's own licence: nothing in them is under the GPL or AGPL alone."""

import re
from contextlib import suppress
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


def licences_of_images() -> dict[str, list[str]]:
    """The licences of all packages of images that are installed here: without PyTorch and what it brings, fewer."""
    listed = {
        name
        for image in IMAGES
        for name in re.findall(r"^([\w.-]+)==", (LISTS / f"{image}.txt").read_text("utf-8"), re.MULTILINE)
    }
    found: dict[str, list[str]] = {}
    for package in sorted(listed):
        with suppress(PackageNotFoundError):
            found[package] = licences_of(package)
    return found


def under_gpl_alone(licences: dict[str, list[str]]) -> list[str]:
    """The packages that may be passed on under the GPL or AGPL alone."""
    return [package for package, choices in licences.items() if all(map(COPYLEFT.search, choices))]


def test_no_image_holds_a_package_that_may_only_be_passed_on_under_the_gpl() -> None:
    licences = licences_of_images()
    assert under_gpl_alone(licences) == []
    assert len(licences) > 120
