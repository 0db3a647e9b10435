"""What the components' READMEs tell to write into an overlay: each block builds, is valid, and changes what it says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kefu.testing.kustomize import K8S, Object, name_of
from kefu.testing.redis_server import JOBS_PERMISSIONS, PERMISSIONS
from tests.manifests.composing import with_components
from tests.manifests.schemas import problems_of

COMPONENTS = K8S / "components"
FIELDS = {"patches", "configMapGenerator", "images", "replicas"}
"""Of a kustomization: a block with one of them is one for an overlay."""


def blocks() -> Iterator[tuple[str, dict[str, Any]]]:
    """The component that a block is about, below k8s/components, and the block."""
    for readme in sorted(COMPONENTS.rglob("README.md")):
        text = readme.read_text("utf-8")
        for written in re.findall(r"^( *)```yaml\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL):
            documents = list(yaml.safe_load_all(written[1]))
            if len(documents) == 1 and FIELDS & documents[0].keys():
                yield readme.parent.relative_to(COMPONENTS).as_posix(), documents[0]


BLOCKS = list(blocks())


def components_of(about: str, block: dict[str, Any]) -> list[str]:
    named = [path.removeprefix("../../components/") for path in block.get("components", [])]
    return named or [about]


def text_of(objects: tuple[Object, ...]) -> set[str]:
    return {yaml.safe_dump(one) for one in objects}


def overlay_for(about: str) -> str:
    return "gpu-small" if about == "gpu" else "cpu-demo"  # that one has the component already


@pytest.mark.parametrize(("about", "block"), BLOCKS, ids=[about for about, _ in BLOCKS])
def test_what_a_readme_tells_to_write_builds_and_changes_something(
    about: str, block: dict[str, Any], tmp_path: Path
) -> None:
    taken = [one for one in components_of(about, block) if one != "gpu"]
    more = {key: value for key, value in block.items() if key in FIELDS}
    plain, written = tmp_path / "plain", tmp_path / "written"
    plain.mkdir()
    written.mkdir()
    objects = with_components(overlay_for(about), taken, written, more)
    assert {name_of(one): problems_of(one) for one in objects if problems_of(one)} == {}
    before = with_components(overlay_for(about), taken, plain)
    assert text_of(objects) != text_of(before), "a patch whose target is gone does nothing"


def test_the_acl_of_an_external_redis_is_the_one_that_tests_live_under() -> None:
    """Every service test speaks to Redis as a user with these rules, so that a command beyond them fails a test."""
    page = (K8S / "components/external-redis/README.md").read_text()
    assert f"> ACL SETUSER kefu on >PASSWORD {' '.join(PERMISSIONS)}\n" in page
    assert f"> ACL SETUSER kefu {' '.join(JOBS_PERMISSIONS)}\n" in page
