"""
The archiver: writes conversations that have grown quiet to the archive, and lets what is old leave it.

One router does it, whoever has the lease. A pass goes through all sessions in Redis, since a session that ends there
tells nobody: each one is seen hundreds of times in its life, and written when nobody has written in it for a while. One
that goes on is written again, in place of what was there. So each conversation is there once; two routers at once, or
one that was killed, do no more than write the same twice.

A conversation that is erased while it is written is erased again: at once by who has written it, and some minutes later
by the next pass, whatever became of that router.
"""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import ServiceError, SessionNotFound
from kefu.office.archive.archive import Archive, is_older
from kefu.office.archive.object_names import Identity, day_of
from kefu.office.insight.reviews.review_store import ReviewJudgement, ReviewStore
from kefu.router import metrics
from kefu.router.domain.session import Session
from kefu.router.domain.turn import TurnRecord
from kefu.router.storage.archive_marks import ArchiveMarks, ArchiveStatus, LiveSession
from kefu.router.storage.leader_lease import LeaderLease
from kefu.router.storage.sessions import SessionStore
from kefu.router.tenants.settings import SettingsStore

_PAGE = 50
"""Turns that are in memory at once, of each conversation that is being written."""
_AT_ONCE = 8
_SHARE = 0.1
"""Of one core, at most: who answers customers in the same process has the rest."""
_MOST_FAILURES = 3
"""Failures in a row after which a pass writes no more: the store is away."""
_LEASE_SECONDS, _FRESH_SECONDS = 4.0, 60.0
"""The lease is taken again after this long, and nothing is written this long after it was taken last."""
_RETRY_SECONDS = 60.0
_log = structlog.stdlib.get_logger()


class RecordWriter(Protocol):
    """Writes conversations as JSON; see `messages/archive_record.py`."""

    def head(self, tenant: str, session: Session) -> str:
        """A JSON object of what is known of the session, but for its turns."""
        ...

    def turn(self, session_id: str, record: TurnRecord, judgement: ReviewJudgement | None) -> str:
        """A JSON object of one turn."""
        ...


@dataclass(frozen=True)
class ArchiveTimes:
    """When a conversation is written and when it leaves again, in seconds."""

    quiet: float
    """A conversation is written when nobody has written in it for this long."""
    kept: float
    """It leaves the archive this long after its last message, within a day."""
    pause: float
    """From the end of a pass to the next one."""
    settle: float = 600.0
    """An erasure is done again after this long: nobody writes any more what was read before it."""


class _LostLease(Exception):
    """Another router archives now."""


class Archiver:
    """Fills the archive while it has the lease. `owner` names this router.

    `finish_erasure` erases a session of a tenant wherever anything is kept of it, as often as it is called.
    """

    def __init__(
        self,
        archive: Archive,
        marks: ArchiveMarks,
        sessions: SessionStore,
        reviews: ReviewStore,
        settings: SettingsStore,
        writer: RecordWriter,
        finish_erasure: Callable[[str, str], Awaitable[None]],
        lease: LeaderLease,
        times: ArchiveTimes,
    ) -> None:
        self._archive = archive
        self._marks = marks
        self._sessions = sessions
        self._reviews = reviews
        self._settings = settings
        self._writer = writer
        self._finish_erasure = finish_erasure
        self._lease = lease
        self._times = times
        self._held_at = float("-inf")
        self._core = asyncio.Lock()

    async def run(self) -> None:
        """Make a pass after each pause, until cancelled."""
        pause = self._times.pause
        metrics.ARCHIVE_ACTIVE_TIME.set(time.time())
        while True:
            await asyncio.sleep(pause)
            pause = self._times.pause
            try:
                await self._hold(anew=True)
                status = await self.make_pass()
                if status.problem:
                    pause = min(pause, _RETRY_SECONDS)
            except _LostLease:
                await self._tell_of_other()
            except ServiceError as error:
                self._failed(error)
                pause = min(pause, _RETRY_SECONDS)

    async def make_pass(self) -> ArchiveStatus:
        """Go through everything once: erasures that were begun, all sessions, and what is too old.

        Raises BackendUnavailable when Redis is away.
        """
        # What cannot be erased now is no reason not to write, and is tried again by the next pass.
        problems = [await self._tried(self._finish_erasures)]
        status = await self._write_all()
        problems += [status.problem, await self._tried(self._erase_old)]
        status = replace(status, problem=next(filter(None, problems), ""))
        metrics.ARCHIVE_ACTIVE_TIME.set(status.pass_time)
        metrics.ARCHIVE_OVERDUE_SECONDS.set(status.overdue_seconds)
        await self._marks.tell(status)
        return status

    # Writing

    async def _write_all(self) -> ArchiveStatus:
        live = archived = failures = 0
        overdue, problem = 0.0, ""
        async for found in self._marks.live():
            await self._hold()
            metrics.ARCHIVE_ACTIVE_TIME.set(time.time())
            wanted = [each for each in found if await self._is_wanted(each.tenant)]
            live += len(wanted)
            due = [each for each in wanted if not each.is_archived and self._is_due(each)]
            archived += sum(each.is_archived for each in wanted)
            for at in range(0, len(due), _AT_ONCE):
                some = due[at : at + _AT_ONCE]
                if failures < _MOST_FAILURES:
                    await self._hold()
                    outcomes = await asyncio.gather(*map(self._try_write, some))
                else:
                    outcomes = [problem] * len(some)
                for session, outcome in zip(some, outcomes, strict=True):
                    if outcome:
                        problem = outcome
                        overdue = max(overdue, time.time() - session.update_time - self._times.quiet)
                failed = sum(bool(each) for each in outcomes)
                archived += len(some) - failed
                failures = failures + failed if failed == len(some) else 0
        return ArchiveStatus(time.time(), live, archived, overdue, problem)

    async def _is_wanted(self, tenant: str) -> bool:
        return (await self._settings.effective(tenant)).archive

    def _is_due(self, session: LiveSession) -> bool:
        return session.closed or time.time() - session.update_time >= self._times.quiet

    async def _try_write(self, session: LiveSession) -> str:
        """Write a conversation. Returns why it could not be written; empty: it was, or has ended."""
        try:
            await self._write(session)
        except ServiceError as error:
            self._failed(error, session=session.id)
            return error.message
        except ValueError as error:  # a turn that cannot be read; the others are not to wait for it
            metrics.ARCHIVE_FAILURES.inc()
            _log.exception("archive.conversation_not_read", session=session.id)
            return f"A stored conversation cannot be read ({type(error).__name__}); see the log of the router."
        return ""

    async def _write(self, session: LiveSession) -> None:
        tenant, day = session.tenant, day_of(session.update_time)
        # Before it is read: the day is known to whoever goes on if this router dies.
        if not await self._marks.begin(session, day):
            return
        try:
            stored = await self._sessions.session(tenant, session.id)
        except SessionNotFound:
            return
        compressed = await self._compressed(tenant, stored)
        if time.monotonic() - self._held_at > _FRESH_SECONDS:
            return  # this process stood still: another router may have written and erased since
        owner, former = Identity(session.subject, session.user), Identity(session.former_subject, session.user)
        await self._archive.put(tenant, day, session.id, compressed, owner)
        if await self._marks.is_erased(tenant, session.id):
            await self._archive.erase(tenant, session.id, owners=(owner, former))
            return
        if former.subject:
            await self._archive.forget_owner(tenant, day, session.id, former)
        await self._archive.move(tenant, session.id, set(session.days) - {day}, (owner, former))
        await self._marks.end(session, day)
        metrics.ARCHIVED.inc()

    async def _compressed(self, tenant: str, session: Session) -> bytes:
        """A conversation as one line of JSON, compressed; only some of its turns are in memory at once."""
        compressor, parts = zlib.compressobj(wbits=31), list[bytes]()
        head = self._writer.head(tenant, session)
        parts.append(compressor.compress(f'{head[:-1]},"turns":['.encode()))
        start, separator = 0, ""
        while page := await self._sessions.turns(tenant, session.id, start, _PAGE):
            days = [(datetime.fromtimestamp(each.turn.create_time, UTC).date(), each.turn.id) for each in page]
            judged = await self._reviews.judgements(tenant, [(day, session.id, turn) for day, turn in days])

            def lines(
                page: Sequence[TurnRecord] = page,
                judged: Mapping[str, ReviewJudgement] = judged,
                separator: str = separator,
            ) -> bytes:
                texts = [self._writer.turn(session.id, each, judged.get(each.turn.id)) for each in page]
                return compressor.compress((separator + ",".join(texts)).encode())

            parts.append(await self._sparingly(lines))
            start, separator = start + _PAGE, ","
            if len(page) < _PAGE:
                break
        parts.append(compressor.compress(b"]}\n") + compressor.flush())
        return b"".join(parts)

    async def _sparingly(self, work: Callable[[], bytes]) -> bytes:
        """Run `work` in a thread, one at a time, and rest for nine times as long as it took."""
        async with self._core:
            begun = time.perf_counter()
            made = await asyncio.to_thread(work)
            await asyncio.sleep((time.perf_counter() - begun) * (1 / _SHARE - 1))
        return made

    # Erasing

    async def _tried(self, erase: Callable[[], Awaitable[None]]) -> str:
        """Erase. Returns why it failed; empty: it did not."""
        try:
            await erase()
        except ServiceError as error:
            self._failed(error)
            return error.message
        return ""

    async def _finish_erasures(self) -> None:
        while found := await self._marks.erasures(time.time() - self._times.settle):
            for tenant, session_id in found:
                await self._hold()
                await self._finish_erasure(tenant, session_id)
                await self._marks.forget_erasure(tenant, session_id)
                metrics.ARCHIVE_ERASED.labels("erasure").inc()

    async def _erase_old(self) -> None:
        oldest = datetime.now(UTC).date() - timedelta(seconds=self._times.kept)
        for tenant in await self._archive.tenants():
            for day in await self._archive.days(tenant):
                if is_older(day, oldest):
                    await self._hold()
                    erased = await self._archive.erase_day(tenant, day)
                    metrics.ARCHIVE_ERASED.labels("age").inc(erased)
                    _log.info("archive.day_erased", tenant=tenant, day=day, conversations=erased)

    async def _hold(self, *, anew: bool = False) -> None:
        """Keep the lease. Raises _LostLease."""
        if anew or time.monotonic() - self._held_at > _LEASE_SECONDS:
            now = time.monotonic()
            if not await self._lease.take():
                raise _LostLease
            self._held_at = now

    async def _tell_of_other(self) -> None:
        """Count what the router that archives has done: if all fall silent, each of them says since when."""
        metrics.ARCHIVE_OVERDUE_SECONDS.set(0)
        with suppress(ServiceError):  # Redis is away: the figure stays what it was, and ages
            if told := (await self._marks.status()).pass_time:
                metrics.ARCHIVE_ACTIVE_TIME.set(told)

    def _failed(self, error: ServiceError, **about: str) -> None:
        metrics.ARCHIVE_FAILURES.inc()
        _log.warning("archive.failed", cause=error.message, **about)


@asynccontextmanager
async def open_archiver(archiver: Archiver) -> AsyncIterator[None]:
    """Archive while the block runs."""
    task = asyncio.create_task(archiver.run(), name="archive conversations")
    try:
        yield
    finally:
        await cancel_and_wait(task)
