"""What one message is answered with: a fixed reply, a curated answer, the model, an excerpt, or a person."""

import time

import structlog

from kefu.common.errors import BackendUnavailable
from kefu.common.text.chinese import match_variant
from kefu.router import metrics
from kefu.router.answering.answer_cache import AnswerCache
from kefu.router.answering.clarification import ask_back, choices_of
from kefu.router.answering.decision import Generate, GiveCurated, HandOver, decide
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.fallback import give_excerpt, hand_over, why_not_answer
from kefu.router.answering.generator import AnswerGenerator
from kefu.router.answering.history import question_before
from kefu.router.answering.question import Question
from kefu.router.config import RouterConfig
from kefu.router.dispatch.relay import RESERVE_SECONDS, Pool
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, BrownOut
from kefu.router.guardrails.prompt_injection import passage_for_model
from kefu.router.nlu.intents import Intent, intent_of
from kefu.router.nlu.sensitive_topics import topic_of
from kefu.router.retrieval_client import RetrievalClient, SearchResult
from kefu.router.turn_stream.events import PassagesFound

_log = structlog.stdlib.get_logger()
_LEAST_CANDIDATES = 5
_MOST_QUERY = 4000  # characters; see SearchRequest.query


class AnswerPipeline:
    """Answers questions, each in the way that is right for it."""

    def __init__(
        self, config: RouterConfig, knowledge: RetrievalClient, pool: Pool, cache: AnswerCache | None = None
    ) -> None:
        self._config = config
        self._knowledge = knowledge
        self._cache = cache
        self._writing = AnswerGenerator(config, pool)

    async def answer(self, question: Question, draft: AnswerDraft) -> None:
        """Answer into the draft. Raises CollectionNotFound, and DeadlineExceeded in mid-answer.

        Whatever else fails is answered by handing over.
        """
        if draft.saved is not None and draft.saved.can_be_continued:
            draft.searched, draft.query = draft.saved.context.searched, draft.saved.context.query
            await self._writing.write(question, draft, draft.saved.context.passages)
            return
        draft.begin_anew()
        intent = intent_of(question.text)
        if intent is Intent.PERSON:
            hand_over(question, draft, HandoffReason.CUSTOMER_ASKED)
        elif reason := why_not_answer(question):
            hand_over(question, draft, reason)
        elif topic_of(question.text, question.rules.refused_topics):
            draft.source = AnswerSource.REFUSED
            draft.say(match_variant(question.text, question.rules.texts[question.language].refused_topic))
        elif intent is not None:
            draft.source = AnswerSource.CANNED
            draft.say(question.rules.texts[question.language].reply_to(intent))
        elif question.brown_out is BrownOut.HANDOFF:
            draft.do_without(BrownOut.HANDOFF)
            hand_over(question, draft, HandoffReason.OVERLOADED)
        else:
            await self._look_up(question, draft)

    async def _look_up(self, question: Question, draft: AnswerDraft) -> None:
        began = time.monotonic()
        try:
            found, draft.query = await self._search(question)
        except BackendUnavailable as error:
            _log.warning("search.unavailable", cause=error.message)
            hand_over(question, draft, HandoffReason.SEARCH_UNAVAILABLE)
            return
        finally:
            draft.search_seconds = time.monotonic() - began
            metrics.SEARCH_SECONDS.observe(draft.search_seconds)
        draft.searched, draft.embedding = True, found.embedding
        rules = question.rules
        most = rules.max_passages
        if question.brown_out >= BrownOut.FEWER_PASSAGES:
            most = (most + 1) // 2
        match decide(found, min_relevance=rules.min_relevance, max_passages=most, calibrated=rules.calibrated):
            case GiveCurated(curated):
                draft.log.add_passages(PassagesFound((), draft.query))
                draft.source = AnswerSource.CURATED
                draft.say(curated.answer)
            case HandOver(reason):
                draft.log.add_passages(PassagesFound((), draft.query))
                hand_over(question, draft, reason, nearest=found.passages)
            case Generate() if choices := choices_of(question, found.passages):
                ask_back(question, draft, choices)
            case Generate() if found.too_close:
                draft.log.add_passages(PassagesFound((), draft.query))
                hand_over(question, draft, HandoffReason.NOTHING_RELEVANT, nearest=found.passages)
            case Generate(_) if self._cache and await self._cache.give(question, draft, found):
                pass
            case Generate(passages):
                draft.do_without(question.brown_out)
                passages = tuple(passage_for_model(passage) for passage in passages)
                if question.brown_out >= BrownOut.WITHOUT_MODEL:
                    draft.passages = passages
                    draft.log.add_passages(PassagesFound(passages, draft.query))
                    give_excerpt(question, draft, HandoffReason.OVERLOADED)
                else:
                    await self._writing.write(question, draft, passages)
                    if self._cache:
                        await self._cache.keep(question, draft, found)

    async def _search(self, question: Question) -> tuple[SearchResult, str]:
        ask = question.ask
        seconds = self._config.search_seconds
        if ask.deadline is not None:
            seconds = min(seconds, ask.deadline - time.monotonic() - RESERVE_SECONDS)
        if seconds <= 0:
            raise BackendUnavailable("No time is left to search.")

        text = question.text[-_MOST_QUERY:]  # several messages answered as one may be longer than a search takes
        earlier = question_before(question.history)[-_MOST_QUERY:]
        found = await self._knowledge.search(
            question.principal,
            text,
            history=(earlier,) if earlier else (),
            collections=ask.collections,
            as_of=question.as_of,
            filters=ask.filters,
            top_k=max(question.rules.max_passages, _LEAST_CANDIDATES),
            seconds=seconds,
            with_embedding=question.rules.cache_answers,
        )
        if found.used_history:
            return found, f"{earlier} {text}"[-_MOST_QUERY:]
        return found, "" if text == ask.text else text
