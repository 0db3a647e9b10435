"""Golden questions, their answers and runs as messages of the contract, and back."""

import re
from typing import Any

from kefu.common.errors import BadRequest
from kefu.common.resource_names import check_id, new_turn_id, parse_name
from kefu.office.golden_questions.conversation_question import ConversationQuestion, Person
from kefu.office.golden_questions.golden_question import (
    PREFIX,
    RUN_PREFIX,
    Change,
    GoldenAnswer,
    GoldenQuestion,
    GoldenResult,
    GoldenRun,
    RunState,
    Trigger,
)
from kefu.office.golden_questions.question_lines import BadLine, check_limits, parsed_row
from kefu.office.golden_questions.stated_polarity import Polarity
from kefu.office.golden_questions.verdict import Verdict
from kefu.router.messages.chat import reason_message, source_message, timestamp
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import golden_pb2 as pb
from kefu.text.language import answer_language

MAX_COLLECTIONS = 16
_MAX_ID = 63
_NO_ID = re.compile(r"[^a-z0-9]++")
_PERSONS: dict[Person, pb.GoldenQuestion.Person.ValueType] = {
    "no": pb.GoldenQuestion.PERSON_NO,
    "allowed": pb.GoldenQuestion.PERSON_ALLOWED,
    "required": pb.GoldenQuestion.PERSON_REQUIRED,
}
_POLARITIES: dict[Polarity, pb.GoldenQuestion.Polarity.ValueType] = {
    "yes": pb.GoldenQuestion.POLARITY_YES,
    "no": pb.GoldenQuestion.POLARITY_NO,
}
_VERDICTS = {
    Verdict.RIGHT: pb.GoldenAnswer.VERDICT_RIGHT,
    Verdict.HALF: pb.GoldenAnswer.VERDICT_HALF,
    Verdict.WRONG: pb.GoldenAnswer.VERDICT_WRONG,
    Verdict.REFUSED: pb.GoldenAnswer.VERDICT_REFUSED,
    Verdict.ASKED_BACK: pb.GoldenAnswer.VERDICT_ASKED_BACK,
}
_CHANGES = {
    Change.UNKNOWN: pb.GoldenResult.CHANGE_UNSPECIFIED,
    Change.LOST: pb.GoldenResult.CHANGE_LOST,
    Change.GAINED: pb.GoldenResult.CHANGE_GAINED,
    Change.STILL_WRONG: pb.GoldenResult.CHANGE_STILL_WRONG,
    Change.STILL_RIGHT: pb.GoldenResult.CHANGE_STILL_RIGHT,
}
_TRIGGERS = {
    Trigger.DEMAND: pb.GoldenRun.TRIGGER_DEMAND,
    Trigger.DRAFT: pb.GoldenRun.TRIGGER_DRAFT,
    Trigger.NIGHT: pb.GoldenRun.TRIGGER_NIGHT,
}
_STATES = {
    RunState.RUNNING: pb.GoldenRun.STATE_RUNNING,
    RunState.FINISHED: pb.GoldenRun.STATE_FINISHED,
    RunState.STOPPED: pb.GoldenRun.STATE_STOPPED,
}


def question_of(message: pb.GoldenQuestion) -> tuple[ConversationQuestion, tuple[str, ...]]:
    """A question that is put, and the ids of its collections. Raises BadRequest."""
    if message.name:
        [question_id] = parse_name("question.name", message.name, "goldenQuestions")
        check_id("question.name", question_id)
    else:
        question_id = f"q-{new_turn_id()}"
    if message.person not in (pb.GoldenQuestion.PERSON_UNSPECIFIED, *_PERSONS.values()):
        raise BadRequest("question.person", "is not one of Person.")
    if message.polarity not in (pb.GoldenQuestion.POLARITY_UNSPECIFIED, *_POLARITIES.values()):
        raise BadRequest("question.polarity", "is not one of Polarity.")
    persons = {value: name for name, value in _PERSONS.items()}
    polarities = {value: name for name, value in _POLARITIES.items()}
    row: dict[str, Any] = {
        "_id": question_id,
        "language": message.language or answer_language(message.text) or "en",
        "text": message.text,
        "before": list(message.before),
        "kind": message.kind or "direct",
        "person": persons.get(message.person, "no"),
        "polarity": polarities.get(message.polarity),
        "must": [list(each.texts) for each in message.must],
        "must_not": list(message.must_not),
        "documents": list(message.documents),
    }
    if message.note.strip():
        row["note"] = message.note
    try:
        question = parsed_row(row)
        check_limits(question)
    except BadLine as error:
        raise BadRequest("question", f"{error}.") from None
    return question, collections_of("question.collections", message.collections)


def collections_of(field: str, names: Any) -> tuple[str, ...]:
    """The ids of collections. Raises BadRequest."""
    if len(names) > MAX_COLLECTIONS:
        raise BadRequest(field, f"has {len(names)} entries; at most {MAX_COLLECTIONS} are taken.")
    return tuple(dict.fromkeys(check_id(field, parse_name(field, name, "collections")[0]) for name in names))


def id_of_line(given: str) -> str:
    """The id of a question of a file: in lower case, with "-" for what an id cannot hold."""
    plain = _NO_ID.sub("-", given.lower()).strip("-")
    return (plain if plain[:1].isalpha() else f"q-{plain}".rstrip("-"))[:_MAX_ID].rstrip("-")


def question_message(golden: GoldenQuestion, last: GoldenAnswer | None = None) -> pb.GoldenQuestion:
    """A question as a message, with its last answer over live."""
    message = conversation_message(golden.question)
    message.name = f"{PREFIX}{golden.id}"
    message.collections.extend(f"collections/{each}" for each in golden.collections)
    message.revision = golden.revision
    message.update_time.CopyFrom(timestamp(golden.update_time))
    message.author = golden.author
    message.turn = golden.turn
    if last is not None:
        message.last.CopyFrom(answer_message(last))
    return message


def conversation_message(question: ConversationQuestion) -> pb.GoldenQuestion:
    """A question without a name as a message."""
    return pb.GoldenQuestion(
        text=question.text,
        language=question.language,
        before=question.before,
        kind=question.kind,
        person=_PERSONS[question.person],
        polarity=pb.GoldenQuestion.POLARITY_UNSPECIFIED
        if question.polarity is None
        else _POLARITIES[question.polarity],
        must=[pb.GoldenQuestion.Alternatives(texts=each) for each in question.must],
        must_not=question.must_not,
        note=question.note,
        documents=question.documents,
    )


def answer_message(answer: GoldenAnswer) -> pb.GoldenAnswer:
    """An answer as a message."""
    return pb.GoldenAnswer(
        text=answer.text,
        verdict=pb.GoldenAnswer.VERDICT_UNSPECIFIED if answer.verdict is None else _VERDICTS[answer.verdict],
        why=answer.why,
        source=source_message(answer.source),
        handoff=chat.Handoff.REASON_UNSPECIFIED if answer.handoff is None else reason_message(answer.handoff),
        titles=answer.titles,
        model=answer.model,
        milliseconds=answer.milliseconds,
        time=timestamp(answer.time),
    )


def result_message(result: GoldenResult) -> pb.GoldenResult:
    """A result as a message."""
    return pb.GoldenResult(
        question=f"{PREFIX}{result.question}",
        text=result.text,
        language=result.language,
        answer=answer_message(result.answer),
        before=None if result.before is None else answer_message(result.before),
        change=_CHANGES[result.change],
        asked_again=result.asked_again,
    )


def run_message(run: GoldenRun) -> pb.GoldenRun:
    """A run as a message."""
    return pb.GoldenRun(
        name=f"{RUN_PREFIX}{run.id}",
        trigger=_TRIGGERS[run.trigger],
        draft=run.draft,
        state=_STATES[run.state],
        start_time=timestamp(run.start_time),
        end_time=None if run.end_time is None else timestamp(run.end_time),
        author=run.author,
        questions=run.questions,
        judged=run.judged,
        right=run.right,
        not_asked=run.not_asked,
        lost=run.lost,
        gained=run.changes.get(Change.GAINED, 0),
        still_wrong=run.changes.get(Change.STILL_WRONG, 0),
        still_right=run.changes.get(Change.STILL_RIGHT, 0),
        lost_questions=[f"{PREFIX}{each}" for each in run.lost_questions],
    )
