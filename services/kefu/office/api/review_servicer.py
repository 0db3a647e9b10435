"""ReviewService: proto in, proto out."""

from datetime import date, timedelta
from typing import Any

import grpc.aio

from kefu.common.auth import caller
from kefu.common.errors import BadRequest, TurnNotFound
from kefu.common.pagination import decode_token, encode_token, page_size_of
from kefu.common.resource_names import check_day, parse_name
from kefu.office.insight.conversations.index import ConversationIndex
from kefu.office.insight.conversations.question_matcher import QuestionMatcher
from kefu.office.insight.conversations.search import ConversationSearch
from kefu.office.insight.reviews.book import ReviewBook
from kefu.office.insight.reviews.review_store import now_judged
from kefu.office.insight.reviews.sample import Stratum
from kefu.office.messages.reviews import (
    VERDICTS,
    explanation_message,
    filter_of,
    found_conversation_message,
    judgement_message,
    matching_message,
    numbers_message,
    reviewed_turn_message,
    stratum_message,
)
from kefu.router.api.requests import check_short
from kefu.router.messages.chat import session_message
from kefu.router.storage.sessions import SessionStore
from kefu.router.v1 import review_pb2 as pb
from kefu.router.v1 import review_pb2_grpc as rpc

SERVICE = "kefu.router.v1.ReviewService"
Context = grpc.aio.ServicerContext[Any, Any]
_MOST_TURNS = 1000
_MOST_WORDINGS, _MOST_WORDING_CHARACTERS = 20, 500
_MOST_NOTE_CHARACTERS, _MOST_NAME_CHARACTERS = 1000, 100
_DEFAULT_DAYS, _MOST_DAYS = 7, 92


class ReviewServicer(rpc.ReviewServiceServicer):
    """See the contract."""

    def __init__(
        self,
        sessions: SessionStore,
        index: ConversationIndex,
        search: ConversationSearch,
        matcher: QuestionMatcher,
        book: ReviewBook,
    ) -> None:
        self._sessions = sessions
        self._index = index
        self._search = search
        self._matcher = matcher
        self._book = book

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        rpc.add_ReviewServiceServicer_to_server(self, server)

    async def ListConversations(
        self, request: pb.ReviewServiceListConversationsRequest, context: Context
    ) -> pb.ReviewServiceListConversationsResponse:
        """See the contract."""
        tenant, wanted, size = caller().tenant, filter_of(request), page_size_of(request.page_size)
        page = await self._search.page(tenant, wanted, decode_token(request.page_token), size)
        known = [(found.session.id, turn) for found in page.conversations for turn, _ in found.matches]
        judgements = await self._book.judgements(tenant, known)
        return pb.ReviewServiceListConversationsResponse(
            conversations=[found_conversation_message(found, judgements) for found in page.conversations],
            next_page_token=encode_token(page.position),
            looked_at=page.looked_at,
        )

    async def GetConversation(self, request: pb.GetConversationRequest, context: Context) -> pb.GetConversationResponse:
        """See the contract."""
        tenant = caller().tenant
        [session_id] = parse_name("session", request.session, "sessions")
        session = await self._sessions.session(tenant, session_id)
        records = await self._sessions.turns(tenant, session_id, -_MOST_TURNS, _MOST_TURNS)
        known = {turn.turn_id: turn for turn in await self._index.session(tenant, session_id)}
        judgements = await self._book.judgements(tenant, [(session_id, turn) for turn in known.values()])
        return pb.GetConversationResponse(
            session=session_message(session),
            turns=[
                reviewed_turn_message(
                    session_id, record, known.get(record.turn.id), judgements.get(record.turn.id), with_passages=True
                )
                for record in records
            ],
        )

    async def ExplainAnswer(self, request: pb.ExplainAnswerRequest, context: Context) -> pb.ExplainAnswerResponse:
        """See the contract."""
        tenant = caller().tenant
        session_id, turn_id = parse_name("turn", request.turn, "sessions", "turns")
        record = await self._sessions.turn(tenant, session_id, turn_id)
        known = await self._book.turn(tenant, session_id, turn_id)
        explanation = await self._index.explanation(tenant, session_id, turn_id)
        if explanation is None:
            raise TurnNotFound(
                "Why this turn is what it is was not kept: a person wrote it, or KEFU_ROUTER_EXPLANATIONS is off."
            )
        judgements = await self._book.judgements(tenant, [(session_id, known)])
        return pb.ExplainAnswerResponse(
            explanation=explanation_message(explanation, known.facts.arm),
            turn=reviewed_turn_message(session_id, record, known, judgements.get(turn_id), with_passages=True),
        )

    async def ListMatchingQuestions(
        self, request: pb.ListMatchingQuestionsRequest, context: Context
    ) -> pb.ListMatchingQuestionsResponse:
        """See the contract."""
        wordings = [wording.strip() for wording in request.wordings]
        if not 1 <= len(wordings) <= _MOST_WORDINGS or not all(wordings):
            raise BadRequest("wordings", f"must be 1 to {_MOST_WORDINGS}, none of them empty.")
        for wording in wordings:
            check_short("wordings", wording, _MOST_WORDING_CHARACTERS)
        if request.language not in ("", "zh", "en"):
            raise BadRequest("language", 'must be "zh", "en" or empty.')
        since = request.start_time.ToMicroseconds() / 1e6 if request.HasField("start_time") else 0.0
        found, looked_at = await self._matcher.matching(caller(), wordings, request.language, since)
        return pb.ListMatchingQuestionsResponse(questions=map(matching_message, found), looked_at=looked_at)

    async def GetReviewSample(self, request: pb.GetReviewSampleRequest, context: Context) -> pb.GetReviewSampleResponse:
        """See the contract."""
        tenant, today = caller().tenant, self._book.today()
        day = check_day("day", request.day) or today - timedelta(days=1)
        if day > today:
            raise BadRequest("day", "must not be in the future.")
        reviewed = await self._book.sample(tenant, day)
        response = pb.GetReviewSampleResponse(day=str(day))
        if reviewed.sample is None:
            return response
        sample = reviewed.sample
        response.final, response.handed_over = sample.is_final, sample.handed_over
        for each in sample.drawn:
            [record] = await self._sessions.records(tenant, each.session_id, [each.turn_id])
            known = {turn.turn_id: turn for turn in await self._index.session(tenant, each.session_id)}
            turn = known.get(each.turn_id)
            judgements = {} if turn is None else await self._book.judgements(tenant, [(each.session_id, turn)])
            judgement = judgements.get(each.turn_id) or reviewed.verdicts.get(each.turn_id)
            response.answers.add(
                turn=reviewed_turn_message(each.session_id, record, turn, judgement),
                stratum=stratum_message(each.stratum),
                gone=record is None or turn is None,
            )
        for stratum in Stratum:
            if answers := sample.sizes.get(stratum, 0):
                drawn = [each for each in sample.drawn if each.stratum is stratum]
                response.strata.add(
                    stratum=stratum_message(stratum),
                    answers=answers,
                    drawn=len(drawn),
                    judged=sum(each.turn_id in reviewed.verdicts for each in drawn),
                )
        return response

    async def JudgeAnswer(self, request: pb.JudgeAnswerRequest, context: Context) -> pb.JudgeAnswerResponse:
        """See the contract."""
        session_id, turn_id = parse_name("turn", request.turn, "sessions", "turns")
        reviewer = " ".join(check_short("reviewer", request.reviewer, _MOST_NAME_CHARACTERS).split())
        if not reviewer:
            raise BadRequest("reviewer", "must not be empty.")
        note = check_short("note", request.note.strip(), _MOST_NOTE_CHARACTERS)
        if request.verdict != pb.VERDICT_UNSPECIFIED and request.verdict not in VERDICTS:
            raise BadRequest("verdict", "is not one of Verdict.")
        judgement = None
        if request.verdict != pb.VERDICT_UNSPECIFIED:
            judgement = now_judged(VERDICTS[request.verdict], reviewer, note)
        await self._book.judge(caller().tenant, session_id, turn_id, judgement)
        return pb.JudgeAnswerResponse(judgement=None if judgement is None else judgement_message(judgement))

    async def GetReviewNumbers(
        self, request: pb.GetReviewNumbersRequest, context: Context
    ) -> pb.GetReviewNumbersResponse:
        """See the contract."""
        last = check_day("end_day", request.end_day) or self._book.today()
        first = check_day("start_day", request.start_day) or _days_before(last, _DEFAULT_DAYS - 1)
        if first > last:
            raise BadRequest("start_day", "must not be after end_day.")
        if (last - first).days >= _MOST_DAYS:
            raise BadRequest("start_day", f"must be at most {_MOST_DAYS - 1} days before end_day.")
        return numbers_message(await self._book.numbers(caller().tenant, first, last))


def _days_before(day: date, count: int) -> date:
    """A day before another one; the first of the calendar where there is none."""
    return date.fromordinal(max(day.toordinal() - count, 1))
