"""What the runs of `kefu eval` share: which ids they take, how they are stopped, and where their texts go."""

import asyncio
from collections.abc import Coroutine
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from kefu.cli.console import CommandFailed
from kefu.local import processes

BAD_SET = 2
STOPPED = 130
"""As a shell says it of a program that Ctrl-C ended."""


class Ids(StrEnum):
    """Which ones to take, by the last number in their id."""

    ALL = "all"
    ODD = "odd"
    EVEN = "even"


async def until_stopped(work: Coroutine[None, None, None]) -> bool:
    """Do some work. True when Ctrl-C or SIGTERM came first. Raises as the work does."""
    task = asyncio.create_task(work)
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        task.cancel()

    processes.on_stop_signals(stop)
    try:
        await task
    except asyncio.CancelledError:
        if not stopped:
            raise
    return stopped


def opened(texts: Path | None) -> "TextIO | nullcontext[None]":
    """The file for every text, made anew; nothing where none is wanted. Raises CommandFailed."""
    try:
        return nullcontext() if texts is None else texts.open("w", encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{texts} cannot be written ({error.strerror}).", BAD_SET) from None
