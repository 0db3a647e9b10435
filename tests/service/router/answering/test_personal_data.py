"""Personal data on its way: to the model only where it may, to the person who takes over as placeholders."""

import pytest

from kefu.testing.redis_server import RedisServer
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.tenant_fixtures import replace_settings

ASKED = "My refund of order 8829104 is late, call me on 13812345678 or li@example.com."


def prompt(harness: RouterHarness) -> str:
    return "\n".join(message.content for message in harness.replica.calls[-1].request.chat.messages)


async def test_by_default_the_model_sees_what_the_customer_wrote(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis) as harness:
        harness.knowledge.hits = [make_hit("Refunds take 7 days. Questions: help@shop.example.")]
        await (await harness.client()).ask(ASKED)
        assert "13812345678" in prompt(harness)


@pytest.mark.parametrize("by_tenant", [True, False])
async def test_where_it_is_chosen_the_model_sees_placeholders_in_the_message_and_in_the_history(
    own_redis: RedisServer, by_tenant: bool
) -> None:
    async with open_router_harness(own_redis, redact_prompts=not by_tenant) as harness:
        customer = await harness.client()
        if by_tenant:
            await replace_settings(customer, redact_prompts=True)
        harness.knowledge.hits = [make_hit("Refunds take 7 days. Questions: help@shop.example.")]
        first = await customer.ask(ASKED)
        for _ in range(2):
            assert "13812345678" not in prompt(harness)
            assert "li@example.com" not in prompt(harness)
            assert "order 8829104 is late, call me on [phone] or [email]" in prompt(harness)
            assert "help@shop.example" in prompt(harness)  # the company's own documents stay as they are
            await customer.ask("And for furniture?", first.session)
        # The session's own record is whole: it is the customer's.
        assert (await customer.turns(first.session))[0].question == ASKED


async def test_a_tenant_may_choose_otherwise_than_the_installation(own_redis: RedisServer) -> None:
    async with open_router_harness(own_redis, redact_prompts=True) as harness:
        customer = await harness.client()
        await replace_settings(customer, redact_prompts=False)
        harness.knowledge.hits = [make_hit("Refunds take 7 days.")]
        await customer.ask(ASKED)
        assert "13812345678" in prompt(harness)
