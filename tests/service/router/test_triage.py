"""What is read out of messages: who is shown it, and what a tenant's rules make of it. Real routers, a real Redis."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.common.audit import client_origin
from kefu.common.audit.client_origin import ClientOrigin
from kefu.common.auth import Principal, Scope
from kefu.common.customers import Customer, Verification, customer_subject
from kefu.common.rpc.interceptor import delegated_metadata
from kefu.router.actions.asked_action import known_messages, known_texts
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import desk_pb2 as desk
from kefu.router.v1 import triage_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.service.order_system.harness import Shop, open_shop
from tests.service.router.test_changes import CANCEL, PENDING, YES, asked, prepare, ready, status_of
from tests.support.agents import claim_session, return_session
from tests.support.grpc_calls import INTERNAL_KEY, expect_failure
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness

HACKED, PRAISE, PERSON = "somebody is in my account!", "lovely shop, well done", "Let me talk to a person"
FRAUD = pb.TriageRule(name="fraud", intents=["account_security"], at_least="high", priority="urgent", queue="fraud")


def near(intent: str) -> dict[str, float]:
    like = set(known_messages()[intent])
    return {text: 0.92 if text in like else 0.82 for text in known_texts()}


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, private_networks="127.0.0.0/8") as opened:
        prepare(opened)
        opened.knowledge.cosines = {HACKED: near("account_security"), PRAISE: near("praise")}
        yield opened


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


async def rule(root: RouterClient, *rules: pb.TriageRule) -> None:
    """Put rules in force."""
    found = await root.admin.GetTenantSettings(admin.GetTenantSettingsRequest(), metadata=root.metadata)
    del found.settings.triage_rules[:]
    found.settings.triage_rules.extend(rules)
    update = admin.UpdateTenantSettingsRequest(settings=found.settings, revision=found.revision)
    await root.admin.UpdateTenantSettings(update, metadata=root.metadata)


async def inbox(agent: RouterClient, queue: str = "") -> list[desk.Conversation]:
    request = desk.ListConversationsRequest(queue=queue)
    return list((await agent.desk.ListConversations(request, metadata=agent.metadata)).conversations)


async def app_of(harness: RouterHarness) -> RouterClient:
    """A front end that may do nothing but ask."""
    return await harness.client(await harness.create_key("default", Scope.CHAT))


async def test_a_message_is_read_and_agents_alone_are_shown_it(harness: RouterHarness) -> None:
    agent, app = await harness.client(), await app_of(harness)
    told = await app.ask(HACKED)
    assert told.completed.finish_reason == chat.FINISH_REASON_STOP  # no rule: as before
    [turn] = await agent.turns(told.session)
    assert (turn.triage.intent, turn.triage.urgency, turn.triage.compared) == ("account_security", "critical", True)
    assert (turn.triage.priority, turn.triage.queue, list(turn.triage.rules)) == ("normal", "", [])
    [turn] = await app.turns(told.session)
    assert turn.text
    assert not turn.HasField("triage")


async def test_where_the_search_does_not_compare_words_alone_are_read(harness: RouterHarness) -> None:
    agent = await harness.client()
    told = await agent.ask("this is terrible, where is my money")
    [turn] = await agent.turns(told.session)
    assert (turn.triage.intent, turn.triage.urgency, turn.triage.compared) == ("", "normal", False)
    assert turn.triage.mood == "unhappy"


async def test_a_rule_gives_priority_and_queue_and_the_inbox_follows_them(harness: RouterHarness) -> None:
    agent = await harness.client()
    await rule(agent, FRAUD)
    first = (await agent.ask(PERSON)).session
    hacked = (await agent.ask(HACKED)).session
    await agent.ask(PERSON, hacked)
    assert [one.session.name for one in await inbox(agent)] == [hacked, first]
    found = await inbox(agent, "fraud")
    assert [(one.session.name, one.triage.queue, one.triage.priority) for one in found] == [(hacked, "fraud", "urgent")]
    assert found[0].triage.intent == "account_security"  # of the most pressing message, not of the last one
    assert await inbox(agent, "billing") == []
    claimed = await claim_session(agent, hacked)
    await return_session(agent, hacked, claimed.claim)
    request = desk.ListConversationsRequest(states=[chat.Session.STATE_RETURNED])
    [returned] = (await agent.desk.ListConversations(request, metadata=agent.metadata)).conversations
    assert not returned.HasField("triage")  # a person has looked


async def test_without_rules_who_waits_longest_comes_first(harness: RouterHarness) -> None:
    agent = await harness.client()
    sessions = [(await agent.ask(text)).session for text in (PRAISE, HACKED)]
    for session in sessions:
        await agent.ask(PERSON, session)
    assert [one.session.name for one in await inbox(agent)] == sessions


async def test_a_rule_calls_a_person_in_place_of_an_answer_and_the_summary_names_it(harness: RouterHarness) -> None:
    agent = await harness.client()
    await rule(agent, pb.TriageRule(name="plundered", at_least="critical", needs_person=True))
    told = await agent.ask(HACKED)
    assert told.kinds[-2:] == ["handoff", "turn_completed"]
    assert told.handoff.reason == chat.Handoff.REASON_TRIAGE
    assert "a triage rule calls a person (plundered)" in told.handoff.summary
    answered = await agent.ask(PRAISE)
    assert answered.completed.finish_reason == chat.FINISH_REASON_STOP


async def test_a_rule_keeps_an_action_from_changing_anything(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    agent = await harness.client()
    await rule(agent, pb.TriageRule(name="careful", moods=["calm", "unhappy", "angry"], action_risk="read"))
    first = await emma.ask(CANCEL)
    await emma.ask(PENDING, first.session)
    told = await emma.ask("2", first.session)
    assert told.handoff.reason == chat.Handoff.REASON_CHANGE_NEEDS_PERSON
    assert await status_of(shop) == "pending"


async def test_a_rule_that_came_after_the_question_holds_for_the_yes(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    question = await asked(emma)
    await rule(await harness.client(), pb.TriageRule(name="all", moods=["calm", "unhappy"], needs_person=True))
    told = await emma.ask(YES, question.session)
    assert told.handoff.reason == chat.Handoff.REASON_TRIAGE
    assert await status_of(shop) == "pending"


async def test_a_change_that_was_made_is_told_whatever_a_rule_says(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop.origin)
    question = await asked(emma)
    done = await emma.ask(YES, question.session)
    await rule(await harness.client(), pb.TriageRule(name="all", moods=["calm", "unhappy"], action_risk="read"))
    assert (await emma.ask(YES, question.session)).text == done.text
    assert await status_of(shop) == "cancelled"


async def test_many_returns_of_one_person_are_a_signal_until_they_are_erased(harness: RouterHarness) -> None:
    agent = await harness.client()
    refund = "I want my money back"
    harness.knowledge.cosines = {refund: near("return_refund")}
    kinds: list[list[tuple[str, int]]] = []
    for _ in range(5):
        told = await agent.ask(refund, user="lee")
        [turn] = await agent.turns(told.session)
        kinds.append([(each.kind, each.count) for each in turn.triage.signals])
    assert kinds == [[], [], [], [], [("many_returns", 5)]]
    told = await agent.ask(refund, user="kim")
    assert not (await agent.turns(told.session))[0].triage.signals
    await agent.chat.DeleteUser(chat.DeleteUserRequest(user="lee"), metadata=agent.metadata)
    told = await agent.ask(refund, user="lee")
    assert not (await agent.turns(told.session))[0].triage.signals


async def test_many_messages_within_a_minute_are_a_signal(harness: RouterHarness) -> None:
    agent = await harness.client()
    session = (await agent.ask("hello", user="lee")).session
    for _ in range(14):
        await agent.ask("hello", session, user="lee")
    turns = await agent.turns(session)
    assert [each.kind for each in turns[-1].triage.signals] == ["many_messages"]
    assert not turns[-2].triage.signals


async def test_many_customers_at_one_address_are_a_signal(harness: RouterHarness) -> None:
    agent = await harness.client()

    async def counts(address: str, number: int) -> list[tuple[str, int]]:
        sub = f"customer {number}"
        customer = Customer(sub, {"email": "a@example.com"}, Verification.TOKEN, 0.0)
        subject = customer_subject("default", sub)
        writer = Principal("default", subject, frozenset({Scope.CHAT}), customer=customer)
        origin = client_origin.signed_origin(INTERNAL_KEY, ClientOrigin(address))
        metadata = (*delegated_metadata(INTERNAL_KEY, writer), (client_origin.METADATA, origin))
        request = chat.ConverseRequest(session="sessions/-", text="hello", profile={"email": "A@example.com"})
        events = [event async for event in agent.chat.Converse(request, metadata=metadata)]
        [turn] = await agent.turns(events[0].turn_started.session)
        return [(each.kind, each.count) for each in turn.triage.signals]

    assert [await counts("192.0.2.7", number) for number in (1, 2, 3, 3)] == [[], [], [], []]
    assert await counts("192.0.2.7", 4) == [("many_identities", 4)]
    assert await counts("192.0.2.8", 4) == []


async def test_another_mail_address_than_the_verified_one_is_a_signal(harness: RouterHarness) -> None:
    agent = await harness.client()
    customer = Customer("emma", {"email": "emma@example.com"}, Verification.TOKEN, 0.0)
    writer = Principal("default", customer_subject("default", "emma"), frozenset({Scope.CHAT}), customer=customer)
    request = chat.ConverseRequest(session="sessions/-", text="hello", profile={"email": "eve@example.com"})
    metadata = delegated_metadata(INTERNAL_KEY, writer)
    events = [event async for event in agent.chat.Converse(request, metadata=metadata)]
    [turn] = await agent.turns(events[0].turn_started.session)
    assert [each.kind for each in turn.triage.signals] == ["identity_mismatch"]


async def test_a_text_can_be_tried(harness: RouterHarness) -> None:
    agent = await harness.client()
    await rule(agent, FRAUD)
    found = await agent.admin.TryTriage(admin.TryTriageRequest(text=HACKED), metadata=agent.metadata)
    assert (found.triage.intent, list(found.triage.rules), found.triage.queue) == (
        "account_security",
        ["fraud"],
        "fraud",
    )
    empty = admin.TryTriageRequest(text=" ")
    failure = await expect_failure(lambda: agent.admin.TryTriage(empty, metadata=agent.metadata))
    assert failure.reason == "BAD_REQUEST"


async def test_a_rule_that_cannot_work_is_refused(harness: RouterHarness) -> None:
    agent = await harness.client()
    settings = admin.TenantSettings(triage_rules=[pb.TriageRule(name="a", intents=["refunds"], queue="x")])
    update = admin.UpdateTenantSettingsRequest(settings=settings)
    failure = await expect_failure(lambda: agent.admin.UpdateTenantSettings(update, metadata=agent.metadata))
    assert failure.reason == "BAD_REQUEST"
    assert "settings.triage_rules[0].intents" in failure.message
