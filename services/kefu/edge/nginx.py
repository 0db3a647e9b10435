"""The installed nginx, and whether it takes a configuration."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kefu.common.errors import StartupError

_MINIMUM = (1, 20, 0)
_HTTP2_DIRECTIVE = (1, 25, 1)
_PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"  # not on everybody's PATH


@dataclass(frozen=True)
class Nginx:
    """An nginx that is installed."""

    binary: Path
    version: tuple[int, ...]

    @property
    def has_http2_directive(self) -> bool:
        """HTTP/2 is turned on by `http2 on`, else by a word behind `listen`."""
        return self.version >= _HTTP2_DIRECTIVE

    def command(self, config: Path) -> tuple[str, ...]:
        """How to run it in the foreground, all its files beside `config`."""
        return (str(self.binary), "-e", "stderr", "-p", f"{config.parent}/", "-c", str(config))

    def check(self, config: Path) -> None:
        """`nginx -t`: raises StartupError with what nginx says of a configuration that it does not take."""
        done = subprocess.run([*self.command(config), "-t"], capture_output=True, text=True, timeout=30, check=False)
        if done.returncode:
            raise StartupError(f"nginx does not take {config}: {done.stderr.strip()}")


def find_nginx() -> Nginx:
    """The nginx on this machine; raises StartupError, saying how to get one, when there is none or it is too old."""
    found = shutil.which("nginx") or shutil.which("nginx", path=_PLACES)
    if found is None:
        raise StartupError(
            "There is no nginx here, which several routers or TLS need: install it (Debian and Ubuntu: "
            "apt-get install nginx-light; Fedora: dnf install nginx; macOS: brew install nginx), or use one router "
            "without TLS."
        )
    printed = subprocess.run([found, "-v"], capture_output=True, text=True, timeout=10, check=False)
    match = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", printed.stderr + printed.stdout)
    version = tuple(map(int, match.groups())) if match else (0,)
    if version < _MINIMUM:
        wanted = ".".join(map(str, _MINIMUM))
        raise StartupError(f"{found} is nginx {'.'.join(map(str, version))}; Kefu needs {wanted} or later.")
    return Nginx(Path(found), version)
