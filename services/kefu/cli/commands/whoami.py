"""`kefu whoami`: what the key in use may do."""

import typer

from kefu.cli.console import console, local_time, print_json
from kefu.cli.remote.connection import Json, Remote, remote
from kefu.cli.remote.resource_names import short
from kefu.common.permissions import PERMISSIONS, Scope
from kefu.router.v1 import identity_pb2 as pb
from kefu.router.v1 import identity_pb2_grpc as rpc


async def _whoami(target: Remote, as_json: Json = False) -> None:
    """Show the tenant, role, scopes and end of the key in use, and what it may call."""
    async with target.to_router() as channel:
        found = await rpc.IdentityServiceStub(channel).GetIdentity(pb.GetIdentityRequest(), metadata=target.metadata)
    if as_json:
        print_json(found)
        return
    rows = {
        "tenant": found.tenant,
        "key": found.subject,
        "role": ", ".join(found.roles) or "none",
        "scopes": ", ".join(found.scopes),
        "collections": ", ".join(map(short, found.collections)) or "all",
        "expires": local_time(found.expire_time) or "never",
        "may call": "; ".join(_callable(frozenset(found.scopes))),
    }
    for name, value in rows.items():
        console().print(f"{name:<12} {value}", soft_wrap=True)


def _callable(scopes: frozenset[str]) -> list[str]:
    """What a key with these scopes may call: services, and of those that it may call in part the methods."""
    lines: list[str] = []
    for service, methods in PERMISSIONS.items():
        allowed = [method for method, needed in methods.items() if not scopes.isdisjoint(needed)]
        if allowed and set(next(iter(methods.values()))) != set(Scope):  # all may ask who they are
            name = service.rpartition(".")[2]
            lines.append(name if len(allowed) == len(methods) else f"{name} ({', '.join(allowed)})")
    return lines or ["nothing"]


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("whoami")(remote(_whoami))
