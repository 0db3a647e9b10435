"""
The bridge to Chatwoot as a process, between a real router and a server that plays Chatwoot's documented API: contacts,
conversations and messages of an API inbox, and private notes. It is not Chatwoot.
"""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from kefu.common.auth import Scope
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import desk_pb2, desk_pb2_grpc
from kefu.router.v1 import webhook_pb2 as hooks
from kefu.router.v1 import webhook_pb2_grpc as hooks_rpc
from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer
from tests.support.grpc_calls import bearer_metadata
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until_async

BRIDGE = Path(__file__).parents[3] / "deploy" / "integrations" / "chatwoot" / "bridge.py"
CONTACTS = "/public/api/v1/inboxes/inbox-1/contacts"


class PlayedChatwoot:
    """Keeps contacts, conversations and messages as Chatwoot would, and refuses what it would refuse."""

    def __init__(self) -> None:
        self.port = 0
        self.contacts: dict[str, list[int]] = {}
        self.statuses: dict[int, str] = {}
        self.messages: list[tuple[int, str, str]] = []
        """Conversation, "incoming" or "private", text."""

    def texts(self, kind: str) -> list[str]:
        return [text for _, of, text in self.messages if of == kind]

    def answer(self, method: str, path: str, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        if note := re.fullmatch(r"/api/v1/accounts/7/conversations/(\d+)/messages", path):
            if headers.get("api_access_token") != "token-1":
                return 401, {"error": "Invalid Access Token"}
            assert body["private"] is True
            self.messages.append((int(note[1]), "private", body["content"]))
            return 200, {"id": len(self.messages)}
        if (method, path) == ("POST", CONTACTS):
            self.contacts.setdefault(body["source_id"], [])
            return 200, {"source_id": body["source_id"], "id": 1}
        found = re.fullmatch(rf"{CONTACTS}/([\w-]+)(/conversations)?(?:/(\d+)/messages)?", path)
        if found is None or found[1] not in self.contacts:
            return 404, {"error": "Resource could not be found"}
        conversations = self.contacts[found[1]]
        if found[3]:
            assert int(found[3]) in conversations
            self.messages.append((int(found[3]), "incoming", body["content"]))
            return 200, {"id": len(self.messages), "content": body["content"], "message_type": 0}
        if found[2] and method == "POST":
            made = len(self.statuses) + 1
            self.statuses[made] = "open"
            conversations.append(made)
            return 200, {"id": made}
        if found[2]:
            return 200, [{"id": one, "status": self.statuses[one]} for one in conversations]
        return 200, {"source_id": found[1], "id": 1}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in head[1:-2])}
                raw = await reader.readexactly(int(headers.get("content-length", "0")))
                method, path, _ = head[0].split(" ")
                status, body = self.answer(method, path, headers, json.loads(raw or b"{}"))
                told = json.dumps(body).encode()
                start = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(told)}\r\n\r\n"
                writer.write(start.encode() + told)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has what it wanted
        finally:
            writer.close()

    def callback(self, session: str, **more: object) -> dict[str, object]:
        """What Chatwoot posts when an agent has written in a session's conversation."""
        source = session.removeprefix("sessions/")
        return {
            "event": "message_created",
            "id": 42,
            "content": "We do, from April.",
            "message_type": "outgoing",
            "private": False,
            "sender": {"id": 3, "name": "Ann", "type": "user"},
            "conversation": {
                "id": self.contacts[source][-1],
                "status": "open",
                "contact_inbox": {"source_id": source, "inbox_id": 1},
            },
            **more,
        }

    def resolved(self, session: str) -> dict[str, object]:
        """What Chatwoot posts when an agent has resolved it."""
        source = session.removeprefix("sessions/")
        self.statuses[self.contacts[source][-1]] = "resolved"
        told = {"id": self.contacts[source][-1], "status": "resolved", "contact_inbox": {"source_id": source}}
        return {"event": "conversation_status_changed", **told}


@asynccontextmanager
async def played_chatwoot() -> AsyncIterator[PlayedChatwoot]:
    played = PlayedChatwoot()
    server = await asyncio.start_server(played.serve, "127.0.0.1", 0)
    played.port = server.sockets[0].getsockname()[1]
    try:
        yield played
    finally:
        server.close()


class Town:
    """Kefu, the bridge, and what plays Chatwoot."""

    def __init__(
        self, harness: RouterHarness, chatwoot: PlayedChatwoot, bridge: httpx.AsyncClient, customer: RouterClient
    ) -> None:
        self.router = harness
        self.chatwoot = chatwoot
        self.bridge = bridge
        self.customer = customer

    async def call_back(self, body: dict[str, object]) -> int:
        return (await self.bridge.post("/chatwoot/t0ken", json=body)).status_code

    async def handed_over(self) -> str:
        """A session that waits for a person, also in Chatwoot."""
        asked = await self.customer.ask("Do you sell submarines?")

        async def noted() -> bool:
            return bool(self.chatwoot.texts("private"))

        await wait_until_async(noted)
        return asked.session

    async def state(self, session: str) -> chat.Session.State.ValueType:
        found = await self.customer.chat.GetSession(
            chat.GetSessionRequest(name=session), metadata=self.customer.metadata
        )
        return found.session.state


@pytest.fixture
async def town(own_redis: RedisServer) -> AsyncIterator[Town]:
    async with (
        played_chatwoot() as chatwoot,
        open_router_harness(own_redis, webhook_private=True, webhook_retry_seconds=0.2) as harness,
    ):
        harness.knowledge.by_word = {"refund": [make_hit("Refunds take 7 days.")]}
        harness.replica.frames = ["Refunds take 7 days [1]."]
        operator, port = await harness.create_key("acme", Scope.DESK, Scope.ADMIN), free_port()
        address = f"127.0.0.1:{harness.routers[0].port}"
        async with grpc.aio.insecure_channel(address) as channel:
            request = hooks.CreateWebhookRequest(url=f"http://127.0.0.1:{port}/kefu", events=[hooks.WEBHOOK_EVENT_TURN])
            stub = hooks_rpc.WebhookServiceStub(channel)
            made = await stub.CreateWebhook(request, metadata=bearer_metadata(operator))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(BRIDGE)),
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(BRIDGE.parents[3] / "services"),
                "KEFU_SERVER": address,
                "KEFU_KEY": operator,
                "KEFU_WEBHOOK_SECRET": made.secret,
                "CHATWOOT_URL": f"http://127.0.0.1:{chatwoot.port}",
                "CHATWOOT_INBOX": "inbox-1",
                "CHATWOOT_ACCOUNT": "7",
                "CHATWOOT_TOKEN": "token-1",
                "CALLBACK_TOKEN": "t0ken",
                "LISTEN": f"127.0.0.1:{port}",
            },
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            assert b"listening" in await asyncio.wait_for(process.stdout.readline(), 60)
            customer = await harness.client(await harness.create_key("acme", Scope.CHAT))
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as bridge:
                yield Town(harness, chatwoot, bridge, customer)
        finally:
            process.kill()
            await process.wait()


async def test_a_conversation_goes_to_chatwoot_and_comes_back(town: Town) -> None:
    await town.customer.ask("How long does a refund take?")
    session = await town.handed_over()
    assert town.chatwoot.texts("incoming") == ["Do you sell submarines?"], "what Kefu answered is not passed on"
    assert "nothing relevant" in town.chatwoot.texts("private")[0]

    assert await town.call_back(town.chatwoot.callback(session)) == 204
    assert await town.state(session) == chat.Session.STATE_HUMAN
    reply = (await town.customer.turns(session))[-1]
    assert (reply.agent, reply.text) == ("Ann", "We do, from April.")

    more = await town.customer.ask("And how deep do they dive?", session)
    assert more.completed.finish_reason == chat.FINISH_REASON_HUMAN

    async def passed_on() -> bool:
        return town.chatwoot.texts("incoming")[-1] == "And how deep do they dive?"

    await wait_until_async(passed_on)
    assert len(town.chatwoot.statuses) == 1, "it is the same conversation"

    assert await town.call_back(town.chatwoot.resolved(session)) == 204
    assert await town.state(session) == chat.Session.STATE_RETURNED
    # What was asked last is being answered by Kefu now.
    answered = await town.customer.ask("How long does a refund take?", session, on_busy=chat.ON_BUSY_QUEUE)
    assert answered.completed.finish_reason == chat.FINISH_REASON_STOP


async def test_a_callback_that_comes_twice_is_one_reply(town: Town) -> None:
    session = await town.handed_over()
    for _ in range(2):
        assert await town.call_back(town.chatwoot.callback(session)) == 204
    assert [turn.text for turn in await town.customer.turns(session)].count("We do, from April.") == 1


async def test_one_agent_may_follow_another_but_a_colleague_at_kefus_own_desk_is_not_pushed_aside(town: Town) -> None:
    session = await town.handed_over()
    for number, agent in enumerate(("Ann", "Ben")):
        body = town.chatwoot.callback(session, id=number, content=f"{agent} here", sender={"name": agent})
        assert await town.call_back(body) == 204
    turns = await town.customer.turns(session)
    assert [(turn.agent, turn.text) for turn in turns[-2:]] == [("Ann", "Ann here"), ("Ben", "Ben here")]

    colleague = bearer_metadata(await town.router.create_key("acme", Scope.DESK))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{town.router.routers[0].port}") as channel:
        request = desk_pb2.ClaimSessionRequest(session=session, agent="Cleo", take_over=True)
        await desk_pb2_grpc.DeskServiceStub(channel).ClaimSession(request, metadata=colleague)
    assert await town.call_back(town.chatwoot.callback(session, id=9)) == 204
    assert await town.call_back(town.chatwoot.resolved(session)) == 204
    assert await town.state(session) == chat.Session.STATE_HUMAN
    assert len(await town.customer.turns(session)) == len(turns)


async def test_notes_customers_messages_and_other_conversations_are_not_sent_back(town: Town) -> None:
    session = await town.handed_over()
    before = len(await town.customer.turns(session))
    for more in ({"private": True}, {"message_type": "incoming"}, {"conversation": {"id": 9}}, {"event": "other"}):
        assert await town.call_back(town.chatwoot.callback(session, **more)) == 204
    assert len(await town.customer.turns(session)) == before
    assert await town.state(session) == chat.Session.STATE_WAITING


async def test_what_is_not_signed_or_has_not_the_token_is_refused(town: Town) -> None:
    session = await town.handed_over()
    body = town.chatwoot.callback(session)
    assert (await town.bridge.post("/chatwoot/other", json=body)).status_code == 404
    told: dict[str, object] = {"type": "turn", "id": "x", "data": {}}
    assert (await town.bridge.post("/kefu", json=told)).status_code == 401
    assert (await town.bridge.post("/chatwoot/t0ken", content=b"no json")).status_code == 400
    assert await town.state(session) == chat.Session.STATE_WAITING


async def test_a_reply_to_an_erased_session_is_no_error(town: Town) -> None:
    session = await town.handed_over()
    body = town.chatwoot.callback(session)
    await town.customer.chat.DeleteSession(chat.DeleteSessionRequest(name=session), metadata=town.customer.metadata)
    assert await town.call_back(body) == 204


async def test_a_body_that_nobody_may_send_is_not_waited_for(town: Town) -> None:
    port = town.bridge.base_url.port
    for path, length, status in (("/chatwoot/wrong", "1000", 404), ("/kefu", "-1", 413), ("/kefu", "9" * 30, 413)):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n".encode())  # and no body
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.close()
        assert answer.startswith(f"HTTP/1.0 {status} ".encode())
