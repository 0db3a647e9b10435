"""
Customers of Kefu as locust users, over gRPC, in three journeys and one open-loop arrival.

    locust -f loadtest/locustfile.py --host 127.0.0.1:50051 --key KEY --users 50  # its web page
    locust -f loadtest/locustfile.py --host 127.0.0.1:50051 --key KEY --headless --users 50 --run-time 60s
    locust -f loadtest/locustfile.py --host 127.0.0.1:50051 --key KEY --headless --rate 12 --run-time 10m

Without --rate the users are customers who think between their messages: as many questions come as the answers allow.
With --rate so many questions a second begin, whatever the answers take, as arrivals on the Internet do; each is timed
from when it should have begun. `turn` counts whole answers, `first text` the time to the first word; every stream is
judged (loadtest/harness/verdicts.py), and anything less than a whole answer is a failure. With --may-refuse, for a load
that looks for the breaking point, answers refused for load with a time to come back are `refused turn` and no failure.
"""

import itertools
import random
import time
from argparse import Namespace
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import gevent
import grpc
import grpc.experimental.gevent
import locust
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import STATE_RUNNING, STATE_SPAWNING

from kefu.common.rpc.status import failure_of
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1.chat_pb2_grpc import ChatServiceStub
from loadtest.harness.environment import read_environment
from loadtest.harness.locust_journal import Journal
from loadtest.harness.questions import Question, endless_questions
from loadtest.harness.verdicts import Verdict, VerdictBuilder

grpc.experimental.gevent.init_gevent()  # before the first channel; importing locust made the rest cooperative

_CHANNEL_STREAMS = 50
"""Streams on one connection, about: nginx spreads connections over its workers, not streams."""
_WARM_SESSIONS = 500
"""Sessions kept for follow-up questions in open-loop arrival."""
_events: Any = locust.events  # typed in part


@_events.init_command_line_parser.add_listener
def _options(parser: LocustArgumentParser) -> None:
    add: Any = cast("Any", parser).add_argument  # typed in part
    add("--key", env_var="KEFU_KEY", default="", is_secret=True, help="A key with the chat scope.")
    add("--collection", default="", help="Search only this collection.")
    add("--rate", type=float, default=0.0, help="Questions a second, open loop; 0: users who think.")
    add("--abandon-share", type=float, default=0.1, help="Share of open-loop questions left half-way.")
    add("--max-tokens", type=int, default=0, help="Most tokens of an answer; 0: the server's choice.")
    add("--think", type=float, default=1.0, help="Factor on the users' think times.")
    add("--data-dir", default=".kefu", help="The suite's data folder, to find its processes.")
    add("--out", default="", help="Folder for the JSON summary, CSV files and plots.")
    add("--engine-first", type=float, default=0.0, help="The engine's own least ms to a first token.")
    add("--may-refuse", action="store_true", help="More is asked than can be answered: refusals are no failures.")
    add(
        "--environment",
        default="",
        include_in_web_ui=False,
        help="The environment before the suite was started, as JSON; none: as the run starts.",
    )


class RunState:
    """State that all users of a run share: connections, questions, the journal."""

    def __init__(self, environment: Environment) -> None:
        self.options: Namespace = environment.parsed_options or Namespace()
        self.journal = Journal(Path(self.options.data_dir), read_environment(self.options.environment))
        self._environment = environment
        self._metadata = (("authorization", f"Bearer {self.options.key}"),)
        self._questions: Iterator[Question] = endless_questions()
        self._channels: list[tuple[grpc.Channel, Any]] = []
        self._streams = itertools.count()

    def question(self) -> Question:
        """The next question: no two users ask the same."""
        return next(self._questions)

    def ask(
        self, text: str, session: str = "", *, leave_after: int = 0, due: float | None = None
    ) -> tuple[Verdict, str]:
        """Ask and read the answer to its end, or cancel after so many deltas. Returns the verdict and the session."""
        request = pb.ConverseRequest(session=session or "sessions/-", text=text)
        if self.options.collection:
            request.collections.append(f"collections/{self.options.collection}")
        if self.options.max_tokens:
            request.max_tokens = self.options.max_tokens
        began = time.monotonic() if due is None else due
        builder = VerdictBuilder(began)
        self.journal.turn_started(time.monotonic())
        call = self._stub().Converse(request, metadata=self._metadata)
        try:
            deltas = 0
            for event in call:
                now = time.monotonic()
                before = builder.text_bytes
                builder.receive(event, now)
                self.journal.frame_received(builder.text_bytes - before, now)
                deltas += event.WhichOneof("event") == "text_delta"
                if leave_after and deltas >= leave_after and not builder.completed:
                    call.cancel()
                    verdict = builder.abandoned(now)
                    break
            else:
                verdict = builder.ended(grpc.StatusCode.OK, time.monotonic())
        except grpc.RpcError as error:
            failure = failure_of(error)
            verdict = builder.ended(failure.code, time.monotonic(), failure.reason, failure.retry_after)
        finally:
            call.cancel()
        self._report(verdict)
        return verdict, builder.session

    def _stub(self) -> Any:
        wanted = self.journal.open // _CHANNEL_STREAMS + 1
        while len(self._channels) < wanted:
            options = (("grpc.use_local_subchannel_pool", 1),)  # else all channels share one connection
            channel = grpc.insecure_channel(self._environment.host or "127.0.0.1:50051", options=options)
            self._channels.append((channel, ChatServiceStub(channel)))
        return self._channels[next(self._streams) % len(self._channels)][1]

    def _report(self, verdict: Verdict) -> None:
        self.journal.turn_ended(verdict, time.monotonic())
        hook = cast("Any", self._environment.events.request)  # typed in part
        common: dict[str, Any] = {"request_type": "gRPC", "response_length": verdict.text_bytes, "context": {}}
        allowed = verdict.refused and self.options.may_refuse
        failure = RuntimeError(verdict.failure) if verdict.failure and not allowed else None
        name = "abandoned turn" if verdict.abandoned else "refused turn" if allowed else "turn"
        hook.fire(name=name, response_time=verdict.total * 1000, exception=failure, **common)
        if verdict.good and verdict.first_text is not None:
            hook.fire(name="first text", response_time=verdict.first_text * 1000, exception=None, **common)

    def close(self) -> None:
        """Close the connections."""
        for channel, _ in self._channels:
            channel.close()
        self._channels.clear()


_run_states: dict[int, RunState] = {}


def _run_state(environment: Environment) -> RunState:
    """The state of this run; a new one for each run started from the web page."""
    return _run_states[id(environment)]


class _Customer(locust.User):
    abstract = True
    wait_time: Any = locust.constant(0)  # the journeys say when their customers think

    @property
    def state(self) -> RunState:
        """State that all users share."""
        environment: Environment = self.environment
        return _run_state(environment)

    def runs(self) -> bool:
        """Whether the run goes on."""
        runner = cast("Any", self.environment).runner
        return runner is not None and runner.state in (STATE_SPAWNING, STATE_RUNNING)

    def think(self, least: float, most: float) -> None:
        """Wait for a random time, as people do."""
        gevent.sleep(random.uniform(least, most) * self.state.options.think)


class QuickFaq(_Customer):
    """A customer who asks one question, reads the answer, and leaves."""

    weight = 6

    @locust.task
    def journey(self) -> None:
        """One question in a session of its own."""
        self.state.ask(self.state.question().text)
        self.think(2, 8)


class MultiTurn(_Customer):
    """A customer who asks follow-up questions in the same session."""

    weight = 3

    @locust.task
    def journey(self) -> None:
        """A question and up to three follow-ups."""
        question = self.state.question()
        verdict, session = self.state.ask(question.text)
        for follow_up in question.follow_ups[:3]:
            if not verdict.good:
                return
            self.think(3, 10)
            verdict, session = self.state.ask(follow_up, session)
        self.think(2, 8)


class Abandons(_Customer):
    """A customer who leaves during an answer, and sometimes asks something else at once."""

    weight = 1

    @locust.task
    def journey(self) -> None:
        """A question that is left after a few deltas, then another in a new session."""
        self.state.ask(self.state.question().text, leave_after=random.randint(1, 5))
        if random.random() < 0.5:
            self.state.ask(self.state.question().text)
        self.think(2, 8)


class Arrivals(_Customer):
    """Open-loop arrival: questions begin at a fixed rate, each in a greenlet of its own."""

    fixed_count = 1

    @locust.task
    def street(self) -> None:
        """Begin questions until the run ends. Three in ten continue a session that was answered before."""
        state, rate = self.state, self.state.options.rate
        chance, warm, running = random.Random(7), deque[tuple[str, str]](maxlen=_WARM_SESSIONS), list[Any]()
        began = time.monotonic()

        def one(due: float) -> None:
            leaves = chance.random() < state.options.abandon_share
            if not leaves and warm and chance.random() < 0.3:
                session, follow_up = warm.popleft()
                state.ask(follow_up, session, due=due)
                return
            question = state.question()
            verdict, session = state.ask(question.text, leave_after=chance.randint(1, 5) if leaves else 0, due=due)
            if verdict.good and not verdict.abandoned and question.follow_ups:
                warm.append((session, question.follow_ups[0]))

        try:
            for number in itertools.count():
                if not self.runs():
                    raise StopUser
                due = began + number / rate
                gevent.sleep(max(due - time.monotonic(), 0))
                state.journal.question_late(max(time.monotonic() - due, 0.0))
                running.append(gevent.spawn(one, due))
                if number % 1000 == 999:
                    running = [greenlet for greenlet in running if not greenlet.dead]
        finally:
            gevent.joinall(running, timeout=60)


@_events.init.add_listener
def _choose(environment: Environment, **_: Any) -> None:
    options = environment.parsed_options
    if options is not None and options.rate:
        environment.user_classes = [Arrivals]
    elif len(environment.user_classes) > 1:
        environment.user_classes = [one for one in environment.user_classes if one is not Arrivals]


@_events.test_start.add_listener
def _open(environment: Environment, **_: Any) -> None:
    _run_states[id(environment)] = state = RunState(environment)
    state.journal.start()


@_events.test_stop.add_listener
def _close(environment: Environment, **_: Any) -> None:
    state = _run_state(environment)
    options = state.options
    state.journal.stop()
    lost = state.journal.report(
        options.out,
        title=_title(options),
        engine_seconds=options.engine_first / 1000,
        may_refuse=options.may_refuse,
    )
    state.close()
    if lost:
        environment.process_exit_code = 1


def _title(options: Namespace) -> str:
    return f"{options.rate:g} questions a second" if options.rate else f"{options.num_users or 'some'} customers"
