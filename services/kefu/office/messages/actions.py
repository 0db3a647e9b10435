"""Actions as messages of the contract, and checked actions from messages."""

from collections.abc import Iterable, Mapping
from typing import cast

from kefu.common.errors import BadRequest
from kefu.router.actions.action import (
    Action,
    ActionInput,
    CardTemplate,
    Change,
    Choice,
    FieldTemplate,
    HttpCall,
    Texts,
)
from kefu.router.actions.action_checks import check
from kefu.router.actions.asked_action import intents
from kefu.router.domain.risk import Risk
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
                options=_word_messages(each.options),
                questions=cast("Mapping[str, str]", each.questions),
                max_characters=each.max_characters,
                for_each=each.for_each,
            )
            for each in action.inputs
        ],
        call=_call_message(action.call),
        result=action.result,
        answers=cast("Mapping[str, str]", action.answers),
        words=_word_messages(dict(sorted(action.words.items()))),
        requires_customer=action.requires_customer,
        timeout_seconds=action.timeout_seconds,
        revision=action.revision,
        update_time=timestamp(action.update_time) if action.update_time else None,
        change=None if action.change is None else _change_message(action.change),
        titles=cast("Mapping[str, str]", action.titles),
        cards=_card_message(action.cards),
        progress=cast("Mapping[str, str]", action.progress),
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
                _words(each.options),
                _texts(each.questions),
                each.max_characters,
                each.for_each,
            )
            for each in message.inputs
        ),
        call=_call(message.call),
        result=dict(message.result),
        answers=_texts(message.answers),
        words=_words(message.words),
        requires_customer=message.requires_customer,
        timeout_seconds=message.timeout_seconds or _DEFAULT_SECONDS,
        change=_change_of(message.change) if message.HasField("change") else None,
        titles=_texts(message.titles),
        cards=_card_template(message.cards) if message.HasField("cards") else None,
        progress=_texts(message.progress),
    )
    if unknown := set(action.intents) - intents():
        raise BadRequest("action.intents", f"must be of {', '.join(sorted(intents()))}; not {min(unknown)[:40]!r}.")
    try:
        check(action)
    except ValueError as wrong:
        field, _, what = str(wrong).partition(": ")
        raise BadRequest(f"action.{field}", f"{what}.") from None
    return action


def _change_message(change: Change) -> pb.Change:
    return pb.Change(
        risk=change.risk,
        preview=None if change.preview is None else _call_message(change.preview),
        preview_result=change.preview_result,
        questions=cast("Mapping[str, str]", change.questions),
        outcome=None if change.outcome is None else _call_message(change.outcome),
        outcome_answer=change.outcome_answer,
        refusal=change.refusal,
        refusals=_word_messages(change.refusals),
        audited=change.audited,
        cards=_card_message(change.cards),
    )


def _change_of(message: pb.Change) -> Change:
    try:
        risk = Risk(message.risk)
    except ValueError:
        raise BadRequest("action.change.risk", 'must be "write" or "money".') from None
    return Change(
        risk,
        _texts(message.questions),
        _call(message.preview) if message.HasField("preview") else None,
        dict(message.preview_result),
        _call(message.outcome) if message.HasField("outcome") else None,
        message.outcome_answer,
        message.refusal,
        _words(message.refusals),
        tuple(dict.fromkeys(message.audited)),
        _card_template(message.cards) if message.HasField("cards") else None,
    )


def _call_message(call: HttpCall) -> pb.HttpCall:
    return pb.HttpCall(
        method=call.method,
        url=call.url,
        headers=call.headers,
        body=call.body,
        tool=call.tool,
        tool_hash=call.tool_hash,
    )


def _call(message: pb.HttpCall) -> HttpCall:
    method = message.method or ("" if message.tool else "GET")
    return HttpCall(message.url, method, dict(message.headers), message.body, message.tool, message.tool_hash)


def _word_messages(words: Mapping[str, Texts]) -> list[pb.ActionWords]:
    return [pb.ActionWords(value=value, texts=cast("Mapping[str, str]", texts)) for value, texts in words.items()]


def _words(given: Iterable[pb.ActionWords]) -> dict[str, Texts]:
    return {each.value: _texts(each.texts) for each in given}


def _choice_message(choice: Choice) -> pb.ActionInput.Choice:
    return pb.ActionInput.Choice(
        action=f"{_PREFIX}{choice.action}",
        list=choice.list,
        value=choice.value,
        labels=cast("Mapping[str, str]", choice.labels),
        questions=cast("Mapping[str, str]", choice.questions),
        many=choice.many,
        nothing=cast("Mapping[str, str]", choice.nothing),
        cards=_card_message(choice.cards),
        only=choice.only,
    )


def _choice_of(message: pb.ActionInput.Choice) -> Choice:
    return Choice(
        message.action.removeprefix(_PREFIX),
        message.list,
        message.value,
        _texts(message.labels),
        _texts(message.questions),
        message.many,
        _texts(message.nothing),
        message.only,
        _card_template(message.cards) if message.HasField("cards") else None,
    )


def _card_message(template: CardTemplate | None) -> pb.CardTemplate | None:
    if template is None:
        return None
    return pb.CardTemplate(
        list=template.list,
        titles=cast("Mapping[str, str]", template.titles),
        statuses=cast("Mapping[str, str]", template.statuses),
        fields=[
            pb.CardTemplate.Field(
                labels=cast("Mapping[str, str]", each.labels), values=cast("Mapping[str, str]", each.values)
            )
            for each in template.fields
        ],
        link=template.link,
        texts=cast("Mapping[str, str]", template.texts),
    )


def _card_template(message: pb.CardTemplate) -> CardTemplate:
    return CardTemplate(
        _texts(message.titles),
        message.list,
        _texts(message.statuses),
        tuple(FieldTemplate(_texts(each.labels), _texts(each.values)) for each in message.fields),
        message.link,
        _texts(message.texts),
    )


def _texts(given: Mapping[str, str]) -> Texts:
    return cast("Texts", dict(given))  # `check` looks at the languages
