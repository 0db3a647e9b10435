"""`kefu demo remove`: what `kefu up --demo` put in is taken away; what was changed or added since stays."""

import asyncio
import os
import time

import typer

from kefu.cli.commands.collections import Yes, confirm
from kefu.cli.commands.demo.collection_removal import remove_collection
from kefu.cli.commands.demo.removal_report import Report
from kefu.cli.commands.demo.settings_removal import (
    remove_actions_and_procedures,
    remove_golden_questions,
    remove_settings,
)
from kefu.cli.console import CommandFailed, console
from kefu.cli.remote.connection import Remote, remote
from kefu.cli.remote.service_health import local_suite
from kefu.local import processes
from kefu.local.suite import ORDER_SYSTEM
from kefu.local.supervisor import ServiceStatus

_SHOP_SECONDS = 20.0
_POLL_SECONDS = 0.1


async def _remove(target: Remote, yes: Yes = False) -> None:
    """Take away what `kefu up --demo` put in: shop, help centre, actions, procedures, golden questions, settings.

    What was changed or added since stays, with what it needs; each is named with the reason.
    """
    running = local_suite(target)
    if running is not None and running.phase == "demo":
        raise CommandFailed("The demo is still on its way: try again when its two questions are answered.")
    confirm("Remove the demo's shop, help centre, actions, procedures, golden questions and settings?", yes)
    report = Report()
    async with target.to_router() as channel:
        await remove_actions_and_procedures(channel, target, report)
        await remove_golden_questions(channel, target, report)
        await remove_settings(channel, target, report)
    await remove_collection(target, report)
    await _remove_shop(target, report)
    if not report.has_removed:
        console().print("There was nothing to remove.")


async def _remove_shop(target: Remote, report: Report) -> None:
    files, running = target.folder.order_system_files(), local_suite(target)
    if running is None:
        if files:
            why = f"{target.router} is not the Kefu of this folder"
            report.stays(f"what the shop keeps in {target.folder.path}", why)
        return
    if _shop_runs(target):
        os.kill(running.pid, processes.SHOP_SIGNAL)
        deadline = time.monotonic() + _SHOP_SECONDS
        while _shop_runs(target):
            if time.monotonic() > deadline:
                raise CommandFailed("The sample shop does not end: see `kefu logs up`. All else is done.")
            await asyncio.sleep(_POLL_SECONDS)
        report.removed("the sample shop from the running suite")
    files = target.folder.order_system_files()  # a shop that ends removes some of them itself
    for file in files:
        file.unlink(missing_ok=True)
    if files:
        report.removed(f"what the shop kept in {target.folder.path}: {', '.join(file.name for file in files)}")


def _shop_runs(target: Remote) -> bool:
    running = target.folder.running()
    return running is not None and any(
        each.name == ORDER_SYSTEM and each.state != ServiceStatus.FAILED for each in running.services
    )


def register(app: typer.Typer) -> None:
    """Add the commands."""
    demo = typer.Typer(help="What `kefu up --demo` put in: remove.", no_args_is_help=True, rich_markup_mode=None)
    demo.command("remove")(remote(_remove))
    app.add_typer(demo, name="demo")
