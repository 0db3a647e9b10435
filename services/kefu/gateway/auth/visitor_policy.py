"""What visitors may do: the methods that they may call, the fields that they may set, the fields that they may see.

A handoff's notes are for the agent, and so is what a page claims of the person. What an answer may cost, how the model
writes it, and the day that it is about, are for the tenant to choose.
"""

from google.protobuf.message import Message

from kefu.gateway.grpc_backends import ATTACHMENTS, CHAT
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
_ATTACHMENT_METHODS = frozenset({"UploadAttachment", "ListAttachments", "GetAttachment", "DeleteAttachment"})
_FIELDS = frozenset(
    {
        *("session", "text", "request_id", "collections", "on_busy", "resumable", "language", "filters", "profile"),
        "attachments",
    }
)
"""Fields of ConverseRequest that a visitor may set. A new one is closed until it is named here.

A visitor brings a token of the site to /api/identify: `identity_token` and `user` are for those who have a key.
"""
_INTERNAL_FIELDS = ("summary", "passages", "slots", "sentiment", "subject")
"""Fields of Handoff that only agents read."""


def may_call(service: str, method: str) -> bool:
    """Whether visitors may call a method."""
    if service == ATTACHMENTS:
        return method in _ATTACHMENT_METHODS
    return service == CHAT and method in _METHODS


def remove_foreign_fields(message: Message) -> None:
    """Remove from a visitor's request, in place, the fields that visitors may not set. Nobody is told: clients that set
    them for all their callers go on working."""
    if isinstance(message, pb.ConverseRequest):
        for field, _ in message.ListFields():
            if field.name not in _FIELDS:
                message.ClearField(field.name)  # pyright: ignore[reportArgumentType] - the stubs know literals


def remove_internal_fields(message: Message) -> None:
    """Remove from a response to a visitor, in place, the fields that are meant for agents."""
    match message:
        case pb.ConverseEvent():
            if message.WhichOneof("event") == "handoff":
                _clear(message.handoff)
        case pb.GetSessionResponse():
            message.session.ClearField("profile")
        case pb.ListSessionsResponse():
            for session in message.sessions:
                session.ClearField("profile")
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
    turn.ClearField("triage")
    if turn.HasField("handoff"):
        _clear(turn.handoff)


def _clear(handoff: pb.Handoff) -> None:
    for name in _INTERNAL_FIELDS:
        handoff.ClearField(name)  # pyright: ignore[reportArgumentType] - the stubs know literals
