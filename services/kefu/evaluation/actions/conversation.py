"""One customer's conversation with Kefu: what was said, and which yes the customer gave to what."""

import re
import time
from contextlib import suppress
from dataclasses import dataclass, field

from kefu.client import NEW_SESSION, Answer, Client
from kefu.common.errors import ServiceError, SessionNotFound
from kefu.router.v1 import chat_pb2 as pb

_NUMBERED = re.compile(r"^(\d+)\. ", re.MULTILINE)


@dataclass(frozen=True)
class Exchange:
    """A message and its answer."""

    message: str
    answer: str
    choices: tuple[str, ...]
    source: str
    """Where the text comes from: action, canned …"""
    handoff: str
    """Why a person was called; empty when none was."""
    passages: tuple[str, ...]
    time: float = field(default_factory=time.monotonic)
    """When the answer was there, in seconds of `time.monotonic`."""

    @property
    def said(self) -> str:
        """The answer without the numbers of its choices."""
        return _NUMBERED.sub("", self.answer)


@dataclass(frozen=True)
class Yes:
    """A customer's yes to the question whether something is to be done."""

    time: float
    """When it was sent, in seconds of `time.monotonic`."""
    question: str


@dataclass
class Conversation:
    """A conversation. `token`: who is signed in; empty: nobody."""

    client: Client
    customer: str
    token: str
    session: str = NEW_SESSION
    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    yeses: list[Yes] = field(default_factory=list[Yes])
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0

    @property
    def last(self) -> Exchange:
        """What was said last."""
        return self.exchanges[-1]

    async def say(self, message: str, *, request_id: str = "", waits: bool = False) -> Exchange:
        """Send a message, and wait for its answer. `waits`: behind an answer that runs. Raises ServiceError."""
        answer = await self.client.ask(
            message,
            self.session,
            identity_token=self.token,
            request_id=request_id,
            on_busy=pb.ON_BUSY_QUEUE if waits else pb.ON_BUSY_UNSPECIFIED,
        )
        self.session = answer.session
        self.exchanges.append(_exchange(message, answer))
        return self.last

    def agrees(self) -> None:
        """Note that the next message is a yes to the question that was asked last."""
        self.yeses.append(Yes(time.monotonic(), self.last.answer))


def _exchange(message: str, answer: Answer) -> Exchange:
    done = answer.completed
    source = pb.AnswerSource.Name(done.source).removeprefix("ANSWER_SOURCE_").lower() if done else ""
    handoff = pb.Handoff.Reason.Name(answer.handoff.reason).removeprefix("REASON_") if answer.handoff else ""
    choices = tuple(done.choices) if done else ()
    return Exchange(message, answer.text, choices, source, handoff, tuple(each.text for each in answer.passages))


async def warmed_up(client: Client, customer: str, token: str, seconds: float = 180.0) -> bool:
    """Ask for an order until an action answers: the first comparison of a message with the examples takes a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        conversation = Conversation(client, customer, token)
        try:
            said = await conversation.say("Where is my order?")
        except ServiceError:
            continue
        with suppress(SessionNotFound):
            await client.delete_session(conversation.session)
        if said.source == "action":
            return True
    return False
