"""The services' log files: rotation, and reading for people."""

import json
import re
from pathlib import Path
from typing import Any, cast

from kefu.text.terminal_text import one_line, printable

MAX_BYTES = 20 * 1024 * 1024
"""The size from which a log is rotated."""
_TAIL_BYTES = 64 * 1024
_DUMP_LINES = 2_000
_DUMP = re.compile(r"Timeout \(\d+:\d\d:[\d.]+\)!")
_FRAME = re.compile(r' *File "(?P<file>[^"]*)", line (?P<line>\d+) in (?P<function>\S+)')
_LINE_ENDS = re.compile(r"[\r\n]+")  # a progress bar redraws its line with \r
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def rotate(path: Path, max_bytes: int = MAX_BYTES) -> None:
    """Copy a log that is larger than `max_bytes` to `.1`, and empty it.

    The log is not renamed, because its service holds the file open in append mode.
    """
    if path.exists() and path.stat().st_size > max_bytes:
        path.with_suffix(path.suffix + ".1").write_bytes(path.read_bytes())
        with path.open("r+b") as file:
            file.truncate(0)


def tail(path: Path, lines: int, offset: int = 0) -> list[str]:
    """The last `lines` lines of a log that were written after byte `offset`, fit to print; of 64 KiB at most."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            start = offset if offset <= size else 0  # the log was emptied meanwhile
            file.seek(max(start, size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    found = [line.rstrip() for line in _LINE_ENDS.split(_ANSI.sub("", text)) if line.strip()]
    return found[-lines:] if lines else []


def readable(line: str, *, with_time: bool = True) -> str:
    """A line of a structured log as a sentence; any other line as it is."""
    fields = _fields(line)
    if fields is None:
        return printable(line)
    event = str(fields.pop("event"))
    time, level = str(fields.pop("timestamp", "")), str(fields.pop("level", ""))
    for name in ("service", "method", "trace_id", "logger"):
        fields.pop(name, None)
    exception = fields.pop("exception", None)
    words = [f"{name}={_value(value)}" for name, value in fields.items()]
    parts = [time[11:19] if with_time else "", level.upper() if level in ("warning", "error", "critical") else ""]
    sentence = " ".join(part for part in (*parts, event, *words) if part)
    return printable(sentence + _exception(exception))


def progress(path: Path, offset: int) -> str:
    """The last line that a starting service logged and that is no warning, shortened to 90 characters.

    Libraries print much beside the log. Their last line is shown where there is no log line. Empty without any line.
    """
    lines = tail(path, 200, offset)
    log_lines = [line for line in lines if (fields := _fields(line)) and fields.get("level") in ("info", "error")]
    return one_line(readable((log_lines or lines)[-1], with_time=False), 90) if lines else ""


def last_log_line(path: Path, offset: int) -> str:
    """The last line of a service that has ended, shortened; empty when none came after byte `offset`.

    Of a service that its watchdog ended (`kefu.common.rpc.watchdog`) it is the place where its event loop stood.
    """
    lines = tail(path, _DUMP_LINES, offset)
    if place := _where_the_loop_stood(lines):
        return f"its event loop stood still in {place}"
    return one_line(readable(lines[-1], with_time=False), 90) if lines else ""


def _where_the_loop_stood(lines: list[str]) -> str:
    """The innermost frame of the main thread in a dump of faulthandler, which comes last; empty without a dump."""
    if not any(_DUMP.fullmatch(line) for line in lines):
        return ""
    main = next((number for number in reversed(range(len(lines))) if lines[number].startswith("Thread 0x")), len(lines))
    frame = _FRAME.match(lines[main + 1]) if main + 1 < len(lines) else None
    return f"{frame['function']} ({Path(frame['file']).name}:{frame['line']})" if frame else ""


def read_new_lines(path: Path, offset: int) -> tuple[list[str], int]:
    """The whole lines after byte `offset`, and the next offset. Reads from the start when the log was emptied."""
    if not path.exists():
        return [], 0
    with path.open("rb") as file:
        if file.seek(0, 2) < offset:
            offset = 0
        file.seek(offset)
        whole, newline, _ = file.read().rpartition(b"\n")
    return whole.decode("utf-8", "replace").splitlines(), offset + len(whole) + len(newline)


def _fields(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) and "event" in fields else None  # pyright: ignore[reportUnknownVariableType]


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _exception(exception: object) -> str:
    if isinstance(exception, list) and exception:  # a chain of tracebacks, the last one first
        raised = cast("dict[str, Any]", exception[0])
        return f" | {raised.get('exc_type', '')}: {raised.get('exc_value', '')}"
    if isinstance(exception, str) and exception.strip():
        return f" | {exception.strip().splitlines()[-1]}"
    return ""
