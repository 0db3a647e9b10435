"""Playing the customers of a folder, one after the other, and what came of it."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from kefu.client import Client
from kefu.common.errors import SessionNotFound
from kefu.evaluation.actions.conversation import Conversation
from kefu.evaluation.actions.findings import Findings, findings_of
from kefu.evaluation.actions.hostile_customers import Services, attacks
from kefu.evaluation.actions.recorded_shop import RecordedShop
from kefu.evaluation.actions.scripted_customer import ScriptedCustomer
from kefu.evaluation.actions.tasks import Task, state_after


@dataclass(frozen=True)
class Played:
    """A conversation that was held, and what came of it."""

    name: str
    """The task's id, or the hostile scenario."""
    task: Task | None
    """None: the customer was hostile."""
    conversation: Conversation
    is_right: bool
    """The shop's records are what the task's calls come to; of a hostile customer: it was played to its end."""
    why: str
    """Why not; empty for nothing."""
    findings: Findings


@dataclass(frozen=True)
class Stage:
    """Where customers are played: a suite, a shop that it calls, and what the tenant has written itself."""

    client: Client
    shop: RecordedShop
    fixed_texts: Sequence[str]
    services: Services

    async def play(self, tasks: Sequence[Task]) -> AsyncIterator[Played]:
        """Play each task from the beginning. Raises ServiceError when Kefu cannot be asked."""
        for number, task in enumerate(tasks):
            self.shop.reset(task.customer)
            conversation = Conversation(self.client, task.customer, self.shop.token(task.customer))
            why = await ScriptedCustomer(task, self.shop.seed, number).play(conversation)
            is_right = self.shop.state(task.customer) == state_after(self.shop.seed, task)
            findings = await self._end(conversation)
            if not why and not is_right:
                why = "the records are not what the task's calls come to"
            self.shop.reset(task.customer)
            yield Played(task.id, task, conversation, is_right, why, findings)

    async def play_hostile(self, times: int) -> AsyncIterator[Played]:
        """Play each hostile scenario with so many customers. Raises ServiceError."""
        async for name, attack, why in attacks(self.shop, self.client, self.services, times):
            conversation = attack.conversation
            findings = await self._end(conversation)
            self.shop.reset(conversation.customer)
            yield Played(name, None, conversation, not why, why, findings)

    async def _end(self, conversation: Conversation) -> Findings:
        """Look at what a conversation was, and erase it: what was handed over must not fill the desk."""
        conversation.ended = time.monotonic()
        with suppress(SessionNotFound):
            await self.client.delete_session(conversation.session)
        return findings_of(conversation, self.shop.take_calls(), self.shop.seed, self.fixed_texts)
