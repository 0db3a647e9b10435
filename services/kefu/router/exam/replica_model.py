"""A model that sits the exam in the replicas of a pool."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from kefu.common.auth import DEFAULT_TENANT, Principal, Priority
from kefu.common.errors import DeadlineExceeded, PromptTooLong
from kefu.router.answering.writing.token_estimate import TokenEstimate
from kefu.router.dispatch.choice import choose
from kefu.router.dispatch.first_frame import AnsweringReplica
from kefu.router.dispatch.hedging import Hedging
from kefu.router.dispatch.relay import NoReplica, RelayFactory, RelayPolicy, ReplicaChooser
from kefu.router.dispatch.retry_budget import RetryBudget
from kefu.router.domain.generation import Frame, GenerationRequest, Message
from kefu.router.exam.examiner import ModelUnavailable
from kefu.router.replicas.pool import ReplicaPool

EXAMINER = Principal(DEFAULT_TENANT, "exam", frozenset(), priority=Priority.BATCH)
"""On whose behalf a model is examined."""
_ANSWER_TOKENS = 200
_ATTEMPTS = 3
_RESERVE = 10.0
_PROBE_TOKENS = 1


@dataclass(frozen=True)
class OneModelOf:
    """The replicas of a pool that serve one model, by `Replica.model_id`."""

    pool: ReplicaPool
    model_id: str

    @property
    def answer_profile(self) -> str:
        """See `ReplicaPool.answer_profile`: nothing is decided by it."""
        return ""

    def choose(
        self, *, preferred: str = "", session: str = "", exclude: frozenset[str] = frozenset()
    ) -> AnsweringReplica | None:
        """See `ReplicaPool.choose`."""
        others = {each.address for each in self.pool.replicas if each.model_id != self.model_id}
        return self.pool.choose(preferred=preferred, session=session, exclude=exclude | others)


class ReplicaModel:
    """A model behind a chooser of replicas. `first_token_seconds`, `idle_seconds`: see `RelayPolicy`."""

    def __init__(self, replicas: ReplicaChooser, *, first_token_seconds: float, idle_seconds: float) -> None:
        # Budgets of its own: the exam takes nothing from what customers' answers may be sent again for.
        self._relays = RelayFactory(
            replicas,
            RelayPolicy(first_token_seconds, idle_seconds, _ATTEMPTS),
            RetryBudget(share=0.0, reserve=_RESERVE, per_second=1.0),
            Hedging(share=0.0),
        )
        self._estimate = TokenEstimate()
        self._chooses = True

    async def write(self, messages: Sequence[Message]) -> str:
        """See `ExaminedModel`."""
        return await self._written(messages, _ANSWER_TOKENS)

    async def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> tuple[float, ...] | None:
        """See `ExaminedModel`. A model that is there and does not choose is not asked again."""
        if not self._chooses:
            return None
        request = self._request(messages, 1, tuple(choices))
        for _ in range(2):
            try:
                return await choose(self._relays.relay(EXAMINER), request)
            except PromptTooLong:
                return None
            except NoReplica:
                await self._written(messages, _PROBE_TOKENS)  # raises unless the model is there
        self._chooses = False
        return None

    async def _written(self, messages: Sequence[Message], max_tokens: int) -> str:
        try:
            async with aclosing(self._relays.relay(EXAMINER).frames(self._request(messages, max_tokens))) as frames:
                written = [event.text async for event in frames if isinstance(event, Frame) and not event.reasoning]
        except (PromptTooLong, DeadlineExceeded):
            return ""
        except NoReplica as error:
            raise ModelUnavailable(str(error)) from error
        return "".join(written)

    def _request(
        self, messages: Sequence[Message], max_tokens: int, choices: tuple[str, ...] = ()
    ) -> GenerationRequest:
        prompt = tuple(messages)
        estimated = self._estimate.of_messages([message.content for message in prompt])
        return GenerationRequest(prompt, estimated + max_tokens, max_tokens, temperature=0.0, choices=choices)
