"""The outline of a PDF: its bookmarks, which name chapters and sections."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kefu.text.radical_forms import with_unified_ideographs

_MAX_ENTRIES = 20_000
_MAX_LEVELS = 5
_LEAST_ENTRIES = 3  # fewer bookmarks are marks, and no outline


@dataclass(frozen=True)
class OutlineEntry:
    """A bookmark."""

    level: int
    """From 1."""
    title: str
    page: int
    """From 1."""
    letters: str
    """Letters and digits of the title, small."""


Outline = Sequence[OutlineEntry]


def outline_of(document: Any) -> Outline:
    """The outline of an open document of pypdfium2, in the order of its pages; empty without one."""
    entries: list[OutlineEntry] = []
    for number, bookmark in enumerate(document.get_toc(max_depth=_MAX_LEVELS)):
        if number == _MAX_ENTRIES:
            break
        title = with_unified_ideographs(" ".join(str(bookmark.get_title()).split()))
        target = bookmark.get_dest()
        page = None if target is None else target.get_index()
        letters = "".join(filter(str.isalnum, title)).lower()
        if page is not None and letters:
            entries.append(OutlineEntry(int(bookmark.level) + 1, title, int(page) + 1, letters))
    entries.sort(key=lambda entry: entry.page)  # stable: within a page as the outline has them
    return entries if len(entries) >= _LEAST_ENTRIES else ()
