"""The reading order of a page: down a column, then down the next one."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

_MIN_GUTTER = 8.0  # points between two columns
_MIN_COLUMN = 60.0  # points: a narrower one is a label or a number, and no column


class Positioned(Protocol):
    """A rectangle, in points from the page's upper left corner."""

    @property
    def x0(self) -> float:
        """Left edge."""
        ...

    @property
    def x1(self) -> float:
        """Right edge."""
        ...

    @property
    def top(self) -> float:
        """Upper edge."""
        ...

    @property
    def bottom(self) -> float:
        """Lower edge."""
        ...


P = TypeVar("P", bound=Positioned)


def in_reading_order(items: Sequence[P]) -> list[P]:
    """The items column by column. An item across columns separates those above from those below."""
    if len(items) < 2:
        return list(items)
    gutter = _gutter(items)
    if gutter is not None:
        left, right = ([item for item in items if (item.x1 <= gutter) is side] for side in (True, False))
        return in_reading_order(left) + in_reading_order(right)
    groups: list[list[P]] = []
    for band in _bands(items):
        if groups and _gutter([*groups[-1], *band]) is not None:
            groups[-1] += band
        else:
            groups.append(band)
    if len(groups) == 1:
        return sorted(items, key=lambda item: (item.top, item.x0))
    return [item for group in groups for item in in_reading_order(group)]


def _gutter(items: Iterable[P]) -> float | None:
    """Right edge of a column that no item crosses; None without one."""
    by_left = sorted(items, key=lambda item: item.x0)
    start = edge = None
    for item in by_left:
        if start is None or edge is None:
            start, edge = item.x0, item.x1
        elif item.x0 - edge >= _MIN_GUTTER and edge - start >= _MIN_COLUMN:
            rest = max(other.x1 for other in by_left if other.x0 >= item.x0) - item.x0
            if rest >= _MIN_COLUMN:
                return edge
            edge = max(edge, item.x1)
        else:
            edge = max(edge, item.x1)
    return None


def _bands(items: Iterable[P]) -> list[list[P]]:
    """Groups of items that horizontal lines can separate, from above."""
    bands: list[list[P]] = []
    bottom = 0.0
    for item in sorted(items, key=lambda item: item.top):
        if bands and item.top < bottom:
            bands[-1].append(item)
        else:
            bands.append([item])
        bottom = max(bottom, item.bottom)
    return bands
