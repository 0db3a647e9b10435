"""The version, everywhere: python3 deploy/release/version.py check|set VERSION.

Its one place is pyproject.toml; what has to name it follows.
check: lists what names another one, and fails. set: writes VERSION into pyproject.toml and wherever `check` looks.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_VERSION = r"\d+\.\d+\.\d+"
_PATTERNS = (
    rf"(?<=kefu/router:){_VERSION}",
    rf"(?<=kefu/gateway:){_VERSION}",
    rf"(?<=kefu/retrieval:){_VERSION}",
    rf"(?<=kefu/generation:){_VERSION}",
    rf"(?<=kefu/{{router,gateway,retrieval}}:){_VERSION}",
    rf"(?<=KEFU_TAG:-){_VERSION}",
    rf"(?<=newTag: ){_VERSION}(?=-gpu|-cpu|\}})",
    rf"(?<=`){_VERSION}(?=-[cg]pu`)",
)
_OF_IMAGES = re.compile("|".join(_PATTERNS))
_OF_PACKAGES = re.compile(
    rf"""(?<=^  "version": "){_VERSION}(?=")|(?<="name": "kefu-web",\n      "version": "){_VERSION}""", re.MULTILINE
)
_WEB = "services/kefu/gateway/web"


def places(root: Path = ROOT) -> Iterator[tuple[Path, re.Pattern[str]]]:
    """Files that name the version, and how: images that are pulled or built, and npm's packages."""
    for folder in ("k8s", "deploy"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix in (".yaml", ".md", ".json", ".txt") and file.is_file():
                yield file, _OF_IMAGES
    for name in ("package.json", "client/package.json", "package-lock.json"):
        if (file := root / _WEB / name).exists():
            yield file, _OF_PACKAGES


def version(root: Path = ROOT) -> str:
    """The version of pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def others(root: Path = ROOT) -> list[str]:
    """Every place with another version, as "FILE: VERSION"."""
    wanted = version(root)
    return [
        f"{file.relative_to(root)}: {found}"
        for file, pattern in places(root)
        for found in pattern.findall(file.read_text("utf-8"))
        if found != wanted
    ]


def set_version(new: str, root: Path = ROOT) -> None:
    """Write another version everywhere."""
    project = root / "pyproject.toml"
    text = re.sub(
        rf'^version = "{_VERSION}"', f'version = "{new}"', project.read_text("utf-8"), count=1, flags=re.MULTILINE
    )
    project.write_text(text, "utf-8")
    for file, pattern in list(places(root)):
        old = file.read_text("utf-8")
        if (text := pattern.sub(new, old)) != old:
            file.write_text(text, "utf-8")


def main(action: str, new: str = "") -> None:
    """Do what the command line says."""
    if action == "set" and re.fullmatch(_VERSION, new):
        set_version(new)
    elif action != "check":
        sys.exit(__doc__)
    if found := others():
        sys.exit("\n".join([f"pyproject.toml says {version()}, and these another one:", *found]))


if __name__ == "__main__":
    main(*(sys.argv[1:3] or [""]))
