"""Slots for the searches of turns: as many turns search as retrieval works off in time."""

from contextlib import AbstractAsyncContextManager

from kefu.common.errors import Overloaded
from kefu.router.admission.scheduler import AdmissionScheduler, SlotRequest
from kefu.router.answering.question import Question
from kefu.router.dispatch.relay import RESERVE_SECONDS
from kefu.router.domain.turn import BrownOut


class SearchSlots:
    """Slots for questions, by tenant, priority and size."""

    def __init__(self, admission: AdmissionScheduler) -> None:
        self._admission = admission

    def slot(self, question: Question) -> AbstractAsyncContextManager[BrownOut]:
        """A slot for the block, with what the search has to do without. Raises Overloaded."""
        return self._admission.slot(_slot_request(question))

    def too_late(self, question: Question) -> Overloaded:
        """The refusal of a question whose search took too long."""
        return self._admission.refusal(_slot_request(question), "too_late")


def _slot_request(question: Question) -> SlotRequest:
    """The request for a slot to search; it is refused while there is time to say so."""
    deadline = question.request.deadline
    return SlotRequest(
        tenant=question.principal.tenant,
        priority=question.principal.priority,
        weight=question.settings.weight,
        size=len(question.text.encode()),
        deadline=None if deadline is None else deadline - RESERVE_SECONDS,
    )
