"""What of a document was read by text recognition (OCR), and how surely."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

DOUBTFUL_BELOW = 0.9
"""A page whose letters are less certain in the mean should be compared with the original (docs/benchmarks/ocr.md)."""


@dataclass(frozen=True)
class TextRecognition:
    """What text recognition read. Pages count from 1."""

    pages: tuple[int, ...] = ()
    """Pages that were read as a whole. Empty where a format has none."""
    pictures: int = 0
    """Pictures within pages or documents that were read."""
    certainty: float = 0.0
    """Mean over all letters read, 0 to 1."""
    doubtful_pages: tuple[int, ...] = ()
    """Of the pages, those below DOUBTFUL_BELOW."""

    def dump(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def load(cls, value: str) -> "TextRecognition | None":
        """Read what `dump` wrote; None of an empty text."""
        if not value:
            return None
        fields = json.loads(value)
        return cls(tuple(fields["pages"]), fields["pictures"], fields["certainty"], tuple(fields["doubtful_pages"]))


def page_ranges(pages: Iterable[int]) -> str:
    """Pages as people write them: "3, 5-9"."""
    ranges: list[list[int]] = []
    for page in sorted(set(pages)):
        if ranges and ranges[-1][1] == page - 1:
            ranges[-1][1] = page
        else:
            ranges.append([page, page])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
