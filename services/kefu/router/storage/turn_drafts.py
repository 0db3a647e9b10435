"""
Saved drafts: what Redis holds of a running turn, so that another router can show it or go on with it.

The visible text is for readers on other routers. The model's own text and token ids are for the next replica. A router
that goes on with an answer sends them through the filters again. The filters' outcome does not depend on where the
answer was cut.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pydantic

from kefu.router.domain.generation import PartialAnswer
from kefu.router.domain.turn import Passage
from kefu.text.language import AnswerLanguage


@dataclass(frozen=True)
class DraftContext:
    """What a draft holds beside its growing text. It changes seldom, and is written only then."""

    language: AnswerLanguage
    as_of: str
    carried: str = ""
    searched: bool = False
    query: str = ""
    gives_instructions: bool = False
    passages: tuple[Passage, ...] = ()
    fingerprint: str = ""
    """Fingerprint of the weights that made the token ids."""
    whole: bool = True
    """Whether all that the model wrote came with its token ids."""


DRAFT_CONTEXT = pydantic.TypeAdapter(DraftContext)
"""Draft contexts to JSON and back."""


@dataclass(frozen=True)
class SavedDraft:
    """The draft of a turn whose router died."""

    context: DraftContext
    text: str
    """The visible text, as far as it was saved."""
    partial: PartialAnswer
    """What the model had written, for the next replica."""
    rewritten_from: int | None
    """See `Turn.rewritten_from`."""

    @property
    def can_be_continued(self) -> bool:
        """Whether the model had begun, so that another replica may go on with what it wrote."""
        return bool(self.partial.text or self.partial.token_ids)

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> "SavedDraft | None":
        """A draft from its Redis hash. None when nothing worth going on with was saved."""
        if not fields.get("about"):
            return None
        context = DRAFT_CONTEXT.validate_json(fields["about"])
        ids = tuple(int(token) for token in fields.get("ids", "").split(",") if token) if context.whole else ()
        rewritten = fields.get("from", "")
        return cls(
            context=context,
            text=fields.get("text", ""),
            partial=PartialAnswer(ids, fields.get("raw", ""), context.fingerprint),
            rewritten_from=int(rewritten) if rewritten else None,
        )
