"""Logs of services, bounded and readable."""

from pathlib import Path

import pytest

from kefu.local import log_files

LINE = (
    '{"what": "qwen", "megabytes": 12, "event": "progress", "service": "generation", "level": "info", '
    '"timestamp": "2026-11-25T01:02:03.456Z"}'
)


def test_a_structured_line_reads_as_a_sentence() -> None:
    assert log_files.readable(LINE) == "01:02:03 progress what=qwen megabytes=12"
    assert log_files.readable(LINE, with_time=False) == "progress what=qwen megabytes=12"


def test_a_warning_and_an_exception_are_seen() -> None:
    line = (
        '{"event": "rpc.unexpected", "level": "error", "timestamp": "2026-11-25T01:02:03Z", '
        '"exception": [{"exc_type": "KeyError", "exc_value": "x"}]}'
    )
    assert log_files.readable(line) == "01:02:03 ERROR rpc.unexpected | KeyError: x"


@pytest.mark.parametrize("line", ["kefu-router cannot start: no", "{not json", '{"no": "event"}', "[1]"])
def test_any_other_line_stays_as_it_is(line: str) -> None:
    assert log_files.readable(line) == line


def test_what_a_terminal_would_obey_is_taken_out() -> None:
    assert "\x1b" not in log_files.readable("\x1b]0;title\x07text")


def test_the_tail_knows_progress_bars_and_where_this_run_began(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("old\n10%\r20%\r30%\n\nnew\n")
    assert log_files.tail(log, 3) == ["20%", "30%", "new"]
    assert log_files.tail(log, 3, offset=len("old\n10%\r20%\r30%\n")) == ["new"]
    assert log_files.tail(log, 3, offset=10_000) == ["20%", "30%", "new"], "it was emptied meanwhile"
    assert log_files.tail(tmp_path / "none", 3) == []


def test_a_starting_service_is_described_by_what_it_logs_not_by_what_libraries_print(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("a library talks\n")
    assert log_files.progress(log, 0) == "a library talks"
    log.write_text(f'{LINE}\n{{"event": "deprecated", "level": "warning"}}\nTraceback\n')
    assert log_files.progress(log, 0) == "progress what=qwen megabytes=12"
    assert log_files.last_log_line(log, 0) == "Traceback"
    assert log_files.progress(tmp_path / "none", 0) == ""


def test_following_gives_whole_lines_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\ntw")
    lines, offset = log_files.read_new_lines(log, 0)
    assert (lines, offset) == (["one"], 4)
    with log.open("a") as file:
        file.write("o\n")
    assert log_files.read_new_lines(log, offset) == (["two"], 8)


def test_a_log_that_grew_too_large_is_kept_once_and_emptied_under_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with log.open("a") as writer:
        writer.write("0123456789a\n")
        writer.flush()
        log_files.rotate(log, max_bytes=10)
        writer.write("next\n")
    assert log.read_text() == "next\n"
    assert (tmp_path / "a.log.1").read_text() == "0123456789a\n"
