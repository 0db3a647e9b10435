"""The command line in a process of its own, against a real router."""

import asyncio
import sys
from pathlib import Path
from typing import NamedTuple

from kefu.testing.suite import clean_environment
from tests.support.router_harness import RouterHarness

_SERVICES = Path(__file__).parents[2] / "services"


class Outcome(NamedTuple):
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str


class Shell:
    """Runs `kefu` with a key, against the first router of a harness."""

    def __init__(self, harness: RouterHarness, key: str, folder: Path) -> None:
        self._environment = {
            **clean_environment(),
            "PYTHONPATH": str(_SERVICES),
            "KEFU_SERVER": f"127.0.0.1:{harness.routers[0].port}",
            "KEFU_KEY": key,
            "KEFU_DATA_DIR": str(folder),
        }

    async def run(self, *words: str) -> Outcome:
        """Run a command."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "kefu.cli", *words),
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return Outcome(process.returncode or 0, out.decode(), err.decode())

    async def ok(self, *words: str) -> str:
        """What a command printed that must succeed."""
        outcome = await self.run(*words)
        assert outcome.status == 0, outcome
        return outcome.out
