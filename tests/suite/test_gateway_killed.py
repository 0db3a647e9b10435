"""The gateway is killed (SIGKILL) while a signed-in customer's yes is on its way: what was agreed to is done once."""

import asyncio
import json
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

import httpx
import pytest

from kefu.testing.suite import Suite
from tests.support.gateway_harness import decode_frames, encode_frame

CONVERSE = "kefu.router.v1.ChatService/Converse"
YES = "Yes, please do it"
pytestmark = [pytest.mark.model, pytest.mark.timeout(900), pytest.mark.asyncio(loop_scope="session")]


class Customer:
    """A customer who is signed in at the shop, and talks to Kefu through the gateway as the page does."""

    def __init__(self, suite: Suite, http: httpx.AsyncClient) -> None:
        self._suite = suite
        self._http = http
        self._session = "sessions/-"

    @property
    def gateway(self) -> str:
        return self._suite.state().gateway.rstrip("/")

    async def sign_in(self, email: str) -> None:
        shop = next(one.address for one in self._suite.state().services if one.name == "orders")
        own_page = {"origin": shop}
        await self._http.post(f"{shop}/sign-in", data={"email": email}, headers=own_page)
        token = (await self._http.post(f"{shop}/identity-token", headers=own_page)).json()["token"]
        signed_in = (await self._http.post(f"{self.gateway}/api/identify", json={"token": token})).json()
        self._http.headers["authorization"] = f"Bearer {signed_in['token']}"

    async def ask(self, text: str, request_id: str = "") -> str:
        """The text of the answer. Raises httpx.HTTPError, AssertionError where it was cut."""
        request = {"session": self._session, "text": text, "requestId": request_id or str(uuid.uuid4())}
        headers = {"content-type": "application/connect+json", "origin": self.gateway}
        found = await self._http.post(f"{self.gateway}/{CONVERSE}", content=encode_frame(request), headers=headers)
        messages, end = decode_frames(found.content)
        assert "error" not in end, end
        events: list[dict[str, Any]] = [json.loads(message) for message in messages]
        self._session = next(event["turnStarted"]["session"] for event in events if "turnStarted" in event)
        return "".join(event["textDelta"]["text"] for event in events if "textDelta" in event)

    async def ask_until_told(self, text: str, request_id: str) -> str:
        """Send a message again until its answer is whole, as the page does."""
        for _ in range(60):
            try:
                return await self.ask(text, request_id)
            except (httpx.HTTPError, AssertionError):
                await asyncio.sleep(0.5)
        raise AssertionError("the gateway did not come back")


@asynccontextmanager
async def customer(suite: Suite, email: str) -> AsyncIterator[Customer]:
    async with httpx.AsyncClient(timeout=30, follow_redirects=True) as http:
        made = Customer(suite, http)
        await made.sign_in(email)
        yield made


def writes(suite: Suite, order: str) -> int:
    """How often the shop has carried something out for an order."""
    with closing(sqlite3.connect(suite.folder.orders)) as connection:
        query = "SELECT count(*) FROM operations WHERE response LIKE ?"
        return connection.execute(query, (f'%"order_id":"{order}"%',)).fetchone()[0]


# Each has one order to cancel; those of Emma Clarke and 林晓雯 are cancelled in a browser, by tests of the same suite.
@pytest.mark.parametrize(
    ("email", "order", "seconds"),
    [
        ("wang.lina@mail.example", "SL700412650183", 0.0),
        ("chen.zhiyuan@mail.example", "SL700412713365", 0.02),
        ("priya.shah@mail.example", "SL700412720088", 0.1),
    ],
)
async def test_a_yes_that_the_gateway_dies_over_is_done_once(
    demo: Suite, email: str, order: str, seconds: float
) -> None:
    async with customer(demo, email) as asking:
        assert "1. I no longer need it" in await asking.ask(f"Cancel my order {order}")
        assert f"I can cancel your order **{order}**" in await asking.ask("1")
        assert writes(demo, order) == 0
        click, killed = str(uuid.uuid4()), demo.service("gateway").pid
        lost = asyncio.create_task(asking.ask(YES, click))
        await asyncio.sleep(seconds)
        demo.kill("gateway")
        await asyncio.gather(lost, return_exceptions=True)
        told = await asking.ask_until_told(YES, click)
        assert told.startswith(f"Your order **{order}** is cancelled."), told
        assert (await asking.ask(YES)).startswith(f"Your order **{order}** is cancelled.")
    assert writes(demo, order) == 1
    await demo.until_restarted("gateway", killed)
