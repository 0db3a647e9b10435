"""A suite that holds one document, and what its tests ask of it."""

import signal
import time
from pathlib import Path

import psutil

from kefu.testing.suite import SERVICES, Suite, still_running, wait_until

ORPHAN_SECONDS = 5.0  # the promise: nothing is left after that
DOCUMENT = "# Mattresses\n\nYou may try a mattress for 100 nights and return it free of charge.\n"
QUESTION = "For how many nights may I try a mattress?"


async def feed(suite: Suite, folder: Path) -> None:
    (folder / "docs").mkdir()
    (folder / "docs" / "mattress.md").write_text(DOCUMENT)
    done = await suite.kefu("import", str(folder / "docs"), "--create")
    assert done.status == 0, done
    assert "1 created" in done.out


async def answers_from_knowledge(suite: Suite) -> None:
    """Every `kefu ask` succeeds, and within seconds one is answered from the document: until then the router, whose
    connections to a service that was away come back with backoff, may hand the customer over."""
    deadline = time.monotonic() + 20
    while True:
        answer = await suite.kefu("ask", QUESTION)
        assert answer.status == 0, answer
        if "Mattresses" in answer.out:
            return
        assert time.monotonic() < deadline, answer


async def nothing_left(processes: list[psutil.Process]) -> None:
    assert processes
    await wait_until(lambda: not still_running(processes), ORPHAN_SECONDS, lambda: str(still_running(processes)))


async def stops_in_order(suite: Suite, number: signal.Signals) -> None:
    below = suite.processes()
    assert len(below) >= len(SERVICES) - 1  # one of them may have failed
    assert await suite.end(number) == 0
    assert not still_running(below)
    assert "no process is left" in suite.printed()
    assert suite.folder.read_state() is None
