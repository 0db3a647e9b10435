"""One of each kind of data that an installation keeps, made and read by its services: before and after an upgrade."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import grpc
import grpc.aio
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.retrieval.v1 import knowledge_pb2_grpc as kb_rpc
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import admin_pb2_grpc as admin_rpc
from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import chat_pb2_grpc as rpc
from kefu.router.v1 import desk_pb2 as desk
from kefu.router.v1 import desk_pb2_grpc as desk_rpc
from kefu.router.v1 import insight_pb2 as insight
from kefu.router.v1 import insight_pb2_grpc as insight_rpc
from kefu.router.v1 import webhook_pb2 as webhook
from kefu.router.v1 import webhook_pb2_grpc as webhook_rpc
from tests.compose.asking import CHINESE, ENGLISH, ask
from tests.compose.containers import Containers
from tests.support.grpc_calls import bearer_metadata

COLLECTION = "collections/help"
AGENT = "Mei"
NOWHERE = "https://93.184.215.14/kefu"
"""An address of no name, since containers can look none up; they have no road there either, so deliveries stay open."""
Kinds = dict[str, Any]


@dataclass
class RealData:
    """Names of what was made, for whoever goes on with it."""

    kefu: Containers
    metadata: tuple[tuple[str, str], ...]
    sessions: list[str] = field(default_factory=list[str])
    waiting: str = ""
    held: str = ""
    chat_key: str = ""
    revoked_key: str = ""
    webhook: str = ""


async def make(kefu: Containers) -> RealData:
    """Sessions with a history, ratings, hand-overs, keys, a tenant, settings, a webhook, curated answers, words."""
    data = RealData(kefu, bearer_metadata(kefu.key))
    async with kefu.customers() as channel, kefu.operations() as operations:
        keys, hooks = admin_rpc.AdminServiceStub(operations), webhook_rpc.WebhookServiceStub(operations)
        await keys.CreateTenant(
            admin.CreateTenantRequest(tenant_id="shop", display_name="The shop"), metadata=data.metadata
        )
        scopes = [admin.SCOPE_CHAT, admin.SCOPE_KNOWLEDGE]
        for name in ("backend", "old"):
            made = await keys.CreateKey(
                admin.CreateKeyRequest(display_name=name, scopes=scopes, collections=[COLLECTION]),
                metadata=data.metadata,
            )
            if name == "old":
                await keys.RevokeKey(admin.RevokeKeyRequest(name=made.key.name), metadata=data.metadata)
                data.revoked_key = made.secret
            else:
                data.chat_key = made.secret
        settings = admin.TenantSettings(
            instructions="You are Lin.",
            time_zone="Asia/Shanghai",
            max_passages=4,
            refused_topics=["politics"],
            escalate_seconds=0,  # the agent holds a conversation however long all this takes
        )
        for revision, greeting in enumerate(("Welcome.", "Welcome to the shop.")):
            settings.texts["en"].greeting = greeting
            await keys.UpdateTenantSettings(
                admin.UpdateTenantSettingsRequest(settings=settings, revision=revision), metadata=data.metadata
            )
        events = [webhook.WEBHOOK_EVENT_HANDOFF, webhook.WEBHOOK_EVENT_RATING]
        hook = await hooks.CreateWebhook(
            webhook.CreateWebhookRequest(url=NOWHERE, events=events), metadata=data.metadata
        )
        data.webhook = hook.webhook.name
        await _knowledge(kb_rpc.KnowledgeServiceStub(operations), data)
        await _conversations(channel, operations, data)
    return data


async def _knowledge(knowledge: "kb_rpc.KnowledgeServiceAsyncStub", data: RealData) -> None:
    answer = kb.CuratedAnswer(questions=["Do you ship to the moon?"], answer="Not yet.", language="en")
    await knowledge.PutCuratedAnswer(
        kb.PutCuratedAnswerRequest(collection=COLLECTION, curated_answer=answer), metadata=data.metadata
    )
    words = kb.Dictionary(text="云鲸扫地王 100 n\n保修=质保=warranty\n")
    await knowledge.PutDictionary(
        kb.PutDictionaryRequest(collection=COLLECTION, dictionary=words), metadata=data.metadata
    )
    await knowledge.CalibrateCollection(kb.CalibrateCollectionRequest(name=COLLECTION), metadata=data.metadata)


async def _conversations(channel: grpc.aio.Channel, operations: grpc.aio.Channel, data: RealData) -> None:
    chat, people = rpc.ChatServiceStub(channel), desk_rpc.DeskServiceStub(operations)
    key = data.kefu.key
    for questions in (
        ("Hello!", ENGLISH, "And for a refund?"),
        (CHINESE, "怎么开发票？"),
        ("Do you ship to the moon?",),
    ):
        answer = await ask(channel, key, questions[0])
        session = answer.turn.partition("/turns/")[0]
        for question in questions[1:]:
            answer = await ask(channel, key, question, session)
        data.sessions.append(session)
        rating = pb.RATING_DOWN if questions[0] == CHINESE else pb.RATING_UP
        await chat.RateTurn(
            pb.RateTurnRequest(turn=answer.turn, rating=rating, comment="As it was."), metadata=data.metadata
        )
    asked = [await ask(channel, key, "Let me talk to a person") for _ in range(3)]
    data.waiting, data.held, closed = [one.turn.partition("/turns/")[0] for one in asked]
    for session in (data.held, closed):
        claimed = await people.ClaimSession(
            desk.ClaimSessionRequest(session=session, agent=AGENT), metadata=data.metadata
        )
        await people.Reply(
            desk.ReplyRequest(session=session, claim=claimed.claim, text="Mei here."), metadata=data.metadata
        )
        if session == closed:
            await people.ReturnSession(
                desk.ReturnSessionRequest(session=session, claim=claimed.claim, to=desk.ReturnSessionRequest.TO_CLOSED),
                metadata=data.metadata,
            )
    data.sessions += [data.waiting, data.held, closed]


async def read(data: RealData) -> Kinds:
    """What the services say of all of it, by kind of data."""
    kinds: Kinds = {}
    async with data.kefu.customers() as channel, data.kefu.operations() as operations:
        chat, knowledge = rpc.ChatServiceStub(channel), kb_rpc.KnowledgeServiceStub(operations)
        keys, hooks = admin_rpc.AdminServiceStub(operations), webhook_rpc.WebhookServiceStub(operations)
        people, numbers = desk_rpc.DeskServiceStub(operations), insight_rpc.InsightServiceStub(operations)

        async def call(method: Callable[..., Any], request: Message) -> dict[str, Any]:
            return MessageToDict(await method(request, metadata=data.metadata))

        kinds["collections"] = (await call(knowledge.ListCollections, kb.ListCollectionsRequest()))["collections"]
        kinds["documents"] = [
            one
            async for one in _pages(
                call, knowledge.ListDocuments, kb.ListDocumentsRequest(collection=COLLECTION), "documents"
            )
        ]
        kinds["passages"] = [
            passage
            for document in kinds["documents"]
            for passage in (await call(knowledge.ListPassages, kb.ListPassagesRequest(document=document["name"])))[
                "passages"
            ]
        ]
        curated = await call(knowledge.ListCuratedAnswers, kb.ListCuratedAnswersRequest(collection=COLLECTION))
        kinds["curated answers"] = curated["curatedAnswers"]
        kinds["dictionary"] = await call(knowledge.GetDictionary, kb.GetDictionaryRequest(collection=COLLECTION))
        kinds["sessions"] = [await call(chat.GetSession, pb.GetSessionRequest(name=one)) for one in data.sessions]
        kinds["turns and ratings"] = [
            await call(chat.ListTurns, pb.ListTurnsRequest(session=one)) for one in data.sessions
        ]
        # Of the lists that grow with every customer only what was made here is looked at, by its name.
        kinds["hand-overs"] = {}
        for state in (pb.Session.STATE_WAITING, pb.Session.STATE_HUMAN, pb.Session.STATE_CLOSED):
            listed = desk.ListConversationsRequest(states=[state], page_size=100)
            async for one in _pages(call, people.ListConversations, listed, "conversations"):
                if (name := one["session"]["name"]) in data.sessions:
                    kinds["hand-overs"][name] = one
        kinds["tenants"] = await call(keys.ListTenants, admin.ListTenantsRequest())
        kinds["keys"] = _by_name((await call(keys.ListKeys, admin.ListKeysRequest()))["keys"])
        kinds["settings"] = await call(keys.GetTenantSettings, admin.GetTenantSettingsRequest())
        kinds["settings' history"] = await call(keys.ListSettingsRevisions, admin.ListSettingsRevisionsRequest())
        kinds["webhooks"] = await call(hooks.ListWebhooks, webhook.ListWebhooksRequest())
        sent = webhook.ListDeliveriesRequest(webhook=data.webhook, page_size=100)
        kinds["deliveries"] = {
            one["name"]: (one["event"], one["createTime"])
            async for one in _pages(call, hooks.ListDeliveries, sent, "deliveries")
        }
        asked = await call(numbers.ListUnanswered, insight.ListUnansweredRequest())
        kinds["unanswered questions"] = int(asked.get("totalQuestions", 0))
        counted = await call(numbers.GetNumbers, insight.GetNumbersRequest())
        kinds["numbers"] = {
            name: int(counted["total"].get(name, 0)) for name in ("questions", "ratedUp", "ratedDown", "replies")
        }
        used = await call(numbers.ListDocumentUse, insight.ListDocumentUseRequest())
        kinds["use of documents"] = len(used)
        for name, key, expected in (
            ("a key that is valid", data.chat_key, None),
            ("a revoked key", data.revoked_key, grpc.StatusCode.UNAUTHENTICATED),
        ):
            try:
                await chat.ListSessions(pb.ListSessionsRequest(), metadata=bearer_metadata(key))
                code = None
            except grpc.aio.AioRpcError as error:
                code = error.code()
            kinds[name] = code == expected
    return kinds


async def _pages(
    call: Callable[..., Any], method: Callable[..., Any], request: Any, field_name: str
) -> AsyncIterator[dict[str, Any]]:
    while True:
        page = await call(method, request)
        for one in page.get(field_name, []):
            yield one
        if not page.get("nextPageToken"):
            return
        request.page_token = page["nextPageToken"]


def _by_name(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda one: one["name"])


def missing(before: object, after: object, path: str = "") -> list[str]:
    """What was there and is not, or is another; what has come is no loss."""
    match before, after:
        case dict(), dict():
            was, now = cast("dict[str, object]", before), cast("dict[str, object]", after)
            return [line for key, value in was.items() for line in missing(value, now.get(key), f"{path}.{key}")]
        case list(), list():
            each, those = cast("list[object]", before), cast("list[object]", after)
            gone = [f"{path}: {len(each)} became {len(those)}"] if len(those) < len(each) else []
            pairs = enumerate(zip(each, those, strict=False))
            return gone + [line for at, (one, other) in pairs for line in missing(one, other, f"{path}[{at}]")]
        case str(), str() if path.endswith(".lastUsedTime"):
            return [] if after >= before else [f"{path}: {before} became {after}"]
        case int(), int() if not isinstance(before, bool):
            return [] if after >= before else [f"{path}: {before} became {after}"]
        case _:
            return [] if before == after else [f"{path}: {before!r} became {after!r}"]
