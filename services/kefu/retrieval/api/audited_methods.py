"""
The methods of retrieval that are recorded in the audit log, and those that are not.

Each method is in one of the two tables; a test holds that. What is recorded are names and numbers, never texts.
"""

from collections.abc import Mapping

from kefu.common.audit.recorder import Act, AuditedMethod
from kefu.retrieval.v1 import draft_pb2, history_pb2, source_pb2
from kefu.retrieval.v1 import knowledge_pb2 as pb

_KNOWLEDGE = "kefu.retrieval.v1.KnowledgeService"
_DRAFT = "kefu.retrieval.v1.DraftService"
_HISTORY = "kefu.retrieval.v1.HistoryService"
_SOURCES = "kefu.retrieval.v1.SourceService"


def _create_collection(act: Act, request: pb.CreateCollectionRequest) -> None:
    act.target = f"collections/{request.collection_id}"


def _name(
    act: Act,
    request: pb.DeleteCollectionRequest
    | pb.CalibrateCollectionRequest
    | pb.DeleteDocumentRequest
    | pb.DeleteCuratedAnswerRequest
    | history_pb2.RestoreRevisionRequest,
) -> None:
    act.target = request.name
    _note_draft(act, request.draft if not isinstance(request, pb.DeleteCollectionRequest) else "")


def _note_draft(act: Act, draft: str) -> None:
    if draft:
        act.details["draft"] = draft


def _collection(act: Act, request: pb.PutDictionaryRequest) -> None:
    act.target = request.collection
    _note_draft(act, request.draft)


def _import_part(act: Act, request: pb.ImportDocumentsRequest) -> None:
    if request.WhichOneof("part") == "start":
        act.target = request.start.collection
        _note_draft(act, request.start.draft)


def _import_report(act: Act, response: pb.ImportDocumentsResponse) -> None:
    if response.HasField("result"):
        outcome = pb.DocumentResult.Outcome.Name(response.result.outcome).removeprefix("OUTCOME_").lower()
        act.details[outcome] = str(int(act.details.get(outcome, 0)) + 1)


def _put_curated(act: Act, request: pb.PutCuratedAnswerRequest) -> None:
    act.target = request.curated_answer.name or request.collection
    _note_draft(act, request.draft)


def _curated(act: Act, response: pb.PutCuratedAnswerResponse) -> None:
    act.target = response.curated_answer.name


def _of_collection(act: Act, request: draft_pb2.CreateDraftRequest) -> None:
    act.target = request.collection


def _created(act: Act, response: draft_pb2.CreateDraftResponse) -> None:
    act.target = response.draft.name


def _draft(
    act: Act,
    request: draft_pb2.RefreshDraftRequest | draft_pb2.CheckDraftRequest | draft_pb2.DiscardDraftRequest,
) -> None:
    act.target = request.name


def _checked(act: Act, request: draft_pb2.ReportDraftCheckRequest) -> None:
    act.target = request.name
    act.details["passed"], act.details["failed"] = str(request.check.passed), str(request.check.failed)


def _promote(act: Act, request: draft_pb2.PromoteDraftRequest) -> None:
    act.target = request.name
    if request.override:
        act.details["override"] = request.reason


def _roll_back(act: Act, request: draft_pb2.RollBackRequest) -> None:
    act.target = request.version or request.collection


def _rolled_back(act: Act, response: draft_pb2.RollBackResponse) -> None:
    act.target = response.version.name


def _of_source(
    act: Act, request: source_pb2.SyncSourceRequest | source_pb2.ApproveSyncRequest | source_pb2.DismissSyncRequest
) -> None:
    act.target = request.name


def _put_source(act: Act, request: source_pb2.PutSourceRequest) -> None:
    act.target = request.source.name
    act.details["kind"] = request.source.WhichOneof("origin") or ""
    if request.source.secret:
        act.details["secret"] = request.source.secret


def _delete_source(act: Act, request: source_pb2.DeleteSourceRequest) -> None:
    act.target = request.name
    if request.with_documents:
        act.details["with_documents"] = "true"


AUDITED: Mapping[str, AuditedMethod] = {
    f"{_KNOWLEDGE}/CreateCollection": AuditedMethod("collection.create", _create_collection),
    f"{_KNOWLEDGE}/DeleteCollection": AuditedMethod("collection.delete", _name),
    f"{_KNOWLEDGE}/CalibrateCollection": AuditedMethod("collection.calibrate", _name),
    f"{_KNOWLEDGE}/ImportDocuments": AuditedMethod("documents.import", _import_part, _import_report),
    f"{_KNOWLEDGE}/DeleteDocument": AuditedMethod("document.delete", _name),
    f"{_KNOWLEDGE}/PutCuratedAnswer": AuditedMethod("curated_answer.set", _put_curated, _curated),
    f"{_KNOWLEDGE}/DeleteCuratedAnswer": AuditedMethod("curated_answer.delete", _name),
    f"{_KNOWLEDGE}/PutDictionary": AuditedMethod("dictionary.update", _collection),
    f"{_DRAFT}/CreateDraft": AuditedMethod("draft.create", _of_collection, _created),
    f"{_DRAFT}/RefreshDraft": AuditedMethod("draft.refresh", _draft),
    f"{_DRAFT}/CheckDraft": AuditedMethod("draft.check", _draft),
    f"{_DRAFT}/ReportDraftCheck": AuditedMethod("draft.report", _checked),
    f"{_DRAFT}/PromoteDraft": AuditedMethod("draft.promote", _promote),
    f"{_DRAFT}/DiscardDraft": AuditedMethod("draft.discard", _draft),
    f"{_DRAFT}/RollBack": AuditedMethod("version.restore", _roll_back, _rolled_back),
    f"{_HISTORY}/RestoreRevision": AuditedMethod("document.restore", _name),
    f"{_SOURCES}/PutSource": AuditedMethod("source.set", _put_source),
    f"{_SOURCES}/DeleteSource": AuditedMethod("source.delete", _delete_source),
    f"{_SOURCES}/SyncSource": AuditedMethod("source.sync", _of_source),
    f"{_SOURCES}/ApproveSync": AuditedMethod("source.approve", _of_source),
    f"{_SOURCES}/DismissSync": AuditedMethod("source.dismiss", _of_source),
}
"""What retrieval records, by "package.Service/Method"."""

NOT_AUDITED = frozenset(
    f"{_KNOWLEDGE}/{method}"
    for method in (
        *("GetCollection", "ListCollections", "ListDocuments", "ListPassages", "ListCuratedAnswers", "GetDictionary"),
        *("Search", "Embed", "CompareTexts", "ReadTexts", "ReadFile"),
    )
) | {
    *(f"{_DRAFT}/{method}" for method in ("GetDraft", "ListDrafts", "ListDraftChanges", "ListVersions")),
    *(f"{_HISTORY}/{method}" for method in ("ListRevisions", "GetRevision")),
    *(f"{_SOURCES}/{method}" for method in ("GetSource", "ListSources", "ListSyncs", "GetSync")),
    *(f"{_SOURCES}/{method}" for method in ("CompareSyncDocument", "ListRecipes")),
    f"{_SOURCES}/PushSource",  # whoever has the token may call it at any rate; the run says that it was pushed
}
"""What retrieval does not record: reading, and pushes."""
