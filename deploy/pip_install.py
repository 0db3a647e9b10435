"""`pip install` by uv, which takes a fifth of the time; where uv cannot do it, by pip.

VENV/bin/python deploy/pip_install.py [--into OTHER_VENV] ARGUMENT…, of `pip install`, and of uv's.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

# uv reads no configuration of pip (its guide "Compatibility with pip"): what finds, trusts and bounds packages is told.
_OF_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "constraint": "UV_CONSTRAINT",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}
_STRONGEST_LAST = ("global", "install", ":env:")
_COMMAS = {"UV_FIND_LINKS"}  # the other lists are separated by spaces


def main() -> int:
    """The exit status of whoever installed last."""
    arguments = sys.argv[1:]
    python = sys.executable
    if arguments[:1] == ["--into"]:
        python = str(Path(arguments[1], "bin", "python"))
        arguments = arguments[2:]
    if _by_uv(python, arguments):
        return 0
    return subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", *arguments]).returncode


def _by_uv(python: str, arguments: list[str]) -> bool:
    """False, and said, where it cannot be had or does not find what pip may find."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    if subprocess.run([*pip, "install", "--constraint", "deploy/constraints.txt", "uv"]).returncode:
        print("uv cannot be had: pip installs, which takes longer", file=sys.stderr)
        return False
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=True).stdout
    uv = [sys.executable, "-m", "uv", "pip", "install", "--python", python, *arguments]
    done = subprocess.run(uv, env=_settings_of_pip(listed) | os.environ).returncode == 0
    if not done:
        print("uv could not do it: pip tries", file=sys.stderr)
    return done


def _settings_of_pip(listed: str) -> dict[str, str]:
    """What `pip config list` printed, a setting a line (global.index-url='https://…'), as uv's variables."""
    found: dict[str, str] = {}
    for section in _STRONGEST_LAST:
        for line in listed.splitlines():
            name, _, value = line.partition("=")
            variable = _OF_PIP.get(name.removeprefix(section + ".").replace("_", "-"))
            if variable and name.startswith(section + "."):
                found[variable] = ("," if variable in _COMMAS else " ").join(str(ast.literal_eval(value)).split())
    return found


if __name__ == "__main__":
    sys.exit(main())
