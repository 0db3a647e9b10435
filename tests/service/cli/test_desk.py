"""`kefu desk` and `kefu chat`, as two people type them, against a real router."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.redis_server import RedisServer
from tests.support.agents import claim_session, return_session, send_reply
from tests.support.forked_processes import run_command
from tests.support.grpc_calls import BOOTSTRAP_KEY
from tests.support.router_harness import RouterClient, RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.waiting import wait_until_async

QUESTION = "How long does a refund take?"
PERSON = "Let me talk to a person"


@pytest.fixture
async def harness(own_redis: RedisServer) -> AsyncIterator[RouterHarness]:
    async with open_router_harness(own_redis) as opened:
        yield opened


class Terminal:
    """`kefu` in a process of its own."""

    def __init__(self, harness: RouterHarness, folder: Path) -> None:
        self._environment = {
            **os.environ,
            "KEFU_SERVER": f"127.0.0.1:{harness.routers[0].port}",
            "KEFU_KEY": BOOTSTRAP_KEY,
            "KEFU_DATA_DIR": str(folder),
        }

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-u", "-m", "kefu.cli", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._environment,
        )

    async def __call__(self, *arguments: str) -> tuple[int, str]:
        """Its exit status, and what it printed."""
        done = await run_command(*arguments, environment=self._environment)
        assert "Traceback" not in done.err
        return done.status, done.out + done.err


@pytest.fixture
def kefu(harness: RouterHarness, tmp_path: Path) -> Terminal:
    return Terminal(harness, tmp_path / "kefu")


async def printed(process: asyncio.subprocess.Process, pattern: str) -> "re.Match[str]":
    """Read what it prints until that matches."""
    assert process.stdout is not None
    so_far = ""
    async with asyncio.timeout(120):
        while not (found := re.search(pattern, so_far)):
            piece = await process.stdout.read(4096)
            assert piece, f"it ended after: {so_far}"
            so_far += piece.decode()
    return found


async def test_a_conversation_is_found_claimed_answered_and_given_back(harness: RouterHarness, kefu: Terminal) -> None:
    customer = await harness.client()
    assert (await kefu("desk"))[1].strip() == "Nobody waits for a person."
    session = (await customer.ask(PERSON)).session.removeprefix("sessions/")
    status, listed = await kefu("desk")
    assert status == 0
    assert all(word in listed for word in (session, "waiting", PERSON))
    [described] = json.loads((await kefu("desk", "list", "--json"))[1])
    assert described["session"]["name"] == f"sessions/{session}"
    _, claimed = await kefu("desk", "claim", session, "--as", "Mei")
    assert f"kefu desk reply {session} --claim 1" in claimed
    status, refused = await kefu("desk", "claim", session, "--as", "Tom")
    assert status == 1
    assert "Mei holds this conversation" in refused
    assert (await kefu("desk", "reply", session, "Hello, I am Mei.", "--claim", "1")) == (0, "Sent.\n")
    assert "Mei: Hello, I am Mei." in (await kefu("sessions", "show", session))[1]
    assert (await kefu("desk", "return", session, "--claim", "1", "--to", "nobody"))[0] == 1
    assert f"{session} is returned." in (await kefu("desk", "return", session, "--claim", "1"))[1]
    assert "CLAIM_LOST" in (await kefu("desk", "reply", session, "One more thing.", "--claim", "1"))[1]


async def test_the_desk_is_followed_until_it_is_interrupted(harness: RouterHarness, kefu: Terminal) -> None:
    customer = await harness.client()
    watching = await kefu.start("desk", "watch", "--as", "Mei")
    await printed(watching, r"present: Mei \(0\)")
    session = (await customer.ask(PERSON)).session.removeprefix("sessions/")
    await printed(watching, rf"{session}  waiting")
    watching.kill()
    await watching.wait()


async def test_a_chat_shows_what_a_person_writes_while_it_waits_for_a_line(
    harness: RouterHarness, kefu: Terminal
) -> None:
    person = await harness.client()
    chat = await kefu.start("chat")
    assert chat.stdin is not None
    chat.stdin.write(f"{PERSON}\n".encode())
    await printed(chat, "passing you on")
    async with asyncio.timeout(120):
        while not (listed := json.loads((await kefu("sessions", "list", "--json"))[1])):
            pass
    session = str(listed[0]["name"])
    held = (await claim_session(person, session)).claim
    await printed(chat, "Mei is here")
    await send_reply(person, session, held, "Hello from Mei.")
    await printed(chat, "Mei: Hello from Mei.")
    harness.knowledge.hits = [make_hit("Refunds arrive within 7 business days.")]
    chat.stdin.write(f"{QUESTION}\n".encode())
    await wait_until_async(lambda: asked_last(person, session, QUESTION))
    await return_session(person, session, held)
    await printed(chat, r"Kefu: Refunds take 7 days")  # the answer that the person did not give
    chat.stdin.write(b"Thank you.\n/quit\n")
    chat.stdin.close()
    await printed(chat, "kefu chat --session")
    assert await chat.wait() == 0
    assert [turn.question for turn in await person.turns(session)] == [PERSON, "", QUESTION, "Thank you."]


async def asked_last(client: RouterClient, session: str, question: str) -> bool:
    """Whether a message is stored, for the person who holds the session."""
    last = (await client.turns(session))[-1]
    return last.question == question and last.state == pb.Turn.STATE_FINISHED
