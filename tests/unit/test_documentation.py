"""What the README says of variables, targets and the tree is what there is."""

import re
import subprocess
from pathlib import Path

import pytest

from kefu.common.config_reference import markdown_table
from kefu.gateway.config import GatewayConfig
from kefu.generation.config import GenerationConfig
from kefu.retrieval.config import RetrievalConfig
from kefu.router.config import RouterConfig

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_readme_has_every_variable_with_its_default_and_description() -> None:
    table = markdown_table(
        {
            "router": RouterConfig,
            "retrieval": RetrievalConfig,
            "generation": GenerationConfig,
            "gateway": GatewayConfig,
        }
    )
    assert table in README, f"README's table of variables is not current; it should be:\n{table}"


def test_the_readme_names_only_make_targets_that_exist() -> None:
    listed = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"make ([a-z0-9-]+)", listed))
    assert "demo" in targets
    assert set(re.findall(r"(?:`|\$ )make ([a-z0-9-]+)", README)) <= targets


@pytest.mark.parametrize("folder", ["services/kefu", "protos", "deploy", "k8s", "docs", "loadtest", "tests"])
def test_the_folders_of_the_tree_exist_and_the_readme_names_them(folder: str) -> None:
    assert (ROOT / folder).is_dir()
    assert folder.rpartition("/")[2] + "/" in README


def test_links_of_the_readme_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_no_text_of_the_repository_is_in_a_language_of_placeholders() -> None:
    assert "@@" not in README
