"""An experiment, as it was begun: plain values."""

import secrets
import time
from dataclasses import dataclass, field
from enum import StrEnum

from kefu.common.resource_names import new_turn_id
from kefu.router.domain.experiment import Trial, drawn_arm
from kefu.router.storage.keys import person_digest

MAX_SHARE_PERCENT = 50
DEFAULT_MOST_CONVERSATIONS, MAX_MOST_CONVERSATIONS = 2_000, 100_000
MAX_TITLE_CHARACTERS = 80


class Ending(StrEnum):
    """Why an experiment ended."""

    STOPPED = "stopped"
    """A person stopped it."""
    PROMOTED = "promoted"
    """A person promoted the draft."""
    PLANNED = "planned"
    """It has counted as many conversations as were planned."""
    DRAFT_GONE = "draft_gone"
    """The draft was promoted, discarded or rolled back elsewhere."""


@dataclass(frozen=True)
class Experiment:
    """What a share of conversations is answered over, since when, and how many conversations are to be counted."""

    draft: str = ""
    """The draft of knowledge: "collections/{collection}/drafts/{draft}". Empty: what is live."""
    staged_settings: str = ""
    """Id of the staged settings. Empty: those in force."""
    share_percent: int = 10
    """Conversations in 100 that get the draft: 1 to 50."""
    most_conversations: int = DEFAULT_MOST_CONVERSATIONS
    """Conversations of both arms after whose count it ends."""
    title: str = ""
    author: str = ""
    """The key that started it."""
    start_time: float = field(default_factory=time.time)
    """Seconds since the epoch."""
    id: str = field(default_factory=new_turn_id)
    salt: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    """The key of the hash that draws the arms."""

    @property
    def share(self) -> float:
        """The share of conversations that get the draft."""
        return self.share_percent / 100

    @property
    def collection(self) -> str:
        """The id of the draft's collection."""
        return self.draft.split("/")[1] if self.draft else ""

    def trial(self, session_id: str, person: str) -> Trial:
        """The part of a new conversation in it. `person`: the customer, who keeps an arm; empty: nobody is known."""
        arm = drawn_arm(self.salt, person or session_id, self.share)
        return Trial(self.id, arm, person_digest(person) if person else "")


@dataclass(frozen=True)
class EndedExperiment:
    """An experiment with its end, and what it has counted."""

    experiment: Experiment
    counted: dict[str, int]
    ending: Ending | None = None
    """None: it runs."""
    end_time: float = 0.0
    """Seconds since the epoch."""
    end_author: str = ""
    """The key that ended it. Empty: none did."""
