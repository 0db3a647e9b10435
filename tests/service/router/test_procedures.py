"""What a support lead has written down, followed: a real order system, a real router, a real Redis, no model."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.common.auth import Scope
from kefu.router.actions.procedures.procedure_runner import READING_SECONDS
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import procedure_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.service.order_system.harness import Shop, open_shop
from tests.service.router.test_changes import CANCEL, CANCEL_ZH, MISTAKE, YES, allow, audited, prepare, status_of
from tests.support.grpc_calls import expect_failure
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.shop_actions import EMMAS, SAMPLE, customer, set_up

PENDING, PROCESSED, DELIVERED = EMMAS
PAGES = SAMPLE.parent / "procedures"
PAGE = """# Cancel an order / 取消订单

## When
- "{cancel}"
- "{cancel_zh}"

## Steps
1. Ask for `why`: "Why?" / "为什么？"
   - `no longer needed`: "I no longer need it" / "不想要了"
   - `ordered by mistake`: "I ordered it by mistake" / "拍错了"
   - `too dear`: "It is too dear" / "太贵了"
2. If `why` is `too dear`, hand over: "offers a discount".
3. Look up `order-status`.
{steps}
"""


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis, private_networks="127.0.0.0/8") as opened:
        prepare(opened)
        yield opened


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path) as opened:
        yield opened


async def put(root: RouterClient, name: str, page: str, revision: int = 0) -> pb.Procedure:
    request = pb.PutProcedureRequest(procedure=pb.Procedure(name=f"procedures/{name}", page=page), revision=revision)
    return (await root.procedures.PutProcedure(request, metadata=root.metadata)).procedure


async def ready(harness: RouterHarness, shop: Shop, page: str = "") -> RouterClient:
    """The sample's actions with money allowed, a procedure for cancelling, and a customer."""
    root = await set_up(harness, shop.origin)
    await allow(root, "money")
    await put(root, "cancel-order", page or (PAGES / "cancel-order.md").read_text("utf-8"))
    return await customer(harness)


def page(*steps: str) -> str:
    numbered = "\n".join(steps)
    return PAGE.format(cancel=CANCEL, cancel_zh=CANCEL_ZH, steps=numbered)


async def test_the_samples_procedures_are_sound_and_one_is_followed_to_its_change(
    harness: RouterHarness, shop: Shop
) -> None:
    emma = await ready(harness, shop)
    root = await harness.client()
    for path in sorted(PAGES.glob("*.md")):
        assert list((await put(root, path.stem, path.read_text("utf-8"))).findings) == [], path
    first = await emma.ask(CANCEL)
    assert first.text.startswith("Which of your orders do you want to cancel?")
    assert (await emma.ask(PENDING, first.session)).text.startswith("Why do you want to cancel it?")
    question = await emma.ask(MISTAKE, first.session)
    assert f"I can cancel your order **{PENDING}** (I ordered it by mistake):" in question.text
    told = await emma.ask(YES, first.session)
    assert told.text.startswith(f"Your order **{PENDING}** is cancelled.")
    assert await status_of(shop) == "cancelled"
    assert [each["outcome"] for each in await audited(harness)] == ["OK"]
    assert harness.replica.calls == []  # no model took part


@pytest.mark.parametrize(
    ("message", "order", "said"),
    [
        (CANCEL, PROCESSED, f"The order **{PROCESSED}** can't be cancelled any more: it is on its way."),
        (CANCEL_ZH, PROCESSED, f"订单 **{PROCESSED}** 已发货，正在配送，无法取消"),
        (CANCEL, DELIVERED, f"The order **{DELIVERED}** can't be cancelled: only an order that has not been packed"),
    ],
)
async def test_conditions_are_compared_with_what_was_looked_up(
    harness: RouterHarness, shop: Shop, message: str, order: str, said: str
) -> None:
    emma = await ready(harness, shop)
    told = await emma.ask(order, (await emma.ask(message)).session)
    assert told.text.startswith(said)
    assert not told.completed.choices
    assert await audited(harness) == []


async def test_what_is_asked_said_done_and_said_behind_it(harness: RouterHarness, shop: Shop) -> None:
    steps = (
        '4. Say "Let us see: {{status}}." / "状态：{{status}}。"',
        "5. Do `cancel-order`.",
        '6. Say "Tell us how we did: {{why}}." / "欢迎评价。"',
    )
    emma = await ready(harness, shop, page(*steps).replace("`why`", "`reason`").replace("{{why}}", "{{reason}}"))
    first = await emma.ask(CANCEL)
    assert first.text == "Why?\n\n1. I no longer need it\n2. I ordered it by mistake\n3. It is too dear"
    asked = await emma.ask("2", first.session)
    assert asked.text.startswith("Which of your orders do you mean?")  # the look-up's own question
    question = await emma.ask(PENDING, first.session)
    assert question.text.startswith("Let us see: placed, and not packed yet.\n\nI can cancel your order")
    assert "(I ordered it by mistake)" in question.text  # what the procedure asked is what the action takes
    other = await emma.ask("How long do refunds take?", first.session)
    assert "Nothing has been changed yet" in other.text
    told = await emma.ask("yes please", first.session)
    assert told.text.startswith(f"Your order **{PENDING}** is cancelled.")
    assert told.text.endswith("\n\nTell us how we did: I ordered it by mistake.")
    assert "Let us see" not in told.text
    again = await emma.ask("yes please", first.session)
    assert "is cancelled" in again.text
    assert [each["outcome"] for each in await audited(harness)] == ["OK"]


async def test_a_person_is_called_where_the_page_says_so_and_reads_what_is_known(
    harness: RouterHarness, shop: Shop
) -> None:
    emma = await ready(harness, shop, page("4. Do `cancel-order`."))
    told = await emma.ask("3", (await emma.ask(CANCEL)).session)
    assert told.handoff.reason == chat.Handoff.REASON_PROCEDURE
    assert "procedures/cancel-order, line 12: offers a discount (why=too dear)" in told.handoff.summary
    assert await audited(harness) == []


@pytest.mark.parametrize("never", ["if `total` is more than 100", "if `refunds` is not empty", "unless `total` is 7"])
async def test_what_is_never_done_is_left_to_a_person(harness: RouterHarness, shop: Shop, never: str) -> None:
    emma = await ready(harness, shop, page("4. Do `cancel-order`.", "## Never", f"- Do `cancel-order` {never}."))
    first = await emma.ask(CANCEL)
    for reply in ("1", PENDING):
        told = await emma.ask(reply, first.session)
    told = await emma.ask("1", first.session) if told.text.startswith("Why") else told
    assert told.handoff.reason == chat.Handoff.REASON_CHANGE_NEEDS_PERSON
    assert f"Do `cancel-order` {never}" in told.handoff.summary
    assert await status_of(shop) == "pending"


async def test_a_no_ends_it_and_nothing_is_changed(harness: RouterHarness, shop: Shop) -> None:
    emma = await ready(harness, shop)
    first = await emma.ask(CANCEL)
    for reply in (PENDING, MISTAKE):
        await emma.ask(reply, first.session)
    assert (await emma.ask("no", first.session)).text == "All right, nothing was changed."
    assert await status_of(shop) == "pending"


async def test_a_visitor_who_is_nobody_is_asked_to_sign_in(harness: RouterHarness, shop: Shop) -> None:
    await ready(harness, shop)
    visitor = await customer(harness, "")
    assert (await visitor.ask(CANCEL)).text.startswith("To look that up I need to know who you are.")


async def test_a_conversation_goes_on_with_the_revision_that_it_began_with(harness: RouterHarness, shop: Shop) -> None:
    old = page("4. Do `cancel-order`.")
    emma = await ready(harness, shop, old)
    first = await emma.ask(CANCEL)
    root = await harness.client()
    new = page('4. Say "We never cancel." / "不能取消。"')
    stored = await put(root, "cancel-order", new)
    assert stored.revision == 2
    await emma.ask("1", first.session)
    question = await emma.ask(PENDING, first.session)
    assert "Why do you want to cancel it?" in question.text or "I can cancel" in question.text
    other = await emma.ask(CANCEL)
    await emma.ask("1", other.session)
    assert "We never cancel." in (await emma.ask(PENDING, other.session)).text
    revisions = await root.procedures.ListProcedureRevisions(
        pb.ListProcedureRevisionsRequest(name="procedures/cancel-order"), metadata=root.metadata
    )
    assert [(each.revision, each.page) for each in revisions.procedures] == [(2, new), (1, old)]


async def test_a_page_with_an_error_is_refused_with_its_line_and_who_may_write(
    harness: RouterHarness, shop: Shop
) -> None:
    await ready(harness, shop)
    lead = await harness.client(await harness.create_key("default", Scope.SETTINGS))
    bad = page("4. If `colour` is `red`, hand over.", "5. Do `cancel-order`.")
    refused = await expect_failure(lambda: put(lead, "cancel-order", bad))
    assert refused.reason == "BAD_REQUEST"
    assert "line 14: “colour” is compared, and nothing before it has it" in refused.message
    found = await lead.procedures.CheckProcedure(pb.CheckProcedureRequest(page=bad), metadata=lead.metadata)
    assert {each.line for each in found.findings if each.is_error} == {14}
    assert [(each.depth, each.kind) for each in found.flow][:3] == [
        (0, pb.ProcedureStep.KIND_ASK),
        (0, pb.ProcedureStep.KIND_IF),
        (0, pb.ProcedureStep.KIND_LOOK_UP),
    ]
    good = page("4. Do `cancel-order`.")
    assert (await expect_failure(lambda: put(lead, "cancel-order", good, revision=7))).reason == "STALE_REVISION"
    named = pb.DeleteProcedureRequest(name="procedures/cancel-order")
    await lead.procedures.DeleteProcedure(named, metadata=lead.metadata)
    gone = await expect_failure(lambda: lead.procedures.DeleteProcedure(named, metadata=lead.metadata))
    assert gone.reason == "PROCEDURE_NOT_FOUND"
    chatting = await harness.client(await harness.create_key("default", Scope.CHAT))
    assert (await expect_failure(lambda: put(chatting, "mine", good))).reason == "SCOPE_MISSING"


async def test_what_follows_a_change_does_not_ask_again_what_the_change_has_changed(
    harness: RouterHarness, shop: Shop
) -> None:
    steps = (
        "4. If `status` is not `pending`:",
        '   - Say "Too late." / "太晚了。"',
        "   - End.",
        "5. Do `cancel-order`.",
        '6. Say "It was {{status}}." / "原来{{status}}。"',
    )
    emma = await ready(harness, shop, page(*steps))
    first = await emma.ask(CANCEL)
    for reply in ("1", PENDING, MISTAKE):
        await emma.ask(reply, first.session)
    told = await emma.ask(YES, first.session)
    assert await status_of(shop) == "cancelled"
    assert told.text.startswith(f"Your order **{PENDING}** is cancelled.")
    assert told.text.endswith("\n\nIt was cancelled.")  # looked up again
    assert "Too late" not in told.text


async def test_a_yes_that_is_clicked_twice_is_none_to_a_second_change(harness: RouterHarness, shop: Shop) -> None:
    steps = ("4. Do `change-payment`.", "5. Do `cancel-order`.")
    emma = await ready(harness, shop, page(*steps).replace("`why`", "`reason`"))
    first = await emma.ask(CANCEL)
    for reply in ("2", PENDING, "gift card"):
        told = await emma.ask(reply, first.session)
    assert YES in told.completed.choices, told.text
    both = await emma.ask(YES, first.session)
    assert "I can cancel your order" in both.text
    again = await emma.ask(YES, first.session)
    assert again.text.startswith("Nothing has been changed yet: I need a clear yes or no.")
    assert await status_of(shop) == "pending"
    await asyncio.sleep(READING_SECONDS)
    assert "is cancelled" in (await emma.ask(YES, first.session)).text
    assert [each["target"] for each in await audited(harness)] == ["actions/change-payment", "actions/cancel-order"]
