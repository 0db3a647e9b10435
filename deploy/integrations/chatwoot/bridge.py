"""
A bridge between Kefu and Chatwoot: conversations that Kefu hands over are answered in Chatwoot.

  Kefu --- webhook "turn" ---> bridge ---> Chatwoot, a conversation of an inbox of the kind API
  Kefu <-- DeskService ------- bridge <--- Chatwoot, the inbox's callback: an agent replied, or resolved it

It keeps nothing: a contact's source_id in Chatwoot is the session's id in Kefu. See README.md beside it.
"""

import hmac
import json
import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

import grpc
import httpx
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from kefu.common.rpc.status import failure_of
from kefu.router.v1 import desk_pb2 as pb
from kefu.router.v1 import desk_pb2_grpc as rpc

MOST_BODY = 1_048_576
MOST_SEEN = 10_000
MOST_REPLY = 4000
MOST_AGENT = 100
SECONDS = 8.0
GONE = {"SESSION_NOT_FOUND", "SESSION_CLOSED"}
Body = Mapping[str, Any]


class Chatwoot:
    """An inbox of the kind API, through Chatwoot's public API, and private notes through its application API."""

    def __init__(self, client: httpx.Client, inbox: str, account: str, token: str) -> None:
        self._client = client
        self._contacts = f"/public/api/v1/inboxes/{inbox}/contacts"
        self._account = f"/api/v1/accounts/{account}"
        self._token = {"api_access_token": token}

    def conversation(self, session: str) -> int:
        """The session's conversation, made when there is none that is open."""
        found = self._client.get(f"{self._contacts}/{session}")
        if found.status_code == HTTPStatus.NOT_FOUND:
            self._post(self._contacts, {"source_id": session, "name": f"Kefu {session[:8]}"})
        else:
            found.raise_for_status()
        conversations = f"{self._contacts}/{session}/conversations"
        listed = self._client.get(conversations).raise_for_status().json()
        open_ones = [one["id"] for one in listed if one.get("status") != "resolved"]
        return int(open_ones[-1] if open_ones else self._post(conversations, {})["id"])

    def say(self, session: str, conversation: int, text: str) -> None:
        """A message of the customer."""
        self._post(f"{self._contacts}/{session}/conversations/{conversation}/messages", {"content": text})

    def note(self, conversation: int, text: str) -> None:
        """A note that only agents see."""
        note = {"content": text, "message_type": "outgoing", "private": True}
        self._post(f"{self._account}/conversations/{conversation}/messages", note, self._token)

    def _post(self, path: str, body: Body, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        return self._client.post(path, json=body, headers=headers).raise_for_status().json()


@dataclass
class Bridge:
    """`secret` signs what Kefu sends; `key` is one of Kefu's, with the desk scope."""

    chatwoot: Chatwoot
    desk: rpc.DeskServiceStub
    key: str
    secret: str
    _seen: OrderedDict[str, None] = field(default_factory=OrderedDict[str, None])
    _lock: Lock = field(default_factory=Lock)

    def from_kefu(self, raw: bytes, headers: Mapping[str, str]) -> int:
        """A delivery of Kefu's webhook; returns the HTTP status. Any other than 2xx has it sent again."""
        try:
            Webhook(self.secret).verify(raw, {name.lower(): value for name, value in headers.items()})
        except WebhookVerificationError:
            return 401
        told = json.loads(raw)
        if told["type"] != "turn" or self._was_seen(told["id"]):
            return 204
        try:
            self._pass_on(told["data"]["turn"])
        except BaseException:
            self._forget(told["id"])  # it comes again
            raise
        return 204

    def _pass_on(self, turn: Body) -> None:
        session = str(turn["name"]).split("/")[1]
        handoff = turn.get("handoff")
        for_a_person = turn.get("completed", {}).get("finishReason") == "FINISH_REASON_HUMAN"
        if not turn.get("question") or not (handoff or for_a_person):
            return
        conversation = self.chatwoot.conversation(session)
        self.chatwoot.say(session, conversation, str(turn["question"]))
        if handoff:
            reason = str(handoff.get("reason", "")).removeprefix("REASON_").replace("_", " ").lower()
            self.chatwoot.note(conversation, f"Kefu handed over: {reason}.\n{handoff.get('summary', '')}".strip())

    def from_chatwoot(self, raw: bytes) -> int:
        """A callback of Chatwoot's; returns the HTTP status."""
        told = json.loads(raw)
        match told.get("event"):
            case "message_created" if told.get("message_type") == "outgoing" and not told.get("private"):
                sender: Body = told.get("sender") or {}
                session = _session_of(told.get("conversation") or {})
                if session and told.get("content"):
                    agent = str(sender.get("name") or "Agent")[:MOST_AGENT]
                    self._reply(session, agent, str(told["content"])[:MOST_REPLY], f"chatwoot-{told['id']}")
            case "conversation_status_changed" | "conversation_resolved" if told.get("status") == "resolved":
                if session := _session_of(told):
                    self._give_back(session)
            case _:
                pass
        return 204

    def _reply(self, session: str, agent: str, text: str, request_id: str) -> None:
        if claim := self._claim(session, agent):
            request = pb.ReplyRequest(session=session, claim=claim, text=text, request_id=request_id)
            self._call(self.desk.Reply, request)

    def _give_back(self, session: str) -> None:
        if claim := self._claim(session, ""):
            to = pb.ReturnSessionRequest.TO_BOT
            self._call(self.desk.ReturnSession, pb.ReturnSessionRequest(session=session, claim=claim, to=to))

    def _claim(self, session: str, agent: str) -> int:
        """The number of a claim for an agent, or for whoever of Chatwoot's holds it; 0: there is nobody to answer, or a
        colleague at Kefu's own desk answers. One agent of Chatwoot's may follow another, but no such colleague.
        """
        claim, holder = self._claimed(session, agent or "Agent")
        if not holder:
            return claim
        held, other = self._claimed(session, holder)  # a claim is renewed for the key that made it alone
        if other or not agent:
            return 0 if other else held
        return self._claimed(session, agent, take_over=True)[0]

    def _claimed(self, session: str, agent: str, *, take_over: bool = False) -> tuple[int, str]:
        """The claim's number, 0 when there is none; and who holds it, if somebody else does."""
        request = pb.ClaimSessionRequest(session=session, agent=agent, take_over=take_over)
        try:
            return int(self._call(self.desk.ClaimSession, request).claim), ""
        except grpc.RpcError as error:
            failure = failure_of(error)
            if failure.reason == "ALREADY_CLAIMED":
                return 0, failure.metadata["agent"]
            if failure.reason in GONE:
                return 0, ""
            raise

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        return method(request, timeout=SECONDS, metadata=(("authorization", f"Bearer {self.key}"),))

    def _was_seen(self, delivery: str) -> bool:
        with self._lock:
            if delivery in self._seen:
                return True
            self._seen[delivery] = None
            while len(self._seen) > MOST_SEEN:
                self._seen.popitem(last=False)
            return False

    def _forget(self, delivery: str) -> None:
        with self._lock:
            self._seen.pop(delivery, None)


def _session_of(conversation: Body) -> str:
    """The name of the session that a conversation of Chatwoot's is about; empty: none of ours."""
    contact: Body = conversation.get("contact_inbox") or {}
    source = contact.get("source_id")
    return f"sessions/{source}" if source else ""


class Handler(BaseHTTPRequestHandler):
    """POST /kefu and POST /chatwoot/TOKEN. Answers 502 when the other side cannot be reached: then it comes again."""

    timeout = SECONDS
    """Of one read of the socket."""

    def __init__(self, bridge: Bridge, token: str, *given: Any) -> None:
        self._bridge = bridge
        self._token = token
        super().__init__(*given)

    def do_POST(self) -> None:
        """Pass on what was told. Nothing is read of what comes to another path, or too slowly."""
        take = self._taker()
        if take is None:
            self._refuse(404)
            return
        length = self.headers.get("content-length") or "0"
        if not length.isdecimal() or int(length) > MOST_BODY:
            self._refuse(413)
            return
        try:
            raw = self.rfile.read(int(length))
        except TimeoutError:
            self._refuse(408)
            return
        try:
            self._answer(take(raw))
        except httpx.HTTPStatusError as error:
            self._failed(f"Chatwoot answered with {error.response.status_code}")
        except httpx.HTTPError as error:
            self._failed(f"Chatwoot: {type(error).__name__}")
        except grpc.RpcError as error:
            failure = failure_of(error)
            self._failed(f"Kefu: {failure.reason or failure.code.name}")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            print(f"not understood: {type(error).__name__}", file=sys.stderr, flush=True)
            self._answer(400)

    def _taker(self) -> Callable[[bytes], int] | None:
        """What takes a body that comes to this path."""
        if self.path == "/kefu":
            return partial(self._bridge.from_kefu, headers=dict(self.headers.items()))
        if hmac.compare_digest(self.path.encode(), f"/chatwoot/{self._token}".encode()):
            return self._bridge.from_chatwoot
        return None

    def _refuse(self, status: int) -> None:
        self.close_connection = True  # its body was not read
        self._answer(status)

    def _failed(self, why: str) -> None:
        print(f"not passed on. {why}", file=sys.stderr, flush=True)
        self._answer(502)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: the path holds the token."""


def main() -> None:
    """Serve until killed."""
    env = os.environ
    server = env["KEFU_SERVER"]
    secure = server.startswith("https://")
    address = server.removeprefix("https://")
    channel = grpc.secure_channel(address, grpc.ssl_channel_credentials()) if secure else grpc.insecure_channel(address)
    client = httpx.Client(base_url=env["CHATWOOT_URL"], timeout=SECONDS)
    chatwoot = Chatwoot(client, env["CHATWOOT_INBOX"], env["CHATWOOT_ACCOUNT"], env["CHATWOOT_TOKEN"])
    bridge = Bridge(chatwoot, rpc.DeskServiceStub(channel), env["KEFU_KEY"], env["KEFU_WEBHOOK_SECRET"])
    handler = partial(Handler, bridge, env["CALLBACK_TOKEN"])
    host, _, port = env.get("LISTEN", "0.0.0.0:8080").rpartition(":")
    with channel, client, ThreadingHTTPServer((host, int(port)), handler) as http:
        print(f"listening at {host}:{http.server_address[1]}", flush=True)
        http.serve_forever()


if __name__ == "__main__":
    main()
