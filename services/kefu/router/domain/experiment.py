"""Arms of an experiment: which conversations are answered over a draft, and how that is noted with each."""

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

import pydantic


class Arm(StrEnum):
    """What a conversation of an experiment is answered over."""

    LIVE = "live"
    """What every other customer gets."""
    DRAFT = "draft"
    """The draft."""


@dataclass(frozen=True)
class Trial:
    """A conversation's part in an experiment. It is decided when the conversation is opened, and never changes."""

    experiment: str
    """The id of the experiment."""
    arm: Arm
    person: str = ""
    """A hash of the customer, who counts once. Empty: nobody that is known, and the conversation counts for itself."""

    def to_json(self) -> str:
        """The trial as it is stored with a session."""
        return _TRIAL.dump_json(self).decode()

    @classmethod
    def from_json(cls, value: str) -> "Trial":
        """Read what `to_json` wrote."""
        return _TRIAL.validate_json(value)


_TRIAL = pydantic.TypeAdapter(Trial)


def drawn_arm(salt: str, unit: str, share: float) -> Arm:
    """The arm of a customer or a conversation: the same each time. `share`, 0 to 1: how many get the draft.

    A keyed hash: with another `salt` the arms are others, so that nobody is in the draft's arm of each experiment.
    """
    digest = hmac.new(salt.encode(), unit.encode(), hashlib.sha256).digest()
    return Arm.DRAFT if int.from_bytes(digest[:8]) < share * 2**64 else Arm.LIVE
