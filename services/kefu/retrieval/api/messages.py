"""Conversion of records to messages of the contract, and back."""

from google.protobuf.timestamp_pb2 import Timestamp

from kefu.common.errors import BadRequest
from kefu.retrieval.documents.chunking import window_start
from kefu.retrieval.domain.calibration import Calibration
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.domain.curated_draft import CuratedDraft
from kefu.retrieval.domain.filters import Audience
from kefu.retrieval.domain.text_recognition import TextRecognition, page_ranges
from kefu.retrieval.index.curated_answers import MIN_CURATED_COSINE, CuratedMatch
from kefu.retrieval.ingest.import_types import ImportProgress, ImportResult
from kefu.retrieval.ranking.ranker import ScoredPassage
from kefu.retrieval.storage.records import CollectionInfo, CuratedRecord, DictionaryRecord, DocumentInfo, PassageText
from kefu.retrieval.v1 import knowledge_pb2 as pb


def timestamp(seconds: float) -> Timestamp:
    """Seconds since the epoch as a Timestamp, to the microsecond."""
    message = Timestamp()
    message.FromMicroseconds(round(seconds * 1_000_000))
    return message


_AUDIENCES = {
    pb.AUDIENCE_UNSPECIFIED: Audience.EVERYONE,
    pb.AUDIENCE_EVERYONE: Audience.EVERYONE,
    pb.AUDIENCE_STAFF: Audience.STAFF,
}


def audience_of(field: str, audience: pb.Audience.ValueType) -> Audience:
    """The audience that a message names; everyone if none. Raises BadRequest for an unknown one."""
    if audience not in _AUDIENCES:
        raise BadRequest(field, "is not one of Audience.")
    return _AUDIENCES[audience]


def audience_message(audience: Audience) -> pb.Audience.ValueType:
    """The message of an audience."""
    return pb.AUDIENCE_STAFF if audience is Audience.STAFF else pb.AUDIENCE_EVERYONE


def collection_message(
    key: CollectionKey,
    info: CollectionInfo,
    counts: tuple[int, int],
    passages: int,
    update_time: float,
    calibration: Calibration | None,
) -> pb.Collection:
    """The message of a collection; `counts` are (documents, curated answers)."""
    return pb.Collection(
        name=f"collections/{key.collection}",
        display_name=info.display_name,
        document_count=counts[0],
        curated_answer_count=counts[1],
        passage_count=passages,
        embedder=info.embedder,
        create_time=timestamp(info.create_time),
        update_time=timestamp(update_time),
        calibration=None if calibration is None else calibration_message(calibration),
    )


def calibration_message(calibration: Calibration) -> pb.Calibration:
    """The message of a calibration."""
    return pb.Calibration(
        min_relevance=calibration.min_relevance,
        source=pb.Calibration.Source.Value(f"SOURCE_{calibration.source.upper()}"),
        answerable_count=calibration.answerable,
        foreign_count=calibration.foreign,
        answered=calibration.answered,
        refused=calibration.refused,
        time=timestamp(calibration.time),
        min_apart=calibration.min_apart,
    )


def document_name(key: CollectionKey, document: str) -> str:
    """The name of a document."""
    return f"collections/{key.collection}/documents/{document}"


def document_message(key: CollectionKey, info: DocumentInfo) -> pb.Document:
    """A document's metadata."""
    return pb.Document(
        name=document_name(key, info.id),
        path=info.path,
        title=info.title,
        language=info.language,
        uri=info.uri,
        valid_from=info.valid_from,
        valid_until=info.valid_until,
        passage_count=len(info.passages),
        sha256=info.sha256,
        update_time=timestamp(info.update_time),
        audience=audience_message(info.audience),
        metadata=dict(info.metadata),
        recognition=recognition_message(info.recognition),
    )


def recognition_message(recognition: TextRecognition | None) -> pb.TextRecognition | None:
    """What text recognition has read."""
    if recognition is None:
        return None
    return pb.TextRecognition(
        pages=page_ranges(recognition.pages),
        page_count=len(recognition.pages),
        picture_count=recognition.pictures,
        certainty=recognition.certainty,
        doubtful_pages=page_ranges(recognition.doubtful_pages),
    )


def passage_message(key: CollectionKey, document: DocumentInfo, passage: str, text: PassageText) -> pb.Passage:
    """The message of a passage, with the metadata of its document."""
    page = text.page
    named = [f"第 {page} 页" if document.language == "zh" else f"p. {page}"] if page else []
    return pb.Passage(
        name=f"{document_name(key, document.id)}/passages/{passage}",
        title=document.title,
        headings=[*text.headings, *named],
        text=text.text,
        language=document.language,
        uri=f"{document.uri}#page={page}" if page and document.uri and "#" not in document.uri else document.uri,
        path=document.path,
        page=page,
        audience=audience_message(document.audience),
        metadata=dict(document.metadata),
    )


def hit_message(key: CollectionKey, passage: pb.Passage, scored: ScoredPassage, min_relevance: float) -> pb.SearchHit:
    """The message of a hit, with its signals and its collection's threshold."""
    window = scored.instructing_window
    return pb.SearchHit(
        passage=passage,
        score=scored.score,
        relevance=scored.relevance,
        signals=pb.Signals(
            cosine=scored.cosine,
            bm25=scored.bm25,
            coverage=scored.coverage,
            dense_rank=scored.dense_rank,
            lexical_rank=scored.lexical_rank,
            head_cosine=scored.header_cosine,
            head_is_question=scored.entry.header is not None and scored.entry.header.is_question,
            other_language=scored.features.other_language,
            min_relevance=min_relevance,
        ),
        instructions_from=None if window is None else window_start(passage.text, window),
        same_passages=[f"{document_name(key, entry.document)}/passages/{entry.passage}" for entry in scored.duplicates],
    )


def curated_draft(message: pb.CuratedAnswer) -> CuratedDraft:
    """The unchecked draft in a message. Raises BadRequest for an unknown audience."""
    return CuratedDraft(
        tuple(message.questions),
        message.answer,
        message.language,
        message.valid_from,
        message.valid_until,
        message.priority,
        audience_of("curated_answer.audience", message.audience),
    )


def curated_message(key: CollectionKey, record: CuratedRecord) -> pb.CuratedAnswer:
    """The message of a curated answer."""
    return pb.CuratedAnswer(
        name=f"collections/{key.collection}/curatedAnswers/{record.id}",
        questions=record.questions,
        answer=record.answer,
        language=record.language,
        valid_from=record.valid_from,
        valid_until=record.valid_until,
        update_time=timestamp(record.update_time),
        audience=audience_message(record.audience),
        priority=record.priority,
    )


def curated_match_message(key: CollectionKey, match: CuratedMatch) -> pb.CuratedMatch:
    """The message of the nearest curated answer, and why it applies or not."""
    return pb.CuratedMatch(
        curated_answer=curated_message(key, match.record),
        question=match.question,
        cosine=match.cosine,
        applies=match.applies,
        reason=match.reason,
        question_words=match.differing.one if match.differing else (),
        query_words=match.differing.other if match.differing else (),
        least_cosine=MIN_CURATED_COSINE,
    )


def dictionary_message(record: DictionaryRecord) -> pb.Dictionary:
    """The message of a user dictionary; without a time if it is empty."""
    return pb.Dictionary(text=record.text, update_time=timestamp(record.update_time) if record.text else None)


def report_message(key: CollectionKey, report: ImportProgress | ImportResult) -> pb.ImportDocumentsResponse:
    """The message of an import's progress or result."""
    if isinstance(report, ImportProgress):
        return pb.ImportDocumentsResponse(
            progress=pb.ImportProgress(
                path=report.path,
                passages_total=report.passages_total,
                passages_embedded=report.passages_embedded,
                pages_total=report.pages_total,
                pages_read=report.pages_read,
                pages_recognized=report.pages_recognized,
            )
        )
    return pb.ImportDocumentsResponse(
        result=pb.DocumentResult(
            path=report.path,
            outcome=pb.DocumentResult.Outcome.Value(f"OUTCOME_{report.outcome}"),
            document=document_name(key, report.document) if report.document else "",
            passages=report.passages,
            reason=report.reason,
            message=report.message,
            recognition=recognition_message(report.recognition),
        )
    )
