"""The images of others by digest: python3 deploy/release/images.py check|fill|env [FILE]. Asks registries by skopeo.

check: every digest in images.toml is what the registry has under that tag. One that is not filled in is no error.
fill: the same, and writes those that are not filled in.
env: prints BASE=… and GENERATION_GPU_BASE=… for deploy/build.sh, by digest where one is filled in; asks nobody.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

PINS = Path(__file__).with_name("images.toml")
_BASES = {"python": "BASE", "vllm": "GENERATION_GPU_BASE"}
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def digest_of(image: str) -> str:
    """The digest that the registry has for NAME:TAG, of the index where there is one. SystemExit when there is none."""
    command = ["skopeo", "inspect", "--no-tags", "--format", "{{.Digest}}", f"docker://{image}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    digest = done.stdout.strip()
    if done.returncode or not _DIGEST.fullmatch(digest):
        sys.exit(f"{image}: {done.stderr.strip() or f'no digest, but {digest!r}'}")
    return digest


def compare(file: Path) -> dict[str, str]:
    """The digests that are not filled in, by the entry's name. SystemExit where another one is."""
    missing: dict[str, str] = {}
    for key, pin in tomllib.loads(file.read_text("utf-8")).items():
        image = f"{pin['name']}:{pin['tag']}"
        found = digest_of(image)
        if not pin["digest"]:
            missing[key] = found
        elif pin["digest"] != found:
            sys.exit(
                f"{image} is {found} by now, and {pin['digest']} in {file.name}: look what changed before you write it."
            )
    return missing


def filled(text: str, digests: dict[str, str]) -> str:
    """The page with digests put in."""
    for key, digest in digests.items():
        text = re.sub(rf'(^\[{re.escape(key)}\][^\[]*?^digest = )""', rf'\1"{digest}"', text, flags=re.MULTILINE)
    return text


def bases(file: Path) -> list[str]:
    """The bases' names for deploy/build.sh."""
    pins = tomllib.loads(file.read_text("utf-8"))
    return [
        f"{variable}={pins[key]['name']}"
        + (f"@{pins[key]['digest']}" if pins[key]["digest"] else f":{pins[key]['tag']}")
        for key, variable in _BASES.items()
    ]


def main(action: str, file: Path = PINS) -> None:
    """Do what the command line says."""
    if action == "env":
        sys.stdout.write("\n".join(bases(file)) + "\n")
        return
    missing = compare(file)
    if action == "fill":
        file.write_text(filled(file.read_text("utf-8"), missing), "utf-8")
    for key, digest in missing.items():
        sys.stdout.write(f"{key}: {digest} {'written' if action == 'fill' else 'is not filled in'}\n")


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("check", "fill", "env"):
        sys.exit(__doc__)
    main(sys.argv[1], *map(Path, sys.argv[2:]))
