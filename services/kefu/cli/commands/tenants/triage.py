"""`kefu triage`: what is read out of a customer's message, and which of the tenant's rules apply."""

from typing import Annotated

import typer

from kefu.cli.console import as_dict, console, print_json, print_table
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.router.v1 import admin_pb2 as pb
from kefu.router.v1 import admin_pb2_grpc as rpc
from kefu.router.v1 import triage_pb2
from kefu.text.terminal_text import printable

triage = typer.Typer(
    help="What is read out of customers' messages: try. The rules are a setting; docs/guides/triage.md.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


async def _try(
    target: Remote,
    text: Annotated[str, typer.Argument(help="What a customer might write.")],
    as_json: Json = False,
) -> None:
    """Read a text as a customer's message would be read, and show which rules apply. Nothing is kept."""
    async with target.to_router() as channel:
        request = pb.TryTriageRequest(text=text)
        found = (await rpc.AdminServiceStub(channel).TryTriage(request, metadata=target.metadata)).triage
    if as_json:
        print_json(as_dict(found))
        return
    print_table(("what", "is"), _rows(found))
    if not found.compared:
        console().print("The search did not compare it in time: its words alone were read.", style="dim")


def _rows(found: triage_pb2.Triage) -> list[tuple[str, str]]:
    intent = f"{found.intent} ({found.likelihood:.2f})" if found.intent else "not known"
    return [
        ("intent", intent),
        ("urgency", found.urgency),
        ("mood", found.mood),
        ("abuse", "yes" if found.abuse else "no"),
        ("rules that apply", ", ".join(map(printable, found.rules)) or "none"),
        ("priority", found.priority),
        ("queue", printable(found.queue) or "none"),
        ("needs a person", "yes" if found.needs_person else "no"),
        ("actions may do at most", found.action_risk or "what the tenant allows"),
    ]


def register(app: typer.Typer) -> None:
    """Add this command."""
    triage.command("try")(remote(_try))
    app.add_typer(triage, name="triage")
