"""The rooms stay small enough that `ls` shows what is in them, and what imports what is held by import-linter."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MOST_MODULES = 20
MOST_ENTRIES = 26
_NOT_OURS = {"__pycache__", "node_modules", "v1", "static"}


def folders(top: str) -> list[Path]:
    """Every folder below, `top` itself included, that holds modules which are written by hand."""
    below = [ROOT / top, *(path for path in (ROOT / top).rglob("*") if path.is_dir())]
    return [path for path in below if not _NOT_OURS & set(path.relative_to(ROOT).parts)]


def modules(folder: Path) -> list[str]:
    """Its own modules; the file that makes it a package is none."""
    return sorted(path.name for path in folder.glob("*.py") if path.name != "__init__.py")


@pytest.mark.parametrize("top", ["services", "loadtest"])
def test_no_folder_holds_more_than_twenty_modules_of_its_own(top: str) -> None:
    found = {str(folder.relative_to(ROOT)): modules(folder) for folder in folders(top)}
    assert sum(map(len, found.values())) > 50
    assert {folder: names for folder, names in found.items() if len(names) > MOST_MODULES} == {}


@pytest.mark.parametrize(
    "folder",
    ["services/kefu/router", "services/kefu/retrieval", "services/kefu/cli", "loadtest", "services/kefu/common"],
)
def test_a_listing_of_the_large_packages_fits_a_glance(folder: str) -> None:
    entries = sorted(path.name for path in (ROOT / folder).iterdir() if path.name != "__pycache__")
    assert len(entries) > 5
    assert len(entries) <= MOST_ENTRIES, entries


@pytest.mark.parametrize("top", ["services/kefu", "loadtest", "tests"])
def test_every_folder_with_modules_is_a_package(top: str) -> None:
    """Else import-linter would not look into it."""
    assert [folder for folder in folders(top) if modules(folder) and not (folder / "__init__.py").exists()] == []


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """`lint-imports` on a checkout, with the contracts of pyproject.toml."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        cwd=root,
        env={"PYTHONPATH": f"{root / 'services'}:{root}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_import_rules_hold() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        (
            "services/kefu/router/domain/turn.py",
            "from kefu.router.storage import keys",
            "The router, from top to bottom",
        ),
        ("services/kefu/router/answering/planted.py", "import grpc", "Rules and decisions know neither"),
        ("services/kefu/router/desk/planted.py", "import redis", "One edge for Redis"),
        ("services/kefu/office/insight/planted.py", "import grpc", "gRPC is spoken at the edges of router and office"),
        ("services/kefu/retrieval/ranking/planted.py", "import faiss", "One edge for each library"),
        (
            "services/kefu/common/planted.py",
            "from kefu.router.config import RouterConfig",
            "The suite, from top to bottom",
        ),
        ("services/kefu/retrieval/text/planted.py", "from kefu.retrieval.ranking import ranker", "Retrieval, from top"),
        ("loadtest/harness/planted.py", "from tests.support import waiting", "Neither the product nor load tests"),
        ("services/kefu/router/newroom/__init__.py", "X = 1", "The router, from top to bottom"),
    ],
)
def test_a_planted_violation_breaks_its_rule(tmp_path: Path, module: str, line: str, contract: str) -> None:
    for top in ("services", "loadtest", "tests"):
        for path in (ROOT / top).rglob("*.py"):
            if "node_modules" not in path.parts:
                copy = tmp_path / path.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())
    planted = tmp_path / module
    planted.parent.mkdir(parents=True, exist_ok=True)
    planted.write_text(f"{planted.read_text('utf-8') if planted.exists() else ''}\n{line}\n", "utf-8")
    done = lint_imports(tmp_path)
    assert done.returncode != 0
    assert any(contract in broken and "BROKEN" in broken for broken in done.stdout.splitlines()), done.stdout
