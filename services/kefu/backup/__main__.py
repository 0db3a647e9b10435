"""
Back up and restore all that Kefu keeps: python -m kefu.backup

    create                     copy, check, keep; delete what is older than the newest KEFU_BACKUP_KEEP
    list                       the backups that are there
    accept NAME                take one for good that lacks much of what the one before it had
    restore NAME|latest        into a Redis that holds nothing; --dry-run says what is in it
"""

import asyncio
import os
import sys
import time
from typing import Annotated

import pydantic
import typer

from kefu.backup.config import BackupConfig
from kefu.backup.create import accept_backup, create_backup
from kefu.backup.errors import BackupFailed
from kefu.backup.restore import Wishes, restore_backup
from kefu.backup.vault import Vault
from kefu.common.errors import StartupError

app = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def create() -> None:
    """Make a backup."""
    config = BackupConfig()  # pyright: ignore[reportCallIssue] - the environment gives `to`
    asyncio.run(create_backup(config, typer.echo))


@app.command("list")
def list_backups() -> None:
    """Show the backups that are there, the oldest first."""
    config = BackupConfig()  # pyright: ignore[reportCallIssue]
    vault = Vault(config.to, config.access)
    for name in vault.names():
        one = vault.manifest(name)
        age = (time.time() - one.time) / 3600
        typer.echo(
            f"{name}  {age:7.1f} h ago  {one.size:>13,} bytes{'  encrypted' if one.encrypted else ''}  "
            f"{one.census.documents} documents  {one.census.sessions} sessions  {one.files} files"
            f"{'  IN DOUBT: ' + one.doubt if one.doubt else ''}"
        )


@app.command()
def accept(name: Annotated[str, typer.Argument(help="Which one, as `list` names it.")]) -> None:
    """Take a backup for a good one that is in doubt: Redis held so little on purpose."""
    config = BackupConfig()  # pyright: ignore[reportCallIssue]
    manifest = accept_backup(config, name)
    typer.echo(f"{manifest.name} is a good backup now, with {manifest.census.documents} documents")


@app.command()
def restore(
    name: Annotated[str, typer.Argument(help="Which one; `latest` is the newest good one.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is in it, and change nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Delete what Kefu has in that Redis before.")] = False,
    without_deliveries: Annotated[
        bool, typer.Option("--without-deliveries", help="Leave out what waits to be told to webhooks.")
    ] = False,
) -> None:
    """Restore a backup."""
    config = BackupConfig()  # pyright: ignore[reportCallIssue]
    asyncio.run(restore_backup(config, name, Wishes(dry_run, force, without_deliveries), typer.echo))


def main() -> None:
    """Run a command. What failed is said in one sentence, with status 1."""
    os.umask(0o077)  # a backup is as secret as the conversations in it
    try:
        app()
    except (BackupFailed, StartupError) as error:
        sys.exit(str(error))
    except pydantic.ValidationError as error:
        told = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_input=False))
        sys.exit(f"wrong configuration: {'; '.join(told)}")


if __name__ == "__main__":
    main()
