"""What a Markdown file says of itself before its text: lines of `key: value` between two lines of `---`."""

import re
from dataclasses import dataclass

from kefu.common.errors import BadRequest
from kefu.common.names import check_day
from kefu.retrieval.parsed import Unreadable

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"^([A-Za-z_-]+)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class FrontMatter:
    """The keys that are known, empty where they are not given; others are passed over."""

    title: str = ""
    language: str = ""
    uri: str = ""
    valid_from: str = ""
    valid_until: str = ""


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """The front matter and the text after it. Raises Unreadable BAD_FRONT_MATTER for a day that is none."""
    found = _FRONT_MATTER.match(text)
    if found is None:
        return FrontMatter(), text
    known = dict.fromkeys(FrontMatter.__dataclass_fields__, "")
    for key, value in _FIELD.findall(found[1]):
        name = key.lower().replace("-", "_")
        if name in known:
            known[name] = value[1:-1].strip() if value[:1] in "\"'" and value[-1:] == value[:1] else value
    for name in ("valid_from", "valid_until"):
        try:
            check_day(name, known[name])
        except BadRequest as exc:
            raise Unreadable("BAD_FRONT_MATTER", f"Its first lines say {exc.message}") from None
    return FrontMatter(**known), text[found.end() :]
