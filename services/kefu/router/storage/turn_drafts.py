"""
What Redis holds of a turn while it runs, so that another router can show it, or go on with it when its own one died.

The visible text is for readers elsewhere. The model's own text and token ids are for the next replica: whoever goes on
with an answer sends them through the filters again, whose outcome does not depend on where it was cut.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pydantic

from kefu.common.text.language import AnswerLanguage
from kefu.router.domain.generation import PartialAnswer
from kefu.router.domain.turn import Passage


@dataclass(frozen=True)
class About:
    """What stands around a text that grows. It changes seldom, and is written when it does."""

    language: AnswerLanguage
    as_of: str
    carried: str = ""
    searched: bool = False
    query: str = ""
    passages: tuple[Passage, ...] = ()
    fingerprint: str = ""
    """Of the weights that made the token ids."""
    whole: bool = True
    """All that the model wrote came with its token ids."""


ABOUT = pydantic.TypeAdapter(About)


@dataclass(frozen=True)
class SavedDraft:
    """A turn as a router left it that died."""

    about: About
    text: str
    """What readers had been told of it, as far as it was written down."""
    sent: PartialAnswer
    rewritten_from: int | None
    """See `Turn.rewritten_from`."""

    @property
    def can_be_continued(self) -> bool:
        """The model had begun: another replica may go on with what it wrote."""
        return bool(self.sent.text or self.sent.token_ids)

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "SavedDraft | None":
        """From the fields of a draft; None when nothing worth going on with had been written."""
        if not fields.get("about"):
            return None
        about = ABOUT.validate_json(fields["about"])
        ids = tuple(int(token) for token in fields.get("ids", "").split(",") if token) if about.whole else ()
        rewritten = fields.get("from", "")
        return cls(
            about=about,
            text=fields.get("text", ""),
            sent=PartialAnswer(ids, fields.get("raw", ""), about.fingerprint),
            rewritten_from=int(rewritten) if rewritten else None,
        )
