"""
The decision what a message is answered with. Pure functions: no model is asked, and nothing is said.

A decision is made in two steps: by the message alone, and where that does not decide, by what the search found.
The stages make it, and `stages/carry_out.py` carries each kind out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from kefu.router.actions.procedures.procedure_runner import WantedProcedure
from kefu.router.actions.request import WantedAction
from kefu.router.answering.answer_cache import CachedAnswer
from kefu.router.answering.attachments.words import is_files_alone
from kefu.router.answering.clarification import choices_of, chosen_passages, is_near, nearly_relevant
from kefu.router.answering.evidence.evidence_answer import Evidence
from kefu.router.answering.question import Question
from kefu.router.answering.repeated_failures import has_failed_again
from kefu.router.answering.self_service import self_service
from kefu.router.domain.handoff import HandoffReason, Sentiment
from kefu.router.domain.triage import MessageReading, Mood
from kefu.router.domain.turn import AnswerSource, BrownOut, Passage, PendingInput
from kefu.router.guardrails.prompt_injection import gives_instructions, overrides_rules
from kefu.router.nlu.consent import Consent
from kefu.router.nlu.intents import Intent
from kefu.router.nlu.message import CustomerMessage
from kefu.router.nlu.own_case import LEAST_SCORE, LIKELY_SCORE
from kefu.router.replicas.retrieval_client import CuratedAnswer, SearchResult
from kefu.router.storage.turn_drafts import SavedDraft


@dataclass(frozen=True)
class Continue:
    """Another router died while it streamed this answer: go on with what it saved."""

    saved: SavedDraft


@dataclass(frozen=True)
class HandOver:
    """A person should take over. `nearest` is what the search found nevertheless."""

    reason: HandoffReason
    nearest: tuple[Passage, ...] = ()
    self_service: str = ""
    """Where customers see it for themselves, in a document's words; it is said before the person is called."""
    detail: str = ""
    """For the person: what the summary adds to the reason."""


@dataclass(frozen=True)
class ReplyToFiles:
    """The message is files without a word: say what was read off them, or that nothing can be.

    `subjects`: what the customer may want to know about them.
    """

    subjects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refuse:
    """The tenant wants a topic of the message to be refused."""


@dataclass(frozen=True)
class GiveCanned:
    """The message needs no knowledge: a canned reply."""

    intent: Intent


@dataclass(frozen=True)
class TurnDown:
    """The message is none of the assistant's business: small talk, another field, an order to the assistant."""

    is_unsure: bool = False
    """It seems to be of another field by the relevance of what was found; in a small collection that may err."""


@dataclass(frozen=True)
class GiveCurated:
    """Staff wrote the answer: give it word for word."""

    curated: CuratedAnswer


@dataclass(frozen=True)
class GiveCached:
    """The answer to an equal question was kept."""

    answer: CachedAnswer


@dataclass(frozen=True)
class Clarify:
    """Ask which of these is meant. `is_unsure`: perhaps none of them."""

    choices: tuple[str, ...]
    is_unsure: bool = False


@dataclass(frozen=True)
class GiveEvidence:
    """The evidence, or a curated answer, for each question of the message: give the pages' own words."""

    parts: tuple[Evidence | CuratedAnswer, ...]


@dataclass(frozen=True)
class GiveExcerpt:
    """These passages may hold the answer, and no model is to be asked under this load."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Generate:
    """These passages may hold the answer: have the model write it. `found` is the search that they come from."""

    passages: tuple[Passage, ...]
    found: SearchResult


@dataclass(frozen=True)
class Act:
    """An action of the tenant answers, or says what it needs."""

    wanted: WantedAction | WantedProcedure


@dataclass(frozen=True)
class Settle:
    """The message speaks to the change that an action asked about: make it on a yes."""

    consent: Consent | None
    """None: it speaks of something else, and is told what came of a change that was begun."""


@dataclass(frozen=True)
class AskAgain:
    """Ask once more what an action has just asked: the reply names nothing of it, asks nothing, and fits no page."""

    pending: PendingInput


OUT_OF_SCOPE_RELEVANCE = 0.05
"""A question whose best passage is less relevant than this is about another field than the documents.

It belongs to the weights of the relevance: `python -m loadtest.quality.out_of_scope` shows what it turns down. On even
numbers 2 of 1,614 questions of the documents' own field, and from an eighth to six sevenths of others.
"""

BEARING_BESIDE_CURATED = 0.7
"""Evidence less likely than this is asked back about where a curated answer's question is near: it may be that."""

Decision = (
    Continue
    | HandOver
    | ReplyToFiles
    | Refuse
    | GiveCanned
    | TurnDown
    | GiveCurated
    | GiveCached
    | Clarify
    | GiveEvidence
    | GiveExcerpt
    | Generate
    | Act
    | Settle
    | AskAgain
)


def before_search(question: Question) -> Decision | None:
    """The decision by the message alone; None: search the knowledge."""
    message, settings = question.message, question.settings
    if is_files_alone(question):
        return ReplyToFiles()
    if question.consent is Consent.YES:  # in words that say nothing else
        return Settle(Consent.YES)
    if message.intent is Intent.PERSON:
        return HandOver(HandoffReason.CUSTOMER_ASKED)
    if question.is_none_of_them:
        return HandOver(HandoffReason.NOTHING_RELEVANT)
    if message.sensitive_topic(settings.sensitive_topics):
        return HandOver(HandoffReason.SENSITIVE)
    if message.is_abuse:
        return HandOver(HandoffReason.ABUSE)
    if has_failed_again(message, question.history, question.disliked):
        return HandOver(HandoffReason.REPEATED_FAILURE)
    if message.topic(settings.refused_topics):
        return Refuse()
    if question.consent is not None:
        return Settle(question.consent)
    if (
        question.waits_for_person
        and question.pending is None
        and (message.intent is Intent.GREETING or message.has_no_word)
    ):
        return HandOver(HandoffReason.CUSTOMER_ASKED)  # "hello?": they ask where that person is
    if message.intent is not None:
        return GiveCanned(message.intent)
    return None


def gives_way_to_reply(decision: Decision | None) -> bool:
    """Whether a message that replies to an action's question is that first: "TX" is a state, and thanks.

    So is "1" to three questions in a row.
    """
    return decision is None or isinstance(decision, GiveCanned) or decision == HandOver(HandoffReason.REPEATED_FAILURE)


def after_search(question: Question, found: SearchResult) -> Decision:
    """A curated answer that applies, else what the passages relevant enough allow, else a person.

    The customer's own case goes to a person even where passages are relevant: they hold the rule, and maybe an example.
    """
    if found.curated is not None:
        return GiveCurated(found.curated)
    message, passages = question.message, relevant_passages(question, found)
    if is_attack(question, found, answerable=bool(passages)):
        return TurnDown()
    if not question.choice and message.own_case_score >= (LEAST_SCORE if passages else LIKELY_SCORE):
        return HandOver(HandoffReason.OWN_CASE, found.passages, self_service(question, passages))
    if not passages:
        if message.may_want_person:
            return HandOver(HandoffReason.CUSTOMER_ASKED)
        if message.is_complaint:
            return HandOver(HandoffReason.COMPLAINT, found.passages)
        if message.asks_for_pastime:
            return TurnDown()
        if choices := nearly_relevant(question, found.passages, found.nearest):
            return Clarify(choices, is_unsure=True)
        if is_out_of_scope(question, found):
            return TurnDown(is_unsure=True)
        return HandOver(HandoffReason.NOTHING_RELEVANT, found.passages)
    if not found.used_history and (choices := choices_of(question, found.passages)):
        return Clarify(choices)
    if found.too_close and not question.choice:
        return HandOver(HandoffReason.NOTHING_RELEVANT, found.passages)
    return GiveExcerpt(passages) if question.brown_out >= BrownOut.WITHOUT_MODEL else Generate(passages, found)


def is_attack(question: Question, found: SearchResult, *, answerable: bool) -> bool:
    """Whether a message gives the assistant orders, by its phrases or by the search's probe.

    Unless it wants the rules to be forgotten or told, one sign alone is enough only where the documents have no answer:
    ordinary questions show it now and then.
    """
    if overrides_rules(question.message):
        return True
    by_phrases, by_probe = gives_instructions(question.message), found.gives_instructions
    return (by_phrases and by_probe) if answerable else (by_phrases or by_probe)


def may_be_evidence(decision: Decision) -> bool:
    """Whether evidence may answer instead: it is looked for among less relevant passages than a model is shown."""
    match decision:
        case Generate() | GiveExcerpt():
            return True
        case Clarify(_, is_unsure) | TurnDown(is_unsure):
            return is_unsure
        case HandOver(reason):
            return reason is HandoffReason.NOTHING_RELEVANT
        case _:
            return False


def after_evidence(question: Question, decision: Decision, evidence: Evidence, found: SearchResult) -> Decision:
    """The decision once evidence was looked for. Where that does not bear on the question, no passage does: what the
    relevant ones are about is offered, or a person called.

    Passages below the threshold of relevance answer only with evidence whose embeddings were compared.
    """
    is_relevant = isinstance(decision, Generate | GiveExcerpt)
    may_be_curated = found.nearest is not None and is_near(found.nearest) and not question.choice
    choices = nearly_relevant(question, found.passages, found.nearest)
    if may_be_curated and choices and evidence.bearing < BEARING_BESIDE_CURATED:
        return Clarify(choices, is_unsure=True)
    if (evidence.bears and (is_relevant or evidence.is_compared)) or (question.choice and evidence.pieces):
        return GiveEvidence((evidence,))
    if not is_relevant:
        return decision
    if choices:
        return Clarify(choices, is_unsure=True)
    return HandOver(HandoffReason.NOTHING_RELEVANT, found.passages)


def after_reading(message: CustomerMessage, decision: Decision, reading: MessageReading) -> Decision:
    """The decision once the message was read: who is upset is not asked which of some guesses is meant, and not told
    that the pages say nothing. One guess is offered nevertheless: that is help.
    """
    if not reading.is_compared or reading.mood is Mood.CALM:
        return decision
    match decision:
        case Clarify(choices, is_unsure) if is_unsure and len(choices) > 1:
            return HandOver(HandoffReason.COMPLAINT)
        case AskAgain() if reading.mood is Mood.ANGRY:
            return HandOver(HandoffReason.COMPLAINT)
        case HandOver(HandoffReason.NOTHING_RELEVANT) if reading.mood is Mood.ANGRY or not message.asks_something:
            return replace(decision, reason=HandoffReason.COMPLAINT)
        case _:
            return decision


def after_question(question: Question, decision: Decision) -> Decision:
    """The decision where an action has just asked for something: one reply that nobody understands is asked about again
    before a person is called or guesses are offered ("too expensive", asked why the order is cancelled).
    """
    last = question.history[-1].completed if question.history else None
    if last is None or last.source is not AnswerSource.ACTION or not isinstance(question.pending, PendingInput):
        return decision
    if not question.is_asked or question.message.asks_something or not may_be_evidence(decision):
        return decision
    return decision if isinstance(decision, Generate | GiveExcerpt) else AskAgain(question.pending)


def passages_to_read(question: Question, found: Sequence[SearchResult]) -> tuple[Passage, ...]:
    """What a model reads that writes: the best passages of each search in turn, however relevant each of them is.

    Half as many as usual under load. After a choice they are those of what was chosen.
    """
    if chosen := chosen_passages(question.choice, found[0].passages):
        return chosen[: _most_passages(question)]
    best: dict[str, Passage] = {}
    for passage in chain.from_iterable(zip_longest(*(each.passages for each in found))):
        if passage is not None:
            best.setdefault(passage.name, passage)
    return tuple(best.values())[: _most_passages(question)]


def _most_passages(question: Question) -> int:
    most = question.settings.max_passages
    return (most + 1) // 2 if question.brown_out >= BrownOut.FEWER_PASSAGES else most


def is_out_of_scope(question: Question, found: SearchResult) -> bool:
    """Whether a message that the documents do not answer is about another field than theirs.

    What leans on an earlier message is not: "and on Sundays?" resembles nothing by itself.
    """
    message = question.message
    if question.waits_for_person or message.mentions_person or message.sentiment is Sentiment.NEGATIVE:
        return False  # whoever wants a person or is angry is not told that it is none of our business
    best = max((passage.relevance for passage in found.passages), default=0.0)
    return bool(found.passages) and best < OUT_OF_SCOPE_RELEVANCE and not found.used_history


def relevant_passages(question: Question, found: SearchResult) -> tuple[Passage, ...]:
    """The passages that may hold the answer, best first: half as many as usual under load.

    After a choice they are those of what was chosen, however relevant.
    """
    settings = question.settings
    chosen = chosen_passages(question.choice, found.passages)
    relevant = (passage for passage in found.passages if passage.relevance >= settings.least_relevance(passage))
    return (chosen or tuple(relevant))[: _most_passages(question)]
