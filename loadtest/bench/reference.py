"""Reference answers: each question once, alone, before anything breaks."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from loadtest.bench.bench import Bench
from loadtest.bench.customers import CustomerTurn, open_router_channels
from loadtest.bench.records import Outcome

_LEAST_QUESTIONS = 2
QUESTIONS = (
    "How long does a refund take?",
    "When do I get my money back?",
    "How long does delivery take?",
    "My parcel was damaged on the way, what now?",
    "Can I return furniture?",
    "Can I pick up my parcel at a station?",
    "Do you deliver to Hong Kong?",
    "How much is express delivery?",
    "Who pays for sending a return back?",
)


class Reference(NamedTuple):
    """The questions of a run, and their answer without a fault."""

    questions: Sequence[str]
    text: str


async def ask_reference(bench: Bench) -> Reference:
    """Ask each question once, without other load. RuntimeError: too few are answered, or the answers differ."""
    texts = dict[str, str]()
    causes = list[str]()
    async with open_router_channels(bench.client_addresses, bench.metadata) as channels:
        asked = await asyncio.gather(*(CustomerTurn(channels, question, "").run() for question in QUESTIONS))
    for record in asked:
        if record.outcome is Outcome.ANSWERED:
            texts[record.question] = record.text
        else:
            causes.append(f"{record.question!r}: {record.verdict.failure}")
    if len(texts) < _LEAST_QUESTIONS:
        raise RuntimeError(f"Too few questions are answered even without a fault. {'; '.join(causes)}")
    if len(set(texts.values())) != 1:
        raise RuntimeError(f"The simulated engine does not answer always the same: {texts}")
    return Reference(list(texts), next(iter(texts.values())))
