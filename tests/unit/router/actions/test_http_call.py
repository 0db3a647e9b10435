"""An action's call: how long it may take, and what of the answer is used."""

import json
import time
from typing import Any

import pytest

from kefu.common.outbound.guarded_http import HttpAnswer
from kefu.router.actions.action import Action, HttpCall
from kefu.router.actions.http_call import ActionCaller, ActionFailed, projected

LISTS = Action(
    "orders",
    HttpCall("https://shop.example.com/{who}", headers={"authorization": "Bearer {secret:key}"}),
    {"ids": "orders[].id", "total": "total"},
    {"en": "{{total}}"},
    timeout_seconds=5,
)


class RecordedHttp:
    """Answers every call, and keeps what it was called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    async def call(self, method: str, url: str, **more: Any) -> HttpAnswer:
        self.calls.append((url, more))
        return HttpAnswer(200, {"content-type": "application/json"}, b'{"total": 3}')


async def secret(tenant: str, name: str) -> str:
    return f"{tenant}'s {name}"


async def test_inputs_are_encoded_and_secrets_stand_in_headers() -> None:
    http = RecordedHttp()
    found = await ActionCaller(http, secret).call("acme", LISTS, {"who": "../a b?#"})  # pyright: ignore[reportArgumentType]
    assert found.values == {"ids": None, "total": 3}
    [(url, more)] = http.calls
    assert url == "https://shop.example.com/..%2Fa%20b%3F%23"
    assert more["headers"]["authorization"] == "Bearer acme's key"
    assert more["seconds"] == 5.0


@pytest.mark.parametrize(("left", "seconds"), [(60.0, 5.0), (2.0, 2.0)])
async def test_a_call_ends_before_the_answer_is_too_late(left: float, seconds: float) -> None:
    http = RecordedHttp()
    await ActionCaller(http, secret).call("acme", LISTS, {"who": "a"}, time.monotonic() + left)  # pyright: ignore[reportArgumentType]
    assert http.calls[0][1]["seconds"] == pytest.approx(seconds, abs=0.5)


async def test_without_time_nobody_is_called() -> None:
    http = RecordedHttp()
    with pytest.raises(ActionFailed, match="no time"):
        await ActionCaller(http, secret).call("acme", LISTS, {"who": "a"}, time.monotonic() - 1)  # pyright: ignore[reportArgumentType]
    assert http.calls == []


def test_nothing_but_the_projection_is_used_and_that_is_bounded() -> None:
    document = {"orders": [{"id": 1, "note": "secret"}], "total": 2, "card": "4111"}
    assert projected(LISTS, document) == {"ids": [1], "total": 2}
    with pytest.raises(ActionFailed, match="nothing of what"):
        projected(LISTS, {"card": "4111"})
    with pytest.raises(ActionFailed, match="longer than"):
        projected(LISTS, json.loads(json.dumps({"total": "x" * 30_000})))
