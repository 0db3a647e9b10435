"""Days on which something holds, as "2026-11-25"; ISO days compare like their text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Validity:
    """First and last day, both included; an empty one sets no limit."""

    first: str = ""
    last: str = ""

    def holds_on(self, day: str) -> bool:
        """Whether it holds on a day."""
        return (not self.first or self.first <= day) and (not self.last or day <= self.last)


ALWAYS = Validity()
