"""GoldenQuestionService: proto in, proto out."""

import json
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import replace
from typing import Any

import grpc.aio

from kefu.common.audit.entry import actor_of
from kefu.common.auth import Principal, Priority, caller
from kefu.common.errors import BadRequest, CollectionNotFound, GoldenRunNotFound, SessionNotFound, TurnNotFound
from kefu.common.resource_names import check_id, parse_name
from kefu.office.golden_questions.golden_question import GoldenQuestion, GoldenRun, Trigger
from kefu.office.golden_questions.proposal import Proposal, proposal_of_turn, proposal_of_unanswered
from kefu.office.golden_questions.question_lines import check_limits, parsed_lines, row_of
from kefu.office.golden_questions.question_store import MAX_QUESTIONS, GoldenQuestionStore
from kefu.office.golden_questions.run_store import GoldenRunStore
from kefu.office.golden_questions.runner import GoldenRunner, RunEvent, RunOrder
from kefu.office.insight.unanswered import UnansweredStore
from kefu.office.messages.golden_questions import (
    MAX_COLLECTIONS,
    collections_of,
    conversation_message,
    id_of_line,
    question_message,
    question_of,
    result_message,
    run_message,
)
from kefu.router.api.server_stream import StreamLimits, stream_messages
from kefu.router.domain.turn import TurnState
from kefu.router.storage.sessions import SessionStore
from kefu.router.v1 import golden_pb2 as pb
from kefu.router.v1 import golden_pb2_grpc as rpc

SERVICE = "kefu.router.v1.GoldenQuestionService"
Context = grpc.aio.ServicerContext[Any, Any]
_MAX_BYTES = 2 * 1024 * 1024
_MAX_ERRORS = 100
_MOST_EARLIER = 10


class GoldenQuestionServicer(rpc.GoldenQuestionServiceServicer):
    """See the contract."""

    def __init__(
        self,
        questions: GoldenQuestionStore,
        runs: GoldenRunStore,
        runner: GoldenRunner,
        sessions: SessionStore,
        unanswered: UnansweredStore,
        streams: StreamLimits,
    ) -> None:
        self._questions = questions
        self._runs = runs
        self._runner = runner
        self._sessions = sessions
        self._unanswered = unanswered
        self._streams = streams

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        rpc.add_GoldenQuestionServiceServicer_to_server(self, server)

    async def PutGoldenQuestion(
        self, request: pb.PutGoldenQuestionRequest, context: Context
    ) -> pb.PutGoldenQuestionResponse:
        """See the contract."""
        principal = caller()
        question, collections = question_of(request.question)
        golden = GoldenQuestion(
            question,
            _narrowed("question.collections", principal, collections),
            actor_of(principal.tenant, principal.subject),
            turn=_turn_of(request.question.turn),
        )
        await self._check_may_replace("question.name", principal, [golden.id])
        stored = await self._questions.put(principal.tenant, golden, request.revision)
        return pb.PutGoldenQuestionResponse(question=question_message(stored))

    async def GetGoldenQuestion(
        self, request: pb.GetGoldenQuestionRequest, context: Context
    ) -> pb.GetGoldenQuestionResponse:
        """See the contract."""
        principal = caller()
        [golden] = await self._named(principal, "name", [request.name])
        answers = await self._questions.answers(principal.tenant, [golden])
        return pb.GetGoldenQuestionResponse(question=question_message(golden, answers.get(golden.id)))

    async def ListGoldenQuestions(
        self, request: pb.ListGoldenQuestionsRequest, context: Context
    ) -> pb.ListGoldenQuestionsResponse:
        """See the contract."""
        principal = caller()
        found = await self._named(principal)
        answers = await self._questions.answers(principal.tenant, found)
        return pb.ListGoldenQuestionsResponse(
            questions=[question_message(each, answers.get(each.id)) for each in found]
        )

    async def DeleteGoldenQuestion(
        self, request: pb.DeleteGoldenQuestionRequest, context: Context
    ) -> pb.DeleteGoldenQuestionResponse:
        """See the contract."""
        [golden] = await self._named(caller(), "name", [request.name])
        await self._questions.delete(caller().tenant, golden.id)
        return pb.DeleteGoldenQuestionResponse()

    async def ImportGoldenQuestions(
        self, request: pb.ImportGoldenQuestionsRequest, context: Context
    ) -> pb.ImportGoldenQuestionsResponse:
        """See the contract."""
        principal = caller()
        collections = _narrowed("collections", principal, collections_of("collections", request.collections))
        if len(request.lines) > _MAX_BYTES:
            raise BadRequest("lines", f"has {len(request.lines)} bytes; at most {_MAX_BYTES} are taken.")
        try:
            found, wrong = parsed_lines(request.lines.decode("utf-8-sig"), check_limits)
        except UnicodeDecodeError as error:
            raise BadRequest("lines", f"is not UTF-8 (byte {error.start}).") from None
        author = actor_of(principal.tenant, principal.subject)
        named: dict[str, GoldenQuestion] = {}
        for each in found:
            question = replace(each, id=id_of_line(each.id))
            if question.id in named:
                raise BadRequest("lines", f"has two questions whose _id becomes {question.id}.")
            named[question.id] = GoldenQuestion(question, collections, author)
        if wrong:
            errors = [pb.ImportGoldenQuestionsResponse.LineError(line=line, text=text) for line, text in wrong]
            return pb.ImportGoldenQuestionsResponse(errors=errors[:_MAX_ERRORS])
        await self._check_may_replace("lines", principal, list(named))
        there = {each.id for each in await self._questions.some(principal.tenant, ())}
        if len(there | named.keys()) > MAX_QUESTIONS:
            raise BadRequest("lines", f"would make more than {MAX_QUESTIONS} golden questions.")
        for golden in named.values():
            await self._questions.put(principal.tenant, golden, 0)
        return pb.ImportGoldenQuestionsResponse(imported=len(named))

    async def ExportGoldenQuestions(
        self, request: pb.ExportGoldenQuestionsRequest, context: Context
    ) -> pb.ExportGoldenQuestionsResponse:
        """See the contract."""
        found = await self._named(caller())
        lines = [json.dumps(row_of(each.question), ensure_ascii=False) + "\n" for each in found]
        return pb.ExportGoldenQuestionsResponse(lines="".join(lines).encode())

    async def ProposeGoldenQuestion(
        self, request: pb.ProposeGoldenQuestionRequest, context: Context
    ) -> pb.ProposeGoldenQuestionResponse:
        """See the contract."""
        session_id, turn_id = parse_name("turn", request.turn, "sessions", "turns")
        found = await self._proposal(caller().tenant, session_id, turn_id)
        question = conversation_message(found.question)
        question.turn = request.turn
        return pb.ProposeGoldenQuestionResponse(question=question, answer=found.answer)

    async def _proposal(self, tenant: str, session_id: str, turn_id: str) -> Proposal:
        try:
            record = await self._sessions.turn(tenant, session_id, turn_id)
        except (SessionNotFound, TurnNotFound):
            kept = await self._unanswered.all(tenant, 0.0)
            for each in kept:
                if (each.session_id, each.turn_id) == (session_id, turn_id):
                    return proposal_of_unanswered(each)
            raise
        if record.turn.agent or not record.turn.question:
            raise BadRequest("turn", "is a person's reply: name the customer's message.")
        if record.state is not TurnState.FINISHED:
            raise BadRequest("turn", "has no whole answer.")
        session = await self._sessions.session(tenant, session_id)
        turns = await self._sessions.turns(tenant, session_id, 0, session.turn_count)
        earlier = [each.turn for each in turns if each.turn.id < turn_id][-_MOST_EARLIER:]
        return proposal_of_turn(record.turn, earlier)

    async def RunGoldenQuestions(
        self, request: pb.RunGoldenQuestionsRequest, context: Context
    ) -> AsyncGenerator[pb.RunGoldenQuestionsEvent, None]:
        """See the contract."""
        principal = caller()
        if request.draft:
            [collection, _] = parse_name("draft", request.draft, "collections", "drafts")
            _check_collections(principal, (collection,))
        questions = await self._named(principal, "questions", request.questions)
        if request.draft:
            questions = [each for each in questions if each.is_asked_of(request.draft)]
        if not questions:
            raise BadRequest("questions", "there are none to ask: put or import some first.")
        order = RunOrder(
            questions,
            Trigger.DEMAND,
            request.draft,
            actor_of(principal.tenant, principal.subject),
            keeps_answers=principal.collections is None,
        )
        events = self._runner.run(replace(principal, priority=Priority.BATCH, customer=None), order)
        async for message in stream_messages(events, context, _EventMessages(), self._streams):
            yield message

    async def ListGoldenRuns(self, request: pb.ListGoldenRunsRequest, context: Context) -> pb.ListGoldenRunsResponse:
        """See the contract."""
        principal = caller()
        found = await self._runs.all(principal.tenant)
        if principal.collections is not None:
            seen = {each.id for each in await self._named(principal)}
            found = [_within(each, seen) for each in found if _may_search(principal, each.draft)]
        return pb.ListGoldenRunsResponse(runs=map(run_message, found))

    async def GetGoldenRun(self, request: pb.GetGoldenRunRequest, context: Context) -> pb.GetGoldenRunResponse:
        """See the contract."""
        principal = caller()
        [run_id] = parse_name("name", request.name, "goldenRuns")
        run, results = await self._runs.get(principal.tenant, run_id)
        if not _may_search(principal, run.draft):
            raise GoldenRunNotFound(f"There is no run {run_id}; list the runs.")
        if principal.collections is not None:
            seen = {each.id for each in await self._named(principal)}
            run, results = _within(run, seen), [each for each in results if each.question in seen]
        return pb.GetGoldenRunResponse(run=run_message(run), results=map(result_message, results))

    async def _named(self, principal: Principal, field: str = "", names: Sequence[str] = ()) -> list[GoldenQuestion]:
        """The questions of these names, without any all, of those that the key may see."""
        ids = [_id(field, each) for each in names]
        return await self._questions.some(principal.tenant, ids, principal.collections)

    async def _check_may_replace(self, field: str, principal: Principal, ids: Collection[str]) -> None:
        """Raise BadRequest where a question of such an id is there that the key may not see."""
        if principal.collections is None:
            return
        for each in await self._questions.some(principal.tenant, ()):
            if each.id in ids and not each.lies_within(principal.collections):
                raise BadRequest(field, f"names {each.id}, which is of collections that the key may not search.")


class _EventMessages:
    """Events of a run as messages: the first one is the run as it begins."""

    def __init__(self) -> None:
        self._has_started = False

    def __call__(self, event: RunEvent) -> pb.RunGoldenQuestionsEvent:
        if not isinstance(event, GoldenRun):
            return pb.RunGoldenQuestionsEvent(result=result_message(event))
        if self._has_started:
            return pb.RunGoldenQuestionsEvent(finished=run_message(event))
        self._has_started = True
        return pb.RunGoldenQuestionsEvent(started=run_message(event))


def _id(field: str, name: str) -> str:
    [question_id] = parse_name(field, name, "goldenQuestions")
    return check_id(field, question_id)


def _check_collections(principal: Principal, collections: Sequence[str]) -> None:
    named = frozenset(collections)
    if named and principal.narrowed(named) != named:
        raise CollectionNotFound("There is no such collection, or the key may not search it.")


def _turn_of(name: str) -> str:
    """The name of a turn, or nothing. Raises BadRequest."""
    if name:
        parse_name("question.turn", name, "sessions", "turns")
    return name


def _narrowed(field: str, principal: Principal, collections: tuple[str, ...]) -> tuple[str, ...]:
    """The collections of a question that a key stores: without any, all that the key may search."""
    _check_collections(principal, collections)
    if collections or principal.collections is None:
        return collections
    if len(principal.collections) > MAX_COLLECTIONS:
        raise BadRequest(field, f"must be 1 to {MAX_COLLECTIONS}: the key may search more.")
    return tuple(sorted(principal.collections))


def _may_search(principal: Principal, draft: str) -> bool:
    """Whether a key may search a draft ("collections/{collection}/drafts/{draft}"); empty: what is live."""
    return not draft or principal.collections is None or draft.split("/")[1] in principal.collections


def _within(run: GoldenRun, seen: Collection[str]) -> GoldenRun:
    """A run for who may see these questions alone: it names no others."""
    return replace(run, lost_questions=tuple(each for each in run.lost_questions if each in seen))
