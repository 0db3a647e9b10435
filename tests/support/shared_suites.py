"""Suites that all tests of a unit share. They end with the unit, not with the run: idle ones take CPU."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from kefu.testing.suite import Suite

_running: list[Suite] = []


@contextmanager
def ending_with_unit(suite: Suite) -> Iterator[None]:
    """While the block runs, `interrupt_suites` interrupts the suite. Whoever started it waits for its end."""
    _running.append(suite)
    try:
        yield
    finally:
        _running.remove(suite)


def interrupt_suites() -> None:
    """Interrupt all of them, as by Ctrl-C."""
    for suite in _running:
        if suite.process.returncode is None:
            suite.process.send_signal(signal.SIGINT)
