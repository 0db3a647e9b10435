"""Fills a running suite with each kind of data that release 0.1.0 keeps, through the contracts that both releases have.

Runs with any release's code in PYTHONPATH, from release 0.1.0 on; so it imports that release's stubs and nothing else
of this repository: `python tests/upgrade/fill.py ROUTER RETRIEVAL BOOTSTRAP_KEY SAMPLE OUT`. The suite has to allow
webhooks to this machine (KEFU_ROUTER_WEBHOOK_PRIVATE). OUT gets the secrets of the keys that were made, as JSON.
"""

import asyncio
import json
import sys
import threading
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import grpc.aio

from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.retrieval.v1 import knowledge_pb2_grpc as kb_rpc
from kefu.router.v1 import (
    admin_pb2,
    admin_pb2_grpc,
    chat_pb2,
    chat_pb2_grpc,
    desk_pb2,
    desk_pb2_grpc,
    webhook_pb2,
    webhook_pb2_grpc,
)

_WEBHOOKS = {
    "taken": (
        webhook_pb2.WEBHOOK_EVENT_HANDOFF,
        webhook_pb2.WEBHOOK_EVENT_TURN,
        webhook_pb2.WEBHOOK_EVENT_RATING,
        webhook_pb2.WEBHOOK_EVENT_ESCALATION,
    ),
    "refused": (webhook_pb2.WEBHOOK_EVENT_HANDOFF,),
}
DOCUMENTS = ("en/delivery/express-delivery.md", "en/payment/gift-cards.md", "zh/delivery/delivery-times.md")


class Caller:
    """A suite as one key sees it."""

    def __init__(self, router: grpc.aio.Channel, retrieval: grpc.aio.Channel, key: str) -> None:
        self._channels = router, retrieval
        self.metadata = (("authorization", f"Bearer {key}"),)
        self.admin: Any = admin_pb2_grpc.AdminServiceStub(router)
        self.chat: Any = chat_pb2_grpc.ChatServiceStub(router)
        self.desk: Any = desk_pb2_grpc.DeskServiceStub(router)
        self.webhooks: Any = webhook_pb2_grpc.WebhookServiceStub(router)
        self.knowledge: Any = kb_rpc.KnowledgeServiceStub(retrieval)

    def with_key(self, key: str) -> "Caller":
        """The same suite by another key."""
        return Caller(*self._channels, key)

    async def ask(self, text: str, session: str = "sessions/-", **more: Any) -> tuple[str, str]:
        """Send a message; the names of its session and turn."""
        started = chat_pb2.TurnStarted()
        request = chat_pb2.ConverseRequest(session=session, text=text, **more)
        async for event in self.chat.Converse(request, metadata=self.metadata):
            if event.HasField("turn_started"):
                started = event.turn_started
        return started.session, started.turn

    async def rate(self, turn: str, rating: Any, comment: str = "") -> None:
        """Rate an answer."""
        request = chat_pb2.RateTurnRequest(turn=turn, rating=rating, comment=comment)
        await self.chat.RateTurn(request, metadata=self.metadata)

    async def claim(self, session: str, agent: str) -> int:
        """Take a conversation over; the claim's number."""
        request = desk_pb2.ClaimSessionRequest(session=session, agent=agent)
        return (await self.desk.ClaimSession(request, metadata=self.metadata)).claim

    async def reply(self, session: str, claim: int, text: str, request_id: str = "") -> None:
        """Write to the customer."""
        request = desk_pb2.ReplyRequest(session=session, claim=claim, text=text, request_id=request_id)
        await self.desk.Reply(request, metadata=self.metadata)

    async def give_back(self, session: str, claim: int, to: Any) -> None:
        """Give a conversation back."""
        request = desk_pb2.ReturnSessionRequest(session=session, claim=claim, to=to)
        await self.desk.ReturnSession(request, metadata=self.metadata)


async def fill(caller: Caller, sample: Path) -> dict[str, str]:
    """Fill the suite; the secrets of its new keys by name."""
    keys = await _tenants_and_keys(caller)
    shop = caller.with_key(keys["app"])
    await _knowledge(caller, sample)
    await _settings(caller)
    receiver = _Receiver()
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    await _webhooks(caller, receiver.server_port)
    await _conversations(caller, shop, sample)
    await _other_tenant(caller.with_key(keys["acme_operator"]), caller.with_key(keys["acme_app"]))
    await _until_delivered(caller)
    receiver.shutdown()
    return keys


async def _tenants_and_keys(caller: Caller) -> dict[str, str]:
    request = admin_pb2.CreateTenantRequest(tenant_id="acme", display_name="Acme 有限公司")
    await caller.admin.CreateTenant(request, metadata=caller.metadata)
    chat, knowledge, operator = admin_pb2.SCOPE_CHAT, admin_pb2.SCOPE_KNOWLEDGE, admin_pb2.SCOPE_OPERATOR
    wanted: dict[str, dict[str, Any]] = {
        "app": {"display_name": "shop app", "scopes": [chat]},
        "importer": {"display_name": "importer", "scopes": [knowledge]},
        "nightly": {
            "display_name": "nightly",
            "scopes": [chat],
            "collections": ["collections/help"],
            "priority": admin_pb2.PRIORITY_BATCH,
        },
        "operator": {"display_name": "operator", "scopes": [chat, knowledge, operator]},
        "acme_operator": {"tenant": "tenants/acme", "display_name": "Acme's operator", "scopes": [operator, knowledge]},
        "acme_app": {"tenant": "tenants/acme", "display_name": "Acme's app", "scopes": [chat]},
    }
    secrets: dict[str, str] = {}
    for name, fields in wanted.items():
        made = await caller.admin.CreateKey(admin_pb2.CreateKeyRequest(**fields), metadata=caller.metadata)
        secrets[name] = made.secret
    gone = await caller.admin.CreateKey(
        admin_pb2.CreateKeyRequest(display_name="gone", scopes=[chat]), metadata=caller.metadata
    )
    await caller.admin.RevokeKey(admin_pb2.RevokeKeyRequest(name=gone.key.name), metadata=caller.metadata)
    return secrets | {"revoked": gone.secret}


async def _knowledge(caller: Caller, sample: Path) -> None:
    files = [
        (kb.DocumentStart(path=name, metadata={"product": "delivery"}), (sample / "help_center" / name).read_bytes())
        for name in DOCUMENTS
    ]
    staff = kb.DocumentStart(
        path="staff/refund-limits.md", audience=kb.AUDIENCE_STAFF, valid_from="2026-01-01", valid_until="2099-12-31"
    )
    files.append((staff, b"# Refund limits\n\nAgents may refund up to 300 yuan without asking.\n"))
    answers = "\n".join((sample / "curated_answers.csv").read_text("utf-8").splitlines()[:3])
    files.append((kb.DocumentStart(path="answers.csv", kind=kb.DocumentStart.KIND_CURATED_ANSWERS), answers.encode()))
    await _import(caller, files)
    answer = kb.CuratedAnswer(
        questions=["Do you ship to the moon?"], answer="Not yet.", language="en", priority=5, valid_until="2099-12-31"
    )
    request = kb.PutCuratedAnswerRequest(collection="collections/help", curated_answer=answer)
    await caller.knowledge.PutCuratedAnswer(request, metadata=caller.metadata)
    dictionary = kb.PutDictionaryRequest(
        collection="collections/help", dictionary=kb.Dictionary(text="快递柜\n顺丰 = 快递\n")
    )
    await caller.knowledge.PutDictionary(dictionary, metadata=caller.metadata)
    await caller.knowledge.CalibrateCollection(
        kb.CalibrateCollectionRequest(name="collections/help"), metadata=caller.metadata
    )


async def _import(caller: Caller, files: list[tuple[kb.DocumentStart, bytes]]) -> None:
    async def parts() -> AsyncIterator[kb.ImportDocumentsRequest]:
        yield kb.ImportDocumentsRequest(start=kb.ImportStart(collection="collections/help", create=True))
        for head, data in files:
            yield kb.ImportDocumentsRequest(document=head)
            yield kb.ImportDocumentsRequest(data=data)

    async for report in caller.knowledge.ImportDocuments(parts(), metadata=caller.metadata):
        if report.HasField("result") and report.result.outcome == kb.DocumentResult.OUTCOME_FAILED:
            raise RuntimeError(f"{report.result.path}: {report.result.message}")


async def _settings(caller: Caller) -> None:
    texts = admin_pb2.TenantSettings.Texts(greeting="Welcome to the shop.", handoff_customer_asked="A person comes.")
    first = admin_pb2.TenantSettings(max_passages=4, time_zone="Asia/Shanghai")
    second = admin_pb2.TenantSettings(
        max_passages=4,
        max_answer_tokens=300,
        temperature=0.25,
        instructions="You speak for the sample shop.",
        time_zone="Asia/Shanghai",
        on_busy="queue",
        texts={"en": texts},
        max_concurrent_turns=50,
        questions_per_minute=600,
        cache_answers=True,
        redact_prompts=True,
        refused_topics=["politics"],
        business_hours=["Mon-Sun 00:00-24:00"],
        sensitive_topics=["recall"],
        escalate_seconds=1,
    )
    for revision, settings in enumerate((first, second)):
        request = admin_pb2.UpdateTenantSettingsRequest(settings=settings, revision=revision)
        await caller.admin.UpdateTenantSettings(request, metadata=caller.metadata)


class _Receiver(HTTPServer):
    """Takes deliveries at /taken, and refuses them at any other path."""

    def __init__(self) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(204 if self.path == "/taken" else 503)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class' name
                del format, args

        super().__init__(("127.0.0.1", 0), Handler)


async def _webhooks(caller: Caller, port: int) -> None:
    for path, events in _WEBHOOKS.items():
        request = webhook_pb2.CreateWebhookRequest(url=f"http://127.0.0.1:{port}/{path}", events=events)
        await caller.webhooks.CreateWebhook(request, metadata=caller.metadata)


async def _conversations(caller: Caller, shop: Caller, sample: Path) -> None:
    session, turn = await shop.ask("How long does express delivery take?", user="alice", request_id="alice-1")
    await shop.rate(turn, chat_pb2.RATING_UP, "quick and clear")
    await shop.ask("顺丰几天能到？", session, request_id="alice-2")
    await shop.ask("How long does express delivery take?", user="bob")  # from the cache
    _, turn = await shop.ask("Can I pay with a gift card?", user="bob", request_id="bob-1")
    await shop.rate(turn, chat_pb2.RATING_DOWN, "not what I meant")
    await shop.ask("Do you ship to the moon?", user="bob")
    await shop.ask("What is the capital of the province of Jilin?", user="carol")
    waiting, _ = await shop.ask("I want to talk to a person about order 20261126.", user="dave")
    await shop.ask("It is urgent.", waiting)
    held, _ = await shop.ask("转人工", user="erin")
    claim = await caller.claim(held, "Mei")
    await caller.reply(held, claim, "您好，我是小美。", "mei-1")
    await shop.ask("我的包裹丢了。", held)
    for user, to in (
        ("frank", desk_pb2.ReturnSessionRequest.TO_BOT),
        ("grace", desk_pb2.ReturnSessionRequest.TO_CLOSED),
    ):
        session, _ = await shop.ask("Please give me a human agent.", user=user)
        claim = await caller.claim(session, "Tom")
        await caller.reply(session, claim, "Tom here: it is on its way.")
        await caller.give_back(session, claim, to)
    gone, _ = await shop.ask("How long does express delivery take?", user="heidi")
    await shop.chat.DeleteSession(chat_pb2.DeleteSessionRequest(name=gone), metadata=shop.metadata)
    await asyncio.sleep(4)  # dave waits longer than the tenant's second: he is escalated


async def _other_tenant(operator: Caller, app: Caller) -> None:
    document = b"# Opening hours\n\nAcme is open from 9:00 to 17:00 on weekdays.\n"
    await _import(operator, [(kb.DocumentStart(path="hours.md"), document)])
    request = admin_pb2.UpdateTenantSettingsRequest(settings=admin_pb2.TenantSettings(max_passages=2), revision=0)
    await operator.admin.UpdateTenantSettings(request, metadata=operator.metadata)
    await app.ask("When is Acme open?", user="zoe", request_id="zoe-1")


async def _until_delivered(caller: Caller) -> None:
    """Until the first webhook has everything, and the second one has been refused."""
    listed = (await caller.webhooks.ListWebhooks(webhook_pb2.ListWebhooksRequest(), metadata=caller.metadata)).webhooks
    async with asyncio.timeout(60):
        for webhook in listed:
            request = webhook_pb2.ListDeliveriesRequest(webhook=webhook.name, page_size=100)
            while True:
                found = (await caller.webhooks.ListDeliveries(request, metadata=caller.metadata)).deliveries
                if found and all(each.attempts for each in found):
                    break
                await asyncio.sleep(0.2)


async def main() -> None:
    """Fill the suite that the command line names."""
    router, retrieval, key, sample, out = sys.argv[1:]
    async with grpc.aio.insecure_channel(router) as first, grpc.aio.insecure_channel(retrieval) as second:
        secrets = await fill(Caller(first, second, key), Path(sample))
    Path(out).write_text(json.dumps(secrets | {"bootstrap": key}, indent=1), "utf-8")


if __name__ == "__main__":
    asyncio.run(main())
