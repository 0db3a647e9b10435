"""Attachments as messages of the contract."""

from kefu.router.domain.attachment import Attachment, AttachmentState
from kefu.router.messages.chat import attachment_name, timestamp, turn_name
from kefu.router.v1 import attachment_pb2 as pb

_STATES = {
    AttachmentState.READ: pb.Attachment.STATE_READ,
    AttachmentState.NOTHING_READ: pb.Attachment.STATE_NOTHING_READ,
    AttachmentState.NO_READER: pb.Attachment.STATE_NO_READER,
}


def attachment_message(session_id: str, attachment: Attachment) -> pb.Attachment:
    """An attachment as a message."""
    return pb.Attachment(
        name=attachment_name(session_id, attachment.id),
        media_type=attachment.media_type,
        file_name=attachment.file_name,
        size_bytes=attachment.size,
        sha256=attachment.sha256,
        width=attachment.width,
        height=attachment.height,
        pages=attachment.pages,
        create_time=timestamp(attachment.create_time),
        state=_STATES[attachment.state],
        text=attachment.text,
        turn=turn_name(session_id, attachment.turn) if attachment.turn else "",
        has_preview=attachment.has_preview,
    )
