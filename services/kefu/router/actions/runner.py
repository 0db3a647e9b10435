"""
The action runner: a message that asks for an action gets what the company's system says, or what is missing for it.

No model takes part. Inputs that say whose data is read come from what is verified of the customer, and values that the
customer names are taken only when they are in a list of the customer's own data. What is said is the action's template
over the projected result, so that nothing is said that the system did not.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, cast

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.auth import Principal
from kefu.common.customers import Customer
from kefu.common.errors import BackendUnavailable, BadRequest
from kefu.common.text.language import AnswerLanguage
from kefu.router import metrics
from kefu.router.actions.action import SUB, Action, ActionInput, Choice, Texts
from kefu.router.actions.http_call import ActionCaller, ActionFailed, ActionResult
from kefu.router.actions.store import ActionStore
from kefu.router.actions.template import render
from kefu.router.actions.value_pattern import values_in
from kefu.router.domain.turn import PendingChoice
from kefu.router.replicas.retrieval_client import RetrievalClient

_WARM_UP_SECONDS = 120.0
_MOST_CHOICES = 8
_MOST_LABEL = 120
_MOST_MESSAGE = 4_000
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)
"""ISO 8601, as JSON has it."""
_DAY_CHARACTERS = len("2026-11-25")
_log = structlog.stdlib.get_logger()


class Missing(Enum):
    """Why nothing was looked up."""

    IDENTITY = auto()
    """Nobody knows who the customer is."""
    NOT_THERE = auto()
    """The customer has nothing of this kind: it is another's, or nobody's."""
    FAILED = auto()
    """The company's system did not answer as it should."""


@dataclass(frozen=True)
class ActionRequest:
    """A message that may ask for an action."""

    principal: Principal
    text: str
    language: AnswerLanguage
    own_case: float
    """See `kefu.router.nlu.own_case`."""
    choice: str = ""
    """The choice of the turn before that the message names."""
    pending: PendingChoice | None = None
    """What the turn before asked the customer to choose from."""
    deadline: float | None = None
    """When an answer is too late, in monotonic seconds."""


@dataclass(frozen=True)
class WantedAction:
    """An action that a message asks for."""

    action: Action
    others: Mapping[str, Action]
    """All of the tenant's, which it may choose from."""
    given: Mapping[str, str]
    """Inputs that are known already, by name."""


@dataclass(frozen=True)
class ActionReply:
    """What a message gets. With `missing` there is no text: the tenant's own words say it."""

    action: str
    text: str = ""
    choices: tuple[str, ...] = ()
    pending: PendingChoice | None = None
    missing: Missing | None = None
    detail: str = ""
    """For the lead: what failed."""


class _Asked(Exception):
    """An input is missing, and this says so."""

    def __init__(self, reply: ActionReply) -> None:
        super().__init__(reply.action)
        self.reply = reply


class ActionRunner:
    """Finds the action that a message asks for, and runs it."""

    def __init__(self, store: ActionStore, caller: ActionCaller, retrieval: RetrievalClient) -> None:
        self._store = store
        self._caller = caller
        self._retrieval = retrieval
        self._warming: asyncio.Task[None] | None = None

    async def chosen(self, request: ActionRequest) -> WantedAction | None:
        """The action that asked the customer to choose in the turn before, where this message names a choice."""
        pending = request.pending
        if pending is None:
            return None
        actions = (await self._store.in_force(request.principal.tenant)).actions
        action = actions.get(pending.action)
        wanted = next((each for each in action.inputs if each.name == pending.input), None) if action else None
        if action is None or wanted is None:
            return None
        value = pending.values.get(request.choice)
        value = value or _among(values_in(wanted.pattern, request.text), list(pending.values.values()))
        return WantedAction(action, actions, {wanted.name: value}) if value else None

    async def asked_for(self, request: ActionRequest, seconds: float) -> WantedAction | None:
        """The action that a message asks for; None: none, or it could not be told within `seconds`.

        It costs retrieval as a search does, and belongs behind the same admission.
        """
        found = await self._store.in_force(request.principal.tenant)
        if not found.texts or request.choice:
            return None
        question = found.without_values(request.text)[:_MOST_MESSAGE]
        compare = self._retrieval.compare
        try:
            compared = await asyncio.gather(
                *(compare(request.principal, question, part, seconds) for part in found.parts)
            )
        except BackendUnavailable as error:
            _log.warning("action.not_compared", cause=error.message)
            self.warm_up(request.principal)
            return None
        cosines = [cosine for part in compared for cosine in part]
        action_id = found.asked_for(request.text, cosines, request.own_case)
        return WantedAction(found.actions[action_id], found.actions, {}) if action_id else None

    async def run(self, wanted: WantedAction, request: ActionRequest) -> ActionReply:
        """What the message gets from the action. Never raises for what a system answers."""
        action, customer = wanted.action, request.principal.customer
        if action.is_personal and customer is None:
            return _counted(ActionReply(action.id, missing=Missing.IDENTITY))
        try:
            inputs = {each.name: await self._input(each, wanted, request) for each in action.inputs}
            found = await self._caller.call(request.principal.tenant, action, inputs, request.deadline)
        except _Asked as asked:
            return _counted(asked.reply)
        except ActionFailed as error:
            _log.warning("action.failed", action=action.id, cause=str(error))
            return _counted(ActionReply(action.id, missing=Missing.FAILED, detail=f"{action.id}: {error}"))
        if found.values is None:
            return _counted(ActionReply(action.id, missing=Missing.NOT_THERE))
        return _counted(ActionReply(action.id, text=said(action, inputs, found.values, request.language)))

    async def attempt(
        self, principal: Principal, action: Action, given: Mapping[str, str]
    ) -> tuple[dict[str, str], ActionResult]:
        """The inputs and result of an action for a customer, with the other inputs `given`.

        Raises BadRequest for an input that is missing, and ActionFailed.
        """
        inputs: dict[str, str] = {}
        for each in action.inputs:
            if each.source:
                inputs[each.name] = _of_customer(each, principal.customer)
            elif each.name in given:
                inputs[each.name] = given[each.name]
            else:
                raise BadRequest("inputs", f"must have {each.name}.")
        return inputs, await self._caller.call(principal.tenant, action, inputs)

    def warm_up(self, principal: Principal) -> None:
        """Have all that messages are compared with embedded, beside whatever goes on: the first time takes seconds."""
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._warm_up(principal), name="actions' texts")

    async def close(self) -> None:
        """End what goes on beside the turns."""
        if self._warming is not None:
            await cancel_and_wait(self._warming)

    async def _warm_up(self, principal: Principal) -> None:
        found = await self._store.in_force(principal.tenant)
        try:
            for part in found.parts:
                await self._retrieval.compare(principal, part[0], part, _WARM_UP_SECONDS)
        except BackendUnavailable as error:
            _log.warning("action.not_warm", cause=error.message)

    async def _input(self, needed: ActionInput, wanted: WantedAction, request: ActionRequest) -> str:
        """The value of an input. Raises _Asked when it is missing, or ActionFailed."""
        if needed.source:
            return _of_customer(needed, request.principal.customer)
        if needed.name in wanted.given:
            return wanted.given[needed.name]
        if needed.choice is not None:
            return await self._chosen_value(needed, needed.choice, wanted, request)
        if named := values_in(needed.pattern, request.text):
            return named[0]
        raise _Asked(ActionReply(wanted.action.id, missing=Missing.NOT_THERE))

    async def _chosen_value(
        self, needed: ActionInput, choice: Choice, wanted: WantedAction, request: ActionRequest
    ) -> str:
        """A value from a list of the customer's own data. Raises _Asked, ActionFailed."""
        source, language = wanted.others.get(choice.action), request.language
        if source is None:
            raise ActionFailed(f"there is no action {choice.action}, which it chooses from")
        if not all(each.source for each in source.inputs):
            raise ActionFailed(f"an input of {source.id}, which it chooses from, is not from the customer")
        own = {each.name: _of_customer(each, request.principal.customer) for each in source.inputs}
        listed = await self._caller.call(request.principal.tenant, source, own, request.deadline)
        entries = _entries(listed, choice)
        values = [str(entry[choice.value]) for entry in entries]
        named = values_in(needed.pattern, request.text)
        value = _among(named, values) if named else values[0] if len(values) == 1 else ""
        if value:
            return value
        if named or not values:
            raise _Asked(ActionReply(wanted.action.id, missing=Missing.NOT_THERE))
        labels = {
            render(in_language(choice.labels, language), in_words(entry, source.words, language))[:_MOST_LABEL]: value
            for entry, value in zip(entries[:_MOST_CHOICES], values, strict=False)
        }
        question = render(in_language(choice.questions, language), {})
        numbered = "\n".join(f"{number}. {label}" for number, label in enumerate(labels, 1))
        pending = PendingChoice(wanted.action.id, needed.name, labels)
        raise _Asked(ActionReply(wanted.action.id, f"{question}\n\n{numbered}", tuple(labels), pending))


def said(action: Action, inputs: Mapping[str, str], values: Mapping[str, Any], language: AnswerLanguage) -> str:
    """What an action says of its result."""
    return render(in_language(action.answers, language), in_words({**inputs, **values}, action.words, language))


def in_language(texts: Texts, language: AnswerLanguage) -> str:
    """The text in a language; in another one where there is none."""
    return texts.get(language) or next(iter(texts.values()))


def in_words(value: Any, words: Mapping[str, Texts], language: AnswerLanguage) -> Any:
    """A result with words in place of values that stand alone in a field, and days in place of points in time."""
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {name: in_words(each, words, language) for name, each in fields.items()}
    if isinstance(value, list):
        return [in_words(each, words, language) for each in cast("list[Any]", value)]
    if not isinstance(value, str):
        return value
    if value in words:
        return in_language(words[value], language)
    return value[:_DAY_CHARACTERS] if _TIMESTAMP.fullmatch(value) else value


def _of_customer(wanted: ActionInput, customer: Customer | None) -> str:
    value = "" if customer is None else customer.sub if wanted.source == SUB else customer.claims.get(wanted.claim, "")
    if not value:
        raise ActionFailed(f"nothing verified of the customer is {wanted.source}")
    return value


def _entries(listed: ActionResult, choice: Choice) -> list[dict[str, Any]]:
    found: Any = (listed.values or {}).get(choice.list) or []
    if not isinstance(found, list) or not all(
        isinstance(entry, dict) and cast("dict[str, Any]", entry).get(choice.value) is not None
        for entry in cast("list[Any]", found)
    ):
        raise ActionFailed(f"{choice.list} of {choice.action} is no list of objects with {choice.value}")
    return cast("list[dict[str, Any]]", found)


def _among(named: Sequence[str], values: Sequence[str]) -> str:
    """The first of the values that was named, however it was written ("#w1" for "#W1")."""
    known = {_bare(value): value for value in values}
    return next((known[bare] for each in named if (bare := _bare(each)) in known), "")


def _bare(value: str) -> str:
    return "".join(character for character in value.casefold() if character.isalnum())


def _counted(reply: ActionReply) -> ActionReply:
    outcome = reply.missing.name.lower() if reply.missing else "asked" if reply.pending else "answered"
    metrics.ACTIONS.labels(outcome).inc()
    return reply
