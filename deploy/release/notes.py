"""What a release says of itself: python3 deploy/release/notes.py VERSION. Its part of CHANGELOG.md, on standard output.

It fails when that part is not there, still says "unreleased", or the version is not that of pyproject.toml.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def notes(changelog: str, version: str) -> str:
    """The part of a version, without its heading. ValueError where it cannot be published."""
    found = re.search(rf"^## \[{re.escape(version)}\] - (\S+)\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(f"CHANGELOG.md has no part {version}.")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", found[1]):
        raise ValueError(f"CHANGELOG.md says {found[1]!r} of {version}: put the day of the release there.")
    return found[2].strip() + "\n"


def main(version: str) -> None:
    """Print them."""
    project: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    if version != project:
        sys.exit(f"The tag says {version}, and pyproject.toml {project}.")
    try:
        sys.stdout.write(notes((ROOT / "CHANGELOG.md").read_text("utf-8"), version))
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:2] or sys.exit(__doc__))
