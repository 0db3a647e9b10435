"""Take a reply: decide by what an action asked the customer for, or still owes them."""

from kefu.router.answering.decision import Act, Settle, gives_way_to_reply
from kefu.router.answering.stages.stage import AnswerTurn
from kefu.router.answering.turn_actions import TurnActions


class TakeReply:
    """Takes a message as the reply to an action, unless it says clearly what it is."""

    def __init__(self, actions: TurnActions) -> None:
        self._actions = actions

    async def __call__(self, turn: AnswerTurn) -> AnswerTurn:
        """See `Stage`."""
        if not gives_way_to_reply(turn.decision):
            return turn
        if await self._actions.owes_outcome(turn.question, turn.draft):
            return turn.decided(Settle(None))
        wanted = await self._actions.chosen(turn.question, turn.draft)
        return turn if wanted is None else turn.decided(Act(wanted))
