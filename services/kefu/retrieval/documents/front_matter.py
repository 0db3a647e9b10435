"""The front matter of a Markdown file: lines of `key: value` between two lines of `---`, before the text."""

import re
from dataclasses import dataclass

from kefu.common.errors import BadRequest
from kefu.common.metadata_filters import Pairs, checked_metadata
from kefu.common.resource_names import check_validity
from kefu.retrieval.documents.parsed_document import Unreadable
from kefu.retrieval.domain.filters import Audience, parse_audience

_FENCE = "---"
_KEY = re.compile(r"[A-Za-z_-]+")
_BLANKS = " \t"


@dataclass(frozen=True)
class FrontMatter:
    """The known keys of a front matter, empty if they are not given. Other keys are ignored.

    Metadata are `product`, and all keys with the prefix `meta_` or `meta-`, without the prefix.
    """

    title: str = ""
    language: str = ""
    uri: str = ""
    valid_from: str = ""
    valid_until: str = ""
    audience: Audience = Audience.EVERYONE
    metadata: Pairs = ()


_TEXTS = ("title", "language", "uri", "valid_from", "valid_until")
_META = "meta_"
"""Prefix of the keys of metadata, except `product`."""


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """The front matter and the text after it.

    Raises Unreadable BAD_FRONT_MATTER for an invalid day, audience or metadata.
    """
    lines, rest = _fenced_lines(text)
    fields: dict[str, str] = {}
    for line in lines:
        key, colon, value = line.partition(":")
        key, value = key.rstrip(_BLANKS), value.strip(_BLANKS)
        if colon and _KEY.fullmatch(key):
            fields[key.lower().replace("-", "_")] = (
                value[1:-1].strip() if value[:1] in "\"'" and value[-1:] == value[:1] else value
            )
    metadata = {name.removeprefix(_META): value for name, value in fields.items() if name.startswith(_META) and value}
    if fields.get("product"):
        metadata["product"] = fields["product"]
    try:
        check_validity(fields.get("valid_from", ""), fields.get("valid_until", ""))
        front = FrontMatter(
            **{name: fields[name] for name in _TEXTS if name in fields},
            audience=parse_audience("audience", fields.get("audience", "")),
            metadata=checked_metadata("metadata", metadata),
        )
    except BadRequest as exc:
        raise Unreadable("BAD_FRONT_MATTER", f"Its first lines say {exc.message}") from None
    return front, rest


def _fenced_lines(text: str) -> tuple[list[str], str]:
    """The lines between the fences at a text's beginning, and the text after them; none and the text without both."""
    lines: list[str] = []
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        line = text[at : end if end >= 0 else len(text)]
        at += len(line) + 1
        if line.rstrip(_BLANKS) == _FENCE:
            if lines:
                return lines[1:], text[at:]
        elif not lines:
            break
        lines.append(line)
    return [], text
