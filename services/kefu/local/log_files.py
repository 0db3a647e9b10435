"""The services' log files: bounded, and read for people."""

import json
import re
from pathlib import Path
from typing import Any, cast

from kefu.common.text.terminal_text import one_line, printable

MAX_BYTES = 20 * 1024 * 1024
_TAIL_BYTES = 64 * 1024
_LINE_ENDS = re.compile(r"[\r\n]+")  # a progress bar redraws its line with \r
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def rotate(path: Path, max_bytes: int = MAX_BYTES) -> None:
    """Keep a log that has grown too large as `.1`, and go on in an empty one.

    The service holds the file open in append mode: it is emptied, not renamed.
    """
    if path.exists() and path.stat().st_size > max_bytes:
        path.with_suffix(path.suffix + ".1").write_bytes(path.read_bytes())
        with path.open("r+b") as file:
            file.truncate(0)


def tail(path: Path, lines: int, offset: int = 0) -> list[str]:
    """The last lines of a log, at most what was written after byte `offset`; fit to print."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            start = offset if offset <= size else 0  # emptied meanwhile
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
    """What a service that starts does, in one short line: what it logged last that is no warning, if it logs at all.

    Libraries print much beside that; it is shown where there is nothing else. Empty when there is nothing.
    """
    lines = tail(path, 200, offset)
    log_lines = [line for line in lines if (fields := _fields(line)) and fields.get("level") in ("info", "error")]
    return one_line(readable((log_lines or lines)[-1], with_time=False), 90) if lines else ""


def last_log_line(path: Path, offset: int) -> str:
    """The last line of a service that has ended, shortened; empty when it said nothing since `offset`."""
    last = tail(path, 1, offset)
    return one_line(readable(last[0], with_time=False), 90) if last else ""


def read_new_lines(path: Path, offset: int) -> tuple[list[str], int]:
    """The whole lines written after byte `offset`, and where to go on; from the start when the log was emptied."""
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
