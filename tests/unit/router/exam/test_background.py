"""When a router begins an exam: once, with the lease, and never for a model whose marks have come meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from kefu.router.admission.scheduler import SlotRequest
from kefu.router.domain.turn import BrownOut
from kefu.router.exam.background import ModelExams
from kefu.router.exam.marks import Marks, WritingMarks
from kefu.router.replicas.pool import ReplicaPool
from kefu.router.replicas.replica import Replica

GOOD = Marks({"direct": WritingMarks(1, 1)}, {}, "v", "2026-01-01")


class _Pool(ReplicaPool):
    """A pool with one unknown model, that counts how often it is asked for a replica."""

    def __init__(self) -> None:
        super().__init__("", "")
        self.asked = 0

    @property
    def unknown_models(self) -> list[str]:
        return [model for model in ("weights",) if model not in self._profiles]

    def choose(
        self, *, preferred: str = "", session: str = "", exclude: frozenset[str] = frozenset()
    ) -> Replica | None:
        self.asked += 1
        return None

    @property
    def profile(self) -> str:
        return self._profiles.get("weights", "")


class _Store:
    """Marks that come after so many readings."""

    def __init__(self, readings: int) -> None:
        self._left = readings

    async def get(self, _model_id: str) -> Marks | None:
        self._left -= 1
        return None if self._left >= 0 else GOOD


@asynccontextmanager
async def _slot(_request: SlotRequest) -> AsyncIterator[BrownOut]:
    yield BrownOut.NONE


async def attended(pool: _Pool, store: _Store, *, leads: bool) -> None:
    """Let a router look for unknown models until something comes of it, and a moment longer."""

    async def take() -> bool:
        return leads

    config: Any = SimpleNamespace(first_token_seconds=1.0, between_token_seconds=1.0)
    marks: Any = store
    lease: Any = SimpleNamespace(take=take)
    admission: Any = SimpleNamespace(slot=_slot)
    exams = ModelExams(config, pool, marks, lease, admission, check_seconds=0.01)
    running = asyncio.create_task(exams.run())
    async with asyncio.timeout(30):
        while not (pool.asked or pool.profile):
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_marks_that_came_between_looking_and_leading_begin_no_exam() -> None:
    pool = _Pool()
    await attended(pool, _Store(readings=1), leads=True)
    assert (pool.asked, pool.profile) == (0, "full")


async def test_a_router_without_the_lease_waits_for_the_marks_of_another() -> None:
    pool = _Pool()
    await attended(pool, _Store(readings=3), leads=False)
    assert (pool.asked, pool.profile) == (0, "full")


async def test_a_model_that_cannot_be_asked_is_not_asked_again_at_once() -> None:
    pool = _Pool()
    await attended(pool, _Store(readings=1_000), leads=True)
    assert pool.profile == ""
    assert 1 <= pool.asked <= 20
