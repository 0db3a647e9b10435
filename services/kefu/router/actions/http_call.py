"""An action's call: filled with inputs and secrets, made behind the SSRF guard, and cut down to what is used of it."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import jmespath
from jmespath.exceptions import JMESPathError

from kefu.common.errors import SecretNotFound
from kefu.common.outbound.guarded_http import CallFailed, GuardedHttp
from kefu.router.actions.action import PLACEHOLDER, Action

_MAX_BYTES = 1024 * 1024
_MAX_RESULT_CHARACTERS = 20_000
_NOTHING = frozenset({404, 410})


class ActionFailed(Exception):
    """The company's system did not answer as it should. The message is a sentence without its full stop, for leads."""


@dataclass(frozen=True)
class ActionResult:
    """What came back. `values`: by the names of the action's `result`; None: there is no such thing (404)."""

    status: int
    values: Mapping[str, Any] | None


class ActionCaller:
    """Calls actions. `secret`: the value of a tenant's secret, by tenant and name; raises SecretNotFound."""

    def __init__(self, http: GuardedHttp, secret: Callable[[str, str], Awaitable[str]]) -> None:
        self._http = http
        self._secret = secret

    async def call(
        self, tenant: str, action: Action, inputs: Mapping[str, str], deadline: float | None = None
    ) -> ActionResult:
        """The result for inputs, all of which are there, before `deadline` (monotonic seconds). Raises ActionFailed."""
        seconds = float(action.timeout_seconds)
        if deadline is not None:
            seconds = min(seconds, deadline - time.monotonic())
        if seconds <= 0:
            raise ActionFailed("no time is left to ask")
        url = PLACEHOLDER.sub(lambda found: quote(inputs[found[2]], safe=""), action.call.url)
        headers = {"accept": "application/json"}
        for name, text in action.call.headers.items():
            headers[name.lower()] = await self._filled(tenant, text, inputs)
        try:
            answer = await self._http.call(
                action.call.method, url, headers=headers, seconds=seconds, most_bytes=_MAX_BYTES
            )
        except CallFailed as error:
            raise ActionFailed(str(error)) from error
        if answer.status in _NOTHING:
            return ActionResult(answer.status, None)
        if answer.status != 200:
            raise ActionFailed(f"it answered with status {answer.status}")
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise ActionFailed(f"it answered with {kind[:60] or 'no content type'} where JSON was wanted")
        try:
            document = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise ActionFailed("its answer is no JSON, though it says so") from None
        return ActionResult(answer.status, projected(action, document))

    async def _filled(self, tenant: str, text: str, inputs: Mapping[str, str]) -> str:
        parts, at = list[str](), 0
        for found in PLACEHOLDER.finditer(text):
            parts.append(text[at : found.start()])
            at = found.end()
            if not found[1]:
                parts.append(quote(inputs[found[2]], safe=""))
                continue
            try:
                parts.append(await self._secret(tenant, found[2]))
            except SecretNotFound as error:
                raise ActionFailed(error.message.rstrip(".")) from None
        value = "".join([*parts, text[at:]])
        if not value.isascii() or not value.isprintable():
            raise ActionFailed("a header would hold what no header may: look at the secret")
        return value


def projected(action: Action, document: Any) -> dict[str, Any]:
    """What of a document is used. Raises ActionFailed when that is too much, or an expression does not fit."""
    try:
        values = {name: jmespath.search(expression, document) for name, expression in action.result.items()}
    except (JMESPathError, RecursionError):
        raise ActionFailed("its answer is of another form than `result` expects") from None
    if all(value is None for value in values.values()):
        raise ActionFailed("its answer holds nothing of what `result` asks for")
    if len(json.dumps(values)) > _MAX_RESULT_CHARACTERS:
        raise ActionFailed(f"what `result` takes of it is longer than {_MAX_RESULT_CHARACTERS} characters")
    return values
