"""The journal of a locust run: verdicts, a timeline, and the resource usage of suite and generator."""

import time
from pathlib import Path
from typing import Any

import gevent

from loadtest.harness.environment import Environment
from loadtest.harness.report import (
    lost_answers,
    summary,
    usage_summary,
    usage_table,
    verdict_table,
    write_report,
)
from loadtest.harness.resource_usage import GENERATOR, Sampler, pids_of_suite
from loadtest.harness.statistics import Spread, Timeline
from loadtest.harness.verdicts import Verdict


class Journal:
    """The journal of one run in one process."""

    def __init__(self, data_dir: Path, environment: Environment) -> None:
        self.open = 0
        """Turns that have begun and not ended."""
        self._environment = environment
        self._verdicts: list[Verdict] = []
        self._late: list[float] = []
        self._timeline = Timeline(time.monotonic())
        self._sampler = Sampler(pids_of_suite(data_dir))
        self._sampling: Any = None

    def start(self) -> None:
        """Sample the processes every second from now on."""

        def repeat() -> None:
            while True:
                gevent.sleep(1)
                self._sampler.sample()

        self._sampling = gevent.spawn(repeat)

    def stop(self) -> None:
        """Take a last sample, and stop sampling."""
        self._sampling.kill()
        self._sampler.sample()

    def turn_started(self, now: float) -> None:
        """Note that a turn begins."""
        self.open += 1
        self._timeline.at(now).started += 1

    def question_late(self, seconds: float) -> None:
        """Note that an open-loop question began so many seconds late, which is the generator's own fault."""
        self._late.append(seconds)

    def frame_received(self, text_bytes: int, now: float) -> None:
        """Note an event with so many bytes of text."""
        second = self._timeline.at(now)
        second.frames += 1
        second.text_bytes += text_bytes

    def turn_ended(self, verdict: Verdict, now: float) -> None:
        """Note the verdict of a turn."""
        self.open -= 1
        self._verdicts.append(verdict)
        second = self._timeline.at(now)
        second.ended += 1
        second.failed += not verdict.good
        if verdict.good and verdict.first_text is not None:
            self._timeline.at(verdict.asked_at + verdict.first_text).first_text.append(verdict.first_text)

    def report(self, out: str, *, title: str, engine_seconds: float, may_refuse: bool) -> int:
        """Print the tables; with a folder, leave the JSON summary, CSV files and plots there.

        Returns how many answers count against the run; see `lost_answers`.
        """
        warning = self._sampler.generator_warning()
        usage = self._sampler.usage
        figures: dict[str, Any] = {
            **self._environment.as_json(),
            **summary(self._verdicts, engine_seconds=engine_seconds),
            "asked_late_ms": Spread.of(self._late).milliseconds(),
            "processes": usage_summary(usage),
            "generator_cores_mean": round(usage[GENERATOR].cores, 3) if GENERATOR in usage else None,
            "warning": warning,
            "may_refuse": may_refuse,
        }
        print(f"\n{self._environment}")
        print(verdict_table(title, figures))
        if self._late:
            late = figures["asked_late_ms"]
            print(f"questions begun late by p99 {late['p99']} ms, max {late['max']} ms")
        print(usage_table(usage))
        if warning:
            print(warning)
        if out:
            write_report(Path(out), title, figures, self._timeline, usage)
        return lost_answers(figures, may_refuse=may_refuse)
