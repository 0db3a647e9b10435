"""
The action runner: a message that asks for an action gets what the company's system says, or what is missing for it.

No model takes part. What is said is the action's template over the projected result, so that nothing is said that the
system did not. What changes something is asked for first; see `kefu.router.actions.changes`.
"""

import asyncio
from collections.abc import Mapping
from typing import Protocol

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable, BadRequest
from kefu.router import metrics
from kefu.router.actions.action import Action
from kefu.router.actions.asked_action import ActionSet, ComparedMessage, Likely, Wanted, known_texts, parts_of
from kefu.router.actions.cards import cards_of
from kefu.router.actions.changes import ChangeMaker, Previewed
from kefu.router.actions.http_call import ActionCaller, ActionFailed, ActionResult, NotFitting
from kefu.router.actions.inputs import InputReader, given_with, of_customer
from kefu.router.actions.reply import named_by_reply
from kefu.router.actions.request import ActionReply, ActionRequest, InputAsked, Missing, WantedAction
from kefu.router.actions.template import said_of_nothing
from kefu.router.actions.value_words import in_language, progress_of, say
from kefu.router.domain.turn import InputValue, PendingChange, PendingInput
from kefu.router.nlu.consent import Consent
from kefu.router.replicas.retrieval_client import RetrievalClient, SearchLate
from kefu.text.language import AnswerLanguage

_WARM_UP_SECONDS = 120.0
_MOST_MESSAGE = 4_000
_log = structlog.stdlib.get_logger()


class Catalogue(Protocol):
    """Knows what can be asked for."""

    async def in_force(self, tenant: str) -> ActionSet:
        """A tenant's actions for a turn, with all that messages may ask for. Never raises."""
        ...


class ActionRunner:
    """Finds the action that a message asks for, and runs it."""

    def __init__(
        self, catalogue: Catalogue, caller: ActionCaller, changes: ChangeMaker, retrieval: RetrievalClient
    ) -> None:
        self._catalogue = catalogue
        self._caller = caller
        self._inputs = InputReader(caller)
        self._changes = changes
        self._retrieval = retrieval
        self._warming: asyncio.Task[None] | None = None

    async def owes_outcome(self, request: ActionRequest) -> bool:
        """Whether a change was begun, and the turn that was to tell what came of it was broken off."""
        pending = request.pending
        if not isinstance(pending, PendingChange) or pending.is_settled:
            return False
        return await self._changes.was_begun(request, pending)

    async def settle(self, request: ActionRequest, consent: Consent | None) -> ActionReply:
        """Make the change that the turn before asked about, leave it, or ask again. Never raises.

        A no to the question for an input leaves it too, unless the message names a value nevertheless. A yes takes the
        only value that was shown; where there are several it is no answer, and the question stands.
        """
        pending = request.pending
        assert pending is not None  # noqa: S101 - else there is nothing to settle
        if isinstance(pending, PendingInput):
            wanted = await self.chosen(request, consent)
            return await self.run(wanted, request) if wanted is not None else not_named(pending, consent)
        action = (await self._catalogue.in_force(request.principal.tenant)).actions.get(pending.action)
        if action is None or action.change is None:
            return counted(ActionReply(pending.action, missing=Missing.NEEDS_PERSON, detail="the action is gone"))
        return counted(await self._changes.settle(action, pending, request, consent))

    async def chosen(self, request: ActionRequest, consent: Consent | None = None) -> WantedAction | None:
        """The action that the turn before asked something for, where this message names a value for it.

        `consent`: the message says yes or no, or a yes that is none to this question (UNCLEAR).
        """
        pending = request.pending
        if not isinstance(pending, PendingInput):
            return None
        actions = (await self._catalogue.in_force(request.principal.tenant)).actions
        action = actions.get(pending.action)
        wanted = next((each for each in action.inputs if each.name == pending.input), None) if action else None
        if action is None or wanted is None:
            return None
        named = named_by_reply(wanted, pending, request.choice, request.text, consent)
        if named.value is None:
            return WantedAction(action, actions, pending.given, named.among) if named.asks_again else None
        return WantedAction(action, actions, given_with(wanted, pending, named.value))

    async def titled(self, request: ActionRequest) -> Wanted | None:
        """What the customer chose of what was offered by its title."""
        if not request.choice or request.pending is not None:
            return None
        found = await self._catalogue.in_force(request.principal.tenant)
        return next((each for each in found.asked_for_by_messages if request.choice in each.titles.values()), None)

    async def has_actions(self, tenant: str) -> bool:
        """Whether there is anything that messages may ask for."""
        return bool((await self._catalogue.in_force(tenant)).texts)

    async def compared(self, principal: Principal, text: str, seconds: float) -> Mapping[str, float] | None:
        """A message's cosine to each known message, and to each example of what may be asked for.

        None: that could not be told within `seconds`. It costs retrieval less than a search does, and belongs behind
        the same admission.
        """
        found = await self._catalogue.in_force(principal.tenant)
        texts = found.texts or known_texts()
        question = found.without_values(text)[:_MOST_MESSAGE]
        compare = self._retrieval.compare
        try:
            cosines = await asyncio.gather(*(compare(principal, question, part, seconds) for part in parts_of(texts)))
        except BackendUnavailable as error:
            _log.warning("message.not_compared", cause=error.message)
            if isinstance(error, SearchLate):
                self.warm_up(principal)
            return None
        return dict(zip(texts, (cosine for part in cosines for cosine in part), strict=True))

    async def likely(self, request: ActionRequest, cosines: Mapping[str, float]) -> Likely | None:
        """What a message asks for, or what it may ask for; None: for nothing.

        `cosines`: as `compared` has told them.
        """
        found = await self._catalogue.in_force(request.principal.tenant)
        message = _compared(found, request, cosines)
        return None if message is None else found.asked_for(message)

    async def likely_instead(self, request: ActionRequest, cosines: Mapping[str, float]) -> Wanted | None:
        """What a reply asks for in place of what has asked the customer for an input; None: for nothing else."""
        found, pending = await self._catalogue.in_force(request.principal.tenant), request.pending
        message = _compared(found, request, cosines)
        if pending is None or message is None:
            return None
        asked_by = pending.action if pending.procedure is None else pending.procedure.procedure
        return found.asked_for_instead(asked_by, message)

    async def run(self, wanted: WantedAction, request: ActionRequest) -> ActionReply:
        """What the message gets from the action. Never raises for what a system answers."""
        action = wanted.action
        if request.has_to_sign_in_for(action):
            return counted(ActionReply(action.id, missing=Missing.IDENTITY))
        try:
            inputs = await self._inputs.values(wanted, request)
            if action.change is not None:
                return counted(await self._changes.propose(action, action.change, inputs, request))
            request.tell(progress_of(action, request.language))
            found = await self._caller.look_up(
                request.principal.tenant, action.call, action.result, inputs, request.seconds(action.timeout_seconds)
            )
            told = _told(action, found, inputs, request.language)
        except InputAsked as asked:
            return counted(asked.reply)
        except ActionFailed as error:
            _log.warning("action.failed", action=action.id, cause=str(error))
            missing = Missing.FAILED if action.change is None else Missing.NEEDS_PERSON
            return counted(ActionReply(action.id, missing=missing, detail=f"{action.id}: {error}"))
        if told.values is None:
            return counted(ActionReply(action.id, missing=Missing.NOT_THERE))
        return counted(ActionReply(action.id, told.said, cards=told.cards))

    async def attempt(
        self, principal: Principal, action: Action, given: Mapping[str, str], language: AnswerLanguage
    ) -> Previewed:
        """Call an action for a customer, with the other inputs `given`: what came back, and what would be said.

        Of a change the preview is called, and nothing is changed. Raises BadRequest for an input that is missing, and
        ActionFailed.
        """
        inputs: dict[str, InputValue] = {}
        for each in action.inputs:
            if each.source:
                inputs[each.name] = of_customer(each, principal.customer)
            elif each.name in given:
                inputs[each.name] = tuple(given[each.name].split()) if each.is_list else given[each.name]
            else:
                raise BadRequest("inputs", f"must have {each.name}.")
        if action.change is not None:
            seconds = float(action.timeout_seconds)
            return await self._changes.preview(principal.tenant, action, action.change, inputs, language, seconds)
        found = await self._caller.look_up(principal.tenant, action.call, action.result, inputs, action.timeout_seconds)
        return _told(action, found, inputs, language)

    def warm_up(self, principal: Principal) -> None:
        """Have all that messages are compared with embedded, beside whatever goes on: the first time takes seconds."""
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._warm_up(principal), name="actions' texts")

    async def close(self) -> None:
        """End what goes on beside the turns; changes that are being made are waited for."""
        if self._warming is not None:
            await cancel_and_wait(self._warming)
        await self._changes.close()

    async def _warm_up(self, principal: Principal) -> None:
        found = await self._catalogue.in_force(principal.tenant)
        try:
            for part in parts_of(found.texts or known_texts()):
                await self._retrieval.compare(principal, part[0], part, _WARM_UP_SECONDS)
        except BackendUnavailable as error:
            _log.warning("action.not_warm", cause=error.message)


def _told(action: Action, found: ActionResult, inputs: Mapping[str, InputValue], language: AnswerLanguage) -> Previewed:
    """What is said of a result. Raises NotFitting where it would be said of what is not in the answer."""
    if found.values is None:
        return Previewed(found.status, None, "")
    template = in_language(action.answers, language)
    if missing := said_of_nothing(template, found.values, found.absent):
        raise NotFitting(f"its answer has nothing for {', '.join(missing)}, of which `answers` speaks", found.document)
    told = {**inputs, **found.values}
    cards = cards_of(action.cards, action, told, language)
    return Previewed(found.status, found.values, say(action.answers, action, told, language), cards, found.document)


def _compared(of: ActionSet, request: ActionRequest, cosines: Mapping[str, float]) -> ComparedMessage | None:
    """A message beside the texts of a set; None where there are none, or the set was changed in between."""
    if not of.texts or not cosines.keys() >= set(of.texts):
        return None
    told = [cosines[text] for text in of.texts]
    return ComparedMessage(request.text, told, request.own_case, request.intents)


def not_named(pending: PendingInput, consent: Consent | None) -> ActionReply:
    """What a yes or no gets that names no value: a no leaves what was asked for; the question stands after a yes."""
    if consent is Consent.NO:
        return counted(ActionReply(pending.action, missing=Missing.NOT_WANTED))
    return counted(ActionReply(pending.action, pending.question, pending.choices, pending))


def counted(reply: ActionReply) -> ActionReply:
    """A reply, counted by its outcome."""
    metrics.ACTIONS.labels(_outcome(reply)).inc()
    return reply


def _outcome(reply: ActionReply) -> str:
    if reply.missing is not None:
        return reply.missing.name.lower()
    if isinstance(reply.pending, PendingChange) and reply.pending.is_settled:
        return "settled"
    return "answered" if reply.pending is None else "asked"
