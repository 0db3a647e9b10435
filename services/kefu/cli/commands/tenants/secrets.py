"""`kefu secrets`: a tenant's secrets, stored, listed by name, deleted. No command reads one."""

import sys
from typing import Annotated

import typer

from kefu.cli.command_group import group
from kefu.cli.commands.collections import Yes, confirm
from kefu.cli.commands.tenants.keys_and_tenants import full_tenant
from kefu.cli.console import CommandFailed, console, local_time, print_table
from kefu.cli.remote.connection import Remote, remote
from kefu.cli.remote.resource_names import short
from kefu.router.v1 import admin_pb2 as pb
from kefu.router.v1 import admin_pb2_grpc as rpc

secrets = group("Secrets that settings name: put, list, delete.")
Name = Annotated[str, typer.Argument(help="1 to 63 of a-z, 0-9 and -, such as site-key.")]
Its = Annotated[str, typer.Option("--tenant", help="Its tenant.")]


async def _put(target: Remote, name: Name, tenant: Its = "default") -> None:
    """Store a secret, in place of one of this name. Its value is asked for, or read from a pipe."""
    value = typer.prompt("Value", hide_input=True) if sys.stdin.isatty() else sys.stdin.read().rstrip("\n")
    if not value:
        raise CommandFailed("There is no value: type it, or pipe it in: kefu secrets put NAME < file")
    async with target.to_router() as channel:
        request = pb.PutSecretRequest(name=_full(tenant, name), value=value)
        await rpc.AdminServiceStub(channel).PutSecret(request, metadata=target.metadata)
    console().print(f"Stored {name}, encrypted.")


async def _list(target: Remote, tenant: Its = "default") -> None:
    """List the secrets by name, without their values."""
    async with target.to_router() as channel:
        request = pb.ListSecretsRequest(tenant=full_tenant(tenant))
        found = await rpc.AdminServiceStub(channel).ListSecrets(request, metadata=target.metadata)
    rows = [(short(each.name), local_time(each.update_time)) for each in found.secrets]
    print_table(("secret", "stored"), rows, empty="There are none.")


async def _delete(target: Remote, name: Name, tenant: Its = "default", yes: Yes = False) -> None:
    """Forget a secret; what names it fails from then on."""
    confirm(f"Delete {name}?", yes)
    async with target.to_router() as channel:
        request = pb.DeleteSecretRequest(name=_full(tenant, name))
        await rpc.AdminServiceStub(channel).DeleteSecret(request, metadata=target.metadata)
    console().print(f"Deleted {name}.")


def _full(tenant: str, name: str) -> str:
    return f"{full_tenant(tenant)}/secrets/{name}"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    secrets.command("put")(remote(_put))
    secrets.command("list")(remote(_list))
    secrets.command("delete")(remote(_delete))
    app.add_typer(secrets, name="secrets")
