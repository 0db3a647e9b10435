"""What an action says, or what is missing for it, as an answer; and its question again below another answer."""

from collections.abc import Sequence
from dataclasses import replace

from kefu.router.actions.request import ActionReply, ActionRequest, Missing
from kefu.router.answering.clarification import with_choices
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.fallback import hand_over
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.dispatch.relay import RESERVE_SECONDS
from kefu.router.domain.handoff import HandoffReason
from kefu.router.domain.turn import AnswerSource, Completed, PendingChange, PendingInput, Turn

_CALLS_PERSON = {
    Missing.BY_PROCEDURE: HandoffReason.PROCEDURE,
    Missing.FAILED: HandoffReason.ACTION_FAILED,
    Missing.NEEDS_PERSON: HandoffReason.CHANGE_NEEDS_PERSON,
    Missing.UNCONFIRMED: HandoffReason.CHANGE_UNCONFIRMED,
}

_FROM_PAGES = frozenset({AnswerSource.GENERATED, AnswerSource.EXTRACTIVE, AnswerSource.CACHED, AnswerSource.CURATED})


def action_request(question: Question, draft: AnswerDraft | None = None) -> ActionRequest:
    """A message as actions and procedures take it.

    `draft`: its readers are told what is being done, and its triage may lower what is done without a person.
    """
    limit = question.settings.action_risk
    deadline, in_its_variant = question.request.deadline, question.message.in_its_variant
    request = ActionRequest(
        question.principal,
        question.session_id,
        question.request.text,
        question.language,
        question.message.own_case_score,
        limit if draft is None or draft.triage is None else draft.triage.risk_limit(limit),
        (in_its_variant(question.replies.change_yes), in_its_variant(question.replies.change_no)),
        in_its_variant(question.replies.all_of_these),
        question.choice,
        question.text,
        _shown_before(question),
        question.pending,
        None if deadline is None else deadline - RESERVE_SECONDS,
    )
    return request if draft is None else replace(request, tell=draft.tell)


def _shown_before(question: Question) -> str:
    """The last answer, where an action gave it and asked nothing."""
    match question.history:
        case [*_, Turn(pending=None, completed=Completed(source=AnswerSource.ACTION), text=text)]:
            return text
        case _:
            return ""


def act(question: Question, reply: ActionReply) -> AnswerOutcome:
    """What an action says, or what is missing for it. Where it failed a person is called, who reads why."""
    in_its_variant, replies = question.message.in_its_variant, question.replies
    if reply.missing in _CALLS_PERSON:
        reason = _CALLS_PERSON[reply.missing]
        outcome = hand_over(question, reason, detail=reply.detail, said_before=reply.text)
        return replace(outcome, pending=reply.pending)
    match reply.missing:
        case Missing.IDENTITY:
            text = in_its_variant(replies.sign_in)
        case Missing.NOT_THERE:
            text = in_its_variant(replies.not_there)
        case Missing.NOT_WANTED:
            text = in_its_variant(replies.change_not_made)
        case _:
            text = ""
    text = "\n\n".join(filter(None, [reply.text, text]))
    cards = reply.cards
    if reply.is_asked_again:
        again = in_its_variant(replies.change_asked_again)
        text = f"{again}\n\n{text}"
        cards = cards and replace(cards, text=f"{again}\n\n{cards.text}")
    return AnswerOutcome(
        AnswerSource.ACTION,
        text=_below(text, reply.choices),
        choices=reply.choices,
        pending=reply.pending,
        cards=cards,
    )


def ask_again(pending: PendingInput) -> AnswerOutcome:
    """The question of an action once more. Its source is that of a question back: the next miss calls a person."""
    text = _below(pending.question, pending.choices)
    return AnswerOutcome(AnswerSource.CLARIFYING, text=text, choices=pending.choices, pending=pending)


def asked_still(question: Question, outcome: AnswerOutcome) -> AnswerOutcome:
    """An answer to something else than an action has just asked, with the action's question again below it: once.

    So a yes is always one to what the customer has just read.
    """
    pending = question.pending
    if pending is None or not question.is_asked or question.consent is not None:
        return outcome
    before = question.history[-1].completed
    if before is None or before.source is not AnswerSource.ACTION:
        return outcome
    if outcome.source is AnswerSource.ACTION or outcome.handoff is not None or outcome.choices or outcome.pending:
        return outcome
    asked, choices = pending.question, pending.choices
    if isinstance(pending, PendingChange):
        asked = f"{question.message.in_its_variant(question.replies.change_asked_again)}\n\n{asked}"
    text = f"{outcome.text}\n\n{_below(asked, choices)}"
    return replace(outcome, text=text, choices=choices, pending=pending)


def offered_below(question: Question, outcome: AnswerOutcome, titles: tuple[str, ...]) -> AnswerOutcome:
    """An answer from the pages, with what a customer whose identity is verified may want done below it."""
    is_theirs = question.principal.customer is not None and outcome.source in _FROM_PAGES
    if not titles or not is_theirs or outcome.handoff is not None or outcome.choices:
        return outcome
    offer = _below(question.message.in_its_variant(question.replies.can_do), titles)
    return replace(outcome, text=f"{outcome.text}\n\n{offer}", choices=titles)


def _below(text: str, choices: Sequence[str]) -> str:
    """A text with the choices that it has below it; it may have paragraphs of its own."""
    return with_choices(f"{text}\n", choices) if choices else text
