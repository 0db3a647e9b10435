"""InsightService: proto in, proto out."""

import time
from collections import Counter
from typing import Any

import grpc.aio

from kefu.common.auth import caller
from kefu.common.errors import BadRequest
from kefu.common.pagination import page_size_of
from kefu.common.resource_names import parse_name
from kefu.office.insight.counter_store import CounterStore
from kefu.office.insight.numbers_report import (
    DEFAULT_SPAN_SECONDS,
    LONGEST_SPAN_SECONDS,
    Numbers,
    Percentiles,
    read_numbers,
)
from kefu.office.insight.unanswered import UnansweredQuestion, UnansweredStore
from kefu.office.insight.unanswered_groups import QuestionGroup, UnansweredGroups
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource
from kefu.router.messages.chat import reason_message, source_message, timestamp, turn_name
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import insight_pb2 as pb
from kefu.router.v1 import insight_pb2_grpc as rpc

SERVICE = "kefu.router.v1.InsightService"
Context = grpc.aio.ServicerContext[Any, Any]
_MAX_DISMISSED = 1000
_MAX_DOCUMENTS, _DEFAULT_DOCUMENTS = 1000, 100
_REASONS = {reason.value: chat.Handoff.Reason.Name(reason_message(reason)) for reason in HandoffReason}
_SOURCES = {source.value: chat.AnswerSource.Name(source_message(source)) for source in AnswerSource}


class InsightServicer(rpc.InsightServiceServicer):
    """See the contract."""

    def __init__(self, counters: CounterStore, unanswered: UnansweredStore, groups: UnansweredGroups) -> None:
        self._counters = counters
        self._unanswered = unanswered
        self._groups = groups

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        rpc.add_InsightServiceServicer_to_server(self, server)

    async def GetNumbers(self, request: pb.GetNumbersRequest, context: Context) -> pb.GetNumbersResponse:
        """See the contract."""
        start, end = _span(request)
        total, hours = await read_numbers(self._counters, caller().tenant, start, end)
        return pb.GetNumbersResponse(total=_numbers(total), hours=map(_numbers, hours))

    async def ListUnanswered(self, request: pb.ListUnansweredRequest, context: Context) -> pb.ListUnansweredResponse:
        """See the contract."""
        since = request.start_time.ToMicroseconds() / 1e6 if request.HasField("start_time") else 0.0
        groups, questions = await self._groups.largest(caller(), since, page_size_of(request.page_size))
        return pb.ListUnansweredResponse(groups=map(_group, groups), total_questions=questions)

    async def DismissUnanswered(
        self, request: pb.DismissUnansweredRequest, context: Context
    ) -> pb.DismissUnansweredResponse:
        """See the contract."""
        if not 1 <= len(request.turns) <= _MAX_DISMISSED:
            raise BadRequest("turns", f"must be 1 to {_MAX_DISMISSED}.")
        turns = [parse_name("turns", name, "sessions", "turns") for name in dict.fromkeys(request.turns)]
        dismissed = await self._unanswered.dismiss(caller().tenant, [(session, turn) for session, turn in turns])
        return pb.DismissUnansweredResponse(dismissed=dismissed)

    async def ListDocumentUse(self, request: pb.ListDocumentUseRequest, context: Context) -> pb.ListDocumentUseResponse:
        """See the contract."""
        start, end = _span(request)
        if request.page_size < 0:
            raise BadRequest("page_size", "must not be negative.")
        cited: Counter[str] = Counter()
        async for _, hour in self._counters.hours(caller().tenant, start, end, "citations"):
            cited.update(hour)
        limit = min(request.page_size or _DEFAULT_DOCUMENTS, _MAX_DOCUMENTS)
        used = sorted(cited.items(), key=lambda item: (-item[1], item[0]))[:limit]
        return pb.ListDocumentUseResponse(
            documents=[pb.DocumentUse(document=document, citations=count) for document, count in used]
        )


def _span(request: pb.GetNumbersRequest | pb.ListDocumentUseRequest) -> tuple[float, float]:
    end = request.end_time.ToMicroseconds() / 1e6 if request.HasField("end_time") else time.time()
    start = request.start_time.ToMicroseconds() / 1e6 if request.HasField("start_time") else end - DEFAULT_SPAN_SECONDS
    if start > end:
        raise BadRequest("start_time", "must not be after end_time.")
    if end - start > LONGEST_SPAN_SECONDS:
        raise BadRequest("start_time", "must be at most 92 days before end_time.")
    return max(start, 0.0), max(end, 0.0)


def _numbers(numbers: Numbers) -> pb.Numbers:
    return pb.Numbers(
        start_time=timestamp(numbers.start),
        questions=numbers.questions,
        confirmed=numbers.confirmed,
        assumed=numbers.assumed,
        reopened=numbers.reopened,
        handoffs={_REASONS.get(reason, reason): count for reason, count in numbers.handoffs.items()},
        sources={_SOURCES.get(source, source): count for source, count in numbers.sources.items()},
        languages=numbers.languages,
        rated_up=numbers.rated("up"),
        rated_down=numbers.rated("down"),
        replies=numbers.replies,
        first_text=_percentiles(numbers.first_text),
        total=_percentiles(numbers.total),
    )


def _percentiles(of: Percentiles) -> pb.Percentiles:
    return pb.Percentiles(count=of.count, p50=of.p50, p95=of.p95, p99=of.p99)


def _group(group: QuestionGroup) -> pb.UnansweredGroup:
    return pb.UnansweredGroup(
        central=_question(group.central), questions=map(_question, group.questions), count=group.count
    )


def _question(question: UnansweredQuestion) -> pb.UnansweredQuestion:
    return pb.UnansweredQuestion(
        turn=turn_name(question.session_id, question.turn_id),
        text=question.text,
        language=question.language,
        reason=chat.Handoff.REASON_UNSPECIFIED if question.reason is None else reason_message(question.reason),
        rated_down=question.rated_down,
        create_time=timestamp(question.time),
        reply=question.reply,
    )
