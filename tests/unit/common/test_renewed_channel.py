"""Channels that are made anew: which one a call takes, and when an old one is closed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kefu.common.errors import StartupError
from kefu.common.rpc.renewed_channel import RenewedChannel
from kefu.common.tls import Tls


@dataclass
class FakeCall:
    """A call that ends when it is told to."""

    on: "FakeChannel"
    done: list[Callable[[Any], None]] = field(default_factory=list[Callable[[Any], None]])

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        self.done.append(callback)

    def end(self) -> None:
        for callback in self.done:
            callback(self)


class FakeChannel:
    """Remembers whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def unary_unary(self, method: str, **_: object) -> Callable[[], FakeCall]:
        assert method == "/x"
        return lambda: FakeCall(self)

    async def close(self, grace: float | None = None) -> None:
        self.closed = True


class FakeTls(Tls):
    """Files of a version, which fit together or not."""

    current: tuple[int, ...] = (1,)
    fits = True

    def version(self) -> tuple[int, ...]:
        return self.current

    def check(self) -> None:
        if not self.fits:
            raise OSError("not its key")


@pytest.fixture
def tls() -> FakeTls:
    return FakeTls(Path(), Path(), Path())


async def test_an_old_channel_is_closed_after_its_last_call_and_new_calls_take_the_new_one(tls: FakeTls) -> None:
    channel = RenewedChannel(tls, FakeChannel, check_seconds=0)  # pyright: ignore[reportArgumentType] - a fake
    ask = channel.unary_unary("/x")
    first, second = ask(), ask()
    assert first.on is second.on
    tls.current, tls.fits = (2,), False
    third = ask()
    assert third.on is first.on, "in the middle of a renewal"
    tls.fits = True
    assert ask().on is not first.on
    for call in (first, second, third):
        await asyncio.sleep(0)
        assert not first.on.closed
        call.end()
    await asyncio.sleep(0)
    assert first.on.closed
    current = ask().on
    await channel.close()
    assert current.closed


async def test_an_idle_channel_is_closed_at_once_and_files_are_looked_at_so_often(tls: FakeTls) -> None:
    made: list[FakeChannel] = []

    def connect() -> FakeChannel:
        made.append(FakeChannel())
        return made[-1]

    channel = RenewedChannel(tls, connect, check_seconds=0)  # pyright: ignore[reportArgumentType] - a fake
    tls.current = (2,)
    call = channel.unary_unary("/x")()
    await asyncio.sleep(0)
    assert [each.closed for each in made] == [True, False]
    call.end()
    seldom = RenewedChannel(tls, connect, check_seconds=3600)  # pyright: ignore[reportArgumentType] - a fake
    tls.current = (3,)
    assert seldom.unary_unary("/x")().on is made[2]


async def test_a_channel_that_cannot_be_made_leaves_the_one_that_is_there(tls: FakeTls) -> None:
    made = [FakeChannel()]

    def connect() -> FakeChannel:
        if not made:
            raise StartupError("A file cannot be read.")
        return made.pop()

    channel = RenewedChannel(tls, connect, check_seconds=0)  # pyright: ignore[reportArgumentType] - a fake
    before = channel.unary_unary("/x")().on
    tls.current = (2,)
    assert channel.unary_unary("/x")().on is before
