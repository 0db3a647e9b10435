"""Upload of a customer's file, for a message."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import grpc.aio

from kefu.client.persistence import Persistence
from kefu.client.turns import Metadata
from kefu.router.v1 import attachment_pb2 as pb
from kefu.router.v1 import attachment_pb2_grpc as rpc

PART_BYTES = 512 * 1024  # the contract allows 1 MiB; smaller parts make steadier progress


async def upload(
    channel: grpc.aio.Channel, session: str, file: Path, metadata: Metadata, persistence: Persistence
) -> pb.Attachment:
    """The attachment that a file has become. Sent again where the connection was lost. Raises ServiceErrors."""
    stub = rpc.AttachmentServiceStub(channel)
    while True:
        call = stub.UploadAttachment(_requests(session, file), metadata=metadata)
        try:
            return (await call).attachment
        except grpc.aio.AioRpcError as error:
            await persistence.pause(error)
        finally:
            call.cancel()


def session_of(attachment: pb.Attachment) -> str:
    """The session of an attachment, "sessions/{session}"."""
    return attachment.name.partition("/attachments/")[0]


async def _requests(session: str, file: Path) -> AsyncIterator[pb.UploadAttachmentRequest]:
    yield pb.UploadAttachmentRequest(start=pb.UploadAttachmentRequest.Start(session=session, file_name=file.name))
    for part in _parts(file):
        yield pb.UploadAttachmentRequest(data=part)


def _parts(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while part := opened.read(PART_BYTES):
            yield part
