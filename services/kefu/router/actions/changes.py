"""
Changes: what Kefu does for a customer, asked for before and made once.

What will be done is told from the system's own preview, and the customer agrees to exactly that. A change has an id of
its own, its idempotency key, from the question on. The yes begins the operation in Redis, and only who begins it calls
the system. Where the call has no answer that can be read, the system is asked for the outcome, and the call is not made
again. An operation whose router died is gone on with once its call must have ended: its outcome is asked for first, and
only a change that the system says it has not made is sent, under the same key.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from kefu.common.audit.entry import OK, AuditEntry, actor_of
from kefu.common.errors import BackendUnavailable
from kefu.common.outbound.guarded_http import HttpAnswer
from kefu.router.actions.action import IDEMPOTENCY_KEY, Action, Change, HttpCall
from kefu.router.actions.cards import cards_of
from kefu.router.actions.http_call import (
    NOTHING,
    ActionCaller,
    ActionFailed,
    NotFitting,
    NotSent,
    document_of,
    projected,
    searched,
)
from kefu.router.actions.inputs import of_customer
from kefu.router.actions.operations import Operation, OperationState, OperationStore
from kefu.router.actions.request import ActionReply, ActionRequest, Missing
from kefu.router.actions.template import unfilled
from kefu.router.actions.value_words import as_text, in_language, progress_of, say
from kefu.router.domain.card import Cards
from kefu.router.domain.turn import InputValue, PendingChange
from kefu.router.nlu.consent import Consent
from kefu.text.language import AnswerLanguage

QUESTION_SECONDS = 900.0
"""A yes that comes later than this is asked for again."""
_MOST_TIMES_ASKED = 2
_MOST_ATTEMPTS = 2
_POLL_SECONDS = 0.25
_OUTCOME_PAUSES = (0.0, 0.5, 1.5, 3.0)
_GRACE_SECONDS = 4.0
"""Beyond the call's time-out: a router that has not renewed an operation for so long has died. More than any pause."""
_PERHAPS_MADE = frozenset({408, 409, 425})
"""Statuses of 4xx that do not say that nothing was done: it may be under way."""
_MOST_AUDITED = 1_000  # characters
_log = structlog.stdlib.get_logger()

Record = Callable[[str, AuditEntry], Awaitable[None]]
"""Writes an entry to a tenant's audit log. Never raises."""


@dataclass(frozen=True)
class _Agreed:
    """A change that a customer has agreed to, with all that it takes to make it."""

    action: Action
    change: Change
    pending: PendingChange
    request: ActionRequest

    @property
    def tenant(self) -> str:
        return self.request.principal.tenant

    @property
    def key(self) -> tuple[str, str, str]:
        """Where its operation is stored."""
        return self.tenant, self.request.session_id, self.pending.operation

    @property
    def inputs(self) -> dict[str, InputValue]:
        return {**self.pending.inputs, IDEMPOTENCY_KEY: self.pending.operation}


@dataclass(frozen=True)
class Previewed:
    """What an action says of a result; of a change, what that would come to."""

    status: int
    """HTTP status of the call, or of the preview; 0: there is none."""
    values: Mapping[str, Any] | None
    """What is used of the answer; None: there is no such thing, or the change cannot be made."""
    said: str
    """The answer. Of a change the question whether it is to be made, or why it is refused. Empty: there is none."""
    cards: Cards | None = None
    """The same as cards."""
    document: Any = None
    """The whole answer of the system; None: there is none, or it says that the change cannot be made."""


@dataclass(frozen=True)
class _Outcome:
    """What a system says of a change that it was asked for by its key."""

    made: bool | None
    """None: it does not tell."""
    values: Mapping[str, Any]
    said: str
    """In words, for a person."""


class ChangeMaker:
    """Asks for changes, and makes those that customers agree to. `record` writes the audit log."""

    def __init__(self, caller: ActionCaller, operations: OperationStore, record: Record) -> None:
        self._caller = caller
        self._operations = operations
        self._record = record
        self._making: dict[str, asyncio.Task[ActionReply]] = {}

    async def propose(
        self,
        action: Action,
        change: Change,
        inputs: Mapping[str, InputValue],
        request: ActionRequest,
        forbids: Callable[[Mapping[str, Any]], str] = lambda _: "",
    ) -> ActionReply:
        """The question whether the change is to be made, or why it cannot be. Raises ActionFailed.

        `forbids`: why a person has to make it after all, from what the preview says; empty where nothing does.
        """
        if change.risk.exceeds(request.risk_limit):
            return ActionReply(action.id, missing=Missing.NEEDS_PERSON, detail=_told(action, inputs))
        seconds, language = request.seconds(action.timeout_seconds), request.language
        found = await self.preview(request.principal.tenant, action, change, inputs, language, seconds)
        if found.values is None:
            missing = None if found.said else Missing.NOT_THERE
            return ActionReply(action.id, found.said, missing=missing)
        if why := forbids(found.values):
            return ActionReply(action.id, missing=Missing.NEEDS_PERSON, detail=f"{_told(action, inputs)}: {why}")
        pending = PendingChange(
            action.id,
            action.revision,
            uuid.uuid4().hex,
            dict(inputs),
            found.said,
            language,
            request.buttons,
            time.time(),
            before=_audited(change, found.values),
            cards=found.cards,
        )
        return ActionReply(action.id, pending.question, request.buttons, pending, cards=pending.cards)

    async def preview(
        self,
        tenant: str,
        action: Action,
        change: Change,
        inputs: Mapping[str, InputValue],
        language: AnswerLanguage,
        seconds: float,
    ) -> Previewed:
        """What a change would come to. Nothing is changed. Raises ActionFailed."""
        status, shown, document = 0, dict[str, Any](), None
        if change.preview is not None:
            answer = await self._caller.send(tenant, change.preview, inputs, seconds)
            status = answer.status
            if refused := _refusal(action, change, answer, inputs, language):
                return Previewed(status, None, refused)
            if status in NOTHING:
                return Previewed(status, None, "")
            shown, document = _read(answer, change.preview_result)
            if missing := unfilled(in_language(change.questions, language), shown):
                # Nobody is asked to agree to what they cannot read.
                raise NotFitting(f"its preview has nothing for {', '.join(missing)}, which the question says", document)
        told = {**inputs, **shown}
        cards = cards_of(change.cards, action, told, language)
        return Previewed(status, shown, say(change.questions, action, told, language), cards, document)

    async def was_begun(self, request: ActionRequest, pending: PendingChange) -> bool:
        """Whether a change was begun already, by a turn that was broken off."""
        try:
            found = await self._operations.get(request.principal.tenant, request.session_id, pending.operation)
        except BackendUnavailable:
            return False  # the message is answered as any other
        return found is not None

    async def settle(
        self, action: Action, pending: PendingChange, request: ActionRequest, consent: Consent | None
    ) -> ActionReply:
        """Make the change on a yes, and tell of it where it was begun. Else nothing is done. Never raises."""
        assert action.change is not None  # noqa: S101 - the caller has looked
        agreed = _Agreed(action, action.change, pending, request)
        # In a task of its own: what was begun is ended, also when the customer leaves or stops the answer.
        task = self._making.get(pending.operation)
        if task is None:
            task = asyncio.create_task(self._settle(agreed, consent), name=f"change {pending.operation}")
            self._making[pending.operation] = task
            task.add_done_callback(lambda _: self._making.pop(pending.operation))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Wait for the changes that are being made."""
        if self._making:
            await asyncio.wait(self._making.values())

    async def _settle(self, agreed: _Agreed, consent: Consent | None) -> ActionReply:
        action, pending, known = agreed.action, agreed.pending, None
        try:
            known = await self._operations.get(*agreed.key)
            if known is None and consent is Consent.NO:
                settled = replace(pending, is_settled=True)
                return ActionReply(action.id, pending=settled, missing=Missing.NOT_WANTED)
            if known is None and (consent is not Consent.YES or pending.is_settled):
                asking = replace(pending, is_settled=False)
                return ActionReply(
                    action.id, pending.question, pending.choices, asking, is_asked_again=True, cards=pending.cards
                )
            if known is None:
                again = await self._asked_again(agreed)
                if again is not None:
                    return again
                begun = Operation(OperationState.STARTED, time.time())
                known = await self._operations.begin(*agreed.key, begun)
                if known is None:
                    return await self._make(agreed, begun)
            return await self._ended(agreed, known)
        except ActionFailed as error:
            return self._failed(agreed, str(error))
        except BackendUnavailable as error:
            if known is None:
                return self._failed(agreed, f"it was not begun, since Redis does not answer ({error.message})")
            return _reply(agreed, replace(known, state=OperationState.UNCONFIRMED, detail=error.message))
        except Exception as error:
            _log.exception("change.broken", action=action.id, operation=pending.operation)
            broken = Operation(OperationState.UNCONFIRMED, time.time(), detail=type(error).__name__)
            return _reply(agreed, broken)

    async def _asked_again(self, agreed: _Agreed) -> ActionReply | None:
        """What is said instead of making the change; None: it is what the customer agreed to. Raises ActionFailed."""
        action, pending = agreed.action, agreed.pending
        request = replace(agreed.request, language=pending.language, buttons=pending.choices)
        if any(
            pending.inputs.get(each.name) != of_customer(each, request.principal.customer)
            for each in action.inputs
            if each.source
        ):
            return ActionReply(action.id, missing=Missing.NOT_THERE)
        proposal = await self.propose(action, agreed.change, pending.inputs, request)
        fresh = proposal.pending
        if not isinstance(fresh, PendingChange):
            return proposal
        is_old = time.time() - pending.ask_time > QUESTION_SECONDS or action.revision != pending.revision
        if (fresh.question, fresh.cards) == (pending.question, pending.cards) and not is_old:
            return None
        if pending.times_asked >= _MOST_TIMES_ASKED:
            detail = f"{_told(action, pending.inputs)}: each time the customer agreed it had come to something else"
            return ActionReply(action.id, missing=Missing.NEEDS_PERSON, detail=detail)
        fresh = replace(fresh, times_asked=pending.times_asked + 1, procedure=pending.procedure)
        return replace(proposal, pending=fresh, is_asked_again=True)

    async def _make(self, agreed: _Agreed, begun: Operation) -> ActionReply:
        """Call the system, once. The operation is begun, and this router's. Raises NotSent."""
        action = agreed.action
        agreed.request.tell(progress_of(action, agreed.request.language))
        try:
            answer = await self._caller.send(agreed.tenant, action.call, agreed.inputs, action.timeout_seconds)
        except NotSent:
            await self._operations.note(*agreed.key, None)
            raise
        except ActionFailed as error:
            return await self._finish(agreed, *await self._by_outcome(agreed, begun, str(error)))
        if 200 <= answer.status < 300:
            try:
                values, _ = _read(answer, action.result)
            except ActionFailed as error:
                return await self._finish(agreed, *await self._by_outcome(agreed, begun, str(error)))
            return await self._finish(agreed, _done(agreed, begun, values), values)
        if refused := _refusal(action, agreed.change, answer, agreed.inputs, agreed.request.language):
            return await self._finish(agreed, replace(begun, state=OperationState.REFUSED, text=refused), {})
        why = f"it answered with status {answer.status}"
        if 400 <= answer.status < 500 and answer.status not in _PERHAPS_MADE:
            return await self._finish(agreed, replace(begun, state=OperationState.FAILED, detail=why), {})
        return await self._finish(agreed, *await self._by_outcome(agreed, begun, why))

    async def _by_outcome(self, agreed: _Agreed, begun: Operation, why: str) -> tuple[Operation, Mapping[str, Any]]:
        """How an operation ended, and the result, where its call did not tell: `why`."""
        found = await self._outcome(agreed, begun, _OUTCOME_PAUSES)
        if found.made:
            return _done(agreed, begun, found.values), found.values
        return replace(begun, state=OperationState.UNCONFIRMED, detail=f"{why}; {found.said}"), {}

    async def _outcome(self, agreed: _Agreed, begun: Operation, pauses: Sequence[float]) -> _Outcome:
        """What the system says became of an operation: asked after each pause, until it says that it is made."""
        outcome, found = agreed.change.outcome, _Outcome(None, {}, "there is nothing to ask for the outcome")
        if outcome is None:
            return found
        for pause in pauses:
            await asyncio.sleep(pause)
            await self._note(agreed, replace(begun, time=time.time()))
            try:
                made, values = await self._made(agreed, outcome)
            except ActionFailed as error:
                found = _Outcome(None, {}, f"asked for the outcome, {error}")
                continue
            found = _Outcome(made, values, "asked for the outcome, it says that nothing was done")
            if made:
                break
        return found

    async def _made(self, agreed: _Agreed, outcome: HttpCall) -> tuple[bool, Mapping[str, Any]]:
        """Whether the system says that it made the change, and its result. Raises ActionFailed."""
        action, change = agreed.action, agreed.change
        answer = await self._caller.send(agreed.tenant, outcome, agreed.inputs, action.timeout_seconds)
        if answer.status in NOTHING:
            return False, {}
        if answer.status != 200:
            raise ActionFailed(f"it answered with status {answer.status}")
        document = document_of(answer)
        if change.outcome_answer:
            document = searched(change.outcome_answer, document)
        return True, projected(action.result, document)

    async def _ended(self, agreed: _Agreed, known: Operation) -> ActionReply:
        """What came of an operation that was begun before; gone on with where its router died."""
        timeout = agreed.action.timeout_seconds
        while known.state is OperationState.STARTED and time.time() < known.time + timeout + _GRACE_SECONDS:
            await asyncio.sleep(_POLL_SECONDS)
            found = await self._operations.get(*agreed.key)
            if found is None:
                return self._failed(agreed, "it was not begun after all, or the conversation was erased")
            known = found
        if known.state is not OperationState.STARTED:
            return _reply(agreed, known)
        taken = replace(known, time=time.time(), attempts=known.attempts + 1)
        if not await self._operations.take_over(*agreed.key, known, taken):
            return await self._ended(agreed, taken)  # another router goes on with it
        found = await self._outcome(agreed, taken, (0.0,))
        if found.made is False and taken.attempts <= _MOST_ATTEMPTS:
            return await self._make(agreed, taken)
        return await self._finish(
            agreed, *await self._by_outcome(agreed, taken, "its router ended in the middle of it")
        )

    async def _finish(self, agreed: _Agreed, operation: Operation, values: Mapping[str, Any]) -> ActionReply:
        """Note how an operation ended, for later turns and in the audit log."""
        await self._note(agreed, operation)
        _log.info("change", action=agreed.action.id, operation=agreed.pending.operation, state=operation.state)
        await self._record(agreed.tenant, _entry(agreed, operation, values))
        return _reply(agreed, operation)

    async def _note(self, agreed: _Agreed, operation: Operation) -> None:
        """Store how far an operation has come. Without Redis who asks later has the system asked for the outcome."""
        try:
            await self._operations.note(*agreed.key, operation)
        except BackendUnavailable as error:
            _log.error("change.not_noted", operation=agreed.pending.operation, cause=error.message)

    @staticmethod
    def _failed(agreed: _Agreed, why: str) -> ActionReply:
        _log.warning("change.failed", action=agreed.action.id, operation=agreed.pending.operation, cause=why)
        return _reply(agreed, Operation(OperationState.FAILED, time.time(), detail=why))


def _done(agreed: _Agreed, begun: Operation, values: Mapping[str, Any]) -> Operation:
    """An operation that the system has made."""
    action, pending = agreed.action, agreed.pending
    told, language = {**pending.inputs, **values}, agreed.request.language
    cards = cards_of(action.cards, action, told, language)
    return replace(begun, state=OperationState.DONE, text=say(action.answers, action, told, language), cards=cards)


def _reply(agreed: _Agreed, operation: Operation) -> ActionReply:
    action, settled = agreed.action, replace(agreed.pending, is_settled=True)
    if operation.state in (OperationState.DONE, OperationState.REFUSED):
        is_made = operation.state is OperationState.DONE
        return ActionReply(action.id, operation.text, pending=settled, is_made=is_made, cards=operation.cards)
    missing = Missing.NEEDS_PERSON if operation.state is OperationState.FAILED else Missing.UNCONFIRMED
    detail = f"{_told(action, agreed.pending.inputs)}: {operation.detail}"
    return ActionReply(action.id, pending=settled, missing=missing, detail=detail)


def _refusal(
    action: Action, change: Change, answer: HttpAnswer, inputs: Mapping[str, InputValue], language: AnswerLanguage
) -> str:
    """What is said of an answer that refuses the change; empty where it does not, or nobody wrote words for it."""
    if not change.refusal or not 400 <= answer.status < 500:
        return ""
    try:
        texts = change.refusals.get(str(searched(change.refusal, document_of(answer))))
    except ActionFailed:
        return ""
    return say(texts, action, inputs, language) if texts else ""


def _read(answer: HttpAnswer, result: Mapping[str, str]) -> tuple[dict[str, Any], Any]:
    """What is used of an answer to a change or its preview, and the whole of it. Raises ActionFailed."""
    if not 200 <= answer.status < 300:
        raise ActionFailed(f"it answered with status {answer.status}")
    if not result:
        return {}, None
    document = document_of(answer)
    return projected(result, document), document


def _audited(change: Change, values: Mapping[str, Any]) -> str:
    """What the audit log keeps of a result, as JSON."""
    return json.dumps({name: values[name] for name in change.audited if name in values}, ensure_ascii=False)


def _told(action: Action, inputs: Mapping[str, InputValue]) -> str:
    """What the customer wants, for a person."""
    said = ", ".join(f"{each.name}={as_text(inputs[each.name])}" for each in action.inputs if not each.source)
    return f"{action.id} ({said})" if said else action.id


def _entry(agreed: _Agreed, operation: Operation, values: Mapping[str, Any]) -> AuditEntry:
    """The entry of the audit log. What a customer wrote in words of their own is not in it."""
    action, pending, principal = agreed.action, agreed.pending, agreed.request.principal
    chosen = {
        each.name: as_text(pending.inputs[each.name])
        for each in action.inputs
        if not each.source and not each.is_in_own_words
    }
    details = {
        **chosen,
        "change": pending.operation,
        "session": f"sessions/{agreed.request.session_id}",
        "risk": agreed.change.risk.value,
        "before": pending.before,
        "after": _audited(agreed.change, values),
        "cause": operation.detail,
    }
    return AuditEntry(
        time=round(time.time() * 1000),
        actor=actor_of(principal.tenant, principal.subject),
        action="action.change",
        target=f"actions/{action.id}",
        outcome=OK if operation.state is OperationState.DONE else operation.state.upper(),
        scopes=tuple(sorted(principal.scopes)),
        details={name: value[:_MOST_AUDITED] for name, value in details.items() if value not in ("", "{}")},
    )
