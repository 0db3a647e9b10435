"""
The answer cache: finished answers, given again to equal questions. No model is asked.

Two questions are equal when their words ask the same (`question_equivalence`) and their embeddings agree as well. Since
the first is an equality, an answer is looked up by its hash and needs no search among others; the search of the
knowledge base runs anyway and brings the embedding. An answer is found only from the same state of the same
collections, on the same day, in the same language and script, under the same settings: any change of them makes it
unreachable, and it goes when its life is over.

Kept is what may be told to anybody: answers of the model that are whole and cited, to a question that leans on nothing
said before, where neither holds personal data. The question itself is not kept, only a hash of what it asks.
The test for that is stricter than `kefu.text.pii`: a name, or a long number that may be an order's, is enough.
"""

import asyncio
import base64
import hashlib
import json
import math
import re
import struct
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from operator import mul

import pydantic
import structlog

from kefu.common.errors import BackendUnavailable, StorageFull
from kefu.common.redis.commands import RedisCommands
from kefu.router import metrics
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.domain.turn import AnswerSource, BrownOut, Citation, FinishReason, Passage, Support, Turn
from kefu.router.replicas.retrieval_client import SearchResult
from kefu.router.storage import keys
from kefu.router.tenants.settings import EffectiveSettings
from kefu.text.compatibility_form import compatibility_form
from kefu.text.pii import holds_personal_data
from kefu.text.question_equivalence import reduce_question

_DATE = re.compile(r"(?<!\d)\d{4}[-/.]\d\d?[-/.]\d\d?(?!\d)(?: \d\d?:\d\d)?")
_PERSONAL = re.compile(
    r"(?<![\w.])\+?\d(?:[\s().-]?\d){6}"  # telephones, cards, identity cards, orders
    r"|\d[A-Za-z\d-]{9}"  # tracking numbers
    r"|(?i:\bmy name is\b|\bi am (?:mr|mrs|ms|dr)\b|\bthis is [A-Z]\w+ (?:speaking|here)\b)"
    r"|我叫(?!什么)|我的名字|我姓|本人姓名"
)
AUDIENCE = "customers"
"""Who may read the answer. So far there is nobody else; it is part of the key all the same."""
_PATIENCE_SECONDS = 0.3
"""Of the customer's time: the model is asked without waiting for a Redis that is away."""
_VERSION = 3
"""Raise it when what is kept, or what makes two questions the same, changes its meaning."""
_log = structlog.stdlib.get_logger()

KEEP = """
-- KEYS: index, answer, answers of the session, erasure marker
-- ARGV: digest, answer JSON, life ms, now ms, most answers, what an answer's key begins with
if redis.call('EXISTS', KEYS[4]) == 1 then return redis.call('ZCARD', KEYS[1]) end
local life, now = tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('SET', KEYS[2], ARGV[2], 'PX', life)
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('PEXPIRE', KEYS[3], life)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - life)
redis.call('ZADD', KEYS[1], now, ARGV[1])
local over = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[5])
if over > 0 then
  local oldest = redis.call('ZPOPMIN', KEYS[1], over)
  for i = 1, #oldest, 2 do redis.call('DEL', ARGV[6] .. oldest[i]) end
end
redis.call('PEXPIRE', KEYS[1], life)
return redis.call('ZCARD', KEYS[1])
"""
"""Keep an answer; the oldest ones beyond the bound go. Returns how many there are."""


@dataclass(frozen=True)
class CachedAnswer:
    """An answer as the cache keeps it. Its fields are the stored format."""

    text: str
    citations: tuple[Citation, ...]
    supports: tuple[Support, ...]
    passages: tuple[Passage, ...]
    model: str
    fingerprint: str
    """Of the weights that wrote it."""
    embedding: str
    """Of the question: float16 little-endian, base64."""

    def outcome(self) -> AnswerOutcome:
        """The outcome of a question that is answered with it."""
        return AnswerOutcome(
            AnswerSource.CACHED, text=self.text, citations=self.citations, supports=self.supports, model=self.model
        )


_STORED = pydantic.TypeAdapter(CachedAnswer)


class AnswerCache:
    """`fingerprints`: of the weights in service; an answer by others is not given. `life` in seconds."""

    def __init__(
        self, commands: RedisCommands, *, life: float, most: int, fingerprints: Callable[[], Collection[str]]
    ) -> None:
        self._commands = commands
        self._life = life
        self._most = most
        self._fingerprints = fingerprints

    async def find(self, question: Question, found: SearchResult) -> CachedAnswer | None:
        """The answer that was kept of an equal question, if it may be given to this one."""
        answer = await self._look_up(question, found)
        if isinstance(answer, CachedAnswer):
            metrics.CACHE_LOOKUPS.labels("hit").inc()
            return answer
        if answer != "off":
            metrics.CACHE_LOOKUPS.labels(answer).inc()
        return None

    async def keep(self, question: Question, found: SearchResult, outcome: AnswerOutcome, draft: AnswerDraft) -> None:
        """Keep what was answered, if it may be given to others."""
        written = draft.received
        if _reason_against(question, found) or not _is_whole(outcome, draft) or written is None:
            return
        if not is_impersonal(draft.log.text):
            return
        kept = CachedAnswer(
            draft.log.text,
            outcome.citations,
            outcome.supports,
            outcome.basis.passages,
            outcome.model,
            written.fingerprint,
            base64.b64encode(found.embedding).decode(),
        )
        tenant, digest = question.principal.tenant, _digest(question, found)
        names = (
            keys.cached_answers(tenant),
            keys.cached_answer(tenant, digest),
            keys.session_answers(tenant, question.session_id),
            keys.erasure_marker(tenant, question.session_id),
        )
        milliseconds = round(self._life * 1000), round(time.time() * 1000)
        text = _STORED.dump_json(kept).decode()
        arguments = (digest, text, *milliseconds, self._most, keys.cached_answer(tenant, ""))
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                count = await self._commands.script(KEEP, names, arguments)
        except (BackendUnavailable, StorageFull, TimeoutError) as error:
            _log.warning("cache.not_kept", cause=str(error) or "Redis is slow")
            return
        metrics.CACHE_KEPT.inc()
        metrics.CACHED_ANSWERS.labels(tenant).set(int(count))

    async def _look_up(self, question: Question, found: SearchResult) -> CachedAnswer | str:
        """The answer, or why there is none: a label of the metric."""
        if reason := _reason_against(question, found):
            return reason
        key = keys.cached_answer(question.principal.tenant, _digest(question, found))
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                stored = await self._commands.get(key)
        except (BackendUnavailable, StorageFull, TimeoutError) as error:
            _log.warning("cache.not_read", cause=str(error) or "Redis is slow")
            return "unavailable"
        if stored is None:
            return "absent"
        kept = _STORED.validate_json(stored)
        known = self._fingerprints()
        if known and kept.fingerprint not in known:
            return "other_model"
        if cosine(found.embedding, base64.b64decode(kept.embedding)) < question.settings.cache_min_cosine:
            return "too_far"
        return kept


def _reason_against(question: Question, found: SearchResult) -> str:
    """Why this question's answer is neither looked up nor kept; empty when it is."""
    request = question.request
    if not question.settings.cache_answers:
        return "off"
    if request.thinks or request.max_tokens is not None or request.temperature is not None:
        return "options"
    if found.used_history or not _stands_alone(question.history):
        return "history"
    if not is_impersonal(question.text):
        return "personal"
    if not found.revision or not found.embedding:
        return "no_embedding"  # of a retrieval service of an earlier release
    return ""


def _stands_alone(history: Sequence[Turn]) -> bool:
    """Nothing was said before but greetings and the like: for the prompt holds it, and the question may lean on it."""
    return all(
        turn.handoff is None and turn.completed is not None and turn.completed.source is AnswerSource.CANNED
        for turn in history
    )


def _is_whole(outcome: AnswerOutcome, draft: AnswerDraft) -> bool:
    """The model wrote it, in one go on this router, to its end, with all that it could have, and it is cited."""
    chain = None if draft.proof is None else draft.proof.chain
    return (
        outcome.source is AnswerSource.GENERATED
        and outcome.finish is FinishReason.STOP
        and outcome.handoff is None
        and not outcome.is_cut
        and outcome.basis.brown_out is BrownOut.NONE
        and draft.log.rewritten_from is None
        and chain is not None
        and chain.blocked is None
        and bool(outcome.citations)
    )


def _digest(question: Question, found: SearchResult) -> str:
    scope = (
        _VERSION,
        found.revision,
        AUDIENCE,
        question.language,
        question.message.is_traditional,
        question.as_of,
        question.request.filters,
        *_settings(question.settings),
        reduce_question(question.text).key,
    )
    return hashlib.sha256(json.dumps(scope).encode()).hexdigest()


def _settings(settings: EffectiveSettings) -> tuple[str | float | None, ...]:
    """What of a tenant's settings an answer follows from."""
    return (
        settings.instructions,
        settings.min_relevance,
        settings.max_passages,
        settings.max_answer_tokens,
        settings.temperature,
    )


def cosine(one: bytes, other: bytes) -> float:
    """Of two embeddings as they are kept; 0 when they cannot be compared."""
    if len(one) != len(other) or not one:
        return 0.0
    a, b = (struct.unpack(f"<{len(vector) // 2}e", vector) for vector in (one, other))
    norms = math.hypot(*a) * math.hypot(*b)
    return sum(map(mul, a, b)) / norms if norms else 0.0


def is_impersonal(text: str) -> bool:
    """Whether nothing in a text looks like a person's data. It errs on the side of finding some."""
    if _PERSONAL.search(_DATE.sub(" ", compatibility_form(text))):
        return False
    return not holds_personal_data(text)
