"""
The router's methods that are recorded in the audit log, and those that are not.

Each method is in one of the two tables; a test holds that. What is recorded are names and numbers: never what customers
wrote, and no secret.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from kefu.common.audit.entry import pseudonym
from kefu.common.audit.recorder import Act, AuditedMethod
from kefu.common.auth import Scope, caller
from kefu.router.v1 import action_pb2 as action
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import attachment_pb2 as attachment
from kefu.router.v1 import audit_pb2 as audit
from kefu.router.v1 import chat_pb2 as chat
from kefu.router.v1 import desk_pb2 as desk
from kefu.router.v1 import experiment_pb2 as experiment
from kefu.router.v1 import golden_pb2 as golden
from kefu.router.v1 import insight_pb2 as insight
from kefu.router.v1 import procedure_pb2 as procedure
from kefu.router.v1 import review_pb2 as review
from kefu.router.v1 import webhook_pb2 as webhook

_ACTION = "kefu.router.v1.ActionService"
_PROCEDURE = "kefu.router.v1.ProcedureService"
_GOLDEN = "kefu.router.v1.GoldenQuestionService"
_ADMIN = "kefu.router.v1.AdminService"
_ATTACHMENT = "kefu.router.v1.AttachmentService"
_AUDIT = "kefu.router.v1.AuditService"
_CHAT = "kefu.router.v1.ChatService"
_DESK = "kefu.router.v1.DeskService"
_EXPERIMENT = "kefu.router.v1.ExperimentService"
_IDENTITY = "kefu.router.v1.IdentityService"
_INSIGHT = "kefu.router.v1.InsightService"
_REVIEW = "kefu.router.v1.ReviewService"
_WEBHOOK = "kefu.router.v1.WebhookService"
_READ_REPEAT_SECONDS = 3600.0


def _in_tenant(act: Act, name: str) -> str:
    """Note the tenant ("tenants/{tenant}", empty: the caller's) that a call is about. Returns its name."""
    act.tenant = name.removeprefix("tenants/")
    return name or f"tenants/{caller().tenant}"


def _create_tenant(act: Act, request: admin.CreateTenantRequest) -> None:
    act.target = f"tenants/{request.tenant_id}"


def _create_key(act: Act, request: admin.CreateKeyRequest) -> None:
    act.target = f"{_in_tenant(act, request.tenant)}/keys"


def _created_key(act: Act, response: admin.CreateKeyResponse) -> None:
    act.target = response.key.name
    act.details = {
        "display_name": response.key.display_name,
        "scopes": " ".join(admin.Scope.Name(scope).removeprefix("SCOPE_").lower() for scope in response.key.scopes),
        "collections": " ".join(response.key.collections),
        "priority": admin.Priority.Name(response.key.priority).removeprefix("PRIORITY_").lower(),
    }


def _revoke_key(act: Act, request: admin.RevokeKeyRequest) -> None:
    act.target = request.name
    act.tenant = request.name.removeprefix("tenants/").partition("/")[0]


def _update_settings(act: Act, request: admin.UpdateTenantSettingsRequest) -> None:
    act.target = f"{_in_tenant(act, request.tenant)}/settings"


def _changed_settings(
    act: Act, response: admin.UpdateTenantSettingsResponse | admin.PromoteStagedSettingsResponse
) -> None:
    act.details = {"revision": str(response.revision), "fields": " ".join(response.changed_fields)}


def _stage_settings(act: Act, request: admin.StageSettingsRequest) -> None:
    act.target = "stagedSettings"


def _staged_settings(act: Act, response: admin.StageSettingsResponse) -> None:
    act.target = response.staged_settings.name


def _secret(act: Act, request: admin.PutSecretRequest | admin.DeleteSecretRequest) -> None:
    act.target = request.name
    act.tenant = request.name.removeprefix("tenants/").partition("/")[0]


def _put_action(act: Act, request: action.PutActionRequest) -> None:
    act.target = request.action.name
    act.details["host"] = urlsplit(request.action.call.url).hostname or ""


def _stored_action(act: Act, response: action.PutActionResponse) -> None:
    act.details["revision"] = str(response.action.revision)


def _put_procedure(act: Act, request: procedure.PutProcedureRequest) -> None:
    act.target = request.procedure.name


def _stored_procedure(act: Act, response: procedure.PutProcedureResponse) -> None:
    act.details["revision"] = str(response.procedure.revision)


def _put_golden(act: Act, request: golden.PutGoldenQuestionRequest) -> None:
    act.target = request.question.name or "goldenQuestions"


def _stored_golden(act: Act, response: golden.PutGoldenQuestionResponse) -> None:
    act.target = response.question.name
    act.details["revision"] = str(response.question.revision)


def _import_golden(act: Act, request: golden.ImportGoldenQuestionsRequest) -> None:
    act.target = "goldenQuestions"
    act.details["bytes"] = str(len(request.lines))


def _imported_golden(act: Act, response: golden.ImportGoldenQuestionsResponse) -> None:
    act.details["questions"] = str(response.imported)


def _propose_golden(act: Act, request: golden.ProposeGoldenQuestionRequest) -> None:
    act.target = request.turn


def _try_action(act: Act, request: action.TryActionRequest) -> None:
    act.target = request.name
    act.details["customer"] = pseudonym(request.customer) if request.customer else ""


def _start_experiment(act: Act, request: experiment.StartExperimentRequest) -> None:
    act.target = request.experiment.draft or request.experiment.staged_settings
    act.details["share_percent"] = str(request.experiment.share_percent)


def _started_experiment(act: Act, response: experiment.StartExperimentResponse) -> None:
    act.details["experiment"] = response.experiment.name


def _end_experiment(act: Act, request: experiment.StopExperimentRequest | experiment.PromoteExperimentRequest) -> None:
    act.target = request.name


def _ended_experiment(
    act: Act, response: experiment.StopExperimentResponse | experiment.PromoteExperimentResponse
) -> None:
    ended = response.experiment
    act.target = ended.name
    act.details = {
        "draft": ended.draft,
        "verdict": experiment.ExperimentFigures.Verdict.Name(ended.figures.verdict).removeprefix("VERDICT_").lower(),
    }


def _create_webhook(act: Act, request: webhook.CreateWebhookRequest) -> None:
    act.target = "webhooks"
    act.details["events"] = " ".join(
        webhook.WebhookEvent.Name(event).removeprefix("WEBHOOK_EVENT_").lower()
        for event in request.events
        if event in webhook.WebhookEvent.values()
    )


def _created_webhook(act: Act, response: webhook.CreateWebhookResponse) -> None:
    act.target = response.webhook.name
    act.details["host"] = urlsplit(response.webhook.url).hostname or ""  # the path may hold a secret


def _name(
    act: Act,
    request: webhook.DeleteWebhookRequest
    | webhook.RedeliverRequest
    | chat.DeleteSessionRequest
    | action.DeleteActionRequest
    | procedure.DeleteProcedureRequest
    | golden.DeleteGoldenQuestionRequest
    | admin.PromoteStagedSettingsRequest
    | admin.DiscardStagedSettingsRequest,
) -> None:
    act.target = request.name


def _claim(act: Act, request: desk.ClaimSessionRequest) -> None:
    act.target = request.session
    act.details = {"agent": request.agent, "take_over": "yes" if request.take_over else ""}


def _return(act: Act, request: desk.ReturnSessionRequest) -> None:
    act.target = request.session
    if request.to in desk.ReturnSessionRequest.To.values():
        act.details["to"] = desk.ReturnSessionRequest.To.Name(request.to).removeprefix("TO_").lower()


def _dismiss(act: Act, request: insight.DismissUnansweredRequest) -> None:
    act.target = "unanswered"


def _dismissed(act: Act, response: insight.DismissUnansweredResponse) -> None:
    act.details["questions"] = str(response.dismissed)


def _judge(act: Act, request: review.JudgeAnswerRequest) -> None:
    act.target = request.turn
    if request.verdict in review.Verdict.values():
        act.details["verdict"] = review.Verdict.Name(request.verdict).removeprefix("VERDICT_").lower()


def _open_attachment(act: Act, request: attachment.GetAttachmentRequest) -> None:
    # Customers open their own, as they read their conversations: that is not recorded.
    act.target = request.name if Scope.DESK in caller().scopes else ""


def _person(act: Act, request: chat.DeleteUserRequest | chat.ExportUserRequest) -> None:
    if request.user:
        act.target = f"users/{pseudonym(request.user)}"
        act.details["all_keys"] = "yes" if request.all_keys else ""
    elif request.visitor:
        act.target = f"visitors/{pseudonym(request.visitor)}"
    elif request.customer:
        act.target = f"customers/{pseudonym(request.customer)}"
    else:
        act.target = request.session


def _deleted_user(act: Act, response: chat.DeleteUserResponse) -> None:
    act.details["sessions"] = str(response.sessions_deleted)


def _exported(act: Act, response: chat.ExportUserResponse) -> None:
    act.details["bytes"] = str(int(act.details.get("bytes", 0)) + len(response.data))


def _list_archive(act: Act, request: admin.ListArchivedConversationsRequest) -> None:
    act.target = "archive"
    act.details = {"start_day": request.start_day[:10], "end_day": request.end_day[:10]}


def _export_archive(act: Act, request: admin.ExportArchiveRequest) -> None:
    act.target = "archive"
    act.details = {"start_day": request.start_day[:10], "end_day": request.end_day[:10]}


def _exported_archive(act: Act, response: admin.ExportArchiveResponse) -> None:
    act.details["bytes"] = str(int(act.details.get("bytes", 0)) + len(response.data))


def _read_audit(act: Act, request: audit.ListAuditEntriesRequest) -> None:
    act.target = f"{_in_tenant(act, request.tenant)}/audit"


AUDITED: Mapping[str, AuditedMethod] = {
    f"{_ADMIN}/CreateTenant": AuditedMethod("tenant.create", _create_tenant),
    f"{_ADMIN}/CreateKey": AuditedMethod("key.create", _create_key, _created_key),
    f"{_ADMIN}/RevokeKey": AuditedMethod("key.revoke", _revoke_key),
    f"{_ADMIN}/UpdateTenantSettings": AuditedMethod("settings.update", _update_settings, _changed_settings),
    f"{_ADMIN}/StageSettings": AuditedMethod("settings.stage", _stage_settings, _staged_settings),
    f"{_ADMIN}/PromoteStagedSettings": AuditedMethod("settings.promote", _name, _changed_settings),
    f"{_ADMIN}/DiscardStagedSettings": AuditedMethod("settings.discard", _name),
    f"{_ADMIN}/PutSecret": AuditedMethod("secret.put", _secret),
    f"{_ADMIN}/DeleteSecret": AuditedMethod("secret.delete", _secret),
    f"{_ADMIN}/ListArchivedConversations": AuditedMethod(
        "archive.list", _list_archive, repeat_seconds=_READ_REPEAT_SECONDS
    ),
    f"{_ADMIN}/ExportArchive": AuditedMethod("archive.export", _export_archive, _exported_archive),
    f"{_ACTION}/PutAction": AuditedMethod("action.put", _put_action, _stored_action),
    f"{_ACTION}/DeleteAction": AuditedMethod("action.delete", _name),
    f"{_ACTION}/TryAction": AuditedMethod("action.try", _try_action),
    f"{_PROCEDURE}/PutProcedure": AuditedMethod("procedure.put", _put_procedure, _stored_procedure),
    f"{_PROCEDURE}/DeleteProcedure": AuditedMethod("procedure.delete", _name),
    f"{_GOLDEN}/PutGoldenQuestion": AuditedMethod("golden.put", _put_golden, _stored_golden),
    f"{_GOLDEN}/DeleteGoldenQuestion": AuditedMethod("golden.delete", _name),
    f"{_GOLDEN}/ImportGoldenQuestions": AuditedMethod("golden.import", _import_golden, _imported_golden),
    f"{_GOLDEN}/ProposeGoldenQuestion": AuditedMethod(
        "golden.propose", _propose_golden, repeat_seconds=_READ_REPEAT_SECONDS
    ),
    f"{_EXPERIMENT}/StartExperiment": AuditedMethod("experiment.start", _start_experiment, _started_experiment),
    f"{_EXPERIMENT}/StopExperiment": AuditedMethod("experiment.stop", _end_experiment, _ended_experiment),
    f"{_EXPERIMENT}/PromoteExperiment": AuditedMethod("experiment.promote", _end_experiment, _ended_experiment),
    f"{_WEBHOOK}/CreateWebhook": AuditedMethod("webhook.create", _create_webhook, _created_webhook),
    f"{_WEBHOOK}/DeleteWebhook": AuditedMethod("webhook.delete", _name),
    f"{_WEBHOOK}/Redeliver": AuditedMethod("webhook.redeliver", _name),
    f"{_DESK}/ClaimSession": AuditedMethod("desk.claim", _claim),
    f"{_DESK}/ReturnSession": AuditedMethod("desk.return", _return),
    f"{_INSIGHT}/DismissUnanswered": AuditedMethod("unanswered.dismiss", _dismiss, _dismissed),
    f"{_REVIEW}/JudgeAnswer": AuditedMethod("answer.judge", _judge),
    f"{_CHAT}/DeleteSession": AuditedMethod("session.erase", _name, failures=False),
    f"{_CHAT}/DeleteUser": AuditedMethod("user.erase", _person, _deleted_user),
    f"{_CHAT}/ExportUser": AuditedMethod("user.export", _person, _exported),
    f"{_ATTACHMENT}/GetAttachment": AuditedMethod(
        "attachment.open", _open_attachment, failures=False, repeat_seconds=_READ_REPEAT_SECONDS, needs_target=True
    ),
    f"{_AUDIT}/ListAuditEntries": AuditedMethod("audit.read", _read_audit, repeat_seconds=_READ_REPEAT_SECONDS),
}
"""What the router records, by "package.Service/Method"."""

NOT_AUDITED = frozenset(
    {
        *(f"{_ACTION}/{method}" for method in ("GetAction", "ListActions")),
        *(
            f"{_PROCEDURE}/{method}"
            for method in (
                "CheckProcedure",
                "SimulateProcedure",
                "GetProcedure",
                "ListProcedures",
                "ListProcedureRevisions",
            )
        ),
        *(
            f"{_ADMIN}/{method}"
            for method in (
                "ListTenants",
                "ListKeys",
                "GetTenantSettings",
                "ListSettingsRevisions",
                "TryTriage",
                "GetArchive",
            )
        ),
        *(
            f"{_GOLDEN}/{method}"
            for method in (
                "GetGoldenQuestion",
                "ListGoldenQuestions",
                "ExportGoldenQuestions",
                "RunGoldenQuestions",
                "ListGoldenRuns",
                "GetGoldenRun",
            )
        ),
        *(f"{_ADMIN}/{method}" for method in ("ListSecrets", "ListStagedSettings")),
        f"{_AUDIT}/VerifyAudit",
        *(f"{_CHAT}/{method}" for method in ("Converse", "ResumeTurn", "StopTurn", "RateTurn", "WatchSession")),
        *(f"{_CHAT}/{method}" for method in ("GetSession", "ListSessions", "ListTurns")),
        # Of customers, as conversations are.
        *(
            f"{_ATTACHMENT}/{method}"
            for method in ("GetAttachmentLimits", "UploadAttachment", "ListAttachments", "DeleteAttachment")
        ),
        *(f"{_DESK}/{method}" for method in ("ListConversations", "WatchDesk", "ListAgents")),
        f"{_DESK}/Reply",  # the session keeps it, with its author
        *(f"{_EXPERIMENT}/{method}" for method in ("GetExperiment", "ListExperiments")),
        *(f"{_IDENTITY}/{method}" for method in ("GetIdentity", "GetSignIn")),
        # Of customers, as conversations are; counted in kefu_identities_total.
        *(f"{_IDENTITY}/{method}" for method in ("IdentifyCustomer", "SendEmailCode", "VerifyEmailCode")),
        *(f"{_INSIGHT}/{method}" for method in ("GetNumbers", "ListUnanswered", "ListDocumentUse")),
        *(
            f"{_REVIEW}/{method}"
            for method in (
                "ListConversations",
                "GetConversation",
                "ExplainAnswer",
                "ListMatchingQuestions",
                "GetReviewSample",
                "GetReviewNumbers",
            )
        ),
        *(f"{_WEBHOOK}/{method}" for method in ("ListWebhooks", "ListDeliveries")),
    }
)
"""What the router does not record: reading, and conversations."""
