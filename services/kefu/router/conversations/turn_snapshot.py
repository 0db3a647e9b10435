"""The snapshot of a running turn that its lease saves."""

from kefu.common.text.language import AnswerLanguage
from kefu.router.answering.draft import AnswerDraft
from kefu.router.domain.generation import PartialAnswer
from kefu.router.domain.turn import Turn
from kefu.router.storage.turn_drafts import About
from kefu.router.storage.turn_leases import TurnSnapshot


def snapshot_of(turn: Turn, draft: AnswerDraft) -> TurnSnapshot | None:
    """What would have to be known elsewhere; None while it is nothing, or what is saved anyway."""
    if not draft.log.has_started or draft.saved is not None:
        return None
    language: AnswerLanguage = "zh" if turn.language == "zh" else "en"
    sent = PartialAnswer((), "", "") if draft.received is None else draft.received.sent()
    about = About(
        language=language,
        as_of=turn.as_of,
        carried=turn.carried,
        searched=draft.basis.searched,
        query=draft.basis.query,
        passages=draft.basis.passages,
        fingerprint=sent.fingerprint,
        whole=bool(sent.token_ids or not sent.text),
    )
    return TurnSnapshot(about, draft.log.encoded, sent, draft.log.rewritten_from, draft.version)
