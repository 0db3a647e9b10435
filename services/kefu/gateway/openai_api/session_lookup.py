"""
Which session a conversation goes on in, when its client sends all of it each time and names none.

Clients of OpenAI's API keep the conversation and send it whole; Kefu keeps it in a session. What a client sends before
its question is what it had sent and been answered before: by that the session is found again, at the gateway that
answered, as long as it remembers. A conversation that is not found begins a new session, and what was said before is
then not known there.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

from kefu.gateway.openai_api.chat_request import ChatMessage

_MAX_CONVERSATIONS = 20_000


class SessionLookup:
    """Sessions by what was said in them. Texts are not kept, only their hashes."""

    def __init__(self, max_conversations: int = _MAX_CONVERSATIONS) -> None:
        self._max_conversations = max_conversations
        self._sessions: OrderedDict[bytes, str] = OrderedDict()

    def session(self, caller: str, history: Sequence[ChatMessage]) -> str:
        """The session of a conversation, or empty."""
        if not any(said.role == "assistant" for said in history):
            return ""
        key = _key(caller, history)
        if key in self._sessions:
            self._sessions.move_to_end(key)
        return self._sessions.get(key, "")

    def remember(self, caller: str, messages: Sequence[ChatMessage], session: str) -> None:
        """A conversation stands in this session, up to this answer."""
        self._sessions[_key(caller, messages)] = session
        if len(self._sessions) > self._max_conversations:
            self._sessions.popitem(last=False)


def _key(caller: str, messages: Sequence[ChatMessage]) -> bytes:
    digest = hashlib.sha256(caller.encode())
    for each in messages:
        if each.role in ("user", "assistant"):  # instructions are no part of what was said
            digest.update(f"\n{each.role} {len(each.text)}\n{each.text}".encode())
    return digest.digest()
