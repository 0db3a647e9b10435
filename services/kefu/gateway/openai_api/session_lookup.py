"""
Session lookup by history, for clients that send the whole conversation each time and name no session.

Clients of OpenAI's API keep the conversation and send all of it; Kefu keeps it in a session. The messages before the
question are those of the earlier requests and answers. Their hash finds the session again, at the same gateway, as long
as its memory holds the entry. A conversation that is not found begins a new session, which does not know the earlier
messages.

One key may serve many people, and many conversations begin alike. So an entry is taken out when it is used: a session
goes on with one conversation, and until then holds nothing that the caller did not send. What `user` names is part of
the hash. A session that an agent may write to is found only with a `user`, since the agent's words are in no history.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence

from kefu.gateway.openai_api.chat_request import ChatMessage

_MAX_CONVERSATIONS = 20_000


class SessionLookup:
    """Sessions by the hash of their messages. Texts are not kept. The longest unused entries are dropped.

    `caller` is the identity of a key, `user` what the request says of the person, or empty.
    """

    def __init__(self, max_conversations: int = _MAX_CONVERSATIONS) -> None:
        self._max_conversations = max_conversations
        self._sessions: OrderedDict[bytes, list[str]] = OrderedDict()  # those of one history are alike, word for word
        self._count = 0

    def take(self, caller: str, user: str, history: Sequence[ChatMessage]) -> str:
        """A session of a conversation with this history, which nobody else gets; empty when there is none."""
        if not any(message.role == "assistant" for message in history):
            return ""
        key = _key(caller, user, history)
        sessions = self._sessions.get(key)
        if sessions is None:
            return ""
        self._count -= 1
        session = sessions.pop()
        if not sessions:
            del self._sessions[key]
        return session

    def put(self, caller: str, user: str, messages: Sequence[ChatMessage], session: str) -> None:
        """Store the session of a conversation with these messages, the last answer included."""
        key = _key(caller, user, messages)
        sessions = self._sessions.setdefault(key, [])
        self._sessions.move_to_end(key)
        if session not in sessions:
            sessions.append(session)
            self._count += 1
        while self._count > self._max_conversations:
            oldest = next(iter(self._sessions))
            self._count -= 1
            self._sessions[oldest].pop(0)
            if not self._sessions[oldest]:
                del self._sessions[oldest]


def _key(caller: str, user: str, messages: Sequence[ChatMessage]) -> bytes:
    digest = hashlib.sha256(json.dumps([caller, user]).encode())
    for each in messages:
        if each.role in ("user", "assistant"):  # instructions are not part of the conversation
            digest.update(f"\n{each.role} {len(each.text)}\n{each.text}".encode())
    return digest.digest()
