"""A choice of a router: what replicas say of the choices, over real gRPC, whatever fails before they say it."""

import asyncio
import math
from dataclasses import replace

import pytest

from kefu.common.errors import BadRequest, CannotChoose, EngineDead, PromptTooLong
from kefu.router.dispatch.choice import choose
from kefu.router.dispatch.relay import NoReplica, RelayPolicy
from kefu.router.replicas.circuit_breaker import BreakerState
from tests.support.relay_harness import CUSTOMER, RelayHarness, make_replica, make_request, open_relay_harness
from tests.support.scripted_services import ScriptedReplica, Step

REQUEST = replace(make_request(), choices=("Yes", "No"))


def choosing(*frames: Step) -> ScriptedReplica:
    """A replica that says No with three quarters, after these frames."""
    replica = make_replica(*frames)
    replica.choice_log_probabilities = (math.log(0.25), math.log(0.75))
    return replica


async def ask(harness: RelayHarness, *, first_by: float | None = None) -> tuple[float, ...]:
    relay = harness.relays.relay(CUSTOMER, preferred=harness.addresses[0], session="s")
    return await choose(relay, REQUEST, first_frame_deadline=first_by)


async def test_probabilities_are_those_of_the_replica_and_one_token_is_asked_for() -> None:
    async with open_relay_harness(choosing("No")) as harness:
        assert await ask(harness) == pytest.approx((0.25, 0.75))
        (call,) = harness.replicas[0].calls
        assert (list(call.request.choices), call.request.max_tokens) == (["Yes", "No"], 1)
        await harness.wait_until_idle()


@pytest.mark.parametrize(
    "broken",
    [[EngineDead("dead")], ["No", EngineDead("dead")], ["No", asyncio.Event()]],
    ids=["at once", "after", "hangs"],
)
async def test_another_replica_chooses_anew_when_one_breaks_off(broken: list[Step]) -> None:
    patience = RelayPolicy(first_token_seconds=0.5, idle_seconds=5.0, max_attempts=3)
    async with open_relay_harness(choosing(*broken), choosing("No"), patience=patience) as harness:
        assert await ask(harness) == pytest.approx((0.25, 0.75))
        (second,) = harness.replicas[1].calls
        assert not second.request.HasField("continuation")  # which would be refused
        await harness.wait_until_idle()


@pytest.mark.parametrize("error", [CannotChoose("none"), BadRequest("choices", "begin alike"), EngineDead("dead")])
async def test_where_no_replica_can_choose_none_is_found(error: Exception) -> None:
    async with open_relay_harness(choosing(error)) as harness:
        with pytest.raises(NoReplica):
            await ask(harness)
        opened = harness.pool.replicas[0].breaker.state is BreakerState.OPEN
        assert opened is isinstance(error, EngineDead)  # the others are no fault of the replica


async def test_a_replica_that_knows_no_choices_is_not_believed() -> None:
    async with open_relay_harness(make_replica("Well, that depends.")) as harness:
        with pytest.raises(NoReplica, match="does not choose"):
            await ask(harness)


async def test_a_prompt_that_is_too_long_is_said_as_in_an_answer() -> None:
    async with open_relay_harness(choosing(PromptTooLong(5000, 4000))) as harness:
        with pytest.raises(PromptTooLong):
            await ask(harness)
