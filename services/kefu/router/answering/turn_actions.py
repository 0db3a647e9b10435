"""The tenant's actions, asked about a customer's message."""

import time
from collections.abc import Mapping
from dataclasses import replace

from kefu.router.actions.asked_action import known_texts
from kefu.router.actions.procedures.procedure_runner import ProcedureRunner, WantedProcedure
from kefu.router.actions.request import ActionReply, ActionRequest, OfferedActions, WantedAction
from kefu.router.answering.action_answer import action_request
from kefu.router.answering.draft import AnswerDraft
from kefu.router.answering.question import Question
from kefu.router.answering.triage.message_traits import intent_likelihoods
from kefu.router.dispatch.relay import RESERVE_SECONDS
from kefu.router.domain.turn import PendingInput
from kefu.router.nlu.consent import Consent

_COMPARED_SECONDS = 0.3
"""How long a message is compared at most where no action waits for it: after that its words alone are read."""


class TurnActions:
    """Actions and procedures, for the turns of conversations. Without a runner no message wants any."""

    def __init__(self, runner: ProcedureRunner | None, search_seconds: float) -> None:
        """`search_seconds`: see `seconds_to_search`."""
        self._runner = runner
        self._search_seconds = search_seconds

    async def are_there(self, tenant: str) -> bool:
        """Whether there is anything that messages may ask for."""
        return self._runner is not None and await self._runner.has_actions(tenant)

    async def owes_outcome(self, question: Question, draft: AnswerDraft) -> bool:
        """Whether a change was begun, and its customer was not told what came of it."""
        return self._runner is not None and await self._runner.owes_outcome(action_request(question, draft))

    async def compared(self, question: Question, *, is_awaited: bool = False) -> Mapping[str, float] | None:
        """The message's cosine to known ones; None for a choice, and where that takes too long.

        `is_awaited`: by an action. It may take as long as a search then.
        """
        seconds = seconds_to_search(question, self._search_seconds)
        seconds = seconds if is_awaited else min(seconds, _COMPARED_SECONDS)
        if self._runner is None or question.choice or seconds <= 0:
            return None
        return await self._runner.compared(question.principal, question.request.text, seconds)

    async def chosen(self, question: Question, draft: AnswerDraft) -> WantedAction | WantedProcedure | None:
        """What is wanted where an action asked the customer for something, and the message names it.

        Who names one of several things may want something else of it: "cancel the kettle", asked whose progress to see.
        """
        if self._runner is None:
            return None
        wanted = await self._runner.chosen(action_request(question, draft))
        if wanted is None or not isinstance(question.pending, PendingInput) or question.choice:
            return wanted
        cosines = await self.compared(question)
        if cosines is None:
            return wanted
        return await self._runner.asked_for_instead(_wish(question, draft, cosines), cosines) or wanted

    async def asked_for(
        self, question: Question, draft: AnswerDraft, cosines: Mapping[str, float]
    ) -> WantedAction | WantedProcedure | OfferedActions | None:
        """What the message asks for, or what it may ask for. `cosines`: see `compared`."""
        if self._runner is None:
            return None
        return await self._runner.asked_for(_wish(question, draft, cosines), cosines)

    async def run(self, wanted: WantedAction | WantedProcedure, question: Question, draft: AnswerDraft) -> ActionReply:
        """What the message gets of what it wants."""
        return await self._required().run(wanted, action_request(question, draft))

    async def settle(self, consent: Consent | None, question: Question, draft: AnswerDraft) -> ActionReply:
        """What comes of the change that an action asked about; see `Settle`."""
        return await self._required().settle(action_request(question, draft), consent)

    def _required(self) -> ProcedureRunner:
        assert self._runner is not None  # noqa: S101 - it found what is wanted
        return self._runner


def seconds_to_search(question: Question, most: float) -> float:
    """How long retrieval may take now, at most `most`; 0 or less where no time is left."""
    deadline = question.request.deadline
    return most if deadline is None else min(most, deadline - time.monotonic() - RESERVE_SECONDS)


def _wish(question: Question, draft: AnswerDraft, cosines: Mapping[str, float]) -> ActionRequest:
    """A message that may ask for an action, with how likely it has each intent."""
    intents = intent_likelihoods(question.message, [cosines[text] for text in known_texts()])
    return replace(action_request(question, draft), intents=intents)
