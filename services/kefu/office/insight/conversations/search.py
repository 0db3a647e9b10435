"""
Search among all conversations: by what their turns are found by, and by words.

Words are looked for in the turns themselves, the latest conversations first, until the page is full or its time is up.
A page may therefore hold nothing and still name a next one.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

from kefu.common.errors import SessionNotFound
from kefu.common.pagination import invalid_token
from kefu.office.insight.conversations.facts import KnownTurn
from kefu.office.insight.conversations.index import ConversationIndex, IndexedSession
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.session import Session
from kefu.router.domain.turn import AnswerSource, Rating, TurnRecord
from kefu.router.storage.sessions import SessionStore

PAGE_SECONDS = 1.0
"""A page looks through conversations for so long."""
MOST_MATCHES = 3
"""Matching turns shown of one conversation, its first ones."""
ANY = "*"


@dataclass(frozen=True)
class ConversationFilter:
    """What a turn has to be. A conversation is found by one turn that is all of it. Empty: it does not matter."""

    words: tuple[str, ...] = ()
    """All of them stand in the question or the answer, in whatever case; see `words_of`."""
    languages: frozenset[str] = frozenset()
    sources: frozenset[AnswerSource] = frozenset()
    ratings: frozenset[Rating] = frozenset()
    reasons: frozenset[HandoffReason] = frozenset()
    handed_over: bool = False
    checked: bool = False
    """The model's words were held back or replaced."""
    low_support: bool = False
    reopened: bool = False
    action: str = ""
    """The id of an action or procedure; `ANY`: whichever."""
    arm: str = ""
    start: float = 0.0
    end: float = float("inf")

    def takes(self, turn: KnownTurn) -> bool:
        """Whether a turn is what is looked for, its words aside."""
        facts = turn.facts
        return (
            self.start <= facts.time < self.end
            and (not self.languages or facts.language in self.languages)
            and (not self.sources or facts.source in self.sources)
            and (not self.ratings or turn.rating in self.ratings)
            and (not self.reasons or facts.reason in self.reasons)
            and (not self.handed_over or facts.reason is not None)
            and (not self.checked or facts.checked or facts.replaced)
            and (not self.low_support or turn.has_low_support)
            and (not self.reopened or turn.reopened)
            and (not self.action or (bool(facts.action) if self.action == ANY else facts.action == self.action))
            and (not self.arm or facts.arm == self.arm)
        )

    def holds_words(self, record: TurnRecord | None) -> bool:
        """Whether the words stand in a turn."""
        if not self.words:
            return True
        if record is None:
            return False
        text = f"{record.turn.question}\n{record.turn.text}\n{record.turn.withdrawn}".casefold()
        return all(word in text for word in self.words)


def words_of(text: str) -> tuple[str, ...]:
    """The words that are looked for."""
    return tuple(dict.fromkeys(text.casefold().split()))


@dataclass(frozen=True)
class FoundConversation:
    """A conversation that was found. `matches`: its first matching turns; `match_count`: how many there are."""

    session: Session
    matches: Sequence[tuple[KnownTurn, TurnRecord]]
    match_count: int


@dataclass(frozen=True)
class ConversationPage:
    """A page of conversations. `position`: where the next one begins; empty: there is none."""

    conversations: Sequence[FoundConversation] = ()
    position: str = ""
    looked_at: int = 0
    """Conversations that were looked at for this page."""


@dataclass(frozen=True)
class _Match:
    session: IndexedSession
    turns: list[KnownTurn] = field(default_factory=list[KnownTurn])


class ConversationSearch:
    """Finds conversations of all tenants."""

    def __init__(self, index: ConversationIndex, sessions: SessionStore, *, seconds: float = PAGE_SECONDS) -> None:
        self._index = index
        self._sessions = sessions
        self._seconds = seconds

    async def page(self, tenant: str, wanted: ConversationFilter, position: str, size: int) -> ConversationPage:
        """A page of at most `size` conversations, the latest first. Raises BadRequest for a foreign position."""
        before = f"({_score(position)!r}" if position else "+inf"
        give_up, looked_at, last = time.monotonic() + self._seconds, 0, ""
        found: list[FoundConversation] = []
        reading = self._index.sessions(tenant, wanted.start, before, with_texts=bool(wanted.words))
        async for session in reading:
            looked_at += 1
            last = repr(session.latest)
            match = _Match(session, [turn for turn in session.turns if wanted.takes(turn)])
            if wanted.words:
                match.turns[:] = [each for each in match.turns if wanted.holds_words(session.records.get(each.turn_id))]
            if match.turns and (shown := await self._shown(tenant, match)) is not None:
                found.append(shown)
            if len(found) >= size or time.monotonic() >= give_up:
                return ConversationPage(found, last, looked_at)
        return ConversationPage(found, "", looked_at)

    async def _shown(self, tenant: str, match: _Match) -> FoundConversation | None:
        """A matching conversation with its texts; None where it has just been erased."""
        first = match.turns[:MOST_MATCHES]
        try:
            session = await self._sessions.session(tenant, match.session.id)
        except SessionNotFound:
            return None
        records: Mapping[str, TurnRecord] = match.session.records
        if not records:
            read = await self._sessions.records(tenant, match.session.id, [turn.turn_id for turn in first])
            records = {record.turn.id: record for record in read if record is not None}
        shown = [(turn, records[turn.turn_id]) for turn in first if turn.turn_id in records]
        return FoundConversation(session, shown, len(match.turns)) if shown else None


def _score(position: str) -> float:
    try:
        score = float(position)
    except ValueError:
        raise invalid_token() from None
    if not isfinite(score):
        raise invalid_token()
    return score
