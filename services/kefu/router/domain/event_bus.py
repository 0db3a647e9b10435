"""The event bus: delivers each domain event to each observer."""

from collections.abc import Sequence
from typing import Protocol

import structlog

from kefu.router import metrics
from kefu.router.domain.events import DomainEvent

_log = structlog.stdlib.get_logger()


class Observer(Protocol):
    """Receives domain events. Called in the event loop, so it must queue each event and return at once."""

    def on_event(self, event: DomainEvent) -> None:
        """Receive an event. Ignore the kinds that do not matter here."""
        ...


class EventBus:
    """Event bus: delivers each domain event to each observer."""

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self._observers = tuple(observers)

    def add(self, observer: Observer) -> None:
        """Deliver to this one too, from now on."""
        self._observers = (*self._observers, observer)

    def publish(self, event: DomainEvent) -> None:
        """Deliver an event to all observers. One that fails is counted and logged, and stops no other."""
        for observer in self._observers:
            try:
                observer.on_event(event)
            except Exception:
                metrics.OBSERVERS_FAILED.inc()
                _log.exception("happening.observer_failed", happening=type(event).__name__)
