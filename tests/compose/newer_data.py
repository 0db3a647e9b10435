"""Data that an older release does not know, made by this one, and what becomes of it on the way back and forth."""

from collections.abc import Awaitable, Callable

import grpc
import grpc.aio
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from kefu.retrieval.v1 import source_pb2 as source
from kefu.retrieval.v1 import source_pb2_grpc as source_rpc
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import admin_pb2_grpc as admin_rpc
from kefu.router.v1 import golden_pb2 as golden
from kefu.router.v1 import golden_pb2_grpc as golden_rpc
from kefu.router.v1 import triage_pb2 as triage
from tests.compose.real_data import COLLECTION, Kinds, RealData

TENANT = "tenants/shop"
"""Its keys and settings are the newer ones, so that an older release that cannot read them stumbles over no others."""


async def make_newer(data: RealData) -> None:
    """A key of a newer scope, settings with newer fields, staged settings, a golden question, a source."""
    async with data.kefu.operations() as operations:
        keys = admin_rpc.AdminServiceStub(operations)
        await keys.CreateKey(
            admin.CreateKeyRequest(tenant=TENANT, display_name="desk", scopes=[admin.SCOPE_DESK]),
            metadata=data.metadata,
        )
        settings = admin.TenantSettings(
            max_passages=4, triage_rules=[triage.TriageRule(name="angry", moods=["angry"], priority="high")]
        )
        settings.texts["en"].out_of_scope = "That is not for me."
        await keys.UpdateTenantSettings(
            admin.UpdateTenantSettingsRequest(tenant=TENANT, settings=settings), metadata=data.metadata
        )
        in_force = await keys.GetTenantSettings(admin.GetTenantSettingsRequest(), metadata=data.metadata)
        staged = admin.StagedSettings(title="Trial", settings=in_force.settings, base_revision=in_force.revision)
        await keys.StageSettings(admin.StageSettingsRequest(staged_settings=staged), metadata=data.metadata)
        question = golden.GoldenQuestion(text="How long are gift cards valid?", collections=[COLLECTION])
        question.must.add(texts=["3 years"])
        await golden_rpc.GoldenQuestionServiceStub(operations).PutGoldenQuestion(
            golden.PutGoldenQuestionRequest(question=question), metadata=data.metadata
        )
        feed = source.Source(
            name=f"{COLLECTION}/sources/news",
            feed=source.FeedOrigin(address="https://shop.example.com/feed"),
            paused=True,
        )
        await source_rpc.SourceServiceStub(operations).PutSource(
            source.PutSourceRequest(source=feed), metadata=data.metadata
        )


async def read_newer(data: RealData) -> Kinds:
    """What the services say of it by kind of data: the messages, or the code of the refusal."""
    kinds: Kinds = {}
    async with data.kefu.operations() as operations:

        async def ask(kind: str, method: Callable[..., Awaitable[Message]], request: Message) -> None:
            try:
                kinds[kind] = MessageToDict(await method(request, metadata=data.metadata))
            except grpc.aio.AioRpcError as error:
                kinds[kind] = error.code().name

        keys = admin_rpc.AdminServiceStub(operations)
        await ask("keys of newer scopes", keys.ListKeys, admin.ListKeysRequest(tenant=TENANT))
        await ask("newer settings", keys.GetTenantSettings, admin.GetTenantSettingsRequest(tenant=TENANT))
        await ask("staged settings", keys.ListStagedSettings, admin.ListStagedSettingsRequest())
        questions = golden_rpc.GoldenQuestionServiceStub(operations)
        await ask("golden questions", questions.ListGoldenQuestions, golden.ListGoldenQuestionsRequest())
        sources = source_rpc.SourceServiceStub(operations)
        await ask("sources", sources.ListSources, source.ListSourcesRequest(collection=COLLECTION))
    return kinds
