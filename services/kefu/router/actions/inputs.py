"""The values of an action's inputs: from what is verified of the customer, from the customer's own data, or asked for.

Inputs that say whose data it is come from what is verified; no text can set them. A value that the customer names is
taken only where it is in a list of the customer's own data, is one of some options, or where the action says that any
value of a pattern will do.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from kefu.common.customers import Customer
from kefu.router.actions.action import SUB, Action, ActionInput, Choice
from kefu.router.actions.http_call import ActionCaller, ActionFailed, ActionResult
from kefu.router.actions.request import ActionReply, ActionRequest, Asked, Missing, WantedAction
from kefu.router.actions.template import render
from kefu.router.actions.value_pattern import values_in
from kefu.router.actions.wording import in_language, in_words
from kefu.router.domain.turn import InputValue, PendingInput

_MOST_CHOICES = 8
_MOST_LABEL = 120
_MOST_NUMBERED = 40
"""Characters of a reply that may name several things by their numbers."""
_LEAST_LETTERS = 4
"""Of part of a label: "no" and "ok" say something else."""
_NUMBER = re.compile(r"(?<!\d)\d{1,2}(?!\d)", re.ASCII)


class InputReader:
    """Reads the values of inputs."""

    def __init__(self, caller: ActionCaller) -> None:
        self._caller = caller

    async def values(self, wanted: WantedAction, request: ActionRequest) -> dict[str, InputValue]:
        """The value of each input. Raises Asked where one is missing, or ActionFailed."""
        values: dict[str, InputValue] = {}
        for each in wanted.action.inputs:
            values[each.name] = await self._value(each, wanted, request, values)
        return values

    async def _value(
        self, needed: ActionInput, wanted: WantedAction, request: ActionRequest, known: Mapping[str, InputValue]
    ) -> InputValue:
        """`known`: the inputs before it."""
        if needed.source:
            return of_customer(needed, request.principal.customer)
        if needed.name in wanted.given:
            return wanted.given[needed.name]
        if needed.choice is not None:
            return await self._chosen_value(needed, needed.choice, wanted, request, known)
        if named := named_value(needed, request.text):
            return named
        if not needed.questions:
            raise Asked(ActionReply(wanted.action.id, missing=Missing.NOT_THERE))
        labels = {in_language(texts, request.language): value for value, texts in needed.options.items()}
        raise _asked(needed, in_language(needed.questions, request.language), labels, wanted, request, known)

    async def _chosen_value(
        self,
        needed: ActionInput,
        choice: Choice,
        wanted: WantedAction,
        request: ActionRequest,
        known: Mapping[str, InputValue],
    ) -> InputValue:
        """A value from a list of the customer's own data. Raises Asked, ActionFailed."""
        source, language = wanted.others.get(choice.action), request.language
        if source is None or source.change is not None:
            raise ActionFailed(f"there is no action {choice.action} that looks something up, which it chooses from")
        own = {each.name: _of_own(each, source, wanted.action, request, known) for each in source.inputs}
        listed = await self._caller.look_up(
            request.principal.tenant, source.call, source.result, own, request.seconds(source.timeout_seconds)
        )
        entries = _entries(listed, choice)
        values = [str(entry[choice.value]) for entry in entries]
        named = values_in(needed.pattern, request.text) if needed.pattern else []
        value = among(named, values) if named else values[0] if len(values) == 1 else ""
        if value:
            return (value,) if choice.many else value
        if named or not values:
            raise Asked(ActionReply(wanted.action.id, missing=Missing.NOT_THERE))
        labels: dict[str, str] = {}
        for entry, value in zip(entries[:_MOST_CHOICES], values, strict=False):
            label = render(in_language(choice.labels, language), in_words(entry, source.words, language))[:_MOST_LABEL]
            labels[label if label not in labels else f"{label} ({len(labels) + 1})"] = value
        raise _asked(needed, render(in_language(choice.questions, language), {}), labels, wanted, request, known)


def value_of_reply(needed: ActionInput, pending: PendingInput, choice: str, text: str) -> InputValue:
    """The value that the reply to an action's question names; empty where it names none.

    `choice`: the one of the question's choices that it is, by its number or words.
    """
    if needed.options or not pending.values:
        return pending.values.get(choice) or named_value(needed, text, is_reply=True)
    values = list(pending.values.values())
    if pending.all_of_these and (choice == pending.all_of_these or _begins(pending.all_of_these, text)):
        return tuple(values)
    named = values_in(needed.pattern, text) if needed.pattern else []
    one = pending.values.get(choice) or among(named, values) or pending.values.get(_label_of(pending.values, text), "")
    if not pending.all_of_these:
        return one
    numbers = [] if named or len(text) > _MOST_NUMBERED else [int(number) for number in _NUMBER.findall(text)]
    if len(numbers) > 1 and all(0 < number <= len(values) for number in numbers):
        return tuple(dict.fromkeys(values[number - 1] for number in numbers))
    several = tuple(dict.fromkeys(value for each in named if (value := among([each], values))))
    return several or ((one,) if one else "")


def named_value(needed: ActionInput, text: str, *, is_reply: bool = False) -> str:
    """The value that a message names; empty where it names none, or several options.

    `is_reply`: it was asked for, so that part of an option's text is enough ("mistake").
    """
    if not needed.options:
        return next(iter(values_in(needed.pattern, text)), "")
    labels = {each: value for value, texts in needed.options.items() for each in texts.values()}
    said = _plain(text)
    named = {value for label, value in labels.items() if _holds(said, _plain(label))}
    if len(named) != 1 and is_reply:
        return labels.get(_label_of(labels, text), "")
    return named.pop() if len(named) == 1 else ""


def _label_of(labels: Iterable[str], text: str) -> str:
    """The one label that a reply is a part of; empty where it is of none, or of several."""
    said = _plain(text)
    if said.isascii() and len(said) < _LEAST_LETTERS:
        return ""
    found = [label for label in labels if _holds(_plain(label), said)]
    return found[0] if len(found) == 1 else ""


def _begins(label: str, text: str) -> bool:
    """Whether a reply is how a label begins, in whole words: "all"."""
    said = _plain(text)
    return bool(said) and f"{_plain(label)} ".startswith(f"{said} ")


def _plain(text: str) -> str:
    """A text in lower case, with a blank in place of all that is no letter and no digit."""
    return " ".join("".join(each if each.isalnum() else " " for each in text.casefold()).split())


def _holds(text: str, part: str) -> bool:
    """Whether a plain text holds another one as whole words; in Chinese, which writes none, two characters are one."""
    return f" {part} " in f" {text} " or (not part.isascii() and len(part) > 1 and part in text)


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


def _of_own(
    needed: ActionInput, source: Action, action: Action, request: ActionRequest, known: Mapping[str, InputValue]
) -> InputValue:
    """The value of an input of a list's action: from the customer, or chosen before. Raises ActionFailed.

    A value that a customer wrote in words of their own would reach what is somebody else's.
    """
    if needed.source:
        return of_customer(needed, request.principal.customer)
    same = next((each for each in action.inputs if each.name == needed.name), None)
    if same is None or same.is_in_own_words or same.name not in known:
        raise ActionFailed(f"the input {needed.name} of {source.id}, which it chooses from, was not chosen before")
    return known[needed.name]


def _asked(
    needed: ActionInput,
    question: str,
    labels: Mapping[str, str],
    wanted: WantedAction,
    request: ActionRequest,
    known: Mapping[str, InputValue],
) -> Asked:
    given = {each.name: known[each.name] for each in wanted.action.inputs if not each.source and each.name in known}
    everything = request.all_of_these if needed.is_list else ""
    pending = PendingInput(wanted.action.id, needed.name, labels, {**given, **wanted.given}, question, everything)
    return Asked(ActionReply(wanted.action.id, question, pending.choices, pending))


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
