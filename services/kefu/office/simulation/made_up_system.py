"""The company's system in a simulation: what it answers is made up, and nothing is changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kefu.office.simulation.situations import OTHER, Situation, made_up
from kefu.router.actions.action import Action, Change, HttpCall
from kefu.router.actions.changes import ChangeMaker, Previewed
from kefu.router.actions.http_call import ActionCaller, ActionFailed, ActionResult
from kefu.router.actions.request import ActionReply, ActionRequest, Missing
from kefu.router.actions.template import names_of, sections_of
from kefu.router.actions.value_words import say
from kefu.router.domain.turn import InputValue, PendingChange
from kefu.router.nlu.consent import Consent
from kefu.text.language import AnswerLanguage

_ENTRIES = 3


class MadeUpSystem(ActionCaller):
    """Answers look-ups as a situation has it. `looked_up`: the actions that were called."""

    def __init__(self, actions: Mapping[str, Action], situation: Situation) -> None:
        self._actions = actions
        self._situation = situation
        self._lists = {
            (each.choice.action, each.choice.list): (each.name, each.choice.value, list(each.choice.labels.values()))
            for action in actions.values()
            for each in action.inputs
            if each.choice is not None
        }
        self._sections = _sections(actions)
        self.looked_up: list[str] = []

    async def look_up(
        self, tenant: str, call: HttpCall, result: Mapping[str, str], inputs: Mapping[str, InputValue], seconds: float
    ) -> ActionResult:
        """What the action that has this call finds."""
        action = next((each for each in self._actions.values() if each.call is call), None)
        if action is None:
            raise ActionFailed("no action has this call")
        self.looked_up.append(action.id)
        return ActionResult(200, self.result(action))

    def change(self) -> None:
        """Something was changed: what texts a look-up finds for a condition is different from now on."""
        values = {name: OTHER if isinstance(value, str) else value for name, value in self._situation.values.items()}
        self._situation = replace(self._situation, values=values)

    def shown(self, action: Action, change: Change) -> dict[str, Any]:
        """What the preview of a change finds."""
        return {name: self._value(action.id, name) for name in change.preview_result}

    def result(self, action: Action) -> dict[str, Any]:
        """What an action finds."""
        return {name: self._value(action.id, name) for name in action.result}

    def _value(self, action: str, name: str) -> Any:
        if (action, name) in self._lists:
            return self._entries(*self._lists[action, name])
        if name in self._situation.values:
            return self._situation.values[name]
        return [_object(self._sections[name])] if name in self._sections else made_up(name)

    @staticmethod
    def _entries(item: str, value: str, labels: Sequence[str]) -> list[dict[str, Any]]:
        """A list that a customer chooses from: "order-1", "order-2", ..."""
        fields = {each.partition(".")[0] for label in labels for each in names_of(label)}
        return [{**_object(fields), value: f"{item}-{number}"} for number in range(1, _ENTRIES + 1)]


def _sections(actions: Mapping[str, Action]) -> dict[str, set[str]]:
    """What is said of lists, by their names."""
    sections: dict[str, set[str]] = {}
    for action in actions.values():
        texts = [*action.answers.values(), *(action.change.questions.values() if action.change else ())]
        for text in texts:
            for name, fields in sections_of(text).items():
                sections.setdefault(name, set()).update(fields)
    return sections


def _object(fields: Iterable[str]) -> Any:
    names = {each.partition(".")[0] for each in fields} - {""}
    return {each: made_up(each) for each in names} if names else made_up("...")


class MadeUpChanges(ChangeMaker):
    """Asks for changes as ever, and makes none. `made`: the actions that would have been called, in order."""

    def __init__(self, system: MadeUpSystem) -> None:
        self._system = system
        self._told: dict[str, str] = {}
        self.made: list[str] = []

    async def preview(
        self,
        tenant: str,
        action: Action,
        change: Change,
        inputs: Mapping[str, InputValue],
        language: AnswerLanguage,
        seconds: float,
    ) -> Previewed:
        """What a change would come to, as it is made up."""
        shown = self._system.shown(action, change)
        return Previewed(200, shown, say(change.questions, action, {**inputs, **shown}, language))

    async def was_begun(self, request: ActionRequest, pending: PendingChange) -> bool:
        """None is ever left half done."""
        return False

    async def settle(
        self, action: Action, pending: PendingChange, request: ActionRequest, consent: Consent | None
    ) -> ActionReply:
        """What the customer is told on a yes, a no, or neither."""
        settled = replace(pending, is_settled=True)
        if pending.operation in self._told:
            return ActionReply(action.id, self._told[pending.operation], pending=settled, is_made=True)
        if consent is Consent.NO:
            return ActionReply(action.id, pending=settled, missing=Missing.NOT_WANTED)
        if consent is not Consent.YES:
            return ActionReply(action.id, pending.question, pending.choices, pending, is_asked_again=True)
        self.made.append(action.id)
        self._system.change()
        found = {**pending.inputs, **self._system.result(action)}
        text = say(action.answers, action, found, request.language)
        self._told[pending.operation] = text
        return ActionReply(action.id, text, pending=settled, is_made=True)
