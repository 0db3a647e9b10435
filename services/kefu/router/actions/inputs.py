"""The values of an action's inputs: from what is verified of the customer, from the customer's own data, or asked for.

Inputs that say whose data it is come from what is verified; no text can set them. A value that the customer names is
taken only where it is in a list of the customer's own data, is one of some options, or where the action says that any
value of a pattern will do.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from kefu.common.customers import Customer
from kefu.router.actions.action import SUB, Action, ActionInput, Choice
from kefu.router.actions.cards import CardWriter, together
from kefu.router.actions.http_call import ActionCaller, ActionFailed, ActionResult, NotFitting, NotSent, searched
from kefu.router.actions.reply import among, each_told_by_words, named_value, told_by_words
from kefu.router.actions.request import ActionReply, ActionRequest, InputAsked, Missing, WantedAction
from kefu.router.actions.template import render
from kefu.router.actions.value_pattern import values_in
from kefu.router.actions.value_words import in_language, in_words, progress_of
from kefu.router.domain.card import Card, Cards
from kefu.router.domain.turn import InputValue, PendingInput

_MOST_CHOICES = 20
_MOST_LABEL = 120


class InputReader:
    """Reads the values of inputs."""

    def __init__(self, caller: ActionCaller) -> None:
        self._caller = caller

    async def values(self, wanted: WantedAction, request: ActionRequest) -> dict[str, InputValue]:
        """The value of each input. Raises InputAsked where one is missing, or ActionFailed."""
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
        if needed.for_each and needed.choice is not None:
            return await self._value_for_each(needed, needed.choice, wanted, request, known)
        if needed.name in wanted.given:
            return wanted.given[needed.name]
        if needed.choice is not None:
            return await self._chosen_value(needed, needed.choice, wanted, request, known)
        if not needed.is_text and (named := named_value(needed, wanted.text or request.text)):
            return named
        if not needed.questions:
            raise InputAsked(ActionReply(wanted.action.id, missing=Missing.NOT_THERE))
        labels = {in_language(texts, request.language): value for value, texts in needed.options.items()}
        raise _asked(needed, in_language(needed.questions, request.language), labels, wanted, request, known)

    async def _value_for_each(
        self,
        needed: ActionInput,
        choice: Choice,
        wanted: WantedAction,
        request: ActionRequest,
        known: Mapping[str, InputValue],
    ) -> tuple[str, ...]:
        """One value for each of another input's. Raises as `_chosen_value`."""
        done = (*wanted.given.get(needed.name, ()),)
        for one in known[needed.for_each][len(done) :]:
            so_far = {**known, needed.name: done}
            value = await self._chosen_value(needed, choice, wanted, request, so_far, {needed.for_each: one})
            done = (*done, str(value))
        return done

    async def _chosen_value(
        self,
        needed: ActionInput,
        choice: Choice,
        wanted: WantedAction,
        request: ActionRequest,
        known: Mapping[str, InputValue],
        one: Mapping[str, str] | None = None,
    ) -> InputValue:
        """A value from a list of the customer's own data; `one`: what it is for. Raises InputAsked, ActionFailed."""
        source, language = wanted.others.get(choice.action), request.language
        if source is None or source.change is not None:
            raise ActionFailed(f"there is no action {choice.action} that looks something up, which it chooses from")
        chosen = {**known, **(one or {})}
        own = {each.name: _of_own(each, source, wanted.action, request, chosen) for each in source.inputs}
        request.tell(progress_of(source, language))
        listed = await self._caller.look_up(
            request.principal.tenant, source.call, source.result, own, request.seconds(source.timeout_seconds)
        )
        entries = _entries(listed, choice)
        entries = [each for each in entries if str(each[choice.value]) in wanted.among] or entries
        text = wanted.text or request.text
        named = values_in(needed.pattern, text) if needed.pattern else []
        meant = among(named, [str(entry[choice.value]) for entry in entries])
        if not named:
            meant, entries = _meant(entries, choice, source, needed.pattern, "" if one else wanted.wish, request.shown)
        elif len(meant) > 1 and not choice.many:  # two are named, and one is wanted
            entries, named = [each for each in entries if str(each[choice.value]) in meant], []
        values = [str(entry[choice.value]) for entry in entries]
        if meant and choice.many:
            return meant
        if len(meant) == 1:
            return meant[0]
        shown = in_words(listed.values or {}, source.words, language)
        if not values and choice.nothing:
            raise InputAsked(ActionReply(wanted.action.id, render(in_language(choice.nothing, language), shown)))
        if named or not values:
            raise InputAsked(ActionReply(wanted.action.id, missing=Missing.NOT_THERE))
        shared = {name: value for name, value in (listed.values or {}).items() if name != choice.list}
        writer = None if choice.cards is None else CardWriter(choice.cards, shared, source.words, language)
        labels, cards = dict[str, str](), list[Card]()
        for entry, value in zip(entries[:_MOST_CHOICES], values, strict=False):
            label = render(in_language(choice.labels, language), in_words(entry, source.words, language))[:_MOST_LABEL]
            label = label if label not in labels else f"{label} ({len(labels) + 1})"
            labels[label] = value
            if writer is not None:
                cards.append(writer.card(entry, label))
        question = render(in_language(choice.questions, language), shown)
        raise _asked(needed, question, labels, wanted, request, known, together(question, cards))


def of_customer(needed: ActionInput, customer: Customer | None) -> str:
    """The value of an input that comes from the customer. Raises NotSent."""
    value = "" if customer is None else customer.sub if needed.source == SUB else customer.claims.get(needed.claim, "")
    if not value:
        raise NotSent(f"it needs {needed.source} of a verified customer, and there is none: name a customer")
    return value


def given_with(needed: ActionInput, pending: PendingInput, value: InputValue) -> dict[str, InputValue]:
    """The inputs that are known, with a value that the customer named for one: the next of its list, if it is one."""
    done = pending.given.get(needed.name, ())
    return {**pending.given, needed.name: (*done, str(value)) if needed.for_each else value}


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
    cards: Cards | None = None,
) -> InputAsked:
    given = {each.name: known[each.name] for each in wanted.action.inputs if not each.source and each.name in known}
    everything = request.all_of_these if needed.choice is not None and needed.choice.many else ""
    pending = PendingInput(wanted.action.id, needed.name, labels, {**wanted.given, **given}, question, everything)
    return InputAsked(ActionReply(wanted.action.id, question, pending.choices, pending, cards=cards))


def _meant(
    entries: Sequence[Mapping[str, Any]], choice: Choice, source: Action, pattern: str, wish: str, shown: str
) -> tuple[tuple[str, ...], Sequence[Mapping[str, Any]]]:
    """The value that a message means which names none, if it is one; else no value, and what is asked among. Where many
    may be chosen, each part of the message may mean one.

    It speaks of it by a word, it is the only one that there is, or the one that the answer before it named (`shown`).
    """
    described = [_described(each, choice, source) for each in entries]
    numbers, is_unsure = each_told_by_words(described, wish) if choice.many else (told_by_words(described, wish), True)
    told = [entries[number] for number in numbers]
    if len(told) == 1 or (told and not is_unsure):
        return tuple(str(each[choice.value]) for each in told), told
    if len(entries) == 1:
        return (str(entries[0][choice.value]),), entries
    entries = told or entries
    offered = [each for each in entries if not choice.only or searched(choice.only, each)] or entries
    values = [str(entry[choice.value]) for entry in offered]
    before = among(values_in(pattern, shown), values) if choice.only and pattern and not told else ()
    return (before if len(before) == 1 else ()), offered


def _described(entry: Mapping[str, Any], choice: Choice, source: Action) -> str:
    """What an entry is called: its texts, without the value and what has words of its own, such as a status."""
    texts = (each for name, each in entry.items() if name != choice.value and isinstance(each, str))
    return "\n".join(each for each in texts if each not in source.words)


def _entries(listed: ActionResult, choice: Choice) -> list[dict[str, Any]]:
    found: Any = (listed.values or {}).get(choice.list) or []
    if not found and choice.list in listed.absent:
        raise NotFitting(f"the answer to {choice.action} has nothing for {choice.list}", listed.document)
    if not isinstance(found, list) or not all(
        isinstance(entry, dict) and cast("dict[str, Any]", entry).get(choice.value) is not None
        for entry in cast("list[Any]", found)
    ):
        raise ActionFailed(f"{choice.list} of {choice.action} is no list of objects with {choice.value}")
    return cast("list[dict[str, Any]]", found)
