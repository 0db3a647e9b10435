"""Chat rendering: runs a model's chat template, Jinja as on the model hub, over a conversation."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from jinja2 import TemplateError
from jinja2.ext import Extension
from jinja2.nodes import Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from kefu.common.errors import StartupError
from kefu.generation.engine import Message


class ChatRenderer:
    """Renders conversations with one template. Raises StartupError when the template cannot be read.

    The environment is that of transformers ("Chat templates" in its documentation): blocks are trimmed; templates may
    call `raise_exception` and `strftime_now`, break loops, and mark what the assistant said by `{% generation %}`.
    """

    def __init__(self, template: str, *, bos_token: str, eos_token: str, control_tokens: Iterable[str]) -> None:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", _GenerationBlock]
        )
        environment.filters["tojson"] = _to_json
        functions: dict[str, Any] = environment.globals  # typed as if only Jinja's own were in it
        functions |= {"raise_exception": _raise_exception, "strftime_now": _strftime_now}
        try:
            self._template = environment.from_string(template)
        except TemplateError as error:
            raise StartupError(f"The model's chat template cannot be read: {error}") from error
        self._tokens = {"bos_token": bos_token, "eos_token": eos_token}
        self._control_tokens = sorted({token for token in control_tokens if token}, key=len, reverse=True)

    def render(self, messages: Sequence[Message], think: bool) -> str:
        """The prompt's text, up to where the assistant speaks. Raises ValueError when the template refuses a role."""
        try:
            return self._template.render(
                messages=[
                    {"role": message.role, "content": self._without_control_tokens(message.content)}
                    for message in messages
                ],
                add_generation_prompt=True,
                enable_thinking=think,  # for Qwen3 and its kin; other templates ignore it
                tools=None,
                documents=None,
                **self._tokens,
            )
        except TemplateError as error:
            raise ValueError(str(error)) from error

    def _without_control_tokens(self, text: str) -> str:
        """Break up control tokens with a space: a customer who types `<|im_end|>` must not end the message."""
        for token in self._control_tokens:
            if token in text:
                text = text.replace(token, f"{token[0]} {token[1:]}")
        return text


class _GenerationBlock(Extension):
    """`{% generation %}…{% endgeneration %}`, which marks text for training: here its body, and no more."""

    tags: ClassVar[set[str]] = {"generation"}  # pyright: ignore[reportIncompatibleVariableOverride]

    def parse(self, parser: Parser) -> list[Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _raise_exception(message: str) -> None:
    raise TemplateError(message)


def _strftime_now(form: str) -> str:
    return datetime.now().strftime(form)


def _to_json(value: Any, **options: Any) -> str:  # Jinja's own escapes HTML
    return json.dumps(value, ensure_ascii=False, **options)
