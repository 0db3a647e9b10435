"""Whatever order things happen in, a replica that owes nothing is seen to owe nothing."""

from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kefu.router.replicas.load import SATURATED_TOKENS, DispatchedRequest, ReplicaLoad

NTH = st.integers(0, 1_000)


class Accounting(RuleBasedStateMachine):
    """A router, a replica, and what is under way between them: requests, "accepted", reports, cancellations."""

    def __init__(self) -> None:
        super().__init__()
        self.load = ReplicaLoad(lambda: 0.0)
        self.boot = 0
        self.accepted_there = 0
        self.running_there: list[DispatchedRequest] = []
        self.on_the_way: list[DispatchedRequest] = []
        self.acceptances: list[tuple[int, DispatchedRequest]] = []
        self.reports: deque[tuple[str, int, int]] = deque()
        self.open: list[DispatchedRequest] = []

    @rule(tokens=st.integers(0, 5_000))
    def send(self, tokens: int) -> None:
        dispatch = self.load.record_sent(tokens)
        self.open.append(dispatch)
        self.on_the_way.append(dispatch)

    @precondition(lambda self: self.on_the_way)
    @rule(nth=NTH)
    def a_request_arrives(self, nth: int) -> None:
        dispatch = self.on_the_way.pop(nth % len(self.on_the_way))
        self.accepted_there += dispatch.tokens
        self.running_there.append(dispatch)
        self.acceptances.append((self.boot, dispatch))

    @precondition(lambda self: self.acceptances)
    @rule(nth=NTH)
    def its_acceptance_is_heard(self, nth: int) -> None:
        _, dispatch = self.acceptances.pop(nth % len(self.acceptances))
        self.load.record_accepted(dispatch)

    @precondition(lambda self: self.on_the_way)
    @rule(nth=NTH)
    def a_request_is_lost(self, nth: int) -> None:
        dispatch = self.on_the_way.pop(nth % len(self.on_the_way))
        self._end(dispatch)

    @precondition(lambda self: self.running_there)
    @rule(nth=NTH)
    def an_answer_is_finished(self, nth: int) -> None:
        self.running_there.pop(nth % len(self.running_there))

    @precondition(lambda self: self.open)
    @rule(nth=NTH, twice=st.booleans())
    def a_stream_ends_here(self, nth: int, twice: bool) -> None:
        # Done, failed, timed out or cancelled; its request may still be on its way, or its answer be running.
        dispatch = self.open[nth % len(self.open)]
        self._end(dispatch)
        if twice:
            self.load.record_end(dispatch)

    @rule()
    def the_replica_reports(self) -> None:
        owed = sum(dispatch.tokens for dispatch in self.running_there)
        self.reports.append((str(self.boot), owed, self.accepted_there))

    @precondition(lambda self: self.reports)
    @rule()
    def a_report_is_heard(self) -> None:
        boot, owed, accepted = self.reports.popleft()
        self.load.update(boot, owed, accepted, draining=False)

    @rule()
    def the_reports_stop(self) -> None:
        self.load.mark_stale()

    @rule()
    def the_replica_starts_anew(self) -> None:
        self.boot += 1
        self.accepted_there = 0
        self.running_there.clear()
        self.reports.clear()  # they went with the connection

    def _end(self, dispatch: DispatchedRequest) -> None:
        if dispatch in self.open:
            self.open.remove(dispatch)
        self.load.record_end(dispatch)

    @invariant()
    def nothing_is_counted_below_zero_or_twice(self) -> None:
        assert self.load.in_flight == len(self.open)
        assert self.load.owed_tokens >= 0
        if self.load.is_stale:
            assert self.load.owed_tokens == SATURATED_TOKENS + sum(dispatch.tokens for dispatch in self.open)

    def teardown(self) -> None:
        for dispatch in tuple(self.open):
            self._end(dispatch)
        for dispatch in self.on_the_way:  # those that were given up here still arrive, and are cancelled there
            self.accepted_there += dispatch.tokens
        self.on_the_way.clear()
        self.running_there.clear()
        while self.reports:
            self.a_report_is_heard()
        self.the_replica_reports()
        self.a_report_is_heard()
        assert (self.load.owed_tokens, self.load.in_flight) == (0, 0)
        # Nothing is left over that would hide the next request, either.
        self.load.record_sent(700)
        assert self.load.owed_tokens == 700


TestAccounting = Accounting.TestCase
TestAccounting.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
