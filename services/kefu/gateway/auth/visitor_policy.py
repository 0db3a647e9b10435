"""The methods that visitors may call, and the fields that they are not shown: a handoff's notes are for the agent."""

from google.protobuf.message import Message

from kefu.gateway.grpc_backends import CHAT
from kefu.router.v1 import chat_pb2 as pb

QUESTION_METHODS = frozenset({"Converse"})
"""Methods that ask for an answer, and have a rate limit of their own."""
_METHODS = frozenset(
    {
        "Converse",
        "ResumeTurn",
        "StopTurn",
        "GetSession",
        "ListSessions",
        "ListTurns",
        "DeleteSession",
        "RateTurn",
        "WatchSession",
    }
)
_INTERNAL_FIELDS = ("summary", "passages", "slots", "sentiment", "subject")
"""Fields of Handoff that only agents read."""


def may_call(service: str, method: str) -> bool:
    """Whether visitors may call a method."""
    return service == CHAT and method in _METHODS


def remove_internal_fields(message: Message) -> None:
    """Remove from a response to a visitor, in place, the fields that are meant for agents."""
    match message:
        case pb.ConverseEvent():
            if message.WhichOneof("event") == "handoff":
                _clear(message.handoff)
        case pb.ListTurnsResponse():
            for turn in message.turns:
                _clear_turn(turn)
        case pb.SessionEvent():
            if message.WhichOneof("event") == "turn_stored":
                _clear_turn(message.turn_stored)
        case _:
            return


def _clear_turn(turn: pb.Turn) -> None:
    turn.ClearField("withdrawn")
    if turn.HasField("handoff"):
        _clear(turn.handoff)


def _clear(handoff: pb.Handoff) -> None:
    for name in _INTERNAL_FIELDS:
        handoff.ClearField(name)  # pyright: ignore[reportArgumentType] - the stubs know literals
