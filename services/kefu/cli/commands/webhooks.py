"""`kefu webhooks`: addresses of other systems that get events, and their deliveries."""

from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.commands.collections import Yes, confirm
from kefu.cli.console import CommandFailed, console, local_time, print_json
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.pagination import Limit, all_pages, print_list
from kefu.cli.remote.resource_names import full, short
from kefu.router.v1 import webhook_pb2 as pb
from kefu.router.v1 import webhook_pb2_grpc as rpc
from kefu.text.terminal_text import one_line

_EVENTS = {
    "handoff": pb.WEBHOOK_EVENT_HANDOFF,
    "turn": pb.WEBHOOK_EVENT_TURN,
    "rating": pb.WEBHOOK_EVENT_RATING,
    "escalation": pb.WEBHOOK_EVENT_ESCALATION,
    "golden": pb.WEBHOOK_EVENT_GOLDEN,
}
_NAMES = {message: name for name, message in _EVENTS.items()}
_Webhook = Annotated[str, typer.Argument(metavar="WEBHOOK", help="webhooks/WEBHOOK, or the id alone.")]

webhooks = group("Other systems that are told of what happens: list, add, remove, deliveries, redeliver.")


async def _list(target: Remote, as_json: Json = False) -> None:
    """List the tenant's webhooks."""
    async with target.to_router() as channel:
        found = await rpc.WebhookServiceStub(channel).ListWebhooks(pb.ListWebhooksRequest(), metadata=target.metadata)
    print_list(
        list(found.webhooks),
        ("webhook", "address", "told of", "made"),
        lambda one: (
            short(one.name),
            one.url,
            " ".join(_NAMES.get(event, str(event)) for event in one.events),
            local_time(one.create_time),
        ),
        as_json=as_json,
        empty="There are no webhooks.",
    )


async def _add(
    target: Remote,
    url: Annotated[str, typer.Argument(help="An https address.")],
    event: Annotated[
        list[str], typer.Option("--event", "-e", help="handoff, turn, rating or escalation; may be repeated.")
    ],
    as_json: Json = False,
) -> None:
    """Add an address. What signs its deliveries is printed once, alone on standard output."""
    events = [part for one in event for part in one.replace(",", " ").split()]
    if wrong := [one for one in events if one not in _EVENTS]:
        raise CommandFailed(f"There is no event {wrong[0]}: use {', '.join(_EVENTS)}.")
    request = pb.CreateWebhookRequest(url=url, events=[_EVENTS[one] for one in events])
    async with target.to_router() as channel:
        made = await rpc.WebhookServiceStub(channel).CreateWebhook(request, metadata=target.metadata)
    if as_json:
        print_json(made)
        return
    console(stderr=True).print(f"{made.webhook.name}: its secret cannot be read again.", soft_wrap=True)
    print(made.secret)


async def _remove(target: Remote, webhook: _Webhook, yes: Yes = False) -> None:
    """Remove an address; what is not delivered yet is dropped."""
    name = full("webhooks", webhook)
    confirm(f"Remove {name}?", yes)
    async with target.to_router() as channel:
        request = pb.DeleteWebhookRequest(name=name)
        await rpc.WebhookServiceStub(channel).DeleteWebhook(request, metadata=target.metadata)
    console().print(f"Removed {name}.", soft_wrap=True)


async def _deliveries(target: Remote, webhook: _Webhook, limit: Limit = 20, as_json: Json = False) -> None:
    """List what was sent to an address in the last 7 days, the latest first."""
    request = pb.ListDeliveriesRequest(webhook=full("webhooks", webhook))
    async with target.to_router() as channel:
        call = rpc.WebhookServiceStub(channel).ListDeliveries
        found = await all_pages(target, call, request, lambda page: page.deliveries, limit)
    print_list(
        found,
        ("delivery", "event", "state", "tries", "status", "happened", "next", "why not"),
        lambda one: (
            short(one.name),
            _NAMES.get(one.event, str(one.event)),
            pb.Delivery.State.Name(one.state).removeprefix("STATE_").lower(),
            str(one.attempts),
            str(one.http_status or ""),
            local_time(one.create_time),
            local_time(one.next_time),
            one_line(one.error, 60),
        ),
        as_json=as_json,
        empty="Nothing was sent.",
    )


async def _redeliver(
    target: Remote,
    delivery: Annotated[
        list[str], typer.Argument(metavar="DELIVERY", help="webhooks/WEBHOOK/deliveries/DELIVERY, or WEBHOOK/DELIVERY.")
    ],
) -> None:
    """Send deliveries again, each with the id it had."""
    async with target.to_router() as channel:
        stub = rpc.WebhookServiceStub(channel)
        for one in delivery:
            parts = one.split("/")
            name = "/".join(("webhooks", parts[0], "deliveries", parts[1])) if len(parts) == 2 else one
            await stub.Redeliver(pb.RedeliverRequest(name=name), metadata=target.metadata)
            console().print(f"{name} is sent again.", soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    webhooks.command("list")(remote(_list))
    webhooks.command("add")(remote(_add))
    webhooks.command("remove")(remote(_remove))
    webhooks.command("deliveries")(remote(_deliveries))
    webhooks.command("redeliver")(remote(_redeliver))
    app.add_typer(webhooks, name="webhooks")
