"""Actions as messages of the contract, and checked actions from messages."""

from collections.abc import Mapping
from typing import cast

from kefu.common.errors import BadRequest
from kefu.router.actions.action import Action, ActionInput, Choice, HttpCall, Texts, check
from kefu.router.actions.matching import intents
from kefu.router.messages.chat import timestamp
from kefu.router.v1 import action_pb2 as pb

_PREFIX = "actions/"
_DEFAULT_SECONDS = 5


def action_message(action: Action) -> pb.Action:
    """An action as a message."""
    return pb.Action(
        name=f"{_PREFIX}{action.id}",
        intents=action.intents,
        examples=action.examples,
        inputs=[
            pb.ActionInput(
                **{"from": each.source},
                name=each.name,
                pattern=each.pattern,
                choice=None if each.choice is None else _choice_message(each.choice),
            )
            for each in action.inputs
        ],
        call=pb.HttpCall(method=action.call.method, url=action.call.url, headers=action.call.headers),
        result=action.result,
        answers=cast("Mapping[str, str]", action.answers),
        words=[
            pb.ActionWords(value=value, texts=cast("Mapping[str, str]", texts))
            for value, texts in sorted(action.words.items())
        ],
        requires_customer=action.requires_customer,
        timeout_seconds=action.timeout_seconds,
        revision=action.revision,
        update_time=timestamp(action.update_time) if action.update_time else None,
    )


def action_of(message: pb.Action) -> Action:
    """A checked action from a message. Raises BadRequest, which names the field."""
    action = Action(
        id=message.name.removeprefix(_PREFIX) if message.name.startswith(_PREFIX) else "",
        intents=tuple(dict.fromkeys(message.intents)),
        examples=tuple(each.strip() for each in message.examples),
        inputs=tuple(
            ActionInput(
                each.name,
                str(getattr(each, "from")),
                each.pattern,
                _choice_of(each.choice) if each.HasField("choice") else None,
            )
            for each in message.inputs
        ),
        call=HttpCall(message.call.url, message.call.method or "GET", dict(message.call.headers)),
        result=dict(message.result),
        answers=_texts(message.answers),
        words={each.value: _texts(each.texts) for each in message.words},
        requires_customer=message.requires_customer,
        timeout_seconds=message.timeout_seconds or _DEFAULT_SECONDS,
    )
    if unknown := set(action.intents) - intents():
        raise BadRequest("action.intents", f"must be of {', '.join(sorted(intents()))}; not {min(unknown)[:40]!r}.")
    try:
        check(action)
    except ValueError as wrong:
        field, _, what = str(wrong).partition(": ")
        raise BadRequest(f"action.{field}", f"{what}.") from None
    return action


def _choice_message(choice: Choice) -> pb.ActionInput.Choice:
    return pb.ActionInput.Choice(
        action=f"{_PREFIX}{choice.action}",
        list=choice.list,
        value=choice.value,
        labels=cast("Mapping[str, str]", choice.labels),
        questions=cast("Mapping[str, str]", choice.questions),
    )


def _choice_of(message: pb.ActionInput.Choice) -> Choice:
    return Choice(
        message.action.removeprefix(_PREFIX),
        message.list,
        message.value,
        _texts(message.labels),
        _texts(message.questions),
    )


def _texts(given: Mapping[str, str]) -> Texts:
    return cast("Texts", dict(given))  # `check` looks at the languages
