"""
The action runner: a message that asks for an action gets what the company's system says, or what is missing for it.

No model takes part. Inputs that say whose data is read come from what is verified of the customer, and values that the
customer names are taken only when they are in a list of the customer's own data. What is said is the action's template
over the projected result, so that nothing is said that the system did not.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, cast

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.auth import Customer, Principal
from kefu.common.errors import BackendUnavailable, BadRequest
from kefu.common.text.language import AnswerLanguage
from kefu.router import metrics
from kefu.router.actions.action import SUB, Action, ActionInput, Choice, Texts
from kefu.router.actions.http_call import ActionCaller, ActionFailed, ActionResult
from kefu.router.actions.matching import Comparison
from kefu.router.actions.store import ActionStore
from kefu.router.actions.template import render
from kefu.router.actions.value_pattern import values_in
from kefu.router.domain.turn import PendingChoice
from kefu.router.replicas.retrieval_client import RetrievalClient

_COMPARE_SECONDS = 1.0
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


@dataclass
class _Run:
    """One action for one customer."""

    actions: Mapping[str, Action]
    request: ActionRequest
    given: Mapping[str, str] = field(default_factory=dict[str, str])


class ActionRunner:
    """Runs a tenant's actions."""

    def __init__(self, store: ActionStore, caller: ActionCaller, retrieval: RetrievalClient) -> None:
        self._store = store
        self._caller = caller
        self._retrieval = retrieval
        self._warming: asyncio.Task[None] | None = None

    async def reply(self, request: ActionRequest) -> ActionReply | None:
        """What the message gets from an action; None: it asks for none. Never raises for what a system answers."""
        actions = await self._store.in_force(request.principal.tenant)
        if not actions:
            return None
        pending = request.pending
        if pending is not None and pending.action in actions:
            value = pending.values.get(request.choice) or _named(
                actions[pending.action], pending.input, request.text, pending.values.values()
            )
            if value:
                return await self._run(actions[pending.action], _Run(actions, request, {pending.input: value}))
        action_id = await self._matched(actions, request)
        return await self._run(actions[action_id], _Run(actions, request)) if action_id else None

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
        comparison = Comparison.of(await self._store.in_force(principal.tenant))
        try:
            for part in comparison.parts:
                await self._retrieval.compare(principal, part[0], part, _WARM_UP_SECONDS)
        except BackendUnavailable as error:
            _log.warning("action.not_warm", cause=error.message)

    async def _matched(self, actions: Mapping[str, Action], request: ActionRequest) -> str:
        comparison = Comparison.of(actions)
        if not comparison.texts or request.choice:
            return ""
        question = comparison.without_values(request.text)[:_MOST_MESSAGE]
        try:
            compared = await asyncio.gather(
                *(
                    self._retrieval.compare(request.principal, question, part, _COMPARE_SECONDS)
                    for part in comparison.parts
                )
            )
        except BackendUnavailable as error:
            _log.warning("action.not_compared", cause=error.message)
            self.warm_up(request.principal)
            return ""
        return comparison.asked_for(request.text, [cosine for part in compared for cosine in part], request.own_case)

    async def _run(self, action: Action, run: _Run) -> ActionReply:
        customer = run.request.principal.customer
        if action.is_personal and customer is None:
            return _counted(ActionReply(action.id, missing=Missing.IDENTITY))
        try:
            inputs = {each.name: await self._input(action, each, customer, run) for each in action.inputs}
            found = await self._caller.call(run.request.principal.tenant, action, inputs)
        except _Asked as asked:
            return _counted(asked.reply)
        except ActionFailed as error:
            _log.warning("action.failed", action=action.id, cause=str(error))
            return _counted(ActionReply(action.id, missing=Missing.FAILED, detail=f"{action.id}: {error}"))
        return _counted(self._said(action, found, inputs, run.request.language))

    def _said(
        self, action: Action, found: ActionResult, inputs: Mapping[str, str], language: AnswerLanguage
    ) -> ActionReply:
        if found.values is None:
            return ActionReply(action.id, missing=Missing.NOT_THERE)
        values = in_words({**inputs, **found.values}, action.words, language)
        return ActionReply(action.id, text=render(in_language(action.answers, language), values))

    async def _input(self, action: Action, wanted: ActionInput, customer: Customer | None, run: _Run) -> str:
        """The value of an input. Raises _Asked when it is missing, or ActionFailed."""
        if wanted.source:
            return _of_customer(wanted, customer)
        if wanted.name in run.given:
            return run.given[wanted.name]
        if wanted.choice is None:
            if named := next(iter(values_in(wanted.pattern, run.request.text)), ""):
                return named
            raise _Asked(ActionReply(action.id, missing=Missing.NOT_THERE))
        return await self._chosen(action, wanted, wanted.choice, run)

    async def _chosen(self, action: Action, wanted: ActionInput, choice: Choice, run: _Run) -> str:
        """A value from a list of the customer's own data. Raises _Asked, ActionFailed."""
        tenant, language = run.request.principal.tenant, run.request.language
        source = run.actions.get(choice.action)
        if source is None:
            raise ActionFailed(f"there is no action {choice.action}, which it chooses from")
        own = {each.name: _of_customer(each, run.request.principal.customer) for each in source.inputs if each.source}
        if len(own) < len(source.inputs):
            raise ActionFailed(f"an input of {source.id}, which it chooses from, is not from the customer")
        listed = await self._caller.call(tenant, source, own)
        entries = _entries(listed, choice)
        values = [str(entry[choice.value]) for entry in entries]
        if named := values_in(wanted.pattern, run.request.text):
            if value := _among(named, values):
                return value
            raise _Asked(ActionReply(action.id, missing=Missing.NOT_THERE))
        if not values:
            raise _Asked(ActionReply(action.id, missing=Missing.NOT_THERE))
        if len(values) == 1:
            return values[0]
        labels = {
            render(in_language(choice.labels, language), in_words(entry, source.words, language))[:_MOST_LABEL]: value
            for entry, value in zip(entries[:_MOST_CHOICES], values, strict=False)
        }
        question = render(in_language(choice.questions, language), {})
        numbered = "\n".join(f"{number}. {label}" for number, label in enumerate(labels, 1))
        pending = PendingChoice(action.id, wanted.name, labels)
        raise _Asked(ActionReply(action.id, f"{question}\n\n{numbered}", tuple(labels), pending))


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


def _named(action: Action, name: str, text: str, values: "Sequence[str] | Any") -> str:
    wanted = next((each for each in action.inputs if each.name == name), None)
    return _among(values_in(wanted.pattern, text), list(values)) if wanted is not None else ""


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
