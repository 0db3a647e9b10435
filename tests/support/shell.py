"""The command line in a process of its own, against a real router."""

from pathlib import Path

from kefu.testing.suite import CommandResult, clean_environment
from tests.support.forked_processes import run_command
from tests.support.router_harness import RouterHarness


class Shell:
    """Runs `kefu` with a key, against the first router of a harness."""

    def __init__(self, harness: RouterHarness, key: str, folder: Path) -> None:
        self._environment = {
            **clean_environment(),
            "KEFU_SERVER": f"127.0.0.1:{harness.routers[0].port}",
            "KEFU_KEY": key,
            "KEFU_DATA_DIR": str(folder),
        }

    async def run(self, *words: str) -> CommandResult:
        """Run a command."""
        return await run_command(*words, environment=self._environment)

    async def ok(self, *words: str) -> str:
        """What a command printed that must succeed."""
        outcome = await self.run(*words)
        assert outcome.status == 0, outcome
        return outcome.out
