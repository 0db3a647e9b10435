"""
Matching questions: which questions of late a curated answer would have answered, by the rule that retrieval goes by.

Two questions are the same where their words ask the same (`kefu.text.question_equivalence`) and their embeddings
are near. The first is read off what turns are found by; only the few that are left are embedded.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kefu.common.auth import Principal
from kefu.office.insight.conversations.facts import KnownTurn
from kefu.office.insight.conversations.index import ConversationIndex
from kefu.office.insight.turn_counters import question_hash
from kefu.router.replicas.retrieval_client import RetrievalClient
from kefu.router.storage.sessions import SessionStore
from kefu.text.question_equivalence import text_key

MOST_SESSIONS = 20_000
"""Sessions that are looked through, the latest first."""
MOST_SECONDS = 3.0
"""How long they are looked through."""
MOST_COMPARED = 40
"""Different questions that are embedded."""
LEAST_COSINE = 0.85
"""The same as retrieval's MIN_CURATED_COSINE."""
_SEARCH_SECONDS = 5.0
_BATCH_TURNS = 100
"""Turns read in one call."""


@dataclass(frozen=True)
class MatchingQuestion:
    """A question that would have been answered. `count`: how often these very words were asked."""

    session_id: str
    turn: KnownTurn
    text: str
    wording: str
    """The wording that it is the same as."""
    cosine: float
    count: int


@dataclass
class _Asked:
    session_id: str
    turn: KnownTurn
    text: str
    wording: str
    count: int = 1


class QuestionMatcher:
    """Finds the questions that some wordings of a curated answer would hit."""

    def __init__(self, index: ConversationIndex, sessions: SessionStore, retrieval: RetrievalClient) -> None:
        self._index = index
        self._sessions = sessions
        self._retrieval = retrieval

    async def matching(
        self, principal: Principal, wordings: Sequence[str], language: str, since: float
    ) -> tuple[list[MatchingQuestion], int]:
        """Questions asked since a time that the wordings would hit, and how many sessions were looked through.

        `language`: of the answer; questions in another one are not answered with it. Empty: any. Raises
        BackendUnavailable.
        """
        asked, looked_at = await self._asked(principal.tenant, wordings, language, since)
        vectors: dict[str, bytes] = {}
        found: list[MatchingQuestion] = []
        for each in asked[:MOST_COMPARED]:
            cosine = 1.0
            if text_key(each.text) != text_key(each.wording):
                cosine = await self._cosine(principal, each.text, each.wording, vectors)
            if cosine >= LEAST_COSINE:
                found.append(
                    MatchingQuestion(each.session_id, each.turn, each.text, each.wording, round(cosine, 4), each.count)
                )
        return found, looked_at

    async def _asked(
        self, tenant: str, wordings: Sequence[str], language: str, since: float
    ) -> tuple[list[_Asked], int]:
        """Different questions that ask the same as a wording by their words, the latest first."""
        by_hash = {question_hash(wording): wording for wording in reversed(wordings)}
        found: dict[str, _Asked] = {}
        unread: list[tuple[str, KnownTurn]] = []
        looked_at, give_up = 0, time.monotonic() + MOST_SECONDS
        async for session in self._index.sessions(tenant, since):
            if looked_at == MOST_SESSIONS or time.monotonic() >= give_up:
                break
            looked_at += 1
            for turn in reversed(session.turns):
                if turn.facts.asked not in by_hash or turn.facts.time < since:
                    continue
                if not language or turn.facts.language == language:
                    unread.append((session.id, turn))
            if len(unread) >= _BATCH_TURNS:
                await self._read(tenant, unread, by_hash, found)
                unread.clear()
        await self._read(tenant, unread, by_hash, found)
        return list(found.values()), looked_at

    async def _read(
        self,
        tenant: str,
        turns: Sequence[tuple[str, KnownTurn]],
        by_hash: Mapping[str, str],
        found: dict[str, _Asked],
    ) -> None:
        """Add what was asked in some turns to what was found, by its words."""
        texts = await self._sessions.questions(tenant, [(session_id, turn.turn_id) for session_id, turn in turns])
        for (session_id, turn), text in zip(turns, texts, strict=True):
            if text is None:
                continue
            if known := found.get(text_key(text)):
                known.count += 1
            elif len(found) < MOST_COMPARED:
                found[text_key(text)] = _Asked(session_id, turn, text, by_hash[turn.facts.asked])

    async def _cosine(self, principal: Principal, text: str, wording: str, vectors: dict[str, bytes]) -> float:
        for each in (text, wording):
            if each not in vectors:
                searched = await self._retrieval.search(
                    principal, each, collections=(), as_of="", top_k=1, seconds=_SEARCH_SECONDS, with_embedding=True
                )
                vectors[each] = searched.embedding
        one, other = (np.frombuffer(vectors[each], "<f2").astype(np.float32) for each in (text, wording))
        return float(one @ other) if len(one) == len(other) and len(one) else 0.0
