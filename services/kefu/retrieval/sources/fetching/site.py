"""Fetching from sites: politely, within limits, over redirects that are each checked, again after a passing failure."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from kefu.common.outbound.guarded_http import AnswerTooLong, CallFailed, CallNotAllowed, GuardedHttp, HttpAnswer
from kefu.retrieval.sources.fetching.addresses import canonical, host_of
from kefu.retrieval.sources.fetching.findings import Enough
from kefu.retrieval.sources.fetching.politeness import MAX_ROBOTS_BYTES, HostBudgets, Robots
from kefu.retrieval.sources.source import Limits

MAX_REDIRECTS = 5
_CALL_SECONDS = 30.0
_WHOLE_SECONDS = 600.0
_MOVES = {301, 302, 303, 307, 308}
_FOR_GOOD = {301, 308}
_PASSING = {408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529}
_MAX_WAIT_SECONDS = 60.0
DOWN_AFTER = 100
"""A host of which so many documents failed in a row, each with all its attempts, is left alone for this run."""
_SILENT = 12
"""One that gave no answer at all counts as so many."""


class NotFetched(Exception):
    """An address that gave no answer that counts. The message is a sentence without its full stop."""


class LeftTheSite(Exception):
    """A redirect that leads to where this source does not go."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.target = target


@dataclass(frozen=True)
class Page:
    """An answer, at the end of its redirects."""

    status: int
    address: str
    headers: Mapping[str, str]
    body: bytes
    moved_for_good: bool = False
    """Whether every redirect on the way here was one for good."""


@dataclass(frozen=True)
class Retries:
    """How often an address is tried, and the first pause, which doubles."""

    attempts: int = 3
    pause_seconds: float = 1.0


@dataclass
class Spent:
    """What a run has used of its limits."""

    bytes: int = 0
    failures: dict[str, int] = field(default_factory=dict[str, int])
    """Documents that failed one after the other, by host."""


class SiteFetcher:
    """Fetches for one run of one source."""

    def __init__(
        self,
        http: GuardedHttp,
        budgets: HostBudgets,
        limits: Limits,
        retries: Retries,
        *,
        obeys_robots: bool = True,
    ) -> None:
        self._http = http
        self._budgets = budgets
        self._limits = limits
        self._retries = retries
        self._robots: dict[str, Robots] = {}
        self._robots_lock = asyncio.Lock()
        self._obeys_robots = obeys_robots
        self.spent = Spent()

    async def get(
        self,
        address: str,
        within: Callable[[str], bool],
        *,
        etag: str = "",
        modified: str = "",
        most_bytes: int = 0,
    ) -> Page:
        """The answer of an address, after its redirects.

        Raises NotFetched, LeftTheSite for a redirect to where `within` is false, or Enough. An answer with any other
        status than a passing failure is an answer.
        """
        conditions = {"if-none-match": etag} if etag else {"if-modified-since": modified} if modified else {}
        seen, for_good = {address}, True
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self.call("GET", address, headers=conditions, most_bytes=most_bytes)
            location = answer.headers.get("location", "")
            if answer.status not in _MOVES or not location:
                return Page(answer.status, address, answer.headers, answer.body, for_good)
            for_good = for_good and answer.status in _FOR_GOOD
            target = canonical(location, address)
            if not target:
                raise NotFetched("it leads to something that is no address of a page")
            if address.startswith("https:") and target.startswith("http:"):
                raise NotFetched("it leads from https to http")
            if target in seen:
                raise NotFetched("its redirects go round in a circle")
            seen.add(target)
            if not within(target):
                raise LeftTheSite(target)
            if not await asyncio.to_thread((await self.robots(target)).allows, target):
                raise NotFetched(f"it leads to {target}, which robots.txt forbids")
            address, conditions = target, {}
        raise NotFetched(f"it leads on more than {MAX_REDIRECTS} times")

    async def call(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        most_bytes: int = 0,
        cut: bool = False,
        whole_run: bool = False,
    ) -> HttpAnswer:
        """The answer to one call, tried again after passing failures. Raises NotFetched, or Enough.

        `whole_run`: it brings all documents at once, so that the limit of one does not bind it.
        """
        host, reason, failures = host_of(address), "", 1
        most = most_bytes or self._limits.document_bytes
        seconds = _WHOLE_SECONDS if whole_run else _CALL_SECONDS
        if not whole_run:
            most = min(most, max(self._limits.document_bytes, MAX_ROBOTS_BYTES))
        for attempt in range(self._retries.attempts):
            if self.spent.failures.get(host, 0) >= DOWN_AFTER:
                raise NotFetched(f"{host} failed again and again, and was left alone for this run")
            wait = self._retries.pause_seconds * 2**attempt
            async with self._budgets.turn(host, self._interval(host)):
                try:
                    answer = await self._once(method, address, headers, body, most, cut, seconds)
                except (CallNotAllowed, AnswerTooLong) as error:
                    raise NotFetched(str(error)) from None
                except CallFailed as error:
                    reason, failures = str(error), _SILENT
                else:
                    if answer.status not in _PASSING:
                        self.spent.failures.pop(host, None)
                        return answer
                    reason, failures = f"it answered with status {answer.status}", 1
                    wait = max(wait, _retry_after(answer)) if answer.status in (429, 503) else wait
            if attempt + 1 < self._retries.attempts:
                await self._budgets.sleep(min(wait, _MAX_WAIT_SECONDS))
        self.spent.failures[host] = self.spent.failures.get(host, 0) + failures
        raise NotFetched(f"{reason} (tried {self._retries.attempts} times)")

    async def robots(self, address: str) -> Robots:
        """What the robots.txt of an address's host says; it is fetched once a run."""
        if not self._obeys_robots:
            return Robots()
        host = host_of(address)
        async with self._robots_lock:
            if host not in self._robots:
                self._robots[host] = await self._fetch_robots(address)
        return self._robots[host]

    async def _fetch_robots(self, address: str) -> Robots:
        root = canonical("/robots.txt", address)
        try:
            for _ in range(MAX_REDIRECTS + 1):
                answer = await self.call("GET", root, headers={}, most_bytes=MAX_ROBOTS_BYTES, cut=True)
                if answer.status not in _MOVES:
                    break
                root = canonical(answer.headers.get("location", ""), root)
                if not root:
                    return Robots()
            else:
                return Robots()
        except NotFetched:
            return Robots(unreachable=True)
        if answer.status == 200:
            return await asyncio.to_thread(Robots.read, answer.body)
        return Robots(unreachable=answer.status >= 500)

    def _interval(self, host: str) -> float:
        robots = self._robots.get(host)
        return max(1 / self._limits.requests_per_second, robots.delay if robots else 0.0)

    async def _once(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str],
        body: bytes,
        most_bytes: int,
        cut: bool,
        seconds: float,
    ) -> HttpAnswer:
        left = self._limits.total_bytes - self.spent.bytes
        if left <= 0:
            raise Enough(f"More than {self._limits.total_bytes} bytes would have been fetched; raise the limit.")
        answer = await self._http.call(
            method, address, headers=headers, body=body, seconds=seconds, most_bytes=most_bytes, cut=cut
        )
        self.spent.bytes += len(answer.body)
        return answer


def _retry_after(answer: HttpAnswer) -> float:
    value = answer.headers.get("retry-after", "").strip()
    if value.isdecimal() and len(value) < 6:
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return 0.0
