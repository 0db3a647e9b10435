"""The event bus: delivers each domain event to each observer."""

from collections.abc import Sequence
from typing import Protocol

import structlog

from kefu.router import metrics
from kefu.router.domain.events import DomainEvent

_log = structlog.stdlib.get_logger()


class Observer(Protocol):
    """Wants to know. Called in the event loop: it puts what it is told in a queue of its own, and returns at once."""

    def happened(self, happening: DomainEvent) -> None:
        """Something has happened; ignore the kinds that are not yours."""
        ...


class EventBus:
    """Tells each observer of each happening."""

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self._observers = tuple(observers)

    def publish(self, happening: DomainEvent) -> None:
        """Tell all observers. One that fails is counted and logged: what happened has happened."""
        for observer in self._observers:
            try:
                observer.happened(happening)
            except Exception:
                metrics.OBSERVERS_FAILED.inc()
                _log.exception("happening.observer_failed", happening=type(happening).__name__)
