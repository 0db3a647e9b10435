"""
Session lookup by history, for clients that send the whole conversation each time and name no session.

Clients of OpenAI's API keep the conversation and send all of it; Kefu keeps it in a session. The messages before the
question are those of the earlier requests and answers. Their hash finds the session again, at the same gateway, as long
as its memory holds the entry. A conversation that is not found begins a new session, which does not know the earlier
messages.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

from kefu.gateway.openai_api.chat_request import ChatMessage

_MAX_CONVERSATIONS = 20_000


class SessionLookup:
    """Sessions by the hash of their messages. Texts are not kept. The longest unused entries are dropped."""

    def __init__(self, max_conversations: int = _MAX_CONVERSATIONS) -> None:
        self._max_conversations = max_conversations
        self._sessions: OrderedDict[bytes, str] = OrderedDict()

    def session(self, caller: str, history: Sequence[ChatMessage]) -> str:
        """The session of a conversation with this history; empty when it is not known."""
        if not any(message.role == "assistant" for message in history):
            return ""
        key = _key(caller, history)
        if key in self._sessions:
            self._sessions.move_to_end(key)
        return self._sessions.get(key, "")

    def remember(self, caller: str, messages: Sequence[ChatMessage], session: str) -> None:
        """Store the session of a conversation with these messages, the last answer included."""
        self._sessions[_key(caller, messages)] = session
        if len(self._sessions) > self._max_conversations:
            self._sessions.popitem(last=False)


def _key(caller: str, messages: Sequence[ChatMessage]) -> bytes:
    digest = hashlib.sha256(caller.encode())
    for each in messages:
        if each.role in ("user", "assistant"):  # instructions are not part of the conversation
            digest.update(f"\n{each.role} {len(each.text)}\n{each.text}".encode())
    return digest.digest()
