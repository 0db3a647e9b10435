"""The front matter of a Markdown file: lines of `key: value` between two lines of `---`, before the text."""

import re
from dataclasses import dataclass

from kefu.common.errors import BadRequest
from kefu.common.metadata_filters import Pairs, checked_metadata
from kefu.common.resource_names import check_day
from kefu.retrieval.documents.types import Unreadable
from kefu.retrieval.domain.filters import Audience, parse_audience

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"^([A-Za-z_-]+)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)


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
    found = _FRONT_MATTER.match(text)
    if found is None:
        return FrontMatter(), text
    fields: dict[str, str] = {}
    for key, value in _FIELD.findall(found[1]):
        fields[key.lower().replace("-", "_")] = (
            value[1:-1].strip() if value[:1] in "\"'" and value[-1:] == value[:1] else value
        )
    metadata = {name.removeprefix(_META): value for name, value in fields.items() if name.startswith(_META) and value}
    if fields.get("product"):
        metadata["product"] = fields["product"]
    try:
        check_day("valid_from", fields.get("valid_from", ""))
        check_day("valid_until", fields.get("valid_until", ""))
        front = FrontMatter(
            **{name: fields[name] for name in _TEXTS if name in fields},
            audience=parse_audience("audience", fields.get("audience", "")),
            metadata=checked_metadata("metadata", metadata),
        )
    except BadRequest as exc:
        raise Unreadable("BAD_FRONT_MATTER", f"Its first lines say {exc.message}") from None
    return front, text[found.end() :]
