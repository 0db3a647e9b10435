"""The capacity of the desk: whether a customer may be handed over to a person now."""

from kefu.router.answering.question import Question
from kefu.router.domain.handoff import Handoff
from kefu.router.nlu.sensitive_topics import EMERGENCIES
from kefu.router.storage.desk_index import DeskRoom


class DeskCapacity:
    """Looks whether the desk has room. Who waits for a person already is always let in."""

    def __init__(self, room: DeskRoom | None) -> None:
        """`room`: None where no desk is kept: then every handoff is made, and none for load."""
        self._room = room

    async def has_room_for(self, question: Question, handoff: Handoff) -> bool:
        """Whether a person can be called: the customer is at the desk, in an emergency, or there is room."""
        if self._room is None or question.waits_for_person or handoff.subject in EMERGENCIES:
            return True
        return await self._room.is_left(question.principal.tenant)

    async def takes_for_load(self, question: Question) -> bool:
        """Whether the customer may be handed over for load. A customer whom the desk takes is counted."""
        if question.waits_for_person:
            return True
        tenant, per_agent = question.principal.tenant, question.settings.overload_handoffs_per_agent
        return self._room is not None and await self._room.takes_for_load(tenant, per_agent)
