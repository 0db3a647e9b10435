"""Checks of an action before it is stored: what cannot work is refused with the field that is wrong."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from kefu.common.outbound.jmespath_search import compiled
from kefu.router.actions.action import (
    IDEMPOTENCY_KEY,
    PLACEHOLDER,
    SUB,
    Action,
    ActionInput,
    CardTemplate,
    Change,
    HttpCall,
    Texts,
)
from kefu.router.actions.http_call import names_in
from kefu.router.actions.template import TemplateError, check_template
from kefu.router.actions.value_pattern import check_pattern
from kefu.router.domain.risk import Risk

MAX_ACTIONS = 100
MAX_EXAMPLES, MAX_EXAMPLE_CHARACTERS = 100, 200
_MAX_INPUTS, _MAX_RESULTS, _MAX_WORDS, _MAX_HEADERS, _MAX_OPTIONS = 10, 20, 100, 20, 20
_MAX_EXPRESSION_CHARACTERS = 500
_MAX_TEMPLATE_CHARACTERS = 4_000
_MAX_URL_CHARACTERS = 2_000
_MAX_BODY_CHARACTERS = 10_000
_MAX_TEXT_CHARACTERS = 500
_MAX_TOOL_CHARACTERS = 128
_MAX_CARD_FIELDS = 8
_LANGUAGES = ("zh", "en")
_READING, _PREVIEWING = ("GET",), ("GET", "POST", "PUT", "PATCH")
_CHANGING = ("POST", "PUT", "PATCH", "DELETE")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_ID = re.compile(r"[a-z][a-z0-9-]{0,62}")
_HASH = re.compile(r"[0-9a-f]{64}")
_BRACE = re.compile(r"[{}]")


def check(action: Action) -> None:
    """Raise ValueError("field: what is wrong") for an action that cannot work."""
    if not _ID.fullmatch(action.id):
        raise ValueError('name: must be "actions/{action}": a-z, 0-9 and "-", beginning with a letter')
    if len(action.examples) > MAX_EXAMPLES or any(
        not 0 < len(each.strip()) <= MAX_EXAMPLE_CHARACTERS for each in action.examples
    ):
        raise ValueError(f"examples: must be at most {MAX_EXAMPLES} of 1 to {MAX_EXAMPLE_CHARACTERS} characters")
    if not 1 <= action.timeout_seconds <= 30:
        raise ValueError("timeout_seconds: must be 1 to 30")
    _check_inputs(action.inputs)
    inputs = {each.name: (each.for_each or each.name) if each.is_list else "" for each in action.inputs}
    change = action.change
    _check_expressions("result", action.result)
    if change is None:
        _check_call("call", action.call, inputs, _READING)
        if not action.result:
            raise ValueError(f"result: must be 1 to {_MAX_RESULTS} expressions: nothing else of an answer is used")
    else:
        _check_change(action, change, inputs)
    _check_texts("answers", action.answers, {*action.result, *inputs})
    _check_words("words", action.words, None, _MAX_WORDS)
    for where, texts in (("titles", action.titles), ("progress", action.progress)):
        if texts:
            _check_words(where, {"": texts}, None, 1)
    if action.cards is not None:
        _check_cards("cards", action.cards, set(action.result), set(inputs))


def _check_change(action: Action, change: Change, inputs: Mapping[str, str]) -> None:
    if change.risk is Risk.READ:
        raise ValueError('change.risk: must be "write" or "money"')
    if not any(each.source for each in action.inputs):
        raise ValueError("inputs: a change needs one from the customer, such as customer.sub")
    with_key = {**inputs, IDEMPOTENCY_KEY: ""}
    _check_call("call", action.call, with_key, _CHANGING)
    if change.preview is not None:
        _check_call("change.preview", change.preview, inputs, _PREVIEWING)
    elif change.preview_result:
        raise ValueError("change.preview_result: there is no preview")
    _check_expressions("change.preview_result", change.preview_result)
    if change.outcome is not None:
        _check_call("change.outcome", change.outcome, with_key, _READING)
        for where, call in (("call", action.call), ("change.outcome", change.outcome)):
            if f"{{{IDEMPOTENCY_KEY}}}" not in "".join((call.url, call.body, *call.headers.values())):
                raise ValueError(f"{where}: must hold {{{IDEMPOTENCY_KEY}}}, by which the outcome is known")
    for name, expression in (("outcome_answer", change.outcome_answer), ("refusal", change.refusal)):
        if expression:
            _check_expression(f"change.{name}: it", expression)
    if change.refusals and not change.refusal:
        raise ValueError("change.refusal: must say where the reason of a refusal stands")
    _check_words("change.refusals", change.refusals, set(inputs), _MAX_WORDS)
    if unknown := set(change.audited) - {*change.preview_result, *action.result}:
        raise ValueError(f"change.audited: {min(unknown)[:40]!r} is no name of a result")
    _check_texts("change.questions", change.questions, {*change.preview_result, *inputs})
    if change.cards is not None:
        _check_cards("change.cards", change.cards, set(change.preview_result), set(inputs))
        if not change.cards.texts:
            raise ValueError("change.cards.texts: must ask the question, by language")


def _check_inputs(inputs: tuple[ActionInput, ...]) -> None:
    if len(inputs) > _MAX_INPUTS or len({each.name for each in inputs}) < len(inputs):
        raise ValueError(f"inputs: must be at most {_MAX_INPUTS}, each of its own name")
    for each in inputs:
        _check_name("inputs", each.name)
        if each.name == IDEMPOTENCY_KEY:
            raise ValueError(f"inputs: {IDEMPOTENCY_KEY} is the name of a change's own key")
        if sum(map(bool, (each.source, each.pattern or each.choice, each.options, each.max_characters))) != 1:
            raise ValueError(
                f"inputs: {each.name} needs either from, or pattern or choice, or options, or max_characters"
            )
        if each.max_characters > _MAX_TEXT_CHARACTERS:
            raise ValueError(f"inputs: {each.name}.max_characters must be at most {_MAX_TEXT_CHARACTERS}")
        if each.for_each:
            _check_for_each(each, inputs)
        if each.source and each.source != SUB and not each.claim:
            raise ValueError(f'inputs: {each.name}.from must be "{SUB}" or "customer.claims.NAME"')
        if each.pattern:
            try:
                check_pattern(each.pattern)
            except ValueError as wrong:
                raise ValueError(f"inputs: {each.name}.pattern: {wrong}") from None
        if each.options:
            _check_words(f"inputs: {each.name}.options", each.options, None, _MAX_OPTIONS)
        if each.options or each.max_characters or each.questions:
            _check_texts(f"inputs: {each.name}.questions", each.questions, set())
        if (choice := each.choice) is not None:
            if not (_ID.fullmatch(choice.action) and choice.list and choice.value):
                raise ValueError(f"inputs: {each.name}.choice needs action, list and value")
            _check_texts(f"inputs: {each.name}.choice.labels", choice.labels, None)
            _check_texts(f"inputs: {each.name}.choice.questions", choice.questions, None)
            if choice.nothing:
                _check_texts(f"inputs: {each.name}.choice.nothing", choice.nothing, None)
            if choice.only:
                _check_expression(f"inputs: {each.name}.choice.only", choice.only)
            if choice.cards is not None:
                _check_cards(f"inputs: {each.name}.choice.cards", choice.cards, None, set())


def _check_cards(where: str, cards: CardTemplate, result: set[str] | None, inputs: set[str]) -> None:
    """`result`: the names of the result; None: the cards are those of a choice, which has names of its own."""
    if result is None and (cards.list or cards.texts):
        raise ValueError(f"{where}: has no list and no texts of its own: the choice has them")
    if result is not None and cards.list and cards.list not in result:
        raise ValueError(f"{where}.list: {cards.list[:40]!r} is no name of a result")
    known = None if result is None else result | inputs
    names = None if cards.list else known  # a list's objects have names of their own
    _check_texts(f"{where}.titles", cards.titles, names)
    if cards.statuses:
        _check_texts(f"{where}.statuses", cards.statuses, names)
    if cards.texts:
        _check_texts(f"{where}.texts", cards.texts, known)
    if len(cards.fields) > _MAX_CARD_FIELDS:
        raise ValueError(f"{where}.fields: must be at most {_MAX_CARD_FIELDS}")
    for each in cards.fields:
        _check_words(f"{where}.fields.labels", {"": each.labels}, None, 1)
        _check_texts(f"{where}.fields.values", each.values, names)
    if cards.link:
        _check_link(f"{where}.link", cards.link, names)


def _check_link(where: str, link: str, names: set[str] | None) -> None:
    _check_url(where, link)
    if not link.startswith("https://"):
        raise ValueError(f"{where}: must be an https address")
    if "{secret:" in link:
        raise ValueError(f"{where}: a secret belongs into no link")
    used = dict.fromkeys((name for _, name in PLACEHOLDER.findall(link)), "")
    _check_placeholders(where, link, used if names is None else dict.fromkeys(names, ""))


def _check_for_each(needed: ActionInput, inputs: tuple[ActionInput, ...]) -> None:
    before = {each.name: each for each in inputs[: inputs.index(needed)]}
    listed = before.get(needed.for_each)
    if listed is None or listed.choice is None or not listed.choice.many:
        raise ValueError(f"inputs: {needed.name}.for_each must be an input before it of which many are chosen")
    if needed.choice is None or needed.choice.many or needed.pattern:
        raise ValueError(f"inputs: {needed.name}.for_each needs a choice that is not many, and no pattern")


def _check_call(where: str, call: HttpCall, names: Mapping[str, str], methods: tuple[str, ...]) -> None:
    """`names`: of the inputs, and for one that is a list the list that its values belong to."""
    if call.tool:
        _check_tool(where, call)
    elif call.tool_hash:
        raise ValueError(f"{where}.tool_hash: there is no tool")
    elif call.method not in methods:
        raise ValueError(f"{where}.method: must be {' or '.join(methods)}")
    _check_url(f"{where}.url", call.url)
    if "{secret:" in call.url:
        raise ValueError(f"{where}.url: a secret belongs into a header: addresses are logged")
    _check_placeholders(f"{where}.url", call.url, names)
    if len(call.headers) > _MAX_HEADERS:
        raise ValueError(f"{where}.headers: must be at most {_MAX_HEADERS}")
    for name, value in call.headers.items():
        if not _HEADER.fullmatch(name) or not value.isascii() or not value.isprintable():
            raise ValueError(f"{where}.headers: {name[:40]!r} is no header")
        _check_placeholders(f"{where}.headers", value, names)
    if not call.body:
        return
    if call.method == "GET" or len(call.body) > _MAX_BODY_CHARACTERS:
        raise ValueError(f"{where}.body: must have at most {_MAX_BODY_CHARACTERS} characters, and GET has none")
    try:
        document = json.loads(call.body)
    except (ValueError, RecursionError):
        raise ValueError(f"{where}.body: must be JSON") from None
    if call.tool and not isinstance(document, dict):
        raise ValueError(f"{where}.body: must be an object, the arguments of the tool")
    for text in _texts_in(document):
        if "{secret:" in text:
            raise ValueError(f"{where}.body: a secret belongs into a header")
        _check_placeholders(f"{where}.body", text, dict.fromkeys(names, "") if PLACEHOLDER.fullmatch(text) else names)
    _check_entries(f"{where}.body", document, names)


def _check_entries(where: str, document: Any, names: Mapping[str, str]) -> None:
    """Raise ValueError for an object in a list that would have to stand there for lists of different lengths."""
    within = cast("list[Any]", document) if isinstance(document, list) else []
    for each in within:
        if len({names[name] for name in names_in(each) if names.get(name)}) > 1:
            raise ValueError(f"{where}: an object in a list has inputs that are lists of their own, of other lengths")
    values = list(cast("dict[str, Any]", document).values()) if isinstance(document, dict) else within
    for each in values:
        _check_entries(where, each, names)


def _check_tool(where: str, call: HttpCall) -> None:
    if call.method:
        raise ValueError(f"{where}.method: a tool has none")
    if not 0 < len(call.tool.strip()) <= _MAX_TOOL_CHARACTERS or not call.tool.isprintable():
        raise ValueError(f"{where}.tool: must be its name, at most {_MAX_TOOL_CHARACTERS} characters")
    if not _HASH.fullmatch(call.tool_hash):
        raise ValueError(
            f"{where}.tool_hash: must be the 64 digits that `kefu actions import --mcp` shows for the tool"
        )


def _check_url(where: str, url: str) -> None:
    if len(url) > _MAX_URL_CHARACTERS:
        raise ValueError(f"{where}: must have at most {_MAX_URL_CHARACTERS} characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"{where}: must be an http(s) address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or parts.username is not None:
        raise ValueError(f"{where}: must be an http(s) address without a user name")
    if "{" in parts.netloc:
        raise ValueError(f"{where}: no input may stand in host or port")
    if parts.fragment:
        raise ValueError(f'{where}: has a "#"; write %23')


def _check_placeholders(where: str, text: str, names: Mapping[str, str]) -> None:
    for secret, name in PLACEHOLDER.findall(text):
        if not secret and name not in names:
            raise ValueError(f"{where}: there is no input {name}")
        if not secret and names[name]:
            raise ValueError(f"{where}: {name} is a list, which may only stand alone in a text of a body")
    if _BRACE.search(PLACEHOLDER.sub("", text)):
        raise ValueError(f"{where}: has a brace that belongs to no {{input}}")


def _texts_in(document: Any) -> list[str]:
    """All texts of a JSON document, names included."""
    if isinstance(document, str):
        return [document]
    if isinstance(document, dict):
        fields = cast("dict[str, Any]", document)
        return [text for name, each in fields.items() for text in (name, *_texts_in(each))]
    if isinstance(document, list):
        return [text for each in cast("list[Any]", document) for text in _texts_in(each)]
    return []


def _check_expressions(where: str, expressions: Mapping[str, str]) -> None:
    if len(expressions) > _MAX_RESULTS:
        raise ValueError(f"{where}: must be at most {_MAX_RESULTS} expressions")
    for name, expression in expressions.items():
        _check_name(where, name)
        _check_expression(f"{where}: {name}", expression)


def _check_expression(what: str, expression: str) -> None:
    if len(expression) > _MAX_EXPRESSION_CHARACTERS:
        raise ValueError(f"{what} has more than {_MAX_EXPRESSION_CHARACTERS} characters")
    try:
        compiled(expression)
    except ValueError as error:
        raise ValueError(f"{what} is {error}") from None


def _check_name(where: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f'{where}: {name[:40]!r} must be a-z, 0-9 and "_", beginning with a letter')


def _check_words(where: str, words: Mapping[str, Texts], names: set[str] | None, most: int) -> None:
    """`names`: those that their templates may use; None: they are no templates."""
    if len(words) > most:
        raise ValueError(f"{where}: must be at most {most}")
    for texts in words.values():
        if names is not None:
            _check_texts(where, texts, names)
        elif not set(texts) <= set(_LANGUAGES):
            raise ValueError(f'{where}: must be by language, "zh" or "en"')
        elif not texts or any(not 0 < len(text) <= MAX_EXAMPLE_CHARACTERS for text in texts.values()):
            raise ValueError(f"{where}: must have 1 to {MAX_EXAMPLE_CHARACTERS} characters")


def _check_texts(where: str, texts: Texts, names: set[str] | None) -> None:
    if not texts or not set(texts) <= set(_LANGUAGES):
        raise ValueError(f'{where}: must be by language, "zh" or "en", at least one')
    for language, text in texts.items():
        if not 0 < len(text) <= _MAX_TEMPLATE_CHARACTERS:
            raise ValueError(f"{where}: {language} must have 1 to {_MAX_TEMPLATE_CHARACTERS} characters")
        try:
            check_template(text, names)
        except TemplateError as wrong:
            raise ValueError(f"{where}: {language}: {wrong}") from None
