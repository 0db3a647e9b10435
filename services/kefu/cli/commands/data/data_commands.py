"""`kefu data`: which layout the data in Redis has, and its way to the one that this release reads."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import typer

from kefu.cli.console import CommandFailed, console, exit_with, print_json, print_table
from kefu.cli.remote.connection import DataDirOption, Json
from kefu.common.config import RedisSettings
from kefu.common.errors import StartupError
from kefu.common.redis.redis_tls import SYSTEM_AUTHORITIES, RedisTls
from kefu.common.redis.schema.migration import Examined, open_migration
from kefu.common.telemetry import set_up_logging
from kefu.local import data_dir as folders
from kefu.local.data_dir import DataDir
from kefu.local.errors import LocalError
from kefu.local.local_redis import redis_of

T = TypeVar("T")
_RedisUrl = Annotated[
    str,
    typer.Option(
        "--redis-url",
        envvar="KEFU_REDIS_URL",
        help="The Redis, redis://:password@host:6379/0. Default: that of the data folder, started for the time.",
        show_default=False,
    ),
]
_HELP = "What is in Redis: its schema, and the way to that of another release. check, migrate, prepare-rollback."


def _check(redis_url: _RedisUrl = "", data_dir: DataDirOption = folders.DEFAULT, as_json: Json = False) -> None:
    """Say which schema the data has and what there is, by kind; nothing is changed.

    The exit status is 1 where services of this release would not start over it.
    """
    examined = _over(redis_url, data_dir, _examine)
    if as_json:
        print_json(_as_json(examined))
    else:
        _print(examined)
    if not examined.is_current:
        raise typer.Exit(1)


def _migrate(
    redis_url: _RedisUrl = "",
    data_dir: DataDirOption = folders.DEFAULT,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
) -> None:
    """Bring the data to the schema that this release reads. Back it up first, and stop every service.

    It may be interrupted, and run again: it goes on where it was. With nothing to do it does nothing.
    """
    examined = _over(redis_url, data_dir, _examine)
    _print(examined)
    if examined.refusal:
        exit_with(CommandFailed(examined.refusal))
    if examined.is_current:
        console().print("There is nothing to migrate.")
        return
    if examined.obstacle and not dry_run:
        exit_with(CommandFailed(examined.obstacle))
    if dry_run:
        console().print("Nothing was changed.", *([examined.obstacle] if examined.obstacle else ()))
        return
    _over(redis_url, data_dir, _run)
    console().print(f"The data is of schema {examined.wanted}.")


def _prepare_rollback(
    redis_url: _RedisUrl = "",
    data_dir: DataDirOption = folders.DEFAULT,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
) -> None:
    """Before a rollback to 0.1.0: put what it does not know into words that it knows. Stop every service first.

    What is lost by it does not come back with the next upgrade: back up before.
    """

    async def prepare(url: str, tls: RedisTls) -> Mapping[str, int]:
        async with open_migration(url, tls) as migration:
            return await migration.prepare_rollback(dry_run=dry_run)

    found = _over(redis_url, data_dir, prepare)
    print_table(("how many", "what"), [(str(count), what) for what, count in found.items()], empty="There is nothing.")
    if dry_run:
        console().print("Nothing was changed.")


async def _examine(url: str, tls: RedisTls) -> Examined:
    async with open_migration(url, tls) as migration:
        return await migration.examine()


async def _run(url: str, tls: RedisTls) -> None:
    done: dict[str, int] = {}

    def note(kind: str, count: int) -> None:
        done[kind] = count

    try:
        async with open_migration(url, tls) as migration:
            await migration.run(note)
    finally:
        print_table(("done", "keys"), [(kind, str(count)) for kind, count in done.items()])


def _over(url: str, data_dir: Any, work: Callable[[str, RedisTls], Coroutine[Any, Any, T]]) -> T:
    set_up_logging("data", "ERROR", "auto")  # that Redis is waited for is no news
    with _failures():
        if url:
            return asyncio.run(work(url, RedisSettings().redis_tls))  # as the services read them
        with redis_of(DataDir(data_dir)) as local:
            return asyncio.run(work(local, SYSTEM_AUTHORITIES))


@contextmanager
def _failures() -> Any:
    try:
        yield
    except (StartupError, LocalError) as error:
        exit_with(CommandFailed(str(error)))


def _print(examined: Examined) -> None:
    out = console()
    out.print(
        f"Schema of the data: {examined.found or 'none, there is no data'}. This release reads {examined.wanted}."
    )
    if examined.interrupted:
        out.print(f"A migration from schema {examined.interrupted} was interrupted.")
    moving = not examined.is_current
    headings = ("kind", "keys", *(("to migrate", "what changes") if moving else ()))
    rows = [
        (
            kind,
            str(count),
            *((str(examined.to_move.get(kind, 0)), examined.about.get(kind, "names alone")) if moving else ()),
        )
        for kind, count in examined.keys.items()
    ]
    print_table(headings, rows)
    if examined.services:
        out.print(f"Programs of Kefu are connected from {', '.join(examined.services)}.")
    if moving and not examined.refusal:
        out.print("Back up, stop every service, and run `kefu data migrate`.")


def _as_json(examined: Examined) -> dict[str, Any]:
    return {
        "found": examined.found,
        "wanted": examined.wanted,
        "oldest": examined.oldest,
        "interrupted": examined.interrupted,
        "current": examined.is_current,
        "keys": dict(examined.keys),
        "to_migrate": dict(examined.to_move),
        "connected": list(examined.services),
    }


def register(app: typer.Typer) -> None:
    """Add the commands."""
    data = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode=None)
    data.command("check")(_check)
    data.command("migrate")(_migrate)
    data.command("prepare-rollback")(_prepare_rollback)
    app.add_typer(data, name="data")
