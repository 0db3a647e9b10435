"""The options that all scenarios share, and the suite that follows from them."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kefu.testing.suite import Suite
from loadtest.harness.cpu_limit import limited_cpu
from loadtest.harness.environment import Environment
from loadtest.harness.resource_usage import pids_of_suite
from loadtest.harness.suite import EnginePace, SuiteSetup, open_loaded_suite


@dataclass(frozen=True)
class CommonOptions:
    """Options that all scenarios share."""

    routers: int
    generations: int
    retrievals: int
    retrieval_cores: float
    """Each retrieval process is held to so many cores; 0: to none."""
    corpora: tuple[Path, ...]
    out: Path
    as_json: bool
    environment: Environment
    """Before anything was started."""
    edge: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict[str, str])

    @asynccontextmanager
    async def suite(self, pace: EnginePace, *, streams: int = 0, tls: bool = False) -> AsyncIterator[Suite]:
        """A suite with this engine, filled. `streams`: nginx is told to expect so many."""
        edge = self.edge
        if tls:
            edge = (*edge, "--tls")
        if streams and (tls or self.routers > 1):
            edge = (*edge, "--streams", str(streams))
        setup = SuiteSetup(
            pace,
            routers=self.routers,
            generation_replicas=self.generations,
            retrieval_replicas=self.retrievals,
            edge=edge,
            corpora=self.corpora,
            variables=self.variables,
        )
        self.say(f"Starting {self.routers} router(s), {self.generations} engine(s) that imitate {pace.name}.")
        self.say(f"Source of these figures: {pace.source}.")
        async with open_loaded_suite(setup) as suite:
            with self._limited_retrieval(suite):
                yield suite

    @contextmanager
    def _limited_retrieval(self, suite: Suite) -> Iterator[None]:
        if not self.retrieval_cores:
            yield
            return
        processes = pids_of_suite(suite.folder.path)()
        retrievals = {name: pids for name, pids in processes.items() if name.startswith("retrieval")}
        self.say(f"Simulated cores: each of {len(retrievals)} retrieval processes has {self.retrieval_cores:g}.")
        with limited_cpu(retrievals, self.retrieval_cores):
            yield

    def say(self, sentence: str) -> None:
        """Print to standard error, beside any JSON on standard output."""
        print(sentence, file=sys.stderr, flush=True)
