"""
A retrieval client for those whom nobody waits for: under load evidence is read all the same, only later.

A customer's evidence is chosen without the evidence reader when that has no time. Then the same question has another
answer while the machine is busy, and a comparison of two answers would say more of the machine than of the pages.
"""

import asyncio
import time
from collections.abc import Sequence

from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable
from kefu.router.replicas.retrieval_client import RetrievalClient

PATIENT_SECONDS = 30.0
"""How long such a search, comparison or reading may take."""
_AT_ONCE = 2
"""Texts read in one call, where all of them took too long: what was read is remembered by the replica."""
_PAUSE_SECONDS = 0.5


class PatientRetrievalClient(RetrievalClient):
    """Searches as `RetrievalClient`, and reads until all is read."""

    async def read(
        self, principal: Principal, question: str, texts: Sequence[str], seconds: float, *, known_only: bool = False
    ) -> list[float] | None:
        """See RetrievalClient. Raises BackendUnavailable also when not all could be read within `seconds`."""
        deadline = time.monotonic() + seconds
        whole = await super().read(principal, question, texts, seconds, known_only=known_only)
        if whole is not None or known_only:
            return whole
        found: list[float] = []
        at = 0
        while at < len(texts):
            left = deadline - time.monotonic()
            if left <= 0:
                raise BackendUnavailable("The evidence could not be read in time.")
            some = texts[at : at + _AT_ONCE]
            answers = (await self.reading(principal, question, some, left)).answers
            if answers:
                found += answers
                at += len(some)
            else:
                await asyncio.sleep(_PAUSE_SECONDS)
        return found
