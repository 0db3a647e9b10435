"""Observers of what happens: each is told, whatever another one does."""

from kefu.router.domain.event_bus import Happenings
from kefu.router.domain.events import Erased, Happening


class Notes:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.told: list[Happening] = []

    def happened(self, happening: Happening) -> None:
        self.told.append(happening)


class Broken:
    """An observer that fails."""

    def happened(self, happening: Happening) -> None:
        raise ValueError(happening)


def test_an_observer_that_fails_keeps_nothing_from_the_others() -> None:
    notes = Notes()
    erased = Erased("acme", "s1")
    Happenings([Broken(), notes]).tell(erased)
    assert notes.told == [erased]
