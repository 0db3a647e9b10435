"""A steady load of conversations, and what became of every message of it: answered, broken off, lost, repeated."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import grpc.aio

from kefu.client.answer import Answer
from kefu.client.client import NEW_SESSION, Client
from kefu.common.rpc.status import failure_of
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from tests.compose.containers import Containers
from tests.support.grpc_calls import bearer_metadata

QUESTIONS = (
    "How long are gift cards valid?",
    "积分多久过期？",
    "How do I return something that I bought, and what does it cost?",
    "Hello!",
    "怎么开发票？",
    "And how long does that take?",
)
TURNS_PER_SESSION = 6
PATIENCE_SECONDS = 120
"""How long a customer goes on trying."""


@dataclass
class Asked:
    """A message of a session, and the answer as the customer has it on the screen."""

    session: str
    turn: str
    question: str
    text: str


@dataclass
class Load:
    """What the customers met, by the phase in which a message was sent."""

    answered: list[Asked] = field(default_factory=list[Asked])
    phase: str = "before"
    counted: Counter[str] = field(default_factory=Counter[str])
    """Answers by phase."""
    broken: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Calls that ended without their answer, by phase: who asks anew under the same request_id has it nevertheless."""
    unanswered: list[str] = field(default_factory=list[str])
    """Messages that had no answer after PATIENCE_SECONDS of asking anew, and why."""


@asynccontextmanager
async def customers(kefu: Containers, key: str, count: int, collection: str) -> AsyncIterator[Load]:
    """So many customers ask and read, one message after the other, while the block runs."""
    load, stop = Load(), asyncio.Event()
    asking = [asyncio.create_task(_customer(kefu, key, number, collection, load, stop)) for number in range(count)]
    try:
        yield load
    finally:
        stop.set()
        await asyncio.gather(*asking)


async def _customer(kefu: Containers, key: str, number: int, collection: str, load: Load, stop: asyncio.Event) -> None:
    chance = random.Random(number)
    certificate: Path = kefu.secrets / "edge.pem"
    address = f"https://localhost:{kefu.port}"
    session, turns, mine = NEW_SESSION, 0, list[str]()
    async with Client(address, key=key, tls=certificate, patience=PATIENCE_SECONDS) as client, kefu.customers() as raw:
        while not stop.is_set():
            request = pb.ConverseRequest(
                session=session,
                text=QUESTIONS[chance.randrange(len(QUESTIONS))],
                collections=[collection],
                request_id=str(uuid.uuid4()),
                user=f"customer {number}",
                resumable=True,
            )
            try:
                answer = await _asked_once(raw, key, request, load) or await client.ask(
                    request.text, session, collections=[collection], request_id=request.request_id, user=request.user
                )
            except Exception as error:
                load.unanswered.append(f"{load.phase}: {error!r}")
                session, turns = NEW_SESSION, 0
                continue
            load.counted[load.phase] += 1
            if session == NEW_SESSION:
                session = answer.turn.partition("/turns/")[0]
            load.answered.append(Asked(session, answer.turn, request.text, answer.text))
            turns += 1
            if turns == TURNS_PER_SESSION:
                mine.append(session)  # their own: who asks as somebody else finds no session of theirs
                session, turns = NEW_SESSION, 0
                if len(mine) > 1 and chance.random() < 0.5:  # one who comes back to an old conversation
                    session, turns = chance.choice(mine), TURNS_PER_SESSION // 2
            await asyncio.sleep(0.6 + chance.random() * 0.8)


async def _asked_once(channel: grpc.aio.Channel, key: str, request: pb.ConverseRequest, load: Load) -> "Answer | None":
    """The answer over one connection, as a client has it that tries nothing twice; None when it broke off."""
    answer, phase = Answer(), load.phase
    try:
        async for event in rpc.ChatServiceStub(channel).Converse(request, metadata=bearer_metadata(key)):
            kind = event.WhichOneof("event")
            assert kind is not None
            answer.add(getattr(event, kind))
            if kind == "turn_completed":
                return answer
        load.broken.setdefault(phase, []).append("ended early")
    except grpc.aio.AioRpcError as error:
        failure = failure_of(error)
        load.broken.setdefault(phase, []).append(f"{failure.code.name} {failure.reason or error.details()}")
    return None


async def kept(kefu: Containers, key: str, load: Load) -> dict[str, list[str]]:
    """What is stored of all that was asked, against what customers read: `lost`, `repeated`, `other` words."""
    found = dict[str, list[str]](lost=[], repeated=[], other=[])
    by_session: dict[str, list[Asked]] = {}
    for one in load.answered:
        by_session.setdefault(one.session, []).append(one)
    address = f"https://localhost:{kefu.port}"
    async with Client(address, key=key, tls=kefu.secrets / "edge.pem") as client:
        for session, asked in by_session.items():
            turns: Sequence[pb.Turn] = [one async for one in client.turns(session)]
            stored = {one.name: one for one in turns}
            for one in asked:
                if (turn := stored.pop(one.turn, None)) is None:
                    found["lost"].append(one.turn)
                else:
                    text = turn.handoff.message if turn.HasField("handoff") else turn.text
                    if (turn.question, text) != (one.question, one.text):
                        found["other"].append(f"{one.turn}: {one.text!r} was read, {text!r} is stored")
            found["repeated"] += stored
    return found
