"""An action of a tenant: its inputs, its call, what of the result is used, what is said. Plain values, checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import jmespath
from jmespath.exceptions import JMESPathError

from kefu.common.text.language import AnswerLanguage
from kefu.router.actions.template import TemplateError, check_template
from kefu.router.actions.value_pattern import check_pattern

MAX_ACTIONS = 100
_MAX_EXAMPLES, _MAX_EXAMPLE_CHARACTERS = 100, 200
_MAX_INPUTS, _MAX_RESULTS, _MAX_WORDS, _MAX_HEADERS = 10, 20, 100, 20
_MAX_EXPRESSION_CHARACTERS = 500
_MAX_TEMPLATE_CHARACTERS = 4_000
_MAX_URL_CHARACTERS = 2_000
_LANGUAGES = ("zh", "en")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_ID = re.compile(r"[a-z][a-z0-9-]{0,62}")
PLACEHOLDER = re.compile(r"\{(secret:)?([a-z][a-z0-9_-]{0,62})\}")
_CLAIM = "customer.claims."
SUB = "customer.sub"

Texts = Mapping[AnswerLanguage, str]


@dataclass(frozen=True)
class Choice:
    """A value from a list of the customer's own data. See the contract."""

    action: str
    list: str
    value: str
    labels: Texts
    questions: Texts


@dataclass(frozen=True)
class ActionInput:
    """A value that the call needs."""

    name: str
    source: str = ""
    """"customer.sub" or "customer.claims.NAME"; empty: a message."""
    pattern: str = ""
    """How the value looks in a message (RE2)."""
    choice: Choice | None = None

    @property
    def claim(self) -> str:
        """The claim that it is; empty when it is none."""
        return self.source.removeprefix(_CLAIM) if self.source.startswith(_CLAIM) else ""


@dataclass(frozen=True)
class HttpCall:
    """The call. Placeholders are "{input}", and "{secret:NAME}" in headers."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Action:
    """See the contract's message of this name."""

    id: str
    call: HttpCall
    result: Mapping[str, str]
    """By name: a JMESPath expression."""
    answers: Texts
    intents: tuple[str, ...] = ()
    """Names of `kefu.router.actions.matching.intents`."""
    examples: tuple[str, ...] = ()
    inputs: tuple[ActionInput, ...] = ()
    words: Mapping[str, Texts] = field(default_factory=dict[str, Texts])
    requires_customer: bool = False
    timeout_seconds: int = 5
    revision: int = 0
    update_time: float = 0.0

    @property
    def is_personal(self) -> bool:
        """Whether it is for customers alone whose identity is verified."""
        return self.requires_customer or any(each.source or each.choice for each in self.inputs)


def check(action: Action) -> None:
    """Raise ValueError("field: what is wrong") for an action that cannot work."""
    if not _ID.fullmatch(action.id):
        raise ValueError('name: must be "actions/{action}": a-z, 0-9 and "-", beginning with a letter')
    if len(action.examples) > _MAX_EXAMPLES or any(
        not 0 < len(each.strip()) <= _MAX_EXAMPLE_CHARACTERS for each in action.examples
    ):
        raise ValueError(f"examples: must be at most {_MAX_EXAMPLES} of 1 to {_MAX_EXAMPLE_CHARACTERS} characters")
    if not 1 <= action.timeout_seconds <= 30:
        raise ValueError("timeout_seconds: must be 1 to 30")
    _check_inputs(action.inputs)
    _check_call(action.call, {each.name for each in action.inputs})
    if not 1 <= len(action.result) <= _MAX_RESULTS:
        raise ValueError(f"result: must be 1 to {_MAX_RESULTS} expressions: nothing else of an answer is used")
    for name, expression in action.result.items():
        _check_name("result", name)
        if len(expression) > _MAX_EXPRESSION_CHARACTERS:
            raise ValueError(f"result: {name} has more than {_MAX_EXPRESSION_CHARACTERS} characters")
        try:
            jmespath.compile(expression)
        except (JMESPathError, RecursionError):
            raise ValueError(f"result: {name} is no JMESPath expression") from None
    _check_texts("answers", action.answers, {*action.result, *(each.name for each in action.inputs)})
    if len(action.words) > _MAX_WORDS:
        raise ValueError(f"words: must be at most {_MAX_WORDS}")
    for texts in action.words.values():
        if any(not 0 < len(text) <= _MAX_EXAMPLE_CHARACTERS for text in texts.values()):
            raise ValueError(f"words: must have 1 to {_MAX_EXAMPLE_CHARACTERS} characters")


def _check_inputs(inputs: tuple[ActionInput, ...]) -> None:
    if len(inputs) > _MAX_INPUTS or len({each.name for each in inputs}) < len(inputs):
        raise ValueError(f"inputs: must be at most {_MAX_INPUTS}, each of its own name")
    for each in inputs:
        _check_name("inputs", each.name)
        if bool(each.source) == bool(each.pattern):
            raise ValueError(f"inputs: {each.name} needs either from or pattern")
        if each.source and each.source != SUB and not each.claim:
            raise ValueError(f'inputs: {each.name}.from must be "{SUB}" or "{_CLAIM}NAME"')
        if each.pattern:
            try:
                check_pattern(each.pattern)
            except ValueError as wrong:
                raise ValueError(f"inputs: {each.name}.pattern: {wrong}") from None
        if (choice := each.choice) is not None:
            if each.source:
                raise ValueError(f"inputs: {each.name}.choice goes with a pattern")
            if not (_ID.fullmatch(choice.action) and choice.list and choice.value):
                raise ValueError(f"inputs: {each.name}.choice needs action, list and value")
            _check_texts(f"inputs: {each.name}.choice.labels", choice.labels, None)
            _check_texts(f"inputs: {each.name}.choice.questions", choice.questions, set())


def _check_call(call: HttpCall, names: set[str]) -> None:
    if call.method != "GET":
        raise ValueError('call.method: must be "GET"')
    if len(call.url) > _MAX_URL_CHARACTERS:
        raise ValueError(f"call.url: must have at most {_MAX_URL_CHARACTERS} characters")
    try:
        parts = urlsplit(call.url)
        port = parts.port
    except ValueError:
        raise ValueError("call.url: must be an http(s) address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or parts.username is not None:
        raise ValueError("call.url: must be an http(s) address without a user name")
    if "{" in parts.netloc:
        raise ValueError("call.url: no input may stand in host or port")
    if parts.fragment:
        raise ValueError('call.url: has a "#"; write %23')
    if len(call.headers) > _MAX_HEADERS:
        raise ValueError(f"call.headers: must be at most {_MAX_HEADERS}")
    for name, value in call.headers.items():
        if not _HEADER.fullmatch(name) or not value.isascii() or not value.isprintable():
            raise ValueError(f"call.headers: {name[:40]!r} is no header")
    for where, text in (("call.url", call.url), *(("call.headers", value) for value in call.headers.values())):
        for secret, name in PLACEHOLDER.findall(text):
            if secret and where == "call.url":
                raise ValueError("call.url: a secret belongs into a header: addresses are logged")
            if not secret and name not in names:
                raise ValueError(f"{where}: there is no input {name}")
        if re.search(r"[{}]", PLACEHOLDER.sub("", text)):
            raise ValueError(f"{where}: has a brace that belongs to no {{input}}")


def _check_name(where: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f'{where}: {name[:40]!r} must be a-z, 0-9 and "_", beginning with a letter')


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
