"""An action of a tenant: its inputs, its calls, what of the result is used, what is said. Plain values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from kefu.router.domain.risk import Risk
from kefu.text.language import AnswerLanguage

PLACEHOLDER = re.compile(r"\{(secret:)?([a-z][a-z0-9_-]{0,62})\}")
"""Of a call: an input, or a secret."""
SUB = "customer.sub"
CLAIM = "customer.claims."
IDEMPOTENCY_KEY = "idempotency_key"
"""What a change's own key is called in its calls: no input has this name."""

Texts = Mapping[AnswerLanguage, str]


@dataclass(frozen=True)
class FieldTemplate:
    """A line of a card."""

    labels: Texts
    values: Texts


@dataclass(frozen=True)
class CardTemplate:
    """How a result is shown as cards. See the contract."""

    titles: Texts
    list: str = ""
    """A list in the result, with a card for each; empty: the result is one card."""
    statuses: Texts = field(default_factory=dict[AnswerLanguage, str])
    fields: tuple[FieldTemplate, ...] = ()
    link: str = ""
    texts: Texts = field(default_factory=dict[AnswerLanguage, str])
    """What stands above them."""


@dataclass(frozen=True)
class Choice:
    """A value from a list of the customer's own data. See the contract."""

    action: str
    list: str
    value: str
    labels: Texts
    questions: Texts
    many: bool = False
    """Several may be chosen."""
    nothing: Texts = field(default_factory=dict[AnswerLanguage, str])
    """What is said where the list is empty."""
    only: str = ""
    """A JMESPath expression over each: those for which it is true are offered, where there are any."""
    cards: CardTemplate | None = None


@dataclass(frozen=True)
class ActionInput:
    """A value that the call needs."""

    name: str
    source: str = ""
    """"customer.sub" or "customer.claims.NAME"; empty: a message."""
    pattern: str = ""
    """How the value looks in a message (RE2)."""
    choice: Choice | None = None
    options: Mapping[str, Texts] = field(default_factory=dict[str, Texts])
    """By value: what the customer reads and says."""
    questions: Texts = field(default_factory=dict[AnswerLanguage, str])
    """What is asked where a message names no value."""
    max_characters: int = 0
    """More than 0: the value is what the customer writes when asked, word for word."""
    for_each: str = ""
    """An input that is a list: one is chosen for each of its values."""

    @property
    def claim(self) -> str:
        """The claim that it is; empty when it is none."""
        return self.source.removeprefix(CLAIM) if self.source.startswith(CLAIM) else ""

    @property
    def is_list(self) -> bool:
        """Whether its value is a list."""
        return bool(self.for_each) or (self.choice is not None and self.choice.many)

    @property
    def is_in_own_words(self) -> bool:
        """Whether its value is what the customer wrote, and not one of a list."""
        return self.choice is None and (bool(self.pattern) or self.is_text)

    @property
    def is_text(self) -> bool:
        """Whether any text will do."""
        return self.max_characters > 0


@dataclass(frozen=True)
class HttpCall:
    """A call. Placeholders are "{input}", and "{secret:NAME}" in headers."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: str = ""
    """JSON with placeholders in its texts; empty: none is sent."""
    tool: str = ""
    """The tool of an MCP server, whose address `url` is; `body` are its arguments, and there is no method."""
    tool_hash: str = ""
    """See `kefu.common.outbound.mcp_tools.digest_of`."""


@dataclass(frozen=True)
class Change:
    """How an action changes something: what is asked before, and how its outcome is known. See the contract."""

    risk: Risk
    questions: Texts
    preview: HttpCall | None = None
    preview_result: Mapping[str, str] = field(default_factory=dict[str, str])
    outcome: HttpCall | None = None
    outcome_answer: str = ""
    refusal: str = ""
    refusals: Mapping[str, Texts] = field(default_factory=dict[str, Texts])
    audited: tuple[str, ...] = ()
    cards: CardTemplate | None = None
    """The question as cards."""


@dataclass(frozen=True)
class Action:
    """See the contract's message of this name."""

    id: str
    call: HttpCall
    result: Mapping[str, str]
    """By name: a JMESPath expression."""
    answers: Texts
    titles: Texts = field(default_factory=dict[AnswerLanguage, str])
    """What the customer reads where Kefu asks which action is meant. None: it is not offered."""
    intents: tuple[str, ...] = ()
    """Names of `kefu.router.actions.asked_action.intents`."""
    examples: tuple[str, ...] = ()
    inputs: tuple[ActionInput, ...] = ()
    words: Mapping[str, Texts] = field(default_factory=dict[str, Texts])
    requires_customer: bool = False
    timeout_seconds: int = 5
    revision: int = 0
    update_time: float = 0.0
    change: Change | None = None
    """None: it looks something up."""
    cards: CardTemplate | None = None
    """The answer as cards."""
    progress: Texts = field(default_factory=dict[AnswerLanguage, str])
    """What the customer reads while the call runs; none: the titles."""

    @property
    def is_personal(self) -> bool:
        """Whether it is for customers alone whose identity is verified."""
        return self.requires_customer or any(each.source or each.choice for each in self.inputs)
