"""An attachment: a picture or PDF that a customer sent, as it is described. Its bytes are elsewhere. Plain values."""

from dataclasses import dataclass
from enum import StrEnum

import pydantic

MOST_OF_MESSAGE = 4
"""Attachments that one message may have."""
MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf")
"""What is taken."""
MOST_TEXT_CHARACTERS = 4_000
"""Of what was read off an attachment."""


class AttachmentState(StrEnum):
    """Whether anything could be read off an attachment."""

    READ = "read"
    """`Attachment.text` holds it."""
    NOTHING_READ = "nothing_read"
    """There is no text in it."""
    NO_READER = "no_reader"
    """Nothing here reads files of its type, or scans."""


@dataclass(frozen=True)
class Attachment:
    """An attachment of a session, as it is described beside the session."""

    id: str
    media_type: str
    """image/jpeg, image/png or application/pdf."""
    file_name: str
    """As the customer named it: for people, never for a path."""
    size: int
    sha256: str
    create_time: float
    """Seconds since the epoch."""
    state: AttachmentState = AttachmentState.NO_READER
    text: str = ""
    """What was read off it: the customer's word, and no evidence of anything."""
    width: int = 0
    height: int = 0
    pages: int = 0
    has_preview: bool = False
    turn: str = ""
    """The id of the turn that it was sent with. Empty: with none yet."""

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture, and no PDF."""
        return self.media_type.startswith("image/")


@dataclass(frozen=True)
class KeptAttachment:
    """An attachment with its bytes, for an export."""

    attachment: Attachment
    data: bytes = b""
    remark: str = ""
    """Why there are no bytes; empty where there are."""


ATTACHMENT = pydantic.TypeAdapter(Attachment)
"""Attachments to JSON and back. Unknown fields of a newer release are ignored."""
