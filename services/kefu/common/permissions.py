"""
Scopes, roles, and the table of every RPC with the scopes of which one is enough.

A key has scopes. A role is a named set of scopes, and is not stored with a key. An RPC without a line in the table is
refused, whatever the key. `docs/reference/permissions.md` is made from this module.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Scope(StrEnum):
    """What a key may do."""

    CHAT = "chat"
    """Ask questions, and read the sessions that the key opened."""
    KNOWLEDGE = "knowledge"
    """Search, import and delete documents and curated answers, those for staff too."""
    DESK = "desk"
    """Work at the desk: read the tenant's conversations and reply in them; search what everyone may see."""
    SETTINGS = "settings"
    """Read and change the tenant's settings; read its numbers and unanswered questions."""
    ADMIN = "admin"
    """Manage keys, tenants and webhooks; export and erase all that is kept of a person."""
    OPERATOR = "operator"
    """Deprecated: DESK, SETTINGS and ADMIN, as keys and configurations of earlier releases have it."""
    INTERNAL = "internal"
    """Act for other principals. Only the services' own key has this scope."""


class Role(StrEnum):
    """A named set of scopes, from the least to the most."""

    APP = "app"
    """A front end through which customers ask."""
    AGENT = "agent"
    """A person at the desk."""
    LEAD = "lead"
    """An agent who keeps the knowledge and the settings of the tenant, too."""
    ADMIN = "admin"
    """A person who may do everything, and give keys to others."""


_OPERATOR = frozenset({Scope.DESK, Scope.SETTINGS, Scope.ADMIN})
ALL_SCOPES = frozenset(Scope) - {Scope.OPERATOR, Scope.INTERNAL}
"""Every scope that a person's key can have, without the deprecated one that stands for three of them."""
SCOPES_OF_ROLE: Mapping[Role, frozenset[Scope]] = {
    Role.APP: frozenset({Scope.CHAT}),
    Role.AGENT: frozenset({Scope.DESK}),
    Role.LEAD: frozenset({Scope.DESK, Scope.KNOWLEDGE, Scope.SETTINGS}),
    Role.ADMIN: ALL_SCOPES,
}

Scopes = tuple[Scope, ...]
"""Scopes of which one is enough."""
Permissions = Mapping[str, Mapping[str, Scopes]]
"""By the full name of a service, then by the name of a method: the scopes of which one is enough."""

_CHAT = (Scope.CHAT,)
_READS_SESSIONS = (Scope.CHAT, Scope.DESK)
_ERASES = (Scope.CHAT, Scope.ADMIN)
_DESK = (Scope.DESK,)
_SETTINGS = (Scope.SETTINGS,)
_ADMIN = (Scope.ADMIN,)
_KNOWLEDGE = (Scope.KNOWLEDGE,)
_GOLDEN = (Scope.SETTINGS, Scope.KNOWLEDGE)
_INTERNAL = (Scope.INTERNAL,)
_CHECKS_DRAFTS = (Scope.KNOWLEDGE, Scope.INTERNAL)

PERMISSIONS: Permissions = {
    "kefu.router.v1.ChatService": {
        "Converse": _CHAT,
        "ResumeTurn": _CHAT,
        "StopTurn": _CHAT,
        "GetSession": _READS_SESSIONS,
        "ListSessions": _CHAT,
        "ListTurns": _READS_SESSIONS,
        "DeleteSession": _ERASES,
        "DeleteUser": _ERASES,
        "ExportUser": _ERASES,
        "RateTurn": _CHAT,
        "WatchSession": _READS_SESSIONS,
    },
    "kefu.router.v1.AttachmentService": {
        "GetAttachmentLimits": _READS_SESSIONS,
        "UploadAttachment": _CHAT,
        "ListAttachments": _READS_SESSIONS,
        "GetAttachment": _READS_SESSIONS,
        "DeleteAttachment": _CHAT,
    },
    "kefu.router.v1.DeskService": {
        "ListConversations": _DESK,
        "WatchDesk": _DESK,
        "ListAgents": _DESK,
        "ClaimSession": _DESK,
        "Reply": _DESK,
        "ReturnSession": _DESK,
    },
    "kefu.router.v1.InsightService": {
        "GetNumbers": _SETTINGS,
        "ListUnanswered": _SETTINGS,
        "DismissUnanswered": _SETTINGS,
        "ListDocumentUse": _SETTINGS,
    },
    "kefu.router.v1.ExperimentService": {
        "StartExperiment": _SETTINGS,
        "GetExperiment": _SETTINGS,
        "ListExperiments": _SETTINGS,
        "StopExperiment": _SETTINGS,
        "PromoteExperiment": _SETTINGS,
    },
    "kefu.router.v1.ReviewService": {
        "ListConversations": _DESK,
        "GetConversation": _DESK,
        "ExplainAnswer": _DESK,
        "ListMatchingQuestions": _DESK,
        "GetReviewSample": _DESK,
        "JudgeAnswer": _DESK,
        "GetReviewNumbers": (Scope.DESK, Scope.SETTINGS),
    },
    "kefu.router.v1.AdminService": {
        "CreateTenant": _ADMIN,
        "ListTenants": _ADMIN,
        "CreateKey": _ADMIN,
        "ListKeys": _ADMIN,
        "RevokeKey": _ADMIN,
        "GetTenantSettings": _SETTINGS,
        "UpdateTenantSettings": _SETTINGS,
        "ListSettingsRevisions": _SETTINGS,
        "StageSettings": _SETTINGS,
        "ListStagedSettings": _SETTINGS,
        "PromoteStagedSettings": _SETTINGS,
        "DiscardStagedSettings": _SETTINGS,
        "PutSecret": _ADMIN,
        "ListSecrets": _ADMIN,
        "DeleteSecret": _ADMIN,
        "TryTriage": _SETTINGS,
        "GetArchive": _ADMIN,
        "ListArchivedConversations": _ADMIN,
        "ExportArchive": _ADMIN,
    },
    "kefu.router.v1.ActionService": {
        "PutAction": _ADMIN,
        "GetAction": _SETTINGS,
        "ListActions": _SETTINGS,
        "DeleteAction": _ADMIN,
        "TryAction": _ADMIN,
    },
    "kefu.router.v1.ProcedureService": {
        "CheckProcedure": _SETTINGS,
        "SimulateProcedure": _SETTINGS,
        "PutProcedure": _SETTINGS,
        "GetProcedure": _SETTINGS,
        "ListProcedures": _SETTINGS,
        "ListProcedureRevisions": _SETTINGS,
        "DeleteProcedure": _SETTINGS,
    },
    "kefu.router.v1.GoldenQuestionService": {
        "PutGoldenQuestion": _GOLDEN,
        "GetGoldenQuestion": _GOLDEN,
        "ListGoldenQuestions": _GOLDEN,
        "DeleteGoldenQuestion": _GOLDEN,
        "ImportGoldenQuestions": _GOLDEN,
        "ExportGoldenQuestions": _GOLDEN,
        "ProposeGoldenQuestion": _SETTINGS,
        "RunGoldenQuestions": _GOLDEN,
        "ListGoldenRuns": _GOLDEN,
        "GetGoldenRun": _GOLDEN,
    },
    "kefu.router.v1.AuditService": {
        "ListAuditEntries": _ADMIN,
        "VerifyAudit": _ADMIN,
    },
    "kefu.router.v1.WebhookService": {
        "CreateWebhook": _ADMIN,
        "ListWebhooks": _ADMIN,
        "DeleteWebhook": _ADMIN,
        "ListDeliveries": _ADMIN,
        "Redeliver": _ADMIN,
    },
    "kefu.router.v1.IdentityService": {
        "GetIdentity": tuple(Scope),
        "GetSignIn": _CHAT,
        "IdentifyCustomer": _CHAT,
        "SendEmailCode": _CHAT,
        "VerifyEmailCode": _CHAT,
    },
    "kefu.retrieval.v1.KnowledgeService": {
        "CreateCollection": _KNOWLEDGE,
        "GetCollection": _KNOWLEDGE,
        "ListCollections": _KNOWLEDGE,
        "DeleteCollection": _KNOWLEDGE,
        "CalibrateCollection": _KNOWLEDGE,
        "ImportDocuments": _KNOWLEDGE,
        "ListDocuments": _KNOWLEDGE,
        "ListPassages": _KNOWLEDGE,
        "DeleteDocument": _KNOWLEDGE,
        "PutCuratedAnswer": _KNOWLEDGE,
        "ListCuratedAnswers": _KNOWLEDGE,
        "DeleteCuratedAnswer": _KNOWLEDGE,
        "Search": (Scope.KNOWLEDGE, Scope.DESK, Scope.INTERNAL),
        "Embed": _KNOWLEDGE,
        "CompareTexts": (Scope.KNOWLEDGE, Scope.INTERNAL),
        "ReadTexts": (Scope.KNOWLEDGE, Scope.INTERNAL),
        "ReadFile": _INTERNAL,
        "PutDictionary": _KNOWLEDGE,
        "GetDictionary": _KNOWLEDGE,
    },
    "kefu.retrieval.v1.DraftService": {
        "CreateDraft": _KNOWLEDGE,
        "GetDraft": _CHECKS_DRAFTS,
        "ListDrafts": _CHECKS_DRAFTS,
        "ListDraftChanges": _CHECKS_DRAFTS,
        "RefreshDraft": _KNOWLEDGE,
        "CheckDraft": _CHECKS_DRAFTS,
        "ReportDraftCheck": _CHECKS_DRAFTS,
        "PromoteDraft": _CHECKS_DRAFTS,
        "DiscardDraft": _KNOWLEDGE,
        "ListVersions": _CHECKS_DRAFTS,
        "RollBack": _KNOWLEDGE,
    },
    "kefu.retrieval.v1.HistoryService": {
        "ListRevisions": _KNOWLEDGE,
        "GetRevision": _KNOWLEDGE,
        "RestoreRevision": _KNOWLEDGE,
    },
    "kefu.retrieval.v1.SourceService": {
        "PutSource": _KNOWLEDGE,
        "GetSource": _KNOWLEDGE,
        "ListSources": _KNOWLEDGE,
        "DeleteSource": _KNOWLEDGE,
        "SyncSource": _KNOWLEDGE,
        "ListSyncs": _KNOWLEDGE,
        "GetSync": _KNOWLEDGE,
        "CompareSyncDocument": _KNOWLEDGE,
        "ApproveSync": _KNOWLEDGE,
        "DismissSync": _KNOWLEDGE,
        "ListRecipes": _KNOWLEDGE,
        "PushSource": _INTERNAL,
    },
    "kefu.generation.v1.GenerationService": {
        "Generate": _INTERNAL,
        "GenerateMany": _INTERNAL,
        "WatchLoad": _INTERNAL,
        "DescribeModel": _INTERNAL,
    },
}
"""Every RPC of the contracts."""


def permissions_of(*services: str) -> Permissions:
    """The part of the table for some services, by their full names. Raises KeyError for one that is not in it."""
    return {service: PERMISSIONS[service] for service in services}


def expanded(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """The scopes, and with OPERATOR among them those that it stands for. No RPC asks for OPERATOR."""
    given = frozenset(scopes)
    return given | _OPERATOR if Scope.OPERATOR in given else given


def roles_of(scopes: Iterable[Scope]) -> list[Role]:
    """The strongest roles whose scopes are all given: those that no other of them includes."""
    given = expanded(scopes)
    held = [role for role, needed in SCOPES_OF_ROLE.items() if needed <= given]
    return [role for role in held if not any(SCOPES_OF_ROLE[role] < SCOPES_OF_ROLE[other] for other in held)]
