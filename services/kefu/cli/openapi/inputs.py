"""The inputs of a draft: what each parameter of an operation stands for in the call."""

import json
from typing import Any

from openapi_pydantic.v3.v3_1 import Schema

from kefu.cli.openapi.document import Document, DocumentError
from kefu.cli.openapi.names import label, of_its_own, snake
from kefu.cli.openapi.schemas import (
    Node,
    as_text,
    fields,
    pattern_of,
    pattern_of_values,
    plain,
    type_of,
    values_of,
)

_MOST_INPUTS = 10
_MOST_OPTIONS = 20
_MOST_OPTION_CHARACTERS = 200
_IDEMPOTENCY_KEY = "idempotency_key"
_CUSTOMERS = {
    f"{who}{what}"
    for who in ("account", "buyer", "client", "customer", "member", "user")
    for what in ("", "_id", "_number", "_no")
}
_EMPTY: dict[str, Any] = {"integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}


class Inputs:
    """The inputs that a call needs, in the order in which its parameters are asked for.

    `customer`: the parameter that is the customer's id; empty: none is.
    """

    def __init__(self, document: Document, customer: str, *, is_change: bool) -> None:
        self._document = document
        self._customer = customer
        self._is_change = is_change
        self._texts: dict[str, str] = {}
        self._patterns: list[str] = []
        self._guesses: list[str] = []
        self._notes: list[str] = []
        self.found: list[dict[str, Any]] = []

    @property
    def undecided(self) -> list[str]:
        """What a person has to decide of them."""
        of_patterns = list[str]()
        if self._guesses:
            of_patterns.append(
                f"{', '.join(self._guesses)}: the document does not say how it looks, and any word with a digit is "
                "taken (pattern)."
            )
        if self._patterns:
            of_patterns.append(
                f"{', '.join(self._patterns)}: what is one of the customer's own, such as an order, should be a choice "
                "from another action (choice)."
            )
        return [*self._notes, *of_patterns]

    @property
    def from_message(self) -> list[str]:
        """Names of those that a message gives."""
        return [each["name"] for each in self.found if "from" not in each]

    @property
    def has_customer(self) -> bool:
        """Whether one is the customer's id."""
        return len(self.from_message) < len(self.found)

    def is_needed(self, name: str, *, required: bool) -> bool:
        """Whether a parameter stands in the call: a required one, the customer's id, a change's own key."""
        return required or self._is_customer(name) or self._is_key(name)

    def text_for(self, name: str, node: Node | None) -> str:
        """What stands in the call for a parameter: "{input}", or the only value that it can have."""
        if name not in self._texts:
            self._texts[name] = f"{{{_IDEMPOTENCY_KEY}}}" if self._is_key(name) else self._new(name, node)
        return self._texts[name]

    def body_for(self, node: Node) -> str:
        """The body, as JSON: an object of the fields that are required."""
        whole = type_of(plain(self._document, node))
        if whole not in ("", "object"):
            self._notes.append(f"call.body: it is no object ({whole}), and the draft's is empty.")
            return json.dumps(_EMPTY.get(whole, ""))
        found, required = fields(self._document, node)
        body: dict[str, Any] = {}
        for name, field in found.items():
            schema = plain(self._document, field)
            if schema.readOnly or not self.is_needed(name, required=name in required):
                continue
            kind = type_of(schema)
            body[name] = self.text_for(name, field) if kind in ("", "string") else self._fixed(name, kind, schema)
        if not body:
            names = ", ".join(list(found)[:_MOST_OPTIONS]) or "the document does not say which it has"
            self._notes.append(f"call.body: no field is required, and the draft has none. Those that can be: {names}.")
        return json.dumps(body, ensure_ascii=False)

    def _new(self, name: str, node: Node | None) -> str:
        own = of_its_own(snake(name), {_IDEMPOTENCY_KEY, *(each["name"] for each in self.found)})
        if self._is_customer(name):
            self.found.append({"name": own, "from": "customer.sub"})
            return f"{{{own}}}"
        schema = plain(self._document, node)
        if type_of(schema) == "array":
            self._notes.append(f"{own}: the call takes several, the draft sends one.")
            schema = plain(self._document, schema.items)
        values = [text for each in values_of(schema) if (text := as_text(each))]
        if len(values) == 1 and not set("{}") & set(values[0]):
            return values[0]
        self.found.append({"name": own, **self._asked(own, values, schema)})
        if len(self.found) > _MOST_INPUTS:
            raise DocumentError(f"It needs more than {_MOST_INPUTS} inputs, and an action has no more.")
        if snake(name) in _CUSTOMERS and not self._customer:
            self._notes.append(
                f"{own} looks like the customer's id: as it is, a customer can name somebody else's. "
                f"Draft it again with --customer {name}."
            )
        return f"{{{own}}}"

    def _is_customer(self, name: str) -> bool:
        return bool(self._customer) and self._customer in (name, snake(name))

    def _is_key(self, name: str) -> bool:
        return self._is_change and snake(name).endswith(_IDEMPOTENCY_KEY)

    def _asked(self, own: str, values: list[str], schema: Schema) -> dict[str, Any]:
        """How the value of an input is got from the customer."""
        word = label(own)
        if 0 < len(values) <= _MOST_OPTIONS and all(len(each) <= _MOST_OPTION_CHARACTERS for each in values):
            self._notes.append(f"{own}: what customers read and say for its values (options), in each language.")
            return {
                "options": [{"value": each, "texts": {"en": each, "zh": each}} for each in values],
                "questions": {"en": f"Which {word}?", "zh": f"请选择 {word}："},
            }
        pattern, is_telling = (pattern_of_values(values), True) if values else pattern_of(schema)
        self._patterns.append(own)
        if not is_telling:
            self._guesses.append(own)
        return {"pattern": pattern, "questions": {"en": f"What is the {word}?", "zh": f"请提供 {word}："}}

    def _fixed(self, name: str, kind: str, schema: Schema) -> Any:
        """The value of a field that is no text: inputs are texts."""
        values = values_of(schema)
        if len(values) == 1:
            return values[0]
        value = schema.default if isinstance(schema.default, int | float) else _EMPTY.get(kind)
        shown = json.dumps(value, ensure_ascii=False)
        self._notes.append(f"call.body: {name} is no text, and no input stands for it; it is sent as {shown}.")
        return value
