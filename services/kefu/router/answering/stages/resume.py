"""Resume: go on with an answer that a router which died had begun."""

from kefu.router.answering.decision import Continue
from kefu.router.answering.stages.stage import AnswerTurn


async def resume(turn: AnswerTurn) -> AnswerTurn:
    """Decide for what was saved of this turn; where that cannot be continued, the draft begins anew."""
    saved = turn.draft.saved
    if saved is not None and saved.can_be_continued:
        return turn.decided(Continue(saved))
    turn.draft.begin_anew()
    return turn
