"""How a release is made: its workflow, its notes, and the images of others that it names."""

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINS: dict[str, dict[str, str]] = tomllib.loads((DEPLOY / "release" / "images.toml").read_text("utf-8"))
_OTHERS = re.compile(r"\b((?:docker|ghcr|quay)\.io/[a-z0-9_./-]+):(v?\d[\w.-]*)(@sha256:[0-9a-f]{64})?")


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DEPLOY / "release" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _named() -> dict[Path, set[tuple[str, str, str]]]:
    """Every image of others, with its version, in what is applied."""
    files = [*(ROOT / "k8s").rglob("*.yaml"), *DEPLOY.glob("*.yaml")]
    found = {file: set(_OTHERS.findall(file.read_text("utf-8"))) for file in files}
    return {file: images for file, images in found.items() if images}


def test_every_image_of_others_is_the_one_that_is_pinned_wherever_it_is_named() -> None:
    known = {(pin["name"], pin["tag"]): pin["digest"] for pin in PINS.values()}
    named = _named()
    assert len(named) >= 5
    for file, images in named.items():
        for name, tag, digest in images:
            assert (name, tag) in known, f"{file.relative_to(ROOT)} names {name}:{tag}"
            assert digest in ("", f"@{known[name, tag]}"), file
    used = {(name, tag) for images in named.values() for name, tag, _ in images}
    bases = dict(re.findall(r"^ARG ([A-Z_]*BASE)=(\S+):\S+$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE))
    assert {(pin["name"], pin["tag"]) for key, pin in PINS.items() if key not in ("python", "vllm")} == used
    assert bases == {"BASE": "python", "GENERATION_GPU_BASE": "vllm/vllm-openai"}


def test_the_bases_of_the_dockerfile_are_those_that_are_pinned() -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    assert f"ARG BASE={PINS['python']['name'].removeprefix('docker.io/library/')}:{PINS['python']['tag']}\n" in text
    assert f"ARG GENERATION_GPU_BASE={PINS['vllm']['name'].removeprefix('docker.io/')}:{PINS['vllm']['tag']}\n" in text


@pytest.mark.parametrize("pin", PINS.values(), ids=PINS.keys())
def test_a_pin_has_a_version_that_is_not_below_what_is_mended(pin: dict[str, str]) -> None:
    assert pin.keys() - {"at_least"} == {"name", "tag", "digest"}
    assert re.fullmatch(r"(sha256:[0-9a-f]{64})?", pin["digest"])
    numbers = [tuple(map(int, re.findall(r"\d+", pin.get(field, pin["tag"]))[:3])) for field in ("tag", "at_least")]
    assert numbers[0] >= numbers[1]


SKOPEO = """#!/bin/sh
case "$*" in *library/redis:*) echo "sha256:{other}" ;; *) echo "sha256:{one}" ;; esac
"""


def _images(tmp_path: Path, action: str, page: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "images.toml").write_text(page, "utf-8")
    skopeo = tmp_path / "skopeo"
    skopeo.write_text(SKOPEO.format(one="1" * 64, other="2" * 64), "utf-8")
    skopeo.chmod(0o755)
    return subprocess.run(
        (sys.executable, str(DEPLOY / "release" / "images.py"), action, str(tmp_path / "images.toml")),
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_digests_are_filled_in_and_a_changed_one_ends_a_release(tmp_path: Path) -> None:
    page = (DEPLOY / "release" / "images.toml").read_text("utf-8")
    assert _images(tmp_path, "fill", page).returncode == 0
    filled = (tmp_path / "images.toml").read_text("utf-8")
    digests = {key: pin["digest"] for key, pin in tomllib.loads(filled).items()}
    assert digests.keys() == PINS.keys()
    assert digests.pop("redis") == f"sha256:{'2' * 64}"
    assert set(digests.values()) == {f"sha256:{'1' * 64}"}
    assert re.sub(r'digest = ".*"', 'digest = ""', filled) == re.sub(r'digest = ".*"', 'digest = ""', page)
    assert _images(tmp_path, "check", filled).returncode == 0
    bases = _images(tmp_path, "env", filled).stdout.splitlines()
    assert bases[0] == f"BASE=docker.io/library/python@sha256:{'1' * 64}"
    moved = _images(tmp_path, "check", filled.replace("2" * 64, "3" * 64))
    assert moved.returncode != 0
    assert "look what changed" in moved.stderr


def test_the_notes_are_the_changelogs_part_and_an_unreleased_one_is_refused() -> None:
    notes = _module("notes").notes
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert notes(changelog, "0.1.0").startswith("### Answers")
    assert "## [" not in notes(changelog, "0.1.0")
    with pytest.raises(ValueError, match="has no part 9"):
        notes(changelog, "9.9.9")
    with pytest.raises(ValueError, match="put the day of the release there"):
        notes("# Changelog\n\n## [2.0.0] - unreleased\n\n- All.\n\n## [1.0.0] - 2026-01-01\n", "2.0.0")


def test_one_version_is_named_everywhere(tmp_path: Path) -> None:
    version = _module("version")
    assert version.others() == []
    named = [file for file, pattern in version.places() if pattern.search(file.read_text("utf-8"))]
    assert {"compose.yaml", "statefulset.yaml", "kustomization.yaml", "README.md", "package.json"} <= {
        file.name for file in named
    }
    for file in (ROOT / "pyproject.toml", *named):
        copy = tmp_path / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    version.set_version("9.8.7", tmp_path)
    assert version.others(tmp_path) == []
    assert version.version(tmp_path) == "9.8.7"
    compose = (tmp_path / "deploy" / "compose.yaml").read_text("utf-8")
    assert "${KEFU_TAG:-9.8.7}" in compose
    (tmp_path / "deploy" / "compose.yaml").write_text(compose.replace("KEFU_TAG:-9.8.7", "KEFU_TAG:-0.0.1", 1), "utf-8")
    assert version.others(tmp_path) == ["deploy/compose.yaml: 0.0.1"]


def test_the_changelog_has_the_version_that_comes_next() -> None:
    """Else two contents would have one name: what is built between releases is called as the next one."""
    latest = re.search(r"^## \[([^]]+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert latest is not None
    assert latest[1] == tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def _uses(file: Path) -> list[tuple[str, str, str]]:
    return re.findall(r"uses: ([\w./-]+)@(\S+)(?:  # (v[\d.]+))?", file.read_text("utf-8"))


def test_actions_are_named_by_commit_and_by_the_same_one_everywhere() -> None:
    assert [file.name for file in WORKFLOWS] == ["ci.yml", "release.yml"]
    uses = [one for file in WORKFLOWS for one in _uses(file)]
    assert len(uses) > 10
    assert [one for one in uses if not re.fullmatch(r"[0-9a-f]{40}", one[1]) or not one[2]] == []
    assert len({name for name, _, _ in uses}) == len(set(uses))


def test_workflows_may_nothing_but_what_a_job_asks_for() -> None:
    for file in WORKFLOWS:
        workflow: dict[Any, Any] = yaml.safe_load(file.read_text("utf-8"))
        assert workflow["permissions"] == {}
        assert all("timeout-minutes" in job and "permissions" in job for job in workflow["jobs"].values())
        assert "has run" in file.read_text("utf-8").split("name:", 1)[0].lower(), "it says what nobody has seen"


def test_a_release_builds_every_image_and_is_published_when_all_are_there() -> None:
    jobs: dict[str, Any] = yaml.safe_load(WORKFLOWS[1].read_text("utf-8"))["jobs"]
    rows = jobs["images"]["strategy"]["matrix"]["include"]
    known = re.search(r"There is no image \$1: ([a-z, -]+)\.", (DEPLOY / "build.sh").read_text("utf-8"))
    assert known is not None
    assert [row["target"] for row in rows] == known[1].split(", ")
    assert jobs["images"]["needs"] == ["check", "digests"]
    assert jobs["publish"]["needs"] == ["images"]
    assert [f"{row['image']}{row['suffix']}" for row in rows] == [row["target"] for row in rows]


def test_an_image_that_is_pushed_has_its_lists_and_its_digest(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n', "utf-8")
    docker.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "REGISTRY": "registry.example.com/"}
    pushes = {"PUSH": str(tmp_path), "PLATFORMS": "linux/amd64,linux/arm64", "TAG": "candidate-1", "NO_INDEX": "1"}
    subprocess.run((DEPLOY / "build.sh", "router"), env={**environment, **pushes}, check=True, capture_output=True)
    [call] = (tmp_path / "calls").read_text("utf-8").splitlines()
    for word in (
        *("--platform linux/amd64,linux/arm64", "--tag registry.example.com/kefu/router:candidate-1", "--push"),
        *("--sbom=true", "--provenance=mode=max", f"--metadata-file {tmp_path}/router.json"),
    ):
        assert word in call
    assert "--load" not in call
