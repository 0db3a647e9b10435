"""Visitors: what a token of the public page opens, and what it does not."""

import time
from collections.abc import AsyncIterator

import jwt
import pytest
from prometheus_client import REGISTRY

from kefu.common.auth import Scope
from kefu.gateway.auth.visitor_tokens import AUDIENCE, VisitorTokens
from kefu.testing.redis_server import RedisServer
from tests.support.gateway_harness import (
    CHAT,
    VISITOR_SECRET,
    GatewayHarness,
    bearer_header,
    open_gateway_harness,
    reason_of,
)
from tests.support.grpc_calls import BOOTSTRAP_KEY
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit

QUESTION = "How long does a refund take?"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis) as harness:
        harness.knowledge.hits = [make_hit("Refunds take 7 days.")]
        yield harness


@pytest.fixture
async def gateway(harness: RouterHarness) -> AsyncIterator[GatewayHarness]:
    async with open_gateway_harness(harness, visitor_collections="help") as gateway:
        yield gateway


async def test_a_visitor_is_answered_from_the_collections_of_visitors(
    gateway: GatewayHarness, harness: RouterHarness
) -> None:
    token = await gateway.create_visitor()
    assert (await gateway.ask(QUESTION, token)).text == "Refunds take 7 days [1]."
    assert harness.knowledge.callers[-1].collections == {"help"}
    other = await gateway.converse(QUESTION, token, collections=["collections/secret"])
    assert b"COLLECTION_NOT_FOUND" not in other.content  # the reason stands in a packed detail
    assert b"not_found" in other.content
    config = (await gateway.http.get("/api/config")).json()
    assert (config["visitors"], config["collections"]) == (True, ["collections/help"])


async def test_a_visitors_session_does_not_exist_for_another_one(gateway: GatewayHarness) -> None:
    mine, other = await gateway.create_visitor(), await gateway.create_visitor()
    session = (await gateway.ask(QUESTION, mine)).session
    assert (await gateway.call(f"{CHAT}/GetSession", mine, name=session)).status_code == 200
    for method, field in (("GetSession", "name"), ("ListTurns", "session"), ("DeleteSession", "name")):
        response = await gateway.call(f"{CHAT}/{method}", other, **{field: session})
        assert (response.status_code, reason_of(response.json())) == (404, "SESSION_NOT_FOUND")
    assert b"not_found" in (await gateway.converse("And then?", other, session)).content
    listed = await gateway.call(f"{CHAT}/ListSessions", other)
    assert listed.json() == {}


async def test_visitors_may_chat_and_nothing_else(gateway: GatewayHarness) -> None:
    token = await gateway.create_visitor()
    for path in (
        f"{CHAT}/DeleteUser",
        "/kefu.router.v1.AdminService/ListTenants",
        "/kefu.router.v1.DeskService/ListAgents",
        "/kefu.router.v1.InsightService/GetNumbers",
        "/kefu.router.v1.WebhookService/ListWebhooks",
        "/kefu.retrieval.v1.KnowledgeService/Search",
        "/kefu.retrieval.v1.KnowledgeService/Embed",
    ):
        response = await gateway.call(path, token)
        assert (response.status_code, reason_of(response.json())) == (403, "SCOPE_MISSING"), path
    form = await gateway.http.post("/api/import?collection=help", files={"files": b"x"}, headers=bearer_header(token))
    assert form.status_code == 403
    me = await gateway.http.get("/api/me", headers=bearer_header(token))
    assert me.json()["scopes"] == ["chat"]
    assert me.json()["subject"].startswith("visitor-")


async def test_a_hand_overs_notes_are_not_for_the_visitor(gateway: GatewayHarness, harness: RouterHarness) -> None:
    token = await gateway.create_visitor()
    staff = await harness.client()
    wish = "I want to talk to a person. My order is 12345678."
    told = (await gateway.ask(wish, token)).handoff
    assert told.message
    assert not told.summary
    assert not told.slots
    assert (await staff.ask(wish)).handoff.summary, "there is one, for whoever has a key"
    session = (await gateway.ask(wish, token)).session
    turns = (await gateway.call(f"{CHAT}/ListTurns", token, session=session)).json()["turns"]
    assert "message" in turns[0]["handoff"]
    assert "summary" not in turns[0]["handoff"]


async def test_a_token_is_refreshed_for_the_same_visitor_until_it_is_too_old(gateway: GatewayHarness) -> None:
    now = time.time()
    clock = [now]
    made = VisitorTokens([VISITOR_SECRET], "default", clock=lambda: clock[0])
    fresh = made.issue()
    session = (await gateway.ask(QUESTION, fresh)).session

    clock[0] = now - 2 * 3600
    expired = made.issue()
    refused = await gateway.call(f"{CHAT}/ListSessions", expired)
    assert (refused.status_code, reason_of(refused.json())) == (401, "UNAUTHENTICATED")
    again = await gateway.http.post("/api/visitor", headers=bearer_header(expired))
    assert again.status_code == 200
    assert again.json()["expires_in"] == 3600
    subject = jwt.decode(expired, options={"verify_signature": False})["sub"]
    assert jwt.decode(again.json()["token"], options={"verify_signature": False})["sub"] == subject

    refreshed = (await gateway.http.post("/api/visitor", headers=bearer_header(fresh))).json()["token"]
    assert (await gateway.call(f"{CHAT}/GetSession", refreshed, name=session)).status_code == 200

    clock[0] = now - 9 * 86_400
    assert (await gateway.http.post("/api/visitor", headers=bearer_header(made.issue()))).status_code == 401


async def test_forged_tokens_are_refused(gateway: GatewayHarness) -> None:
    good = jwt.decode(await gateway.create_visitor(), options={"verify_signature": False})
    forged = (
        jwt.encode(good, "another secret, just as long as the other", algorithm="HS256"),
        jwt.encode(good, "", algorithm="none"),
        jwt.encode({**good, "aud": "another"}, VISITOR_SECRET, algorithm="HS256"),
        jwt.encode({**good, "iss": "another"}, VISITOR_SECRET, algorithm="HS256"),
        jwt.encode({**good, "tenant": "shop"}, VISITOR_SECRET, algorithm="HS256"),
        jwt.encode({**good, "sub": "bootstrap"}, VISITOR_SECRET, algorithm="HS256"),
        jwt.encode({name: good[name] for name in good if name != "exp"}, VISITOR_SECRET, algorithm="HS256"),
        jwt.encode(good, VISITOR_SECRET + VISITOR_SECRET, algorithm="HS512"),
    )
    assert good["aud"] == AUDIENCE
    for token in forged:
        assert (await gateway.call(f"{CHAT}/ListSessions", token)).status_code == 401
        assert (await gateway.http.post("/api/visitor", headers=bearer_header(token))).status_code == 401


async def test_visitors_and_addresses_are_limited(harness: RouterHarness) -> None:
    before = [refused("visitor_messages"), refused("new_visitors")]
    async with open_gateway_harness(harness, visitors_per_minute=6.0, visitor_questions_per_minute=4.0) as gateway:
        token = await gateway.create_visitor()
        asked = [await gateway.converse(QUESTION, token) for _ in range(3)]
        assert [b"resource_exhausted" in each.content for each in asked] == [False, False, True]
        made = [await gateway.http.post("/api/visitor") for _ in range(2)]
        assert [each.status_code for each in made] == [200, 429]
        assert int(made[1].headers["retry-after"]) > 0
        assert reason_of(made[1].json()) == "ADDRESS_LIMIT"
    assert [refused("visitor_messages"), refused("new_visitors")] == [before[0] + 1, before[1] + 1]


def refused(limit: str) -> float:
    """What Prometheus is told."""
    return REGISTRY.get_sample_value("kefu_gateway_refused_total", {"limit": limit}) or 0.0


async def test_calls_without_a_key_are_limited_by_address_and_those_with_one_are_not(harness: RouterHarness) -> None:
    async with open_gateway_harness(harness, anonymous_per_minute=9.0) as gateway:
        statuses = [(await gateway.call(f"{CHAT}/ListSessions", "")).status_code for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429]
        assert (await gateway.call(f"{CHAT}/ListSessions")).status_code == 200


async def test_without_a_secret_there_are_no_visitors(harness: RouterHarness) -> None:
    async with open_gateway_harness(harness, visitor_secret=None) as gateway:
        assert (await gateway.http.post("/api/visitor")).status_code == 404
        assert (await gateway.http.get("/api/config")).json()["visitors"] is False
        token = VisitorTokens([VISITOR_SECRET], "default").issue()
        assert (await gateway.call(f"{CHAT}/ListSessions", token)).status_code == 401


async def test_a_key_says_who_it_is(gateway: GatewayHarness, harness: RouterHarness) -> None:
    key = await harness.create_key("shop", Scope.CHAT, Scope.KNOWLEDGE)
    me = (await gateway.http.get("/api/me", headers=bearer_header(key))).json()
    assert (me["tenant"], me["scopes"]) == ("shop", ["chat", "knowledge"])
    assert (await gateway.http.get("/api/me", headers=bearer_header(BOOTSTRAP_KEY))).json()["subject"] == "bootstrap"
    assert (await gateway.http.get("/api/me")).status_code == 401
