"""Observers of what happens: each is told, whatever another one does."""

from kefu.router.domain.event_bus import EventBus
from kefu.router.domain.events import DomainEvent, Erased


class Notes:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.told: list[DomainEvent] = []

    def happened(self, happening: DomainEvent) -> None:
        self.told.append(happening)


class Broken:
    """An observer that fails."""

    def happened(self, happening: DomainEvent) -> None:
        raise ValueError(happening)


def test_an_observer_that_fails_keeps_nothing_from_the_others() -> None:
    notes = Notes()
    erased = Erased("acme", "s1")
    EventBus([Broken(), notes]).publish(erased)
    assert notes.told == [erased]
