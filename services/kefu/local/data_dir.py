"""The data folder of `kefu up`: keys, state, logs, Redis data, snapshots. One `kefu up` at a time uses a folder."""

import fcntl
import json
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from kefu.common.auth import is_well_formed, make_key
from kefu.local.errors import LocalError

DEFAULT = Path(".kefu")

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TICKS_FIELD = 19
"""Of the fields of /proc/PID/stat behind the name: the start, in clock ticks since boot (proc_pid_stat(5))."""

StartTime = str | float
"""When a process began: with its pid this identifies it for good. As `start_time_of` has it; 0 for no process.

State files of earlier releases have seconds since the epoch.
"""


@dataclass(frozen=True)
class Keys:
    """The keys that `kefu up` made for this folder, in a file that only its owner can read."""

    bootstrap: str
    internal: str
    redis_password: str


@dataclass
class ServiceState:
    """One service of a running `kefu up`, as the state file describes it."""

    name: str
    address: str
    log: str
    state: str = "waiting"
    detail: str = ""
    pid: int = 0
    start_time: StartTime = 0.0
    restarts: int = 0


@dataclass
class SuiteState:
    """A running `kefu up`, as its state file describes it."""

    pid: int
    start_time: StartTime
    run_id: str
    """Value of KEFU_RUN in the environment of every process of this run."""
    phase: str = "starting"
    """One of starting, demo (the sample is imported and asked), ready, stopping."""
    router: str = ""
    retrieval: str = ""
    services: list[ServiceState] = field(default_factory=list[ServiceState])
    root_certificate: str = ""
    """Path of the certificate to trust for the router; empty without TLS."""
    gateway: str = ""
    """The gateway's address, such as http://127.0.0.1:8080."""


class DataDir:
    """The paths of a data folder, and the reading and writing of its files."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.logs = self.path / "logs"
        self.redis = self.path / "redis"
        self.redis_writer = self.path / "redis_writer"
        """The kind and version of the server that wrote what is in `redis`."""
        self.snapshots = self.path / "snapshots"
        self.attachments = self.path / "attachments"
        self.chat_history = self.path / "chat_history"
        self._keys = self.path / "keys.json"
        self.orders = self.path / "orders.db"
        self._visitor_secret = self.path / "visitor_secret"
        self._order_system_key = self.path / "order_system_key"
        self._state = self.path / "state.json"
        self._lock = self.path / "lock"

    def create(self) -> None:
        """Make the folder, for its owner only. Raises LocalError when it cannot be written."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.logs, self.redis, self.snapshots, self.attachments):
                folder.mkdir(mode=0o700, exist_ok=True)
            probe = self.path / ".probe"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as exc:
            raise LocalError(f"{self.path} cannot be written ({exc.strerror}); name another with --data-dir.") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder while the block runs. Raises LocalError, with the process, when another `kefu up` has it."""
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
                raise LocalError(
                    f"Kefu is running in {self.path} already (process {holder}). "
                    "Stop it with `kefu down`, or name another folder with --data-dir."
                ) from None
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(descriptor)

    def keys(self) -> Keys | None:
        """The keys; None when `kefu up` never ran here. Raises LocalError for a file that cannot be read or trusted."""
        self._check_owner(self._keys)
        try:
            keys = Keys(**json.loads(self._keys.read_text()))
            if not (is_well_formed(keys.bootstrap) and is_well_formed(keys.internal)):
                raise ValueError("no keys of Kefu")
            return keys
        except FileNotFoundError:
            return None
        except PermissionError:
            raise LocalError(f"{self._keys} belongs to someone else; give a key with --key or KEFU_KEY.") from None
        except (ValueError, TypeError):
            raise LocalError(f"{self._keys} is damaged; remove it and run `kefu up` again.") from None

    def make_keys(self) -> Keys:
        """The keys, which are made if there are none."""
        if keys := self.keys():
            return keys
        keys = Keys(make_key("bootstrap").secret, make_key("internal").secret, make_key("redis").secret)
        self.write_private(self._keys, json.dumps(asdict(keys), indent=2))
        return keys

    def make_visitor_secret(self) -> str:
        """The secret that signs visitors' tokens, which is made if there is none.

        It has a file of its own, so that earlier releases can read the keys.
        """
        return self._make_secret(self._visitor_secret)

    def make_order_system_key(self) -> str:
        """The key with which the demo's order system is called, which is made if there is none."""
        return self._make_secret(self._order_system_key)

    def order_system_files(self) -> list[Path]:
        """The files of the demo's order system: its database, its keys, its logs."""
        found = (self.path.glob("orders.*"), self.path.glob(self._order_system_key.name), self.logs.glob("orders.log*"))
        return sorted(file for files in found for file in files)

    def _make_secret(self, file: Path) -> str:
        try:
            return file.read_text().strip()
        except FileNotFoundError:
            secret = secrets.token_hex(32)
            self.write_private(file, secret)
            return secret

    def read_state(self) -> SuiteState | None:
        """The state that the last `kefu up` wrote and did not remove, whether its process is alive or not.

        Raises LocalError when it is not this user's.
        """
        self._check_owner(self._state)
        try:
            fields: dict[str, Any] = json.loads(self._state.read_text())
            services = [ServiceState(**service) for service in fields.pop("services")]
            return SuiteState(**fields, services=services)
        except (OSError, ValueError, TypeError, KeyError):
            return None  # a file of another release, or half a file after a power cut: as good as none

    def write_state(self, state: SuiteState) -> None:
        """Replace the state file in one step."""
        self.write_private(self._state, json.dumps(asdict(state), indent=2))

    def remove_state(self) -> None:
        """Remove the state file: no process of this run is left."""
        self._state.unlink(missing_ok=True)

    def running(self) -> SuiteState | None:
        """The state of a `kefu up` that is alive; None without one."""
        state = self.read_state()
        return state if state and is_process(state.pid, state.start_time) else None

    def _check_owner(self, file: Path) -> None:
        """Raise LocalError when another user could have written a file of this folder.

        Commands read the folder from wherever they are called, send their key to the addresses in it, and `kefu env`
        prints what a shell runs. ssh trusts its files by the same rule.
        """
        for path in (self.path, file):
            try:
                found = path.stat()
            except OSError:  # not there, or not to be read: whoever reads the file says so
                return
            if found.st_uid not in (os.getuid(), 0) or found.st_mode & stat.S_IWOTH:
                raise LocalError(
                    f"{path} belongs to another user, or everybody may write it: it is not trusted. "
                    "Name a folder of your own with --data-dir."
                )

    @staticmethod
    def write_private(path: Path, text: str) -> None:
        """Write a file that only its owner can read, in one step."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
        temporary.replace(path)


def start_time_of(pid: int) -> StartTime:
    """The start of a process in a form that no change of the clock moves; 0 when there is no such process.

    On Linux "BOOT_ID TICKS": ticks since boot alone may be those of a stranger after the next boot. Elsewhere the
    seconds since the epoch, which the kernel noted when the process began.
    """
    try:
        if _BOOT_ID.exists():
            stat_line = Path(f"/proc/{pid}/stat").read_text()
            return f"{_BOOT_ID.read_text().strip()} {stat_line.rpartition(')')[2].split()[_TICKS_FIELD]}"
        return psutil.Process(pid).create_time()
    except (FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess):
        return 0.0


def is_process(pid: int, start_time: StartTime) -> bool:
    """Whether the process with this pid is alive, and still the one that began at `start_time`."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if isinstance(start_time, str):
            return start_time == start_time_of(pid)
        return abs(process.create_time() - start_time) < 2  # for state files of earlier releases on Linux: the clock
    return False


def wait_until_gone(pid: int, start_time: StartTime, seconds: float) -> bool:
    """Wait for a process to end. False when it is still alive after `seconds`."""
    deadline = time.monotonic() + seconds
    while is_process(pid, start_time):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
