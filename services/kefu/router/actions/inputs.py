"""The values of an action's inputs: from what is verified of the customer, from the customer's own data, or asked for.

Inputs that say whose data it is come from what is verified; no text can set them. A value that the customer names is
taken only where it is in a list of the customer's own data, is one of some options, or where the action says that any
value of a pattern will do.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from kefu.common.customers import Customer
from kefu.router.actions.action import SUB, Action, ActionInput, Choice
from kefu.router.actions.http_call import ActionCaller, ActionFailed, ActionResult
from kefu.router.actions.request import ActionReply, ActionRequest, Asked, Missing, WantedAction
from kefu.router.actions.template import render
from kefu.router.actions.value_pattern import values_in
from kefu.router.actions.wording import in_language, in_words
from kefu.router.domain.turn import PendingInput

_MOST_CHOICES = 8
_MOST_LABEL = 120
_MARKS = " .,!?。，！？"


class InputReader:
    """Reads the values of inputs."""

    def __init__(self, caller: ActionCaller) -> None:
        self._caller = caller

    async def values(self, wanted: WantedAction, request: ActionRequest) -> dict[str, str]:
        """The value of each input. Raises Asked where one is missing, or ActionFailed."""
        values: dict[str, str] = {}
        for each in wanted.action.inputs:
            values[each.name] = await self._value(each, wanted, request, values)
        return values

    async def _value(
        self, needed: ActionInput, wanted: WantedAction, request: ActionRequest, known: Mapping[str, str]
    ) -> str:
        if needed.source:
            return of_customer(needed, request.principal.customer)
        if needed.name in wanted.given:
            return wanted.given[needed.name]
        given = {each.name: known[each.name] for each in wanted.action.inputs if not each.source and each.name in known}
        given.update(wanted.given)
        if needed.choice is not None:
            return await self._chosen_value(needed, needed.choice, wanted, request, given)
        if named := named_value(needed, request.text):
            return named
        if not needed.questions:
            raise Asked(ActionReply(wanted.action.id, missing=Missing.NOT_THERE))
        labels = {in_language(texts, request.language): value for value, texts in needed.options.items()}
        raise _asked(wanted.action, needed, in_language(needed.questions, request.language), labels, given)

    async def _chosen_value(
        self,
        needed: ActionInput,
        choice: Choice,
        wanted: WantedAction,
        request: ActionRequest,
        given: Mapping[str, str],
    ) -> str:
        """A value from a list of the customer's own data. Raises Asked, ActionFailed."""
        source, language = wanted.others.get(choice.action), request.language
        if source is None or source.change is not None:
            raise ActionFailed(f"there is no action {choice.action} that looks something up, which it chooses from")
        if not all(each.source for each in source.inputs):
            raise ActionFailed(f"an input of {source.id}, which it chooses from, is not from the customer")
        own = {each.name: of_customer(each, request.principal.customer) for each in source.inputs}
        listed = await self._caller.look_up(
            request.principal.tenant, source.call, source.result, own, request.seconds(source.timeout_seconds)
        )
        entries = _entries(listed, choice)
        values = [str(entry[choice.value]) for entry in entries]
        named = values_in(needed.pattern, request.text)
        value = among(named, values) if named else values[0] if len(values) == 1 else ""
        if value:
            return value
        if named or not values:
            raise Asked(ActionReply(wanted.action.id, missing=Missing.NOT_THERE))
        labels = {
            render(in_language(choice.labels, language), in_words(entry, source.words, language))[:_MOST_LABEL]: value
            for entry, value in zip(entries[:_MOST_CHOICES], values, strict=False)
        }
        raise _asked(wanted.action, needed, render(in_language(choice.questions, language), {}), labels, given)


def named_value(needed: ActionInput, text: str, *, is_reply: bool = False) -> str:
    """The value that a message names; empty where it names none, or several options.

    `is_reply`: it was asked for, so that part of an option's text is enough ("mistake").
    """
    if not needed.options:
        return next(iter(values_in(needed.pattern, text)), "")
    said = " ".join(text.casefold().split()).strip(_MARKS)
    named = [
        value
        for value, texts in needed.options.items()
        if any(each.casefold() in said or (is_reply and said and said in each.casefold()) for each in texts.values())
    ]
    return named[0] if len(named) == 1 else ""


def among(named: Sequence[str], values: Sequence[str]) -> str:
    """The first of the values that was named, however it was written ("#w1" for "#W1")."""
    known = {_bare(value): value for value in values}
    return next((known[bare] for each in named if (bare := _bare(each)) in known), "")


def of_customer(needed: ActionInput, customer: Customer | None) -> str:
    """The value of an input that comes from the customer. Raises ActionFailed."""
    value = "" if customer is None else customer.sub if needed.source == SUB else customer.claims.get(needed.claim, "")
    if not value:
        raise ActionFailed(f"nothing verified of the customer is {needed.source}")
    return value


def _asked(
    action: Action, needed: ActionInput, question: str, labels: Mapping[str, str], given: Mapping[str, str]
) -> Asked:
    pending = PendingInput(action.id, needed.name, labels, given, question)
    return Asked(ActionReply(action.id, question, tuple(labels), pending))


def _entries(listed: ActionResult, choice: Choice) -> list[dict[str, Any]]:
    found: Any = (listed.values or {}).get(choice.list) or []
    if not isinstance(found, list) or not all(
        isinstance(entry, dict) and cast("dict[str, Any]", entry).get(choice.value) is not None
        for entry in cast("list[Any]", found)
    ):
        raise ActionFailed(f"{choice.list} of {choice.action} is no list of objects with {choice.value}")
    return cast("list[dict[str, Any]]", found)


def _bare(value: str) -> str:
    return "".join(character for character in value.casefold() if character.isalnum())
