"""Turn snapshot: what the lease of a running turn saves for other routers."""

from kefu.router.answering.draft import AnswerDraft
from kefu.router.domain.generation import PartialAnswer
from kefu.router.domain.turn import Turn
from kefu.router.storage.turn_drafts import DraftContext
from kefu.router.storage.turn_leases import TurnSnapshot
from kefu.text.language import AnswerLanguage


def snapshot_of(turn: Turn, draft: AnswerDraft) -> TurnSnapshot | None:
    """What another router needs to go on; None while there is nothing, or nothing beyond the saved draft."""
    if not draft.log.has_started or draft.saved is not None:
        return None
    language: AnswerLanguage = "zh" if turn.language == "zh" else "en"
    partial = PartialAnswer((), "", "") if draft.received is None else draft.received.partial_answer()
    about = DraftContext(
        language=language,
        as_of=turn.as_of,
        carried=turn.carried,
        searched=draft.basis.searched,
        query=draft.basis.query,
        gives_instructions=draft.basis.gives_instructions,
        passages=draft.basis.passages,
        fingerprint=partial.fingerprint,
        whole=bool(partial.token_ids or not partial.text),
    )
    return TurnSnapshot(about, draft.log.encoded, partial, draft.log.rewritten_from, draft.version)
