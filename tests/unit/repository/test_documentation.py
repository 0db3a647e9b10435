"""What README and the pages beside it say of variables, targets, commands and the tree is what there is."""

import re
import subprocess
from pathlib import Path

from tests import configuration, model_catalog
from tests.support.table import table

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text("utf-8")
IN_CHINESE = (ROOT / "README.zh-CN.md").read_text("utf-8")
_BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def commands(text: str) -> list[str]:
    """What a reader types: code blocks' lines without comments, outputs and spaces around."""
    found: list[str] = []
    for block in _BLOCK.findall(text):
        language, *lines = block.split("\n")[:-1]
        if language == "```mermaid":
            continue
        typed = [line for line in lines if line.startswith("$ ")] if language == "```console" else lines
        found += [line.split(" #")[0].strip() for line in typed if language != "```"]
    return [line for line in found if line]


def headings(text: str) -> list[int]:
    """Levels of the headings, in their order."""
    return [len(mark) for mark in re.findall(r"^(#+) ", _BLOCK.sub("", text), re.MULTILINE)]


def test_the_page_of_variables_has_every_one_with_its_default_and_description() -> None:
    assert configuration.PAGE.read_text("utf-8") == configuration.current(), "Run: make configuration"


def test_the_page_of_models_has_every_one_of_the_catalog() -> None:
    assert model_catalog.PAGE.read_text("utf-8") == model_catalog.current(), "Run: python -m tests.model_catalog"


def test_the_readme_is_short_enough_to_be_read() -> None:
    assert len(README.splitlines()) <= 200
    assert len(README.encode()) <= 14_000


def test_the_chinese_readme_keeps_step_in_headings_and_commands() -> None:
    assert len(commands(README)) > 10
    assert headings(IN_CHINESE) == headings(README)
    assert commands(IN_CHINESE) == commands(README)


def test_the_readme_names_only_make_targets_that_exist() -> None:
    listed = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"make ([a-z0-9-]+)", listed))
    assert "demo" in targets
    assert set(re.findall(r"(?:`|\$ )make ([a-z0-9-]+)", README)) <= targets


@table("folder", ["services/kefu", "protos", "deploy", "k8s", "docs", "loadtest", "tests"])
def test_the_folders_of_the_tree_exist_and_the_readme_names_them(folder: str) -> None:
    assert (ROOT / folder).is_dir()
    assert folder.rpartition("/")[2] + "/" in README


def test_no_text_of_the_repository_is_in_a_language_of_placeholders() -> None:
    assert "@@" not in README
