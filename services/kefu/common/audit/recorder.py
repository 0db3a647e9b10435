"""
The record of calls in the audit log, made in one place for all methods of a service.

A service has a table of the methods that are recorded (`AuditedMethod`). The interceptor opens
`AuditRecorder.recording` around each call and shows it the messages. The entry is written when the call ends, before
its caller has the answer.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self

import structlog
from opentelemetry import trace
from prometheus_client import Counter

from kefu.common.audit import client_origin
from kefu.common.audit.entry import CANCELLED, OK, AuditEntry, actor_of
from kefu.common.audit.log import AuditLog
from kefu.common.auth import Principal
from kefu.common.customers import is_visitor
from kefu.common.errors import Internal, ServiceError
from kefu.common.redis.client import REDIS_FAILURES

ENTRIES_WRITTEN = Counter("kefu_audit_entries_total", "Entries written to the audit log.", ("action",))
ENTRIES_LOST = Counter("kefu_audit_entries_lost_total", "Entries that Redis did not take; the log line has them.")
_FAILURE_REPEAT_SECONDS = 60.0
_MAX_REMEMBERED = 10_000
_MAX_TARGET_CHARACTERS = 300
_MAX_DETAIL_CHARACTERS = 200
_WAIT_SECONDS = 2.0
_KEEP_TRYING_SECONDS = 60.0
_log = structlog.stdlib.get_logger()


@dataclass
class Act:
    """What a call does, as far as its messages have told."""

    target: str = ""
    """Resource name of what it is done to."""
    tenant: str = ""
    """Id of the tenant that it is done to; empty: the caller's. A failure is always in the log of the caller's."""
    details: dict[str, str] = field(default_factory=dict[str, str])
    """More about it: names and numbers, never what customers wrote, and no secret."""


Reader = Callable[[Act, Any], None]
"""Notes in an act what a message tells about it."""


def _nothing(act: Act, message: Any) -> None:
    del act, message


@dataclass(frozen=True)
class AuditedMethod:
    """A method whose calls are recorded."""

    action: str
    """Name of what it does, such as "key.create"."""
    read_request: Reader = _nothing
    """Called with each request, before it is checked: a field may hold anything."""
    read_response: Reader = _nothing
    """Called with each response."""
    failures: bool = True
    """Whether failed calls are recorded. Not where customers call, who could fill the log with them."""
    needs_target: bool = False
    """Whether a call without a target is not recorded: `read_request` names one where there is something to record."""
    repeat_seconds: float = 0.0
    """A call like one that was recorded within so many seconds is not recorded again: same caller, same target. For
    failures this is a minute, whatever the target."""


class Recording:
    """A call while it is served. Messages of a call that is not recorded are ignored."""

    def __init__(self, method: AuditedMethod | None) -> None:
        self._method = method
        self.act = Act()

    def noted(self, request: Any, *, streams: bool) -> Any:
        """The request, once it is noted; with `streams`, an iterator of requests that are noted as they are read."""
        if self._method is None:
            return request
        if streams:
            return _NotedRequests(request, self)
        self.request(request)
        return request

    def request(self, message: Any) -> None:
        """Note a request."""
        if self._method is not None:
            self._method.read_request(self.act, message)

    def response(self, message: Any) -> None:
        """Note a response."""
        if self._method is not None:
            self._method.read_response(self.act, message)


class _NotedRequests:
    """The requests of a call, noted one by one. Not a generator: a servicer may leave it before its end."""

    def __init__(self, requests: AsyncIterator[Any], recording: Recording) -> None:
        self._requests = requests
        self._recording = recording

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        request = await anext(self._requests)
        self._recording.request(request)
        return request


class AuditRecorder:
    """Writes an entry for each call of the methods in a table; see `open_audit_recorder`.

    `methods` is by "package.Service/Method". `internal_key`: the services' own key, with which the gateway signs where
    calls come from.
    """

    def __init__(self, log: AuditLog, methods: Mapping[str, AuditedMethod], *, internal_key: str) -> None:
        self._log = log
        self._methods = methods
        self._internal_key = internal_key
        self._recorded: dict[tuple[str, ...], float] = {}
        self._writing: set[asyncio.Task[None]] = set()
        self._finishing = False

    @asynccontextmanager
    async def recording(
        self, method: str, principal: Principal, metadata: Mapping[str, Any], peer: str
    ) -> AsyncIterator[Recording]:
        """Record a call that is served in the block. `peer` is gRPC's name of the other end of the connection."""
        audited = self._methods.get(method)
        recording = Recording(audited)
        if audited is None:
            yield recording
            return
        outcome = OK
        try:
            yield recording
        except ServiceError as error:
            outcome = error.reason
            raise
        except (asyncio.CancelledError, GeneratorExit):
            outcome = CANCELLED
            raise
        except Exception:
            outcome = Internal.reason
            raise
        finally:
            entry = self._entry(audited, recording.act, principal, metadata, peer, outcome)
            if entry is not None:
                own = recording.act.tenant if outcome == OK and recording.act.tenant else principal.tenant
                await self.record(own, entry)

    async def record(self, tenant: str, entry: AuditEntry) -> None:
        """Write an entry, and wait for at most 2 s until it is written. Never fails for want of Redis.

        What Redis does not take is tried again for a minute. Then the entry is in the service's log alone, as an error.
        """
        task = asyncio.create_task(self._write(tenant, entry), name="audit entry")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        await asyncio.wait([task], timeout=_WAIT_SECONDS)

    async def finish(self) -> None:
        """Wait until every entry is written, or lost; none is tried again from now on."""
        self._finishing = True
        while self._writing:
            await asyncio.wait(self._writing)

    async def _write(self, tenant: str, entry: AuditEntry) -> None:
        give_up = time.monotonic() + _KEEP_TRYING_SECONDS
        while True:
            try:
                written = await self._log.append(tenant, entry)
            except REDIS_FAILURES as error:
                if time.monotonic() < give_up and not self._finishing:
                    await asyncio.sleep(1.0)
                    continue
                ENTRIES_LOST.inc()
                _log.error("audit.lost", cause=str(error), entry=replace(entry, tenant=tenant).text())
                return
            for each, digest in written:
                ENTRIES_WRITTEN.labels(each.action).inc()
                # The hash in the log is one that a rewritten chain does not have: see `VerifyAudit.known_hash`.
                _log.info("audit", action=each.action, outcome=each.outcome, sequence=each.sequence, hash=digest)
            return

    def _entry(
        self,
        audited: AuditedMethod,
        act: Act,
        principal: Principal,
        metadata: Mapping[str, Any],
        peer: str,
        outcome: str,
    ) -> AuditEntry | None:
        if outcome not in (OK, CANCELLED) and not audited.failures:
            return None
        if audited.needs_target and not act.target:
            return None
        actor = actor_of(principal.tenant, principal.subject)
        repeat_seconds = audited.repeat_seconds if outcome == OK else _FAILURE_REPEAT_SECONDS
        target = act.target[:_MAX_TARGET_CHARACTERS]
        # Of failures any target counts: else a caller could fill the log with names that do not exist.
        what = (actor, audited.action, outcome, target if outcome == OK else "")
        if repeat_seconds and self._is_repeat(what, repeat_seconds):
            return None
        is_public = is_visitor(principal.subject)
        told = client_origin.read_origin(self._internal_key, metadata.get(client_origin.METADATA, ""))
        address = told.address if told else client_origin.peer_address(peer)
        return AuditEntry(
            time=round(time.time() * 1000),
            actor=actor,
            name=told.name if told else "",
            scopes=tuple(sorted(principal.scopes)),
            # The log outlives what customers have erased: no address of theirs is in it.
            address="" if is_public else address,
            address_from="" if is_public else "gateway" if told else "peer",
            trace=trace.format_trace_id(trace.get_current_span().get_span_context().trace_id),
            action=audited.action,
            target=target,
            outcome=outcome,
            details={name: value[:_MAX_DETAIL_CHARACTERS] for name, value in act.details.items() if value},
        )

    def _is_repeat(self, what: tuple[str, ...], seconds: float) -> bool:
        now = time.monotonic()
        if self._recorded.get(what, 0.0) > now:
            return True
        if len(self._recorded) >= _MAX_REMEMBERED:  # a bound, not a policy
            self._recorded.clear()
        self._recorded[what] = now + seconds
        return False


@asynccontextmanager
async def open_audit_recorder(
    log: AuditLog, methods: Mapping[str, AuditedMethod], *, internal_key: str
) -> AsyncIterator[AuditRecorder]:
    """A recorder; the end of the block waits for what is being written."""
    recorder = AuditRecorder(log, methods, internal_key=internal_key)
    try:
        yield recorder
    finally:
        await recorder.finish()
