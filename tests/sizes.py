"""How large the product is, beside what it is meant to be: python -m tests.sizes

Lines are those of the Python files that git knows, without generated code. Patterns are the regular expressions of the
product, each once; variables are those that its services read.
"""

import subprocess
from pathlib import Path

from kefu.gateway.config import GatewayConfig
from kefu.generation.config import GenerationConfig
from kefu.retrieval.config import RetrievalConfig
from kefu.router.config import RouterConfig
from tests.support.pattern_collection import collected

_ROOT = Path(__file__).parents[1]
_GOALS = {
    "lines of services": 92_000,
    "lines of services/kefu/router": 26_000,
    "patterns": 400,
    "variables": 140,
}


def _lines(folder: str) -> int:
    listed = subprocess.run(["git", "ls-files", "-z", folder], cwd=_ROOT, capture_output=True, text=True, check=True)
    files = (_ROOT / name for name in listed.stdout.split("\0") if name.endswith(".py") and "/v1/" not in name)
    return sum(file.read_bytes().count(b"\n") for file in files if file.exists())


def sizes() -> dict[str, int]:
    """Each size, by what it is of."""
    rooms = sorted(each.parent.name for each in (_ROOT / "services" / "kefu").glob("*/__init__.py"))
    folders = ["services", *(f"services/kefu/{room}" for room in rooms), "loadtest", "tests"]
    found = {f"lines of {folder}": _lines(folder) for folder in folders}
    found["patterns"] = len({each.pattern for each in collected()[0]})
    services = (RouterConfig, GatewayConfig, RetrievalConfig, GenerationConfig)
    found["variables"] = len({name for service in services for name in service.variables().values()})
    return found


def main() -> None:
    """Print the sizes."""
    for name, size in sizes().items():
        goal = _GOALS.get(name)
        print(f"{name:36} {size:>8,}" + ("" if goal is None else f"  goal {goal:,}"))  # noqa: T201


if __name__ == "__main__":
    main()
