"""Conversations, explanations and reviews as messages of the contract."""

from collections.abc import Mapping

from google.protobuf.duration_pb2 import Duration

from kefu.common.errors import BadRequest
from kefu.office.insight.conversations.facts import KnownTurn
from kefu.office.insight.conversations.question_matcher import MatchingQuestion
from kefu.office.insight.conversations.search import ConversationFilter, FoundConversation, words_of
from kefu.office.insight.reviews.book import ReviewNumbers
from kefu.office.insight.reviews.estimate import Estimate
from kefu.office.insight.reviews.review_store import ReviewJudgement
from kefu.office.insight.reviews.sample import ReviewVerdict, Stratum, stratum_of
from kefu.router.domain.explanation import EvidenceRead, Explanation, ModelChecked, NearestCurated, SearchMade
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, Rating, TurnRecord
from kefu.router.messages.chat import (
    rating_message,
    reason_message,
    session_message,
    source_message,
    timestamp,
    turn_message,
    turn_name,
)
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import review_pb2 as pb

VERDICTS = {
    pb.VERDICT_RIGHT: ReviewVerdict.RIGHT,
    pb.VERDICT_HALF: ReviewVerdict.HALF,
    pb.VERDICT_WRONG: ReviewVerdict.WRONG,
    pb.VERDICT_UNSAFE: ReviewVerdict.UNSAFE,
}
_VERDICT = {verdict: message for message, verdict in VERDICTS.items()}
_STRATUM = {
    Stratum.REPLACED: pb.STRATUM_REPLACED,
    Stratum.LOW_SUPPORT: pb.STRATUM_LOW_SUPPORT,
    Stratum.REOPENED: pb.STRATUM_REOPENED,
    Stratum.LONG: pb.STRATUM_LONG,
    Stratum.ORDINARY: pb.STRATUM_ORDINARY,
}
_SOURCES = {source_message(source): source for source in AnswerSource}
_RATINGS = {rating_message(rating): rating for rating in Rating}
_REASONS = {reason_message(reason): reason for reason in HandoffReason}
_MOST_WORDS_CHARACTERS = 200
_LANGUAGES = ("zh", "en")


def filter_of(request: pb.ReviewServiceListConversationsRequest) -> ConversationFilter:
    """What is looked for. Raises BadRequest."""
    if len(request.words) > _MOST_WORDS_CHARACTERS:
        raise BadRequest("words", f"has {len(request.words)} characters; at most {_MOST_WORDS_CHARACTERS} are taken.")
    if any(language not in _LANGUAGES for language in request.languages):
        raise BadRequest("languages", 'must be of "zh" and "en".')
    for field, given, known in (
        ("sources", request.sources, _SOURCES),
        ("ratings", request.ratings, _RATINGS),
        ("reasons", request.reasons, _REASONS),
    ):
        if any(each not in known for each in given):
            raise BadRequest(field, "holds a value that this release does not know.")
    return ConversationFilter(
        words=words_of(request.words),
        languages=frozenset(request.languages),
        sources=frozenset(_SOURCES[each] for each in request.sources),
        ratings=frozenset(_RATINGS[each] for each in request.ratings),
        reasons=frozenset(_REASONS[each] for each in request.reasons),
        handed_over=request.handed_over,
        checked=request.checked,
        low_support=request.low_support,
        reopened=request.reopened,
        action=request.action,
        arm=request.arm,
        start=request.start_time.ToMicroseconds() / 1e6 if request.HasField("start_time") else 0.0,
        end=request.end_time.ToMicroseconds() / 1e6 if request.HasField("end_time") else float("inf"),
    )


def stratum_message(stratum: Stratum) -> pb.Stratum.ValueType:
    """A stratum as a message."""
    return _STRATUM[stratum]


def reviewed_turn_message(
    session_id: str,
    record: TurnRecord | None,
    known: KnownTurn | None,
    judgement: ReviewJudgement | None,
    *,
    with_passages: bool = False,
) -> pb.ReviewedTurn:
    """A turn with what is known about it. Without a record it is gone."""
    message = None
    if record is not None:
        message = turn_message(session_id, record, with_triage=True)
        if not with_passages:
            message.ClearField("passages")
    return pb.ReviewedTurn(
        turn=message,
        marks=None if known is None else _marks(known),
        judgement=None if judgement is None else judgement_message(judgement),
    )


def found_conversation_message(
    found: FoundConversation, judgements: Mapping[str, ReviewJudgement]
) -> pb.FoundConversation:
    """A conversation that was found."""
    return pb.FoundConversation(
        session=session_message(found.session),
        matches=[
            reviewed_turn_message(found.session.id, record, known, judgements.get(known.turn_id))
            for known, record in found.matches
        ],
        match_count=found.match_count,
    )


def judgement_message(judgement: ReviewJudgement) -> pb.Judgement:
    """A judgement as a message."""
    return pb.Judgement(
        verdict=_VERDICT[judgement.verdict],
        reviewer=judgement.reviewer,
        time=timestamp(judgement.time),
        note=judgement.note,
    )


def explanation_message(explanation: Explanation, arm: str) -> pb.Explanation:
    """An explanation as a message, with what the turn was answered over in an experiment."""
    return pb.Explanation(
        decision=explanation.decision,
        detail=explanation.detail,
        searches=map(_search, explanation.searches),
        evidence=map(_evidence, explanation.evidence),
        model=None if explanation.checks is None else _model(explanation.checks),
        profile=explanation.profile,
        offered_actions=explanation.offered_actions,
        arm=arm,
    )


def matching_message(found: MatchingQuestion) -> pb.MatchingQuestion:
    """A question that would have been answered, as a message."""
    facts = found.turn.facts
    return pb.MatchingQuestion(
        turn=turn_name(found.session_id, found.turn.turn_id),
        question=found.text,
        wording=found.wording,
        cosine=found.cosine,
        count=found.count,
        time=timestamp(facts.time),
        source=source_message(facts.source),
        reason=chat.Handoff.REASON_UNSPECIFIED if facts.reason is None else reason_message(facts.reason),
    )


def numbers_message(numbers: ReviewNumbers) -> pb.GetReviewNumbersResponse:
    """Review numbers as a message."""
    return pb.GetReviewNumbersResponse(
        days=map(str, numbers.days),
        judged=numbers.judged,
        answers=numbers.answers,
        handed_over=numbers.handed_over,
        resolved=_share(numbers.resolved),
        right=_share(numbers.verdicts.get(ReviewVerdict.RIGHT)),
        half=_share(numbers.verdicts.get(ReviewVerdict.HALF)),
        wrong=_share(numbers.verdicts.get(ReviewVerdict.WRONG)),
        unsafe=_share(numbers.verdicts.get(ReviewVerdict.UNSAFE)),
    )


def _share(estimate: Estimate | None) -> pb.ReviewedShare | None:
    if estimate is None:
        return None
    return pb.ReviewedShare(share=estimate.share, low=estimate.low, high=estimate.high)


def _marks(known: KnownTurn) -> pb.AnswerMarks:
    facts = known.facts
    return pb.AnswerMarks(
        checked=facts.checked,
        replaced=facts.replaced,
        low_support=known.has_low_support,
        support=facts.support,
        reopened=known.reopened,
        action=facts.action,
        arm=facts.arm,
        stratum=_STRATUM[stratum_of(known)] if facts.answered else pb.STRATUM_UNSPECIFIED,
    )


def _search(search: SearchMade) -> pb.Explanation.Search:
    return pb.Explanation.Search(
        query=search.query,
        history=search.history,
        used_history=search.used_history,
        read_as=search.read_as,
        language=search.language,
        found=[
            pb.Explanation.Found(
                passage=each.name, title=each.title, relevance=each.relevance, min_relevance=each.least
            )
            for each in search.found
        ],
        curated=None if search.curated is None else _curated(search.curated),
        apart=search.apart,
        min_apart=search.min_apart,
        gives_instructions=search.gives_instructions,
        revision=search.revision,
        time=_duration(search.seconds),
    )


def _curated(curated: NearestCurated) -> pb.Explanation.Curated:
    return pb.Explanation.Curated(
        name=curated.name,
        question=curated.question,
        cosine=curated.cosine,
        least_cosine=curated.least_cosine,
        reason=curated.reason,
        question_words=curated.question_words,
        query_words=curated.query_words,
    )


def _evidence(evidence: EvidenceRead) -> pb.Explanation.Evidence:
    return pb.Explanation.Evidence(
        asked=evidence.asked,
        bearing=evidence.bearing,
        bears=evidence.bears,
        pieces=[
            pb.Explanation.Piece(text=each.text, passage=each.passage, score=each.score, chosen=each.chosen)
            for each in evidence.pieces
        ],
        first_word=evidence.first_word,
        quoted=evidence.is_quoted,
        computation=evidence.computation,
        compared=evidence.is_compared,
        time=_duration(evidence.seconds),
    )


def _model(checked: ModelChecked) -> pb.Explanation.Model:
    return pb.Explanation.Model(
        model=checked.model,
        replica=checked.replica,
        fingerprint=checked.fingerprint,
        failed_check=checked.check,
        cut=checked.cut,
        literal=checked.literal,
        replaced_by=checked.replaced_by,
        continuations=checked.continuations,
        time=_duration(checked.seconds),
    )


def _duration(seconds: float) -> Duration:
    message = Duration()
    message.FromMicroseconds(round(seconds * 1e6))
    return message
