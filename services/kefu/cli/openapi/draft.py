"""A draft of an action from an operation: all that the document says; what only a person can decide is listed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from openapi_pydantic.v3.v3_1 import Operation, Parameter, RequestBody, Server

from kefu.cli.openapi.answer import Lines, answer_schema, json_schema, result_of, said
from kefu.cli.openapi.credentials import credentials
from kefu.cli.openapi.document import Document, DocumentError, FoundOperation
from kefu.cli.openapi.inputs import Inputs
from kefu.cli.openapi.names import kebab, label, sentence, snake
from kefu.cli.openapi.schemas import plain, type_of

_DRY_RUNS = {"dry_run", "dryrun", "preview", "simulate", "simulation", "validate_only"}
_NOT_SENT = {"accept", "authorization", "content-type"}
"""Header parameters that a document may not declare (OpenAPI says so), and some do."""
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_IN_PATH, _IN_QUERY = "/:@!$&'()*+,;=~-._", "~-._"


@dataclass(frozen=True)
class Draft:
    """A draft of an action, as JSON of the contract, and what is still to be decided."""

    action: dict[str, Any]
    undecided: list[str]


@dataclass(frozen=True)
class _Call:
    """The parts of a call, while they are gathered."""

    method: str
    address: str
    query: tuple[str, ...]
    headers: Mapping[str, str]
    body: str

    def message(self) -> dict[str, Any]:
        """It, as JSON of the contract."""
        url = "?".join(filter(None, (self.address, "&".join(self.query))))
        made: dict[str, Any] = {"method": self.method, "url": url}
        return (
            made
            | ({"headers": dict(self.headers)} if self.headers else {})
            | ({"body": self.body} if self.body else {})
        )


def draft(
    document: Document,
    found: FoundOperation,
    *,
    server: str = "",
    secret: str = "",
    customer: str = "",
    is_change: bool | None = None,
) -> Draft:
    """A draft of an action that calls an operation. Raises DocumentError.

    Args:
        document: the document.
        found: the operation.
        server: the address of the system, in place of the document's.
        secret: the name of the tenant's secret that the system wants.
        customer: the parameter that is the id of the customer.
        is_change: whether it changes something; None: as its method says.
    """
    operation = document.operation(found)
    is_change = found.method != "GET" if is_change is None else is_change
    inputs = Inputs(document, customer, is_change=is_change)
    parameters = _parameters(document, operation)
    headers, undecided = credentials(document, operation, secret)
    call, dry_run = _call(document, found, operation, parameters, inputs, server, headers)
    if customer and not inputs.has_customer:
        names = ", ".join(each.name for each in parameters) or "none"
        raise DocumentError(f"{found.id} has no parameter {customer[:60]!r} for the customer's id; it has {names}.")
    result, lines = result_of(document, answer_schema(document, operation))
    if dry_run:  # it says what the call was, and nothing to a customer
        result.pop(snake(dry_run), None)
        lines.pop(snake(dry_run), None)
    told = sentence(operation.summary or found.id)
    action: dict[str, Any] = {
        "name": f"actions/{kebab(found.id)}",
        "inputs": inputs.found,
        "call": call.message(),
        "result": result,
        "answers": {"en": said(lines) or "Done.", "zh": said(lines, "：") or "已办理。"},
    }
    undecided = ["examples, intents: what customers write when they want it.", *inputs.undecided, *undecided]
    undecided += [
        f"call.headers: the system wants a cookie, {each.name}, which the draft does not send."
        for each in parameters
        if each.param_in.value == "cookie" and each.required
    ]
    if is_change:
        previews = dry_run and found.method == "POST"
        action["change"] = _change(told, inputs, lines if previews else {})
        if previews:
            action["change"] |= {"preview": _preview(call, dry_run), "preview_result": result}
        undecided += _undecided_of_change(inputs, dry_run, previews=bool(previews))
    elif not result:
        action |= {"result": {"answer": "@"}, "answers": {"en": "{{answer}}", "zh": "{{answer}}"}}
        undecided.append("result, answers: the document does not say which fields come back.")
    if not is_change and not inputs.has_customer:
        undecided.append("requires_customer: set it where this is for customers alone who are signed in.")
    undecided.append("result, answers, words: what of the answer is used, and how it is said, in each language.")
    return Draft(action, undecided)


def _parameters(document: Document, operation: Operation) -> list[Parameter]:
    """An operation's parameters; one of its own stands in place of its path's."""
    resolved = [document.resolved(Parameter, each) for each in operation.parameters or ()]
    return list({(each.param_in, each.name): each for each in resolved}.values())


def _call(
    document: Document,
    found: FoundOperation,
    operation: Operation,
    parameters: list[Parameter],
    inputs: Inputs,
    server: str,
    credentials: Mapping[str, str],
) -> tuple[_Call, str]:
    """The call, and the parameter that makes a mere preview of it; empty: there is none."""
    by_place = {
        place: [each for each in parameters if each.param_in.value == place] for place in ("path", "query", "header")
    }
    schemas = {each.name: each.param_schema for each in by_place["path"]}
    path = _VARIABLE.split(found.path)  # a text, a name, a text, ...
    parts = [
        _in_address(inputs.text_for(part, schemas.get(part)), "") if number % 2 else quote(part, safe=_IN_PATH)
        for number, part in enumerate(path)
    ]
    query, dry_run = list[str](), ""
    for each in by_place["query"]:
        if snake(each.name) in _DRY_RUNS and type_of(plain(document, each.param_schema)) == "boolean":
            dry_run = each.name
            query += [f"{quote(each.name, safe=_IN_QUERY)}=false"] if each.required else []
        elif inputs.is_needed(each.name, required=each.required):
            text = _in_address(inputs.text_for(each.name, each.param_schema), _IN_QUERY)
            query.append(f"{quote(each.name, safe=_IN_QUERY)}={text}")
    headers = dict(credentials)
    for each in by_place["header"]:
        if each.name.lower() not in {*_NOT_SENT, *map(str.lower, headers)} and inputs.is_needed(
            each.name, required=each.required
        ):
            headers[each.name] = inputs.text_for(each.name, each.param_schema)
    body = _body(document, operation, inputs) if found.method in ("POST", "PUT", "PATCH") else ""
    address = f"{_server(document, operation, server)}{''.join(parts)}"
    return _Call(found.method, address, tuple(query), headers, body), dry_run


def _body(document: Document, operation: Operation, inputs: Inputs) -> str:
    if operation.requestBody is None:
        return ""
    body = document.resolved(RequestBody, operation.requestBody)
    schema = json_schema(body.content)
    if schema is not None:
        return inputs.body_for(schema)
    if body.required:
        kinds = ", ".join(body.content)[:100]
        raise DocumentError(f"It takes {kinds}, and an action sends JSON alone: choose another operation.")
    return ""


def _server(document: Document, operation: Operation, given: str) -> str:
    """The address that paths are added to."""
    servers = [] if given else operation.servers or ([Server(url="/")] if document.location else [])
    if not given and not servers:
        raise DocumentError("It names no server: say where the system is, with --server https://…")
    address = given or urljoin(document.location, _with_defaults(servers[0]))
    try:
        parts = urlsplit(address)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        is_address, parts = False, urlsplit("")
    if not is_address or parts.query or parts.fragment or set("{}") & set(address):
        raise DocumentError(f"{address[:100]!r} is no address of a server: give it with --server https://…")
    return address.rstrip("/")


def _with_defaults(server: Server) -> str:
    variables = server.variables or {}
    return _VARIABLE.sub(lambda found: variables[found[1]].default if found[1] in variables else found[0], server.url)


def _in_address(text: str, safe: str) -> str:
    """An input's placeholder as it is; any other text encoded."""
    return text if text.startswith("{") else quote(text, safe=safe)


def _preview(call: _Call, dry_run: str) -> dict[str, Any]:
    """The call as one that changes nothing, and so has no key of its own."""
    name = quote(dry_run, safe=_IN_QUERY)
    query = (*(each for each in call.query if each != f"{name}=false"), f"{name}=true")
    headers = {header: text for header, text in call.headers.items() if text != "{idempotency_key}"}
    return replace(call, query=query, headers=headers).message()


def _change(told: str, inputs: Inputs, preview: Lines) -> dict[str, Any]:
    """The block of a change, without its preview."""
    named = inputs.from_message
    english = "".join(f"- {label(name)}: {{{{{name}}}}}\n" for name in named) + said(preview)
    chinese = "".join(f"- {label(name)}：{{{{{name}}}}}\n" for name in named) + said(preview, "：")
    return {
        "risk": "write",
        "questions": {
            "en": f"I can do this for you: {told}.\n\n{english}\nShall I go ahead?",
            "zh": f"我将为您办理：{told}。\n\n{chinese}\n确认办理吗？",
        },
    }


def _undecided_of_change(inputs: Inputs, dry_run: str, *, previews: bool) -> list[str]:
    said = [
        'change.risk: "money" where money moves.',
        "change.questions: what the customer agrees to, in each language.",
    ]
    if previews:
        said.append(
            "change.preview_result, change.questions: leave out what differs from call to call, such as a time: the "
            "customer is asked anew where the question has changed."
        )
    elif dry_run:
        said.append(f"change.preview: {dry_run} would tell what the change comes to, but a preview is GET or POST.")
    if not inputs.has_customer:
        said.append("inputs: a change needs one from the customer: draft it again with --customer PARAM.")
    return [*said, "change.outcome, change.refusals: how it is known what came of it, and why it can be refused."]
