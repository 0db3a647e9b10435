"""The triage reader: a message's reading, its signals, and what the tenant's rules make of them."""

from collections.abc import Mapping, Sequence

from kefu.router import metrics
from kefu.router.actions.asked_action import known_texts
from kefu.router.answering.triage.message_traits import read_message
from kefu.router.answering.triage.rules import triage_of
from kefu.router.answering.triage.signals import Sender, SignalFinder
from kefu.router.domain.triage import Triage, TriageRule
from kefu.router.nlu.message import CustomerMessage


class TriageReader:
    """Reads messages, each once."""

    def __init__(self, signals: SignalFinder) -> None:
        self._signals = signals

    async def read(
        self,
        message: CustomerMessage,
        cosines: Mapping[str, float] | None,
        sender: Sender,
        rules: Sequence[TriageRule],
    ) -> Triage:
        """The triage of a message that has just come. `cosines`: by known message; None: they are not there."""
        reading = read_message(message, _in_order(cosines))
        metrics.TRIAGED.labels(reading.urgency.value, str(reading.is_compared).lower()).inc()
        return triage_of(reading, await self._signals.find(sender, reading), rules)


def attempt(message: CustomerMessage, cosines: Mapping[str, float] | None, rules: Sequence[TriageRule]) -> Triage:
    """The triage of a text that is tried out: nobody sent it, so that there are no signals."""
    return triage_of(read_message(message, _in_order(cosines)), (), rules)


def _in_order(cosines: Mapping[str, float] | None) -> list[float] | None:
    return None if cosines is None else [cosines[text] for text in known_texts()]
