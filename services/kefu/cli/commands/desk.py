"""`kefu desk`: conversations that wait for a person, and replies in them."""

import time
from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.console import CommandFailed, console, print_json
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.pagination import Limit, all_pages, print_list
from kefu.cli.remote.resource_names import full, short
from kefu.cli.view.answer_view import handoff_line
from kefu.router.v1 import chat_pb2, desk_pb2
from kefu.router.v1 import desk_pb2_grpc as rpc
from kefu.text.terminal_text import one_line, printable

_RETURN_TARGETS = {
    "bot": desk_pb2.ReturnSessionRequest.TO_BOT,
    "colleague": desk_pb2.ReturnSessionRequest.TO_COLLEAGUE,
    "closed": desk_pb2.ReturnSessionRequest.TO_CLOSED,
}
Agent = Annotated[str, typer.Option("--as", envvar="KEFU_AGENT", help="The name that customers and colleagues see.")]
desk = group("Conversations that wait for a person: list, watch, claim, reply, return.")


def _state(conversation: desk_pb2.Conversation) -> str:
    return chat_pb2.Session.State.Name(conversation.session.state).removeprefix("STATE_").lower()


def _waiting_time(conversation: desk_pb2.Conversation) -> str:
    """The customer's waiting time, such as 4:05; empty when the customer does not wait."""
    if not conversation.HasField("waiting_since"):
        return ""
    seconds = max(round(time.time() - conversation.waiting_since.ToMicroseconds() / 1e6), 0)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    waited = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{waited} !" if conversation.escalated else waited


def _handoff_reason(conversation: desk_pb2.Conversation) -> str:
    return handoff_line(conversation.handoff) if conversation.HasField("handoff") else "nobody called"


async def _list(target: Remote, limit: Limit = 20, as_json: Json = False) -> None:
    """List who waits for a person and who talks to one, the longest wait first; "!" marks those who wait too long."""
    async with target.to_router() as channel:
        call, request = rpc.DeskServiceStub(channel).ListConversations, desk_pb2.ListConversationsRequest()
        found = await all_pages(target, call, request, lambda page: page.conversations, limit)
    print_list(
        found,
        ("session", "state", "with", "waits", "why", "last message"),
        lambda one: (
            short(one.session.name),
            _state(one),
            one.session.agent,
            _waiting_time(one),
            one_line(_handoff_reason(one), 40),
            one_line(one.last_message, 50),
        ),
        as_json=as_json,
        empty="Nobody waits for a person.",
    )


async def _watch(target: Remote, agent: Agent = "command line") -> None:
    """Tell of every conversation as it changes. While this runs you count as present; Ctrl-C ends it."""
    out = console()
    async with target.to_router() as channel:
        request = desk_pb2.WatchDeskRequest(agent=agent)
        async for event in rpc.DeskServiceStub(channel).WatchDesk(request, metadata=target.metadata):
            match event.WhichOneof("event"):
                case "conversation":
                    out.print(_line(event.conversation), soft_wrap=True)
                case "deleted":
                    out.print(f"{short(event.deleted)}  deleted", style="dim", soft_wrap=True)
                case "agents":
                    names = ", ".join(f"{one.name} ({one.conversations})" for one in event.agents.agents)
                    out.print(f"present: {printable(names)}", style="dim", soft_wrap=True)
                case _:
                    pass
    raise CommandFailed("The desk is told of no longer; watch it again.")


def _line(one: desk_pb2.Conversation) -> str:
    parts = (
        short(one.session.name),
        f"{_state(one)} {one.session.agent}".strip(),
        _waiting_time(one),
        one_line(_handoff_reason(one), 60),
        one_line(one.last_message, 80),
    )
    return printable("  ".join(part for part in parts if part))


async def _claim(
    target: Remote,
    session: str,
    agent: Agent,
    take_over: Annotated[bool, typer.Option("--take-over", help="Also from a colleague who holds it.")] = False,
    as_json: Json = False,
) -> None:
    """Take a conversation over: Kefu answers no more. Its claim's number is printed, for reply and return."""
    request = desk_pb2.ClaimSessionRequest(session=full("sessions", session), agent=agent, take_over=take_over)
    async with target.to_router() as channel:
        claimed = await rpc.DeskServiceStub(channel).ClaimSession(request, metadata=target.metadata)
    if as_json:
        print_json(claimed)
        return
    out = console()
    if claimed.conversation.HasField("handoff"):
        out.print(printable(claimed.conversation.handoff.summary), soft_wrap=True)
    name = short(claimed.conversation.session.name)
    out.print(f"Yours: kefu desk reply {name} --claim {claimed.claim} …", style="dim", soft_wrap=True)


Claim = Annotated[int, typer.Option("--claim", min=1, help="The number that `kefu desk claim` printed.")]


async def _reply(target: Remote, session: str, text: str, claim: Claim) -> None:
    """Write to the customer."""
    request = desk_pb2.ReplyRequest(session=full("sessions", session), claim=claim, text=text)
    async with target.to_router() as channel:
        await rpc.DeskServiceStub(channel).Reply(request, metadata=target.metadata)
    console().print("Sent.")


async def _return(
    target: Remote,
    session: str,
    claim: Claim,
    to: Annotated[str, typer.Option(help="Who answers from now on: bot, colleague, or closed for nobody.")] = "bot",
) -> None:
    """Give a conversation back."""
    if to not in _RETURN_TARGETS:
        raise CommandFailed(f"There is no {to} to give it to: use {', '.join(_RETURN_TARGETS)}.")
    request = desk_pb2.ReturnSessionRequest(session=full("sessions", session), claim=claim, to=_RETURN_TARGETS[to])
    async with target.to_router() as channel:
        returned = await rpc.DeskServiceStub(channel).ReturnSession(request, metadata=target.metadata)
    console().print(f"{short(session)} is {_state(returned.conversation)}.", soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    desk.command("list")(remote(_list))
    desk.command("watch")(remote(_watch))
    desk.command("claim")(remote(_claim))
    desk.command("reply")(remote(_reply))
    desk.command("return")(remote(_return))
    app.add_typer(desk, name="desk")
