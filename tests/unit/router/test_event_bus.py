"""Observers of what happens: each is told, whatever another one does."""

from kefu.router.domain.event_bus import EventBus
from kefu.router.domain.events import DomainEvent, Erased


class Notes:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.told: list[DomainEvent] = []

    def on_event(self, event: DomainEvent) -> None:
        self.told.append(event)


class Broken:
    """An observer that fails."""

    def on_event(self, event: DomainEvent) -> None:
        raise ValueError(event)


def test_an_observer_that_fails_keeps_nothing_from_the_others() -> None:
    notes = Notes()
    erased = Erased("acme", "s1")
    EventBus([Broken(), notes]).publish(erased)
    assert notes.told == [erased]


def test_an_observer_that_comes_later_is_told_what_happens_from_then_on() -> None:
    first, later = Notes(), Notes()
    bus = EventBus([first])
    bus.publish(Erased("acme", "s1"))
    bus.add(later)
    bus.publish(Erased("acme", "s2"))
    assert (len(first.told), later.told) == (2, [Erased("acme", "s2")])
