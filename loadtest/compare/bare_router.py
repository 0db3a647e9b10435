"""
Kefu's router without sessions and retrieval, as other routers are: python -m loadtest.compare.bare_router

It serves the same contract through the same server, keys, balancing, relay, answer filters and messages; only what
surrounds an answer is missing: no Redis, no history, no search, no admission. Configured as the router is.
"""

import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import cast

from kefu.common.auth import Principal, open_keyring
from kefu.common.permissions import permissions_of
from kefu.common.rpc.server import run, serving, terminated
from kefu.router.api import chat_servicer
from kefu.router.api.chat_servicer import ChatServicer, PersonalData
from kefu.router.api.server_stream import StreamLimits
from kefu.router.config import RouterConfig, Timing
from kefu.router.conversations.conversation_service import ConversationService
from kefu.router.dispatch.hedging import Hedging
from kefu.router.dispatch.relay import RelayFactory, RelayPolicy
from kefu.router.dispatch.retry_budget import RetryBudget
from kefu.router.domain.generation import GenerationEnd, GenerationRequest, Message, Role
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Timings
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.guardrails.answer_filter import AnswerFilter
from kefu.router.guardrails.evidence import LiteralEvidence
from kefu.router.replicas.pool import open_pool
from kefu.router.turn_stream import turn_events as events


class BareConversations:
    """Conversations without sessions: each message is answered by itself."""

    def __init__(self, config: RouterConfig, relays: RelayFactory) -> None:
        self._config = config
        self._relays = relays

    async def converse(
        self, principal: Principal, session_id: str | None, ask: TurnRequest
    ) -> AsyncGenerator[events.TurnEvent, None]:
        """As ConversationService.converse."""
        yield events.Started(str(uuid.uuid4()), str(uuid.uuid4()), "en")
        chain = AnswerFilter((), LiteralEvidence([ask.text]))
        relay = self._relays.relay(principal)
        tokens = ask.max_tokens or self._config.max_answer_tokens
        order = GenerationRequest(
            (Message(Role.USER, ask.text),), estimated_tokens=100 + tokens // 2, max_tokens=tokens
        )
        usage, finish, offset, first = None, FinishReason.STOP, 0, None
        async with aclosing(relay.frames(order)) as frames:
            async for frame in frames:
                if isinstance(frame, GenerationEnd):
                    usage, finish = frame.usage, FinishReason.LENGTH if frame.cut else FinishReason.STOP
                    text = chain.finish()
                else:
                    text = chain.push(frame.text)
                if text:
                    first = first or time.monotonic() - ask.arrived
                    yield events.Text(offset, text)
                    offset += len(text.encode())
        timings = Timings(first_text=first, total=time.monotonic() - ask.arrived)
        yield events.StreamEnd(
            Completed(
                finish, AnswerSource.GENERATED, usage=usage, timings=timings, text_bytes=offset, model=relay.model
            )
        )


async def main(config: RouterConfig) -> None:
    """Serve until SIGTERM."""
    internal = config.internal_key.get_secret_value()
    bootstrap = config.bootstrap_key.get_secret_value() if config.bootstrap_key else None
    async with open_pool(
        config.generation, internal, "bare-router", first_token_seconds=config.first_token_seconds
    ) as pool:
        relays = RelayFactory(
            pool,
            RelayPolicy(config.first_token_seconds, config.between_token_seconds, config.attempts),
            RetryBudget(share=config.retry_share, reserve=config.retry_reserve, per_second=1.0),
            Hedging(share=0.0),
        )
        conversations = cast("ConversationService", BareConversations(config, relays))
        async with AsyncExitStack() as stack:
            keyring = await stack.enter_async_context(open_keyring(internal, bootstrap))
            limits = StreamLimits(
                slow_reader_seconds=config.slow_reader_seconds, key_check_seconds=Timing().key_check_seconds
            )
            nobody = cast("PersonalData", None)  # nothing is kept, and nobody asks for it
            chat = ChatServicer(conversations, nobody, keyring, limits, internal)
            served = serving(
                config.listen,
                chat.register,
                keyring=keyring,
                permissions=permissions_of(chat_servicer.SERVICE),
                drain_seconds=0,
                transport=config.transport(),
            )
            await stack.enter_async_context(served)
            await terminated()


if __name__ == "__main__":
    run("router", RouterConfig, main)  # pyright: ignore[reportArgumentType] - the environment gives internal_key
