"""Reads each kind of data that release 0.1.0 keeps back from a running suite, through the contracts.

Runs with any release's code in PYTHONPATH, as fill.py: `python tests/upgrade/read.py ROUTER RETRIEVAL KEYS OUT [use]`.
OUT gets what was read, by kind, as JSON: what two releases read of the same data can be compared (`differences`). With
`use` it also gets what shows when the data is used, which changes it.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import grpc
import grpc.aio
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp

from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.retrieval.v1 import knowledge_pb2_grpc as kb_rpc
from kefu.router.v1 import (
    admin_pb2,
    admin_pb2_grpc,
    chat_pb2,
    chat_pb2_grpc,
    desk_pb2,
    desk_pb2_grpc,
    identity_pb2,
    identity_pb2_grpc,
    insight_pb2,
    insight_pb2_grpc,
    webhook_pb2,
    webhook_pb2_grpc,
)

Reads = dict[str, Any]
_TENANTS = {"default": "bootstrap", "acme": "acme_operator"}
_QUESTIONS = ("How long does express delivery take?", "礼品卡", "refund limits")


class Reader:
    """One suite, read with the keys that fill.py made."""

    def __init__(self, router: grpc.aio.Channel, retrieval: grpc.aio.Channel, keys: dict[str, str]) -> None:
        self._keys = keys
        self._admin: Any = admin_pb2_grpc.AdminServiceStub(router)
        self._chat: Any = chat_pb2_grpc.ChatServiceStub(router)
        self._desk: Any = desk_pb2_grpc.DeskServiceStub(router)
        self._identity: Any = identity_pb2_grpc.IdentityServiceStub(router)
        self._insight: Any = insight_pb2_grpc.InsightServiceStub(router)
        self._webhooks: Any = webhook_pb2_grpc.WebhookServiceStub(router)
        self._knowledge: Any = kb_rpc.KnowledgeServiceStub(retrieval)

    async def read(self) -> Reads:
        """Everything, by kind; nothing is changed."""
        reads: Reads = {}
        for read in (self._access, self._of_settings, self._of_knowledge, self._of_conversations):
            reads |= await read()
        for read in (self._of_the_desk, self._of_insight, self._of_webhooks):
            reads |= await read()
        return reads

    async def _call(self, method: Callable[..., Any], request: Any, key: str) -> Any:
        try:
            answer = await method(request, metadata=(("authorization", f"Bearer {self._keys[key]}"),))
        except grpc.aio.AioRpcError as error:
            return {"error": error.code().name}
        return MessageToDict(answer, preserving_proto_field_name=True)

    async def _access(self) -> Reads:
        ask = identity_pb2.GetIdentityRequest()
        tenants = admin_pb2.ListTenantsRequest()
        return {
            "tenants": await self._call(self._admin.ListTenants, tenants, "bootstrap"),
            "keys": [
                await self._call(self._admin.ListKeys, admin_pb2.ListKeysRequest(tenant=f"tenants/{tenant}"), key)
                for tenant, key in _TENANTS.items()
            ],
            "who a key is": {name: await self._call(self._identity.GetIdentity, ask, name) for name in self._keys},
        }

    async def _of_settings(self) -> Reads:
        get, revisions = admin_pb2.GetTenantSettingsRequest(), admin_pb2.ListSettingsRevisionsRequest()
        return {
            "settings": [await self._call(self._admin.GetTenantSettings, get, key) for key in _TENANTS.values()],
            "revisions of settings": [
                await self._call(self._admin.ListSettingsRevisions, revisions, key) for key in _TENANTS.values()
            ],
        }

    async def _of_knowledge(self) -> Reads:
        service, help_ = self._knowledge, "collections/help"
        listed = [await self._call(service.ListCollections, kb.ListCollectionsRequest(), k) for k in _TENANTS.values()]
        documents = [
            await self._call(service.ListDocuments, kb.ListDocumentsRequest(collection=help_), key)
            for key in _TENANTS.values()
        ]
        passages = [
            await self._call(service.ListPassages, kb.ListPassagesRequest(document=document["name"]), key)
            for key, answer in zip(_TENANTS.values(), documents, strict=True)
            for document in answer.get("documents", [])
        ]
        found: dict[str, Any] = {}
        for question in _QUESTIONS:
            request = kb.SearchRequest(query=question, top_k=3)
            hits = (await self._call(service.Search, request, "bootstrap")).get("hits", [])
            found[question] = [hit["passage"]["name"] for hit in hits]
        curated = kb.ListCuratedAnswersRequest(collection=help_)
        return {
            "collections": listed,
            "documents": documents,
            "passages": passages,
            "curated answers": await self._call(service.ListCuratedAnswers, curated, "bootstrap"),
            "dictionary": await self._call(
                service.GetDictionary, kb.GetDictionaryRequest(collection=help_), "bootstrap"
            ),
            "search": found,
        }

    async def _of_conversations(self) -> Reads:
        sessions = {
            key: await self._call(self._chat.ListSessions, chat_pb2.ListSessionsRequest(page_size=100), key)
            for key in ("app", "acme_app")
        }
        of_alice = await self._call(self._chat.ListSessions, chat_pb2.ListSessionsRequest(user="alice"), "app")
        turns = {
            session["name"]: await self._call(
                self._chat.ListTurns, chat_pb2.ListTurnsRequest(session=session["name"]), key
            )
            for key, answer in sessions.items()
            for session in answer.get("sessions", [])
        }
        return {"sessions": sessions, "sessions of a user": of_alice, "turns and ratings": turns}

    async def _of_the_desk(self) -> Reads:
        state = chat_pb2.Session
        asked = {
            "waiting and held": [state.STATE_WAITING, state.STATE_HUMAN],
            "given back": [state.STATE_RETURNED, state.STATE_CLOSED],
        }
        return {
            f"conversations {name}": await self._call(
                self._desk.ListConversations, desk_pb2.ListConversationsRequest(states=states), "bootstrap"
            )
            for name, states in asked.items()
        }

    async def _of_insight(self) -> Reads:
        tenants = await self._call(self._admin.ListTenants, admin_pb2.ListTenantsRequest(), "bootstrap")
        begin = Timestamp()
        begin.FromJsonString(min(one["create_time"] for one in tenants["tenants"] if "create_time" in one))
        begin = Timestamp(seconds=begin.seconds - 3600)
        span: Reads = {"start_time": begin, "end_time": Timestamp(seconds=begin.seconds + 6 * 3600)}
        insight = self._insight
        return {
            "numbers": await self._call(insight.GetNumbers, insight_pb2.GetNumbersRequest(**span), "bootstrap"),
            "use of documents": await self._call(
                insight.ListDocumentUse, insight_pb2.ListDocumentUseRequest(**span), "bootstrap"
            ),
            "unanswered questions": await self._call(
                insight.ListUnanswered, insight_pb2.ListUnansweredRequest(), "bootstrap"
            ),
        }

    async def _of_webhooks(self) -> Reads:
        listed = await self._call(self._webhooks.ListWebhooks, webhook_pb2.ListWebhooksRequest(), "bootstrap")
        return {
            "webhooks": listed,
            "deliveries": [
                await self._call(
                    self._webhooks.ListDeliveries,
                    webhook_pb2.ListDeliveriesRequest(webhook=webhook["name"], page_size=100),
                    "bootstrap",
                )
                for webhook in listed.get("webhooks", [])
            ],
        }

    async def use(self) -> Reads:
        """What shows when the data is used, which changes it: conversations of the users that fill.py named."""
        everyone = await self._call(self._chat.ListSessions, chat_pb2.ListSessionsRequest(page_size=100), "app")
        session = {one["user"]: one["name"] for one in everyone.get("sessions", [])}
        repeated = await self._ask(
            text="How long does express delivery take?", session="sessions/-", user="alice", request_id="alice-1"
        )
        held = session.get("erin", "")
        claimed = await self._call(
            self._desk.ClaimSession, desk_pb2.ClaimSessionRequest(session=held, agent="Mei"), "bootstrap"
        )
        again = desk_pb2.ReplyRequest(
            session=held, claim=int(claimed.get("claim", 0)), text="您好，我是小美。", request_id="mei-1"
        )
        erased = await self._call(self._chat.DeleteUser, chat_pb2.DeleteUserRequest(user="alice"), "app")
        gone = chat_pb2.ListTurnsRequest(session=session.get("alice", ""))
        return {
            "a request repeated": repeated,
            "a conversation gone on with": await self._ask(session=session.get("bob", ""), text="Thank you!"),
            "a message to a person": await self._ask(session=held, text="谢谢"),
            "a message to a closed conversation": await self._ask(session=session.get("grace", ""), text="Hello?"),
            "a claim": {"claim": claimed.get("claim")},
            "a reply repeated": await self._call(self._desk.Reply, again, "bootstrap"),
            "erased sessions of a user": [erased, await self._call(self._chat.ListTurns, gone, "app")],
        }

    async def _ask(self, **message: Any) -> Reads:
        call = self._chat.Converse(
            chat_pb2.ConverseRequest(**message), metadata=(("authorization", f"Bearer {self._keys['app']}"),)
        )
        told: Reads = {}
        try:
            async for event in call:
                if event.HasField("turn_started"):
                    told |= {"replayed": event.turn_started.replayed}
                    told |= {"turn": event.turn_started.turn} if event.turn_started.replayed else {}
                if event.HasField("turn_completed"):
                    told["finish_reason"] = chat_pb2.FinishReason.Name(event.turn_completed.finish_reason)
        except grpc.aio.AioRpcError as error:
            return {"error": error.code().name}
        return told


def differences(wanted: Any, got: Any, at: str = "") -> list[str]:
    """What `got` lacks of `wanted`, or has otherwise; what it has beside that is no difference."""
    if isinstance(wanted, dict):
        if not isinstance(got, dict):
            return [f"{at}: {wanted!r}, not {got!r}"]
        have = cast("Reads", got)
        return [
            line
            for name, value in cast("Reads", wanted).items()
            for line in (
                differences(value, have[name], f"{at}/{name}") if name in have else [f"{at}/{name}: {value!r} is gone"]
            )
        ]
    if isinstance(wanted, list):
        items, have_items = cast("list[Any]", wanted), cast("list[Any]", got)
        if not isinstance(got, list) or len(items) != len(have_items):
            return [f"{at}: {wanted!r}, not {got!r}"]
        return [
            line
            for number, (one, other) in enumerate(zip(items, have_items, strict=True))
            for line in differences(one, other, f"{at}/{number}")
        ]
    return [] if wanted == got else [f"{at}: {wanted!r}, not {got!r}"]


async def read(router: str, retrieval: str, keys: dict[str, str], *, use: bool = False) -> Reads:
    """What a running suite has of each kind; with `use` also what shows when it is used."""
    async with grpc.aio.insecure_channel(router) as first, grpc.aio.insecure_channel(retrieval) as second:
        reader = Reader(first, second, keys)
        return await reader.read() | (await reader.use() if use else {})


def main() -> None:
    """Read the suite that the command line names."""
    router, retrieval, keys, out, *use = sys.argv[1:]
    reads = asyncio.run(read(router, retrieval, json.loads(Path(keys).read_text("utf-8")), use=bool(use)))
    Path(out).write_text(json.dumps(reads, ensure_ascii=False, indent=1, sort_keys=True), "utf-8")


if __name__ == "__main__":
    main()
