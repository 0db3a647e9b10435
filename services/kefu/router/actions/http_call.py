"""An action's calls: filled with inputs and secrets, made behind the SSRF guard, cut down to what is used of them."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlsplit

from kefu.common.errors import SecretNotFound
from kefu.common.outbound import jmespath_search
from kefu.common.outbound.guarded_http import CallFailed, CallNotAllowed, GuardedHttp, HttpAnswer
from kefu.common.outbound.jmespath_search import MissingKey, NoSuchForm, missing_keys
from kefu.common.outbound.mcp_tool import NotCalled, ToolChanged
from kefu.common.outbound.mcp_tools import call_tool
from kefu.router.actions.action import PLACEHOLDER, HttpCall
from kefu.router.domain.turn import InputValue

_MAX_BYTES = 1024 * 1024
_MAX_RESULT_CHARACTERS = 20_000
_FOLDERS = (".", "..")
_TOOL_FAILED = 409
_MOST_SAID = 200
_MOST_KEYS, _MOST_KEY = 20, 40
_PRIVATE = "the router's KEFU_ROUTER_PRIVATE_NETWORKS has to name a network before it is called"
NOTHING = frozenset({404, 410})
"""Statuses that say that there is no such thing."""


class ActionFailed(Exception):
    """The company's system did not answer as it should. The message is a sentence without its full stop, for leads."""


class NotFitting(ActionFailed):
    """The answer is not what is expected of it. `document`: the answer."""

    def __init__(self, message: str, document: Any) -> None:
        super().__init__(message)
        self.document = document


class NotSent(ActionFailed):
    """The call was not made: nothing can have come of it."""


@dataclass(frozen=True)
class ActionResult:
    """What came back. `values`: by the names of the action's `result`; None: there is no such thing (404)."""

    status: int
    values: Mapping[str, Any] | None
    document: Any = None
    """The whole answer, of which nothing else is kept or said."""
    absent: frozenset[str] = frozenset()
    """Names of values that are null, or hold null, where the answer has not a key that their expressions name."""


class ActionCaller:
    """Makes the calls. `secret`: the value of a tenant's secret, by tenant and name; raises SecretNotFound."""

    def __init__(self, http: GuardedHttp, secret: Callable[[str, str], Awaitable[str]]) -> None:
        self._http = http
        self._secret = secret

    async def look_up(
        self, tenant: str, call: HttpCall, result: Mapping[str, str], inputs: Mapping[str, InputValue], seconds: float
    ) -> ActionResult:
        """The result of a call that reads, within `seconds`. `inputs` are all there. Raises ActionFailed."""
        answer = await self.send(tenant, call, inputs, seconds)
        if answer.status in NOTHING:
            return ActionResult(answer.status, None)
        if call.tool and answer.status == _TOOL_FAILED:
            raise ActionFailed(f"the tool says that it failed: {answer.body.decode()[:_MOST_SAID]}")
        if answer.status != 200:
            raise ActionFailed(f"it answered with status {answer.status}")
        document = document_of(answer)
        values = projected(result, document)
        absent = (name for name, value in values.items() if _holds_null(value) and missing_keys(result[name], document))
        return ActionResult(answer.status, values, document, frozenset(absent))

    async def send(self, tenant: str, call: HttpCall, inputs: Mapping[str, InputValue], seconds: float) -> HttpAnswer:
        """The answer to a call, whatever its status.

        Raises ActionFailed: whether the other side took the call is not known then; NotSent where it cannot have.
        """
        if seconds <= 0:
            raise NotSent("no time is left to ask")
        url = PLACEHOLDER.sub(lambda found: quote(str(inputs[found[2]]), safe=""), call.url)
        if any(each in _FOLDERS for each in urlsplit(url).path.split("/")):
            raise NotSent("an input would lead to another folder of the address")
        headers = {"accept": "application/json"}
        for name, text in call.headers.items():
            headers[name.lower()] = await self._header(tenant, text, inputs)
        if call.tool:
            return await self._call_tool(call, url, headers, inputs, seconds)
        body = b""
        if call.body:
            body = json.dumps(_filled(json.loads(call.body), inputs), ensure_ascii=False).encode()
            headers.setdefault("content-type", "application/json")
        try:
            return await self._http.call(
                call.method, url, headers=headers, body=body, seconds=seconds, most_bytes=_MAX_BYTES
            )
        except CallNotAllowed as error:
            raise NotSent(f"{error}; {_PRIVATE}") from error
        except CallFailed as error:
            raise ActionFailed(str(error)) from error

    async def _call_tool(
        self, call: HttpCall, url: str, headers: Mapping[str, str], inputs: Mapping[str, InputValue], seconds: float
    ) -> HttpAnswer:
        """What a tool answers. Where it says that it failed, it may have done something all the same: 409."""
        arguments = _filled(json.loads(call.body or "{}"), inputs)
        try:
            answer = await call_tool(self._http, url, headers, call.tool, call.tool_hash, arguments, seconds)
        except (ToolChanged, NotCalled) as error:
            raise NotSent(str(error)) from error
        except CallNotAllowed as error:
            raise NotSent(f"{error}; {_PRIVATE}") from error
        except CallFailed as error:
            raise ActionFailed(str(error)) from error
        body = json.dumps(answer.document, ensure_ascii=False).encode()
        return HttpAnswer(_TOOL_FAILED if answer.is_error else 200, {"content-type": "application/json"}, body)

    async def _header(self, tenant: str, text: str, inputs: Mapping[str, InputValue]) -> str:
        parts, at = list[str](), 0
        for found in PLACEHOLDER.finditer(text):
            parts.append(text[at : found.start()])
            at = found.end()
            if not found[1]:
                parts.append(quote(str(inputs[found[2]]), safe=""))
                continue
            try:
                parts.append(await self._secret(tenant, found[2]))
            except SecretNotFound as error:
                raise NotSent(error.message.rstrip(".")) from None
        value = "".join([*parts, text[at:]])
        if not value.isascii() or not value.isprintable():
            raise NotSent("a header would hold what no header may: look at the secret")
        return value


def document_of(answer: HttpAnswer) -> Any:
    """The JSON of an answer. Raises ActionFailed."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise ActionFailed(f"it answered with {kind[:60] or 'no content type'} where JSON was wanted")
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise ActionFailed("its answer is no JSON, though it says so") from None


def searched(expression: str, document: Any) -> Any:
    """What a JMESPath expression finds in a document. Raises ActionFailed where it does not fit."""
    try:
        return jmespath_search.searched(expression, document)
    except NoSuchForm:
        wrong = "its answer is of another form than is expected, or too much would be made of it"
        raise NotFitting(wrong, document) from None


def projected(result: Mapping[str, str], document: Any) -> dict[str, Any]:
    """What of a document is used. Raises ActionFailed when that is too much, or an expression does not fit."""
    values = {name: searched(expression, document) for name, expression in result.items()}
    if values and all(value is None for value in values.values()):
        raise NotFitting("its answer holds nothing of what `result` asks for", document)
    if len(json.dumps(values)) > _MAX_RESULT_CHARACTERS:
        raise ActionFailed(f"what `result` takes of it is longer than {_MAX_RESULT_CHARACTERS} characters")
    return values


def _holds_null(value: Any) -> bool:
    """Whether a value is null, or a list of which an object has a null."""
    entries = cast("list[Any]", value) if isinstance(value, list) else []
    return value is None or any(
        None in cast("dict[str, Any]", each).values() for each in entries if isinstance(each, dict)
    )


def misspelt(result: Mapping[str, str], document: Any) -> list[str]:
    """Sentences about the keys that expressions name and a document has not, with those that it has in their place."""
    return [
        f"{name}: its expression names {each.key[:_MOST_KEY]}, where the answer has {_there(each)}."
        for name, expression in sorted(result.items())
        for each in missing_keys(expression, document)
    ]


def _there(missing: MissingKey) -> str:
    keys = missing.beside
    if missing.stands:
        return missing.stands
    shown = ", ".join(key[:_MOST_KEY] for key in keys[:_MOST_KEYS])
    return f"{shown} and {len(keys) - _MOST_KEYS} more" if len(keys) > _MOST_KEYS else shown or "nothing"


def names_in(entry: Any) -> set[str]:
    """The inputs that stand alone in a text of an object, and in those that it holds."""
    if isinstance(entry, dict):
        return set[str]().union(*map(names_in, cast("dict[str, Any]", entry).values()))
    alone = PLACEHOLDER.fullmatch(entry) if isinstance(entry, str) else None
    return {alone[2]} if alone else set()


def _filled(document: Any, inputs: Mapping[str, InputValue]) -> Any:
    """A body's JSON with the inputs in its texts; see `HttpCall.body` in the contract for those that are lists."""
    if isinstance(document, str):
        alone = PLACEHOLDER.fullmatch(document)
        if alone and not isinstance(value := inputs[alone[2]], str):
            return list(value)
        return PLACEHOLDER.sub(lambda found: str(inputs[found[2]]), document)
    if isinstance(document, dict):
        return {name: _filled(each, inputs) for name, each in cast("dict[str, Any]", document).items()}
    if isinstance(document, list):
        return [filled for each in cast("list[Any]", document) for filled in _repeated(each, inputs)]
    return document


def _repeated(entry: Any, inputs: Mapping[str, InputValue]) -> list[Any]:
    """An entry of a list, filled: an object once for each value of the lists in it, which are equally long."""
    if not isinstance(entry, dict):
        return [_filled(entry, inputs)]
    lists = {name: value for name in names_in(entry) if not isinstance(value := inputs[name], str)}
    if not lists:
        return [_filled(entry, inputs)]
    rows = zip(*lists.values(), strict=True)
    return [_filled(entry, {**inputs, **dict(zip(lists, row, strict=True))}) for row in rows]
