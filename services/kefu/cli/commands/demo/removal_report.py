"""The report of `kefu demo remove`."""

from collections.abc import Iterable

from kefu.cli.console import console, counted
from kefu.cli.remote.resource_names import short
from kefu.text.terminal_text import printable

CHANGED = "it was changed since, or comes from another release"


class Report:
    """What was removed and what stays, printed line by line."""

    def __init__(self) -> None:
        self._out = console()
        self.has_removed = False

    def removed(self, what: str) -> None:
        """Print what was removed."""
        self.has_removed = True
        self._out.print(printable(f"Removed {what}."), soft_wrap=True)

    def removed_all(self, noun: str, names: Iterable[str]) -> None:
        """Print what was removed, counted, by name; nothing for none."""
        if ids := sorted(map(short, names)):
            self.removed(f"{counted(len(ids), noun)}: {', '.join(ids)}")

    def stays(self, what: str, why: str) -> None:
        """Print what stays; the reason is the rest of a sentence."""
        self._out.print(printable(f"Stays: {what}: {why}."), style="yellow", soft_wrap=True)
