"""What a Markdown file says of itself before its text: lines of `key: value` between two lines of `---`."""

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
    """The keys that are known, empty where they are not given; others are passed over.

    Metadata are `product`, and whatever begins with `meta_` or `meta-`, without that.
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
"""Begins the keys of metadata, but for `product`."""


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """The front matter and the text after it. Raises Unreadable BAD_FRONT_MATTER for a day or an audience that is none,
    and for metadata that cannot be.
    """
    found = _FRONT_MATTER.match(text)
    if found is None:
        return FrontMatter(), text
    said: dict[str, str] = {}
    for key, value in _FIELD.findall(found[1]):
        said[key.lower().replace("-", "_")] = (
            value[1:-1].strip() if value[:1] in "\"'" and value[-1:] == value[:1] else value
        )
    metadata = {name.removeprefix(_META): value for name, value in said.items() if name.startswith(_META) and value}
    if said.get("product"):
        metadata["product"] = said["product"]
    try:
        check_day("valid_from", said.get("valid_from", ""))
        check_day("valid_until", said.get("valid_until", ""))
        front = FrontMatter(
            **{name: said[name] for name in _TEXTS if name in said},
            audience=parse_audience("audience", said.get("audience", "")),
            metadata=checked_metadata("metadata", metadata),
        )
    except BadRequest as exc:
        raise Unreadable("BAD_FRONT_MATTER", f"Its first lines say {exc.message}") from None
    return front, text[found.end() :]
