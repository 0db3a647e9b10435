"""Conversion of drafts, versions and revisions to messages of the contract, and back."""

from dataclasses import asdict

from kefu.retrieval.api.messages import timestamp
from kefu.retrieval.domain.collection_key import ORIGINAL, CollectionKey
from kefu.retrieval.domain.draft_changes import DraftChange
from kefu.retrieval.domain.versions import ChangeCounts, DraftCheck
from kefu.retrieval.drafts.comparison import ComparedDraft
from kefu.retrieval.drafts.roll_back import KeptVersion
from kefu.retrieval.storage.history import Revision
from kefu.retrieval.v1 import draft_pb2 as pb
from kefu.retrieval.v1 import history_pb2


def draft_message(key: CollectionKey, draft: ComparedDraft) -> pb.Draft:
    """The message of a draft."""
    record = draft.record
    counts = draft.difference.counts if draft.difference is not None else record.changes
    return pb.Draft(
        name=f"collections/{key.collection}/drafts/{record.id}",
        title=record.title,
        origin=record.origin,
        state=pb.Draft.State.Value(f"STATE_{record.state.upper()}"),
        create_time=timestamp(record.create_time),
        update_time=timestamp(draft.update_time),
        changes=_counts_message(counts),
        check=None if record.check is None else _check_message(record.check, is_outdated=draft.is_check_outdated),
        outdated=draft.is_outdated,
        promote_when_green=record.promote_when_green,
        closed_by=record.closed_by,
        override_reason=record.override_reason,
    )


def _counts_message(counts: ChangeCounts) -> pb.DraftChangeCounts:
    return pb.DraftChangeCounts(**asdict(counts))


def _check_message(check: DraftCheck, *, is_outdated: bool) -> pb.DraftCheck:
    return pb.DraftCheck(
        passed=check.passed,
        failed=check.failed,
        lost=check.lost,
        message=check.message,
        time=timestamp(check.time),
        outdated=is_outdated,
    )


def change_message(key: CollectionKey, change: DraftChange, label: str, title: str) -> pb.DraftChange:
    """The message of a change; `label` and `title` as in the contract."""
    kind, _, ident = change.thing.partition(":")
    return pb.DraftChange(
        kind={"d": pb.DraftChange.KIND_DOCUMENT, "c": pb.DraftChange.KIND_CURATED_ANSWER}.get(
            kind, pb.DraftChange.KIND_DICTIONARY
        ),
        change=pb.DraftChange.Change.Value(f"CHANGE_{change.kind.upper()}"),
        name=thing_name(key, kind, ident),
        label=label,
        title=title,
        conflict=change.is_conflict,
    )


def thing_name(key: CollectionKey, kind: str, ident: str) -> str:
    """The name of a document ("d"), a curated answer ("c") or the dictionary."""
    segment = {"d": "documents/", "c": "curatedAnswers/"}.get(kind)
    return f"collections/{key.collection}/{segment}{ident}" if segment else f"collections/{key.collection}/dictionary"


def version_message(key: CollectionKey, kept: KeptVersion) -> pb.Version:
    """The message of a version."""
    record = kept.record
    return pb.Version(
        name=f"collections/{key.collection}/versions/{record.id or ORIGINAL}",
        title=record.title,
        live=kept.is_live,
        live_time=timestamp(record.live_time) if record.live_time else None,
        replace_time=timestamp(record.replace_time) if record.replace_time and not kept.is_live else None,
        made_live_by=record.made_live_by,
        document_count=kept.counts[0],
        curated_answer_count=kept.counts[1],
    )


def revision_message(key: CollectionKey, document: str, revision: Revision) -> history_pb2.Revision:
    """The message of a revision, without its text."""
    info = revision.info
    return history_pb2.Revision(
        name=f"collections/{key.collection}/documents/{document}/revisions/{revision.mark.number}",
        time=timestamp(revision.mark.time),
        author=revision.mark.author,
        origin=revision.mark.origin,
        deleted=info is None,
        path=revision.path,
        title=revision.title,
        sha256=info.sha256 if info else "",
        passage_count=len(info.passages) if info else 0,
    )
