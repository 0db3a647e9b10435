"""
The procedure runner: what customers ask Kefu to do, by an action alone or by the steps that a support lead wrote down.

Code follows the steps, and no model takes part. Nothing that was looked up is kept between turns: with each message a
procedure is followed again from its beginning, with what the customer named or chose so far, and what it looks up is
read again. Steps that said or changed something are behind; and once something was changed, the ways that led there
are gone again whatever their conditions say by then.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import structlog

from kefu.common.auth import Principal
from kefu.common.errors import BackendUnavailable, ProcedureNotFound
from kefu.router.actions.action import Action, ActionInput, HttpCall
from kefu.router.actions.action_runner import ActionRunner, Catalogue, counted, not_named
from kefu.router.actions.asked_action import Asked, Wanted
from kefu.router.actions.changes import ChangeMaker
from kefu.router.actions.http_call import ActionCaller, ActionFailed
from kefu.router.actions.inputs import InputReader, given_with
from kefu.router.actions.procedures.conditions import NotComparable, holds
from kefu.router.actions.procedures.procedure import (
    PREFIX,
    Ask,
    Do,
    HandOverStep,
    If,
    LookUp,
    Never,
    Procedure,
    ProcedureEnd,
    Say,
    Step,
)
from kefu.router.actions.reply import named_by_reply
from kefu.router.actions.request import ActionReply, ActionRequest, InputAsked, Missing, OfferedActions, WantedAction
from kefu.router.actions.template import render
from kefu.router.actions.value_pattern import values_in
from kefu.router.actions.value_words import as_text, in_language, in_words, progress_of
from kefu.router.domain.turn import InputValue, PendingInput, ProcedureProgress
from kefu.router.nlu.consent import Consent

READING_SECONDS = 3.0
"""Sooner than this nobody has read a second change's question: it may be the yes to the first one, clicked twice."""
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class WantedProcedure:
    """A procedure that a message asks for, or goes on with."""

    procedure: Procedure
    actions: Mapping[str, Action]
    progress: ProcedureProgress
    pending: PendingInput | None = None
    """The question that this message replies to."""
    among: tuple[str, ...] = ()
    """What the reply left over of its values; empty: all."""
    said: tuple[str, ...] = ()
    """What the customer is told before all else."""


class KnownProcedures(Catalogue, Protocol):
    """Knows procedures too."""

    async def procedure(self, tenant: str, procedure_id: str, revision: int) -> Procedure:
        """A revision of a procedure. Raises ProcedureNotFound, BackendUnavailable."""
        ...


class ProcedureRunner:
    """Finds what a message asks for, and does it: the one way from a turn to actions and procedures."""

    def __init__(
        self,
        catalogue: KnownProcedures,
        actions: ActionRunner,
        caller: ActionCaller,
        changes: ChangeMaker,
        on_step: Callable[[Step], None] = lambda _: None,
        reading_seconds: float = READING_SECONDS,
    ) -> None:
        """`on_step` is told of each step that is taken. `reading_seconds`: see `READING_SECONDS`."""
        self._catalogue = catalogue
        self._actions = actions
        self._caller = caller
        self._changes = changes
        self._on_step = on_step
        self._reading_seconds = reading_seconds

    async def owes_outcome(self, request: ActionRequest) -> bool:
        """Whether a change was begun, and the turn that was to tell what came of it was broken off."""
        return await self._actions.owes_outcome(request)

    async def settle(self, request: ActionRequest, consent: Consent | None) -> ActionReply:
        """Make the change that the turn before asked about, leave it, or ask again; then go on. Never raises.

        A yes or no to the question for an input as in `ActionRunner.settle`.
        """
        pending = request.pending
        if pending is None or pending.procedure is None:
            return await self._actions.settle(request, consent)
        progress = pending.procedure
        if isinstance(pending, PendingInput):
            wanted = await self.chosen(request, consent)
            return await self.run(wanted, request) if wanted is not None else not_named(pending, consent)
        if progress.is_changed and time.time() - pending.ask_time < self._reading_seconds and consent is Consent.YES:
            consent = Consent.UNCLEAR
        reply = await self._actions.settle(request, consent)
        if not reply.is_made:
            return reply
        progress = replace(progress, done=(*progress.done, progress.at), at=0, is_changed=True)
        wanted = await self._going_on(request, progress)
        if wanted is None:
            return reply
        further = await self.run(replace(wanted, said=(reply.text,)), request)
        if further.text == reply.text:  # nothing follows: the cards of what was done stay
            further = replace(further, cards=reply.cards)
        return replace(further, pending=further.pending or reply.pending)

    async def chosen(
        self, request: ActionRequest, consent: Consent | None = None
    ) -> WantedAction | WantedProcedure | None:
        """What the turn before offered or asked something for, where this message chooses or names a value.

        `consent` as in `ActionRunner.chosen`.
        """
        pending = request.pending
        if pending is None:
            titled = await self._actions.titled(request)
            return None if titled is None else await self._wanted(titled, request, text=request.asked)
        if pending.procedure is None or not isinstance(pending, PendingInput):
            return await self._actions.chosen(request, consent)
        wanted = await self._going_on(request, pending.procedure)
        needed = None if wanted is None else _asked_input(wanted, pending)
        if wanted is None or needed is None:
            return None
        named = named_by_reply(needed, pending, request.choice, request.text, consent)
        if named.value is None:
            return replace(wanted, pending=pending, among=named.among) if named.asks_again else None
        given = given_with(needed, pending, named.value)
        return replace(wanted, progress=_with_given(wanted.progress, pending.action, given))

    async def has_actions(self, tenant: str) -> bool:
        """Whether there is anything that messages may ask for."""
        return await self._actions.has_actions(tenant)

    async def compared(self, principal: Principal, text: str, seconds: float) -> Mapping[str, float] | None:
        """A message's cosines; see `ActionRunner.compared`."""
        return await self._actions.compared(principal, text, seconds)

    async def asked_for(
        self, request: ActionRequest, cosines: Mapping[str, float]
    ) -> WantedAction | WantedProcedure | OfferedActions | None:
        """What a message asks for, or what it may ask for; see `ActionRunner.likely`."""
        likely = await self._actions.likely(request, cosines)
        if likely is None:
            return None
        if likely.asked is Asked.CLEARLY:
            return await self._wanted(likely.wanted[0], request)
        titles = tuple(in_language(each.titles, request.language) for each in likely.wanted)
        return OfferedActions(titles, is_before_person=likely.asked is Asked.PERHAPS)

    async def asked_for_instead(
        self, request: ActionRequest, cosines: Mapping[str, float]
    ) -> WantedAction | WantedProcedure | None:
        """What a reply asks for in place of what it was asked by; see `ActionRunner.likely_instead`."""
        found = await self._actions.likely_instead(request, cosines)
        return None if found is None else await self._wanted(found, request)

    async def run(self, wanted: WantedAction | WantedProcedure, request: ActionRequest) -> ActionReply:
        """What the message gets. Never raises for what a system answers."""
        if isinstance(wanted, WantedAction):
            return await self._actions.run(wanted, request)
        return counted(await _Follower(wanted, request, self._caller, self._changes, self._on_step).reply())

    async def _wanted(self, found: Wanted, request: ActionRequest, text: str = "") -> WantedAction | WantedProcedure:
        actions = (await self._catalogue.in_force(request.principal.tenant)).actions
        if isinstance(found, Procedure):
            progress = ProcedureProgress(found.id, found.revision, text or request.text)
            return WantedProcedure(found, actions, progress)
        return WantedAction(actions[found.id], actions, {}, text=text, wish=text or request.text)

    async def _going_on(self, request: ActionRequest, progress: ProcedureProgress) -> WantedProcedure | None:
        """The procedure as it was begun; None where that revision is gone, or cannot be read now."""
        tenant = request.principal.tenant
        actions = (await self._catalogue.in_force(tenant)).actions
        try:
            procedure = await self._catalogue.procedure(tenant, progress.procedure, progress.revision)
        except (ProcedureNotFound, BackendUnavailable) as error:
            _log.warning("procedure.gone", procedure=progress.procedure, cause=error.message)
            return None
        return WantedProcedure(procedure, actions, progress)


class _Follower:
    """Follows one procedure for one message."""

    def __init__(
        self,
        wanted: WantedProcedure,
        request: ActionRequest,
        caller: ActionCaller,
        changes: ChangeMaker,
        on_step: Callable[[Step], None],
    ) -> None:
        self._wanted = wanted
        self._request = request
        self._caller = caller
        self._changes = changes
        self._on_step = on_step
        self._inputs = InputReader(caller)
        self._progress = wanted.progress
        self._said = list(wanted.said)
        self._values: dict[str, Any] = {}
        self._words = dict[str, Any]()
        self._ways = dict[int, bool]()

    async def reply(self) -> ActionReply:
        """What the message gets."""
        name = f"{PREFIX}{self._wanted.procedure.id}"
        try:
            reply = await self._follow(self._wanted.procedure.steps)
        except InputAsked as asked:
            reply = asked.reply
        except ActionFailed as error:
            _log.warning("procedure.failed", procedure=name, cause=str(error))
            missing = Missing.NEEDS_PERSON if self._progress.at else Missing.FAILED  # at: it is about a change
            reply = ActionReply(name, missing=missing, detail=self._detail(str(error)))
        except NotComparable as error:
            _log.warning("procedure.not_comparable", procedure=name, cause=str(error))
            reply = ActionReply(name, missing=Missing.BY_PROCEDURE, detail=self._detail(str(error)))
        if reply is None and not self._said:
            reply = ActionReply(
                name, missing=Missing.BY_PROCEDURE, detail=self._detail("it ended, and had said nothing")
            )
        reply = reply or ActionReply(name)
        pending = None if reply.pending is None else replace(reply.pending, procedure=self._progress_at(reply))
        cards = reply.cards and replace(reply.cards, text=self._below_what_was_said(reply.cards.text))
        return replace(reply, text=self._below_what_was_said(reply.text), pending=pending, cards=cards)

    def _below_what_was_said(self, text: str) -> str:
        return "\n\n".join(filter(None, [*self._said, text]))

    def _progress_at(self, reply: ActionReply) -> ProcedureProgress:
        """How far it has been followed, with what the customer named for the question that is asked now."""
        pending = reply.pending
        return (
            _with_given(self._progress, pending.action, pending.given)
            if isinstance(pending, PendingInput)
            else self._progress
        )

    async def _follow(self, steps: Sequence[Step]) -> ActionReply | None:
        """What the message gets, where these steps end with that; None: it goes on behind them."""
        for step in steps:
            reply = await self._take(step)
            if reply is not None:
                return reply
        return None

    async def _take(self, step: Step) -> ActionReply | None:
        self._on_step(step)
        match step:
            case Ask():
                await self._ask(step)
            case LookUp(action=name):
                return await self._look_up(self._action(name))
            case If(line, condition=condition):
                held = self._progress.ways.get(line) if self._progress.is_changed else None
                self._ways[line] = holds(condition, self._values) if held is None else held
                return await self._follow(step.then if self._ways[line] else step.otherwise)
            case Say(line, texts=texts):
                if line not in self._progress.done:
                    self._say(line, texts)
            case Do():
                if step.line not in self._progress.done:
                    return await self._do(step, self._action(step.action))
            case HandOverStep(line, why=why):
                return self._hand_over(line, why)
            case ProcedureEnd():
                return ActionReply(f"{PREFIX}{self._wanted.procedure.id}")
            case _:  # pragma: no cover - there is no other kind
                raise AssertionError(step)
        return None

    async def _ask(self, step: Ask) -> None:
        if step.input is not None:
            self._words.update(step.input.options)
            given = self._progress.given.get(step.input.name)
            own = {} if given is None else {step.input.name: given}
            values = await self._read(_own_action(self._wanted.procedure, step.input), own)
            self._values[step.input.name] = values[step.input.name]
            return
        action = self._action(step.action)
        names = [each.name for each in action.inputs]
        if step.name not in names:
            raise ActionFailed(f"{step.action} has no input {step.name} any more")
        asked = replace(action, inputs=action.inputs[: names.index(step.name) + 1])
        self._keep(action, await self._read(asked, self._given(action)))

    async def _look_up(self, action: Action) -> ActionReply | None:
        inputs = await self._read(action, self._given(action))
        self._request.tell(progress_of(action, self._request.language))
        tenant, seconds = self._request.principal.tenant, self._request.seconds(action.timeout_seconds)
        found = await self._caller.look_up(tenant, action.call, action.result, inputs, seconds)
        if found.values is None:
            return ActionReply(action.id, missing=Missing.NOT_THERE)
        self._keep(action, inputs)
        self._words.update(action.words)
        self._values.update(found.values)
        self._values[action.id] = {**inputs, **found.values}
        return None

    async def _do(self, step: Do, action: Action) -> ActionReply:
        if action.change is None:
            raise ActionFailed(f"{action.id} changes nothing any more")
        inputs = await self._read(action, self._given(action))
        self._keep(action, inputs)
        self._progress = replace(self._progress, at=step.line, ways=dict(self._ways))
        return await self._changes.propose(
            action, action.change, inputs, self._request, lambda shown: self._forbidden(action, shown)
        )

    def _forbidden(self, action: Action, shown: Mapping[str, Any]) -> str:
        """Why an action is never done now; empty where nothing forbids it."""
        values = {**self._values, **shown, action.id: shown}
        for each in self._wanted.procedure.never:
            if each.action == action.id and _forbids(each, values):
                return f"{PREFIX}{self._wanted.procedure.id}, line {each.line}: {each.sentence}"
        return ""

    def _say(self, line: int, texts: Mapping[Any, str]) -> None:
        language = self._request.language
        text = render(in_language(texts, language), in_words(self._values, self._words, language))
        for never in self._wanted.procedure.never:
            if any(each.casefold() in text.casefold() for each in never.texts):
                raise ActionFailed(f"line {line} would have said what line {never.line} forbids")
        self._said.append(text)
        self._progress = replace(self._progress, done=(*self._progress.done, line))

    def _hand_over(self, line: int, why: str) -> ActionReply:
        name = f"{PREFIX}{self._wanted.procedure.id}"
        return ActionReply(name, missing=Missing.BY_PROCEDURE, detail=self._detail(why, f", line {line}"))

    def _detail(self, why: str, where: str = "") -> str:
        """Why a person is called, with what the customer has named."""
        given = ", ".join(f"{key}={as_text(value)}" for key, value in self._progress.given.items())
        name = f"{PREFIX}{self._wanted.procedure.id}{where}"
        return name + (f": {why}" if why else "") + (f" ({given})" if given else "")

    async def _read(self, action: Action, given: Mapping[str, InputValue]) -> dict[str, InputValue]:
        if self._request.has_to_sign_in_for(action):
            raise InputAsked(ActionReply(action.id, missing=Missing.IDENTITY))
        pending, text = self._wanted.pending, self._request.text
        among = self._wanted.among if pending is not None and pending.action == action.id else ()
        message = self._progress.text if self._progress.text == text else f"{self._progress.text}\n{text}"
        return await self._inputs.values(
            WantedAction(action, self._wanted.actions, given, among, message, self._progress.text), self._request
        )

    def _given(self, action: Action) -> dict[str, InputValue]:
        """What is known of an action's inputs: given for it, or for another one that asks for the same."""
        given = self._progress.given
        return {
            each.name: value
            for each in action.inputs
            if not each.source and (value := _given_for(action.id, each, given, self._wanted.actions)) is not None
        }

    def _keep(self, action: Action, inputs: Mapping[str, InputValue]) -> None:
        own = {each.name: inputs[each.name] for each in action.inputs if not each.source and each.name in inputs}
        self._progress = _with_given(self._progress, action.id, own)
        self._values.update(own)
        for each in action.inputs:
            self._words.update(each.options)

    def _action(self, name: str) -> Action:
        if name not in self._wanted.actions:
            raise ActionFailed(f"there is no action {name} any more")
        return self._wanted.actions[name]


def _own_action(procedure: Procedure, needed: ActionInput) -> Action:
    """What a value of a procedure's own is asked for by: it is read as an action's input."""
    return Action(f"{PREFIX}{procedure.id}", HttpCall(""), {}, {}, inputs=(needed,))


def _asked_input(wanted: WantedProcedure, pending: PendingInput) -> ActionInput | None:
    """The input that a question was for."""
    if pending.action.startswith(PREFIX):
        inputs: Sequence[ActionInput] = wanted.procedure.own_inputs
    else:
        action = wanted.actions.get(pending.action)
        inputs = () if action is None else action.inputs
    return next((each for each in inputs if each.name == pending.input), None)


def _with_given(progress: ProcedureProgress, action: str, given: Mapping[str, InputValue]) -> ProcedureProgress:
    prefix = "" if action.startswith(PREFIX) else f"{action}."
    return replace(progress, given={**progress.given, **{f"{prefix}{name}": value for name, value in given.items()}})


def _given_for(
    action_id: str, needed: ActionInput, given: Mapping[str, InputValue], actions: Mapping[str, Action]
) -> InputValue | None:
    """A value for an input: its own, another action's that takes it from the same list or options, or the customer's.

    What the customer wrote in words of their own never stands for a choice from their data.
    """
    own = given.get(f"{action_id}.{needed.name}")
    if own is not None:
        return own
    for key, value in given.items():
        other_id, _, name = key.rpartition(".")
        if name != needed.name:
            continue
        if not other_id:
            if _accepts(needed, value):
                return value
            continue
        other = actions.get(other_id)
        same = next((each for each in other.inputs if each.name == name), None) if other else None
        if same is not None and _is_same(needed, same):
            return value
    return None


def _is_same(one: ActionInput, other: ActionInput) -> bool:
    """Whether two inputs take the same values, whatever is asked for them."""
    if one.choice is not None and other.choice is not None and not one.for_each and not other.for_each:
        of = (one.choice.action, one.choice.list, one.choice.value, one.choice.many)
        return of == (other.choice.action, other.choice.list, other.choice.value, other.choice.many)
    alike = (one.choice, one.pattern, set(one.options), one.max_characters, one.for_each)
    return alike == (other.choice, other.pattern, set(other.options), other.max_characters, other.for_each)


def _accepts(needed: ActionInput, value: InputValue) -> bool:
    """Whether a value that the procedure asked for is one that an action's input takes."""
    if needed.choice is not None or needed.for_each or not isinstance(value, str):
        return False
    if needed.options:
        return value in needed.options
    return len(value) <= needed.max_characters if needed.is_text else value in values_in(needed.pattern, value)


def _forbids(never: Never, values: Mapping[str, Any]) -> bool:
    """Whether a Never holds. What cannot be compared forbids: a person looks at it."""
    if never.condition is None:
        return True
    try:
        return holds(never.condition, values)
    except NotComparable as error:
        _log.warning("procedure.never_not_comparable", line=never.line, cause=str(error))
        return True
