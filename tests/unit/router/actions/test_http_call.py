"""An action's calls: how they are filled, how long they may take, and what of the answer is used."""

import json
import time
from typing import Any

import pytest

from kefu.common.auth import Principal, Scope
from kefu.common.outbound.guarded_http import HttpAnswer
from kefu.router.actions.action import HttpCall
from kefu.router.actions.http_call import ActionCaller, ActionFailed, NotSent, projected
from kefu.router.actions.request import ActionRequest
from kefu.router.domain.risk import Risk

LISTS = HttpCall("https://shop.example.com/{who}", headers={"authorization": "Bearer {secret:key}"})
RESULT = {"ids": "orders[].id", "total": "total"}


class RecordedHttp:
    """Answers every call, and keeps what it was called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    async def call(self, method: str, url: str, **more: Any) -> HttpAnswer:
        self.calls.append((url, more))
        return HttpAnswer(200, {"content-type": "application/json"}, b'{"total": 3}')


async def secret(tenant: str, name: str) -> str:
    return f"{tenant}'s {name}"


def caller(http: RecordedHttp) -> ActionCaller:
    return ActionCaller(http, secret)  # pyright: ignore[reportArgumentType]


async def test_inputs_are_encoded_and_secrets_stand_in_headers() -> None:
    http = RecordedHttp()
    found = await caller(http).look_up("acme", LISTS, RESULT, {"who": "../a b?#"}, 5.0)
    assert found.values == {"ids": None, "total": 3}
    [(url, more)] = http.calls
    assert url == "https://shop.example.com/..%2Fa%20b%3F%23"
    assert more["headers"]["authorization"] == "Bearer acme's key"
    assert (more["seconds"], more["body"]) == (5.0, b"")


@pytest.mark.parametrize("who", [".", ".."])
async def test_no_input_leads_to_another_folder(who: str) -> None:
    http = RecordedHttp()
    with pytest.raises(NotSent, match="another folder"):
        await caller(http).send("acme", LISTS, {"who": who}, 5.0)
    assert http.calls == []


async def test_inputs_in_a_body_are_text_whatever_they_hold() -> None:
    http = RecordedHttp()
    body = '{"why": "because {reason}", "lines": ["{reason}", 1], "all": {"x": true}}'
    call = HttpCall("https://shop.example.com/", "POST", {"Idempotency-Key": "{idempotency_key}"}, body)
    hostile = '", "admin": true, "x": "{secret:key}'
    await caller(http).send("acme", call, {"reason": hostile, "idempotency_key": "k-1"}, 5.0)
    [(_, more)] = http.calls
    assert json.loads(more["body"]) == {"why": f"because {hostile}", "lines": [hostile, 1], "all": {"x": True}}
    assert more["headers"]["idempotency-key"] == "k-1"
    assert more["headers"]["content-type"] == "application/json"


@pytest.mark.parametrize(("left", "seconds"), [(60.0, 5.0), (2.0, 2.0)])
def test_a_call_ends_before_the_answer_is_too_late(left: float, seconds: float) -> None:
    principal = Principal("acme", "visitor-1", frozenset({Scope.CHAT}))
    request = ActionRequest(
        principal, "s", "text", "en", 0.0, Risk.WRITE, ("yes", "no"), deadline=time.monotonic() + left
    )
    assert request.seconds(5.0) == pytest.approx(seconds, abs=0.5)


async def test_without_time_nobody_is_called() -> None:
    http = RecordedHttp()
    with pytest.raises(NotSent, match="no time"):
        await caller(http).look_up("acme", LISTS, RESULT, {"who": "a"}, -1.0)
    assert http.calls == []


def test_nothing_but_the_projection_is_used_and_that_is_bounded() -> None:
    document = {"orders": [{"id": 1, "note": "secret"}], "total": 2, "card": "4111"}
    assert projected(RESULT, document) == {"ids": [1], "total": 2}
    assert projected({}, document) == {}
    with pytest.raises(ActionFailed, match="nothing of what"):
        projected(RESULT, {"card": "4111"})
    with pytest.raises(ActionFailed, match="longer than"):
        projected(RESULT, json.loads(json.dumps({"total": "x" * 30_000})))


async def test_an_object_in_a_list_stands_there_once_for_each_value() -> None:
    http = RecordedHttp()
    body = '{"items": [{"item": "{item}", "new": "{new}", "why": "for {who}"}, {"gift": "{who}"}], "ids": "{item}"}'
    call = HttpCall("https://shop.example.com/", "POST", {}, body)
    await caller(http).send("acme", call, {"item": ("a", "b"), "new": ("x", "y"), "who": "ada"}, 5.0)
    [(_, more)] = http.calls
    rows = [{"item": "a", "new": "x", "why": "for ada"}, {"item": "b", "new": "y", "why": "for ada"}, {"gift": "ada"}]
    assert json.loads(more["body"]) == {"items": rows, "ids": ["a", "b"]}


def test_items_gives_the_names_of_an_object_with_their_values() -> None:
    named = "things[].{text: join(', ', map(&join(' ', @), items(options)))}"
    found = projected({"things": named}, {"things": [{"options": {"size": "L", "colour": "blue"}}, {"options": {}}]})
    assert found == {"things": [{"text": "size L, colour blue"}, {"text": ""}]}
    with pytest.raises(ActionFailed):
        projected({"things": "items(options)"}, {"options": None})
