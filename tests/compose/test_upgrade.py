"""
From the release of KEFU_PREVIOUS_TAG to this one and back, service by service, while customers ask: nothing is dropped,
lost or repeated, of no kind of data. docs/operate/compose.md, "Upgrade", says the same to operators, in this order.
"""

import asyncio
import io
import os
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator

import pytest

from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from kefu.router.v1 import desk_pb2 as desk
from kefu.router.v1 import desk_pb2_grpc as desk_rpc
from tests.compose.asking import ENGLISH, ask
from tests.compose.containers import DEPLOY, PROJECT, ROOT, Containers, containers_up, docker
from tests.compose.customers import Load, customers, kept
from tests.compose.newer_data import make_newer, read_newer
from tests.compose.real_data import AGENT, COLLECTION, Kinds, RealData, make, missing, read

TAG = os.environ.get("KEFU_PREVIOUS_TAG", "")
pytestmark = [
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not TAG, reason="KEFU_PREVIOUS_TAG names no images of another release: tests/compose/previous.sh"
    ),
]
ORDER = ("retrieval", "router", "generation", "gateway")
"""Who is called goes before who calls."""
ALONE = ("nginx", "redis")
"""There is one of each, and it holds a port or a volume: between the old one and the new one there is none."""
REFUSED = re.compile("failed to connect to all addresses|BACKEND_UNAVAILABLE")
"""What customers meet in the seconds in which there is no nginx or no Redis: nothing of their message was begun."""
OF_TODAY = re.compile(r"\.(triage|lastUsedTime): .* became None$")
"""Fields that 0.1.0 does not know; what they hold stays in Redis."""
CUSTOMERS = 6


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """The suite as the older release brought it up: with its compose files, of the revision that its images name."""
    subprocess.run(["docker", "compose", "--project-name", PROJECT, "stop", "--timeout", "5"], check=True, timeout=300)
    label = '{{index .Config.Labels "org.opencontainers.image.revision"}}'
    revision = docker("image", "inspect", "--format", label, f"localhost/kefu/router:{TAG}").strip()
    older = tmp_path_factory.mktemp("older")
    command = [
        "git",
        "-C",
        str(ROOT),
        "archive",
        revision.removesuffix("-changed"),
        "deploy",
        "k8s",
        "services/kefu/sample",
    ]
    made = subprocess.run(command, capture_output=True, check=True, timeout=60)
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as archive:
        archive.extractall(older, filter="data")
    variables = {"KEFU_TAG": TAG, "KEFU_REGISTRY": "localhost/"}
    with containers_up(tmp_path_factory.mktemp("upgrade"), f"{PROJECT}-upgrade", older / "deploy", variables) as kefu:
        sample = older / "services" / "kefu" / "sample" / "help_center"
        done = kefu.command_line("import", str(sample), "--collection", COLLECTION.partition("/")[2], "--create")
        assert done.returncode == 0, done.stderr + done.stdout
        yield kefu


async def test_an_upgrade_and_the_way_back_drop_no_answer_and_lose_no_data(previous: Containers) -> None:
    kefu, older = previous, (previous.deploy, dict(previous.variables))
    data = await make(kefu)
    async with customers(kefu, kefu.key, CUSTOMERS, COLLECTION) as load:
        await answers(load, 20)
        before = await read(data)
        kefu.deploy = DEPLOY
        kefu.variables.clear()
        await all_replaced(data, load, "up", (*ORDER, *ALONE))
        gone_up = lost(before, await read(data))
        await goes_on(data)
        await make_newer(data)
        in_use, in_use_newer = await read(data), await read_newer(data)
        kefu.deploy, variables = older
        kefu.variables.update(variables)
        await all_replaced(data, load, "back", ("nginx", *reversed(ORDER)))  # files of a newer Redis are its own
        not_shown, newer = lost(in_use, await read(data)), await read_newer(data)
        await goes_on(data)
        gone_on = await read(data)
        kefu.deploy = DEPLOY
        kefu.variables.clear()
        await all_replaced(data, load, "up again", ("retrieval", "router", "nginx"))
        again = await read(data)
        gone_back, gone_newer = lost(gone_on, again), lost(in_use_newer, await read_newer(data))
        never_shown_again = [line for lines in lost(in_use, again).values() for line in lines if OF_TODAY.search(line)]
        await answers(load, 20)
    stored = {kind: found for kind, found in (await kept(kefu, kefu.key, load)).items() if found}
    say(f"answers: {dict(load.counted)}; without an end: {load.unanswered}; asked twice: {load.broken}")
    say(f"turns: {stored}\nlost on the way up: {gone_up}\nlost on the way back: {gone_back} {gone_newer}")
    say(f"what the older release does not show: {not_shown}\nwhat it makes of what it does not know: {newer}")
    assert load.unanswered == []
    assert (stored, gone_up, gone_back, gone_newer, never_shown_again) == ({}, {}, {}, {}, [])
    shown = [line for lines in not_shown.values() for line in lines if not OF_TODAY.search(line)]
    assert shown == []
    refused = [one for phase, each in load.broken.items() for one in each if phase.partition(": ")[2] not in ALONE]
    assert refused == []
    assert [one for each in load.broken.values() for one in each if not REFUSED.search(one)] == []


def lost(before: Kinds, after: Kinds) -> dict[str, list[str]]:
    """By kind of data, what is not as it was."""
    return {kind: gone for kind, was in before.items() if (gone := missing(was, after[kind], kind))}


def say(text: str) -> None:
    """For whoever runs it with -s, or when it fails."""
    sys.stderr.write(f"{text}\n")


async def answers(load: Load, count: int) -> None:
    """Return when so many more were given."""
    until = len(load.answered) + count
    async with asyncio.timeout(300):
        while len(load.answered) < until:
            await asyncio.sleep(0.2)


async def all_replaced(data: RealData, load: Load, way: str, order: tuple[str, ...]) -> None:
    """Service after service, as deploy/compose/rolling-update.sh does it."""
    kefu = data.kefu
    for service in order:
        before, began = kefu.ids(service), time.monotonic()
        load.phase = f"{way}: {service}"
        await kefu.replace(service)
        assert not set(before) & set(kefu.ids(service))
        await answers(load, 10)
        took = time.monotonic() - began
        say(
            f"{load.phase}: {took:.0f} s, {load.counted[load.phase]} answers, asked twice {load.broken.get(load.phase)}"
        )
    load.phase = f"{way}: done"


async def goes_on(data: RealData) -> None:
    """Old conversations are taken up by customers and by the agent who holds one, whoever began them."""
    async with data.kefu.customers() as channel, data.kefu.operations() as operations:
        chat, people = rpc.ChatServiceStub(channel), desk_rpc.DeskServiceStub(operations)
        answer = await ask(channel, data.kefu.key, ENGLISH, data.sessions[0])
        await chat.RateTurn(pb.RateTurnRequest(turn=answer.turn, rating=pb.RATING_UP), metadata=data.metadata)
        claim = desk.ClaimSessionRequest(session=data.held, agent=AGENT)
        held = await people.ClaimSession(claim, metadata=data.metadata)
        said = await people.Reply(
            desk.ReplyRequest(session=data.held, claim=held.claim, text="Still here."), metadata=data.metadata
        )
        assert said.turn.agent == AGENT
