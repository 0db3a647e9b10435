"""The installed nginx: its version, its command, and a check of a configuration."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kefu.common.errors import StartupError

_MINIMUM = (1, 20, 0)
_HTTP2_DIRECTIVE = (1, 25, 1)
_VARIABLE_UPSTREAM_CERTIFICATES = (1, 21, 0)
_SEARCH_PATH = "/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"  # not on everybody's PATH


@dataclass(frozen=True)
class Nginx:
    """An installed nginx."""

    binary: Path
    version: tuple[int, ...]

    @property
    def has_http2_directive(self) -> bool:
        """Whether `http2 on` turns HTTP/2 on; older versions have a word after `listen`."""
        return self.version >= _HTTP2_DIRECTIVE

    def need_both_protocols(self) -> None:
        """Raise StartupError unless a port without TLS may take both HTTP/1.1 and HTTP/2."""
        if not self.has_http2_directive:
            raise StartupError(
                f"nginx {_written(self.version)} takes HTTP/2 alone at a port for gRPC without TLS: gRPC and browsers "
                f"at one address want nginx {_written(_HTTP2_DIRECTIVE)} or later, or TLS."
            )

    @property
    def has_variable_upstream_certificates(self) -> bool:
        """Whether the path of a certificate for calls to services may hold a variable."""
        return self.version >= _VARIABLE_UPSTREAM_CERTIFICATES

    def command(self, config: Path) -> tuple[str, ...]:
        """Command that runs nginx in the foreground, with all its files beside `config`."""
        return (str(self.binary), "-e", "stderr", "-p", f"{config.parent}/", "-c", str(config))

    def check(self, config: Path) -> None:
        """Check a configuration with `nginx -t`. Raises StartupError with nginx's message when it is refused."""
        done = subprocess.run([*self.command(config), "-t"], capture_output=True, text=True, timeout=30, check=False)
        if done.returncode:
            raise StartupError(f"nginx does not take {config}: {done.stderr.strip()}")


def find_nginx() -> Nginx:
    """The nginx on this machine. Raises StartupError with a remedy when there is none, or when it is too old."""
    found = shutil.which("nginx") or shutil.which("nginx", path=_SEARCH_PATH)
    if found is None:
        raise StartupError(
            "There is no nginx here, which several routers or TLS need: install it (Debian and Ubuntu: "
            "apt-get install nginx-light; Fedora: dnf install nginx; macOS: brew install nginx), or use one router "
            "without TLS."
        )
    output = subprocess.run([found, "-v"], capture_output=True, text=True, timeout=10, check=False)
    match = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", output.stderr + output.stdout)
    version = tuple(map(int, match.groups())) if match else (0,)
    if version < _MINIMUM:
        raise StartupError(f"{found} is nginx {_written(version)}; Kefu needs {_written(_MINIMUM)} or later.")
    return Nginx(Path(found), version)


def _written(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
