"""The risk of an action: what can go wrong when it does the wrong thing."""

from enum import StrEnum
from typing import Self


class Risk(StrEnum):
    """What an action does, from what harms least to what harms most."""

    READ = "read"
    """It looks something up."""
    WRITE = "write"
    """It changes something."""
    MONEY = "money"
    """It changes something, and money moves."""

    def exceeds(self, limit: Self) -> bool:
        """Whether it is more than a limit allows."""
        order = list(type(self))
        return order.index(self) > order.index(limit)
