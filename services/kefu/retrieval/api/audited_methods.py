"""
The methods of KnowledgeService that are recorded in the audit log, and those that are not.

Each method is in one of the two tables; a test holds that. What is recorded are names and numbers, never texts.
"""

from collections.abc import Mapping

from kefu.common.audit.recorder import Act, AuditedMethod
from kefu.retrieval.v1 import knowledge_pb2 as pb

_KNOWLEDGE = "kefu.retrieval.v1.KnowledgeService"


def _create_collection(act: Act, request: pb.CreateCollectionRequest) -> None:
    act.target = f"collections/{request.collection_id}"


def _name(
    act: Act,
    request: pb.DeleteCollectionRequest
    | pb.CalibrateCollectionRequest
    | pb.DeleteDocumentRequest
    | pb.DeleteCuratedAnswerRequest,
) -> None:
    act.target = request.name


def _collection(act: Act, request: pb.PutDictionaryRequest) -> None:
    act.target = request.collection


def _import_part(act: Act, request: pb.ImportDocumentsRequest) -> None:
    if request.WhichOneof("part") == "start":
        act.target = request.start.collection


def _import_report(act: Act, response: pb.ImportDocumentsResponse) -> None:
    if response.HasField("result"):
        outcome = pb.DocumentResult.Outcome.Name(response.result.outcome).removeprefix("OUTCOME_").lower()
        act.details[outcome] = str(int(act.details.get(outcome, 0)) + 1)


def _put_curated(act: Act, request: pb.PutCuratedAnswerRequest) -> None:
    act.target = request.curated_answer.name or request.collection


def _curated(act: Act, response: pb.PutCuratedAnswerResponse) -> None:
    act.target = response.curated_answer.name


AUDITED: Mapping[str, AuditedMethod] = {
    f"{_KNOWLEDGE}/CreateCollection": AuditedMethod("collection.create", _create_collection),
    f"{_KNOWLEDGE}/DeleteCollection": AuditedMethod("collection.delete", _name),
    f"{_KNOWLEDGE}/CalibrateCollection": AuditedMethod("collection.calibrate", _name),
    f"{_KNOWLEDGE}/ImportDocuments": AuditedMethod("documents.import", _import_part, _import_report),
    f"{_KNOWLEDGE}/DeleteDocument": AuditedMethod("document.delete", _name),
    f"{_KNOWLEDGE}/PutCuratedAnswer": AuditedMethod("curated_answer.set", _put_curated, _curated),
    f"{_KNOWLEDGE}/DeleteCuratedAnswer": AuditedMethod("curated_answer.delete", _name),
    f"{_KNOWLEDGE}/PutDictionary": AuditedMethod("dictionary.update", _collection),
}
"""What retrieval records, by "package.Service/Method"."""

NOT_AUDITED = frozenset(
    f"{_KNOWLEDGE}/{method}"
    for method in (
        *("GetCollection", "ListCollections", "ListDocuments", "ListPassages", "ListCuratedAnswers", "GetDictionary"),
        *("Search", "Embed", "CompareTexts", "ReadTexts", "ReadFile"),
    )
)
"""What retrieval does not record: reading."""
