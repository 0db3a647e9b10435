"""What a log must not hold."""

import subprocess
import sys

import pytest

_PROGRAM = """
import sys
import structlog
from kefu.common.telemetry import set_up_logging

set_up_logging("test", "info", sys.argv[1])

def serve(metadata, message):
    raise RuntimeError("boom, said " + "li@" + "example.com on 1391" + "2345678")

try:
    serve({"authorization": "Bearer kefu_1_" + "5ec2e7" * 3}, "my number is " + "13800" + "138000")
except RuntimeError:
    structlog.stdlib.get_logger().exception("rpc.unexpected", cause="from 1391" + "2345678", address="10.1.2.3:50053")
"""


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_the_log_of_a_failure_says_where_it_was_and_shows_no_variable(log_format: str) -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM, log_format], capture_output=True, text=True, check=True)
    assert "rpc.unexpected" in done.stderr
    assert "boom" in done.stderr
    assert "serve" in done.stderr
    assert "5ec2e75ec2e7" not in done.stderr
    assert "13800138000" not in done.stderr
    assert "boom, said [email] on [phone]" in done.stderr
    assert "13912345678" not in done.stderr
    assert "10.1.2.3:50053" in done.stderr
