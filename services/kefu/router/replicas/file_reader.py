"""The file reader: what retrieval reads in a customer's picture or PDF, and what of it is to be kept."""

from dataclasses import dataclass

import grpc
import grpc.aio

from kefu.common.auth import Principal
from kefu.common.errors import AttachmentRefused, BackendUnavailable
from kefu.common.rpc.interceptor import internal_metadata
from kefu.common.rpc.status import failure_of
from kefu.retrieval.v1 import knowledge_pb2 as pb
from kefu.router.domain.attachment import MOST_TEXT_CHARACTERS, AttachmentState
from kefu.router.replicas.retrieval_pool import RetrievalPool

_PART_BYTES = 512 * 1024
_STATES = {
    pb.FileRead.READING_TEXT: AttachmentState.READ,
    pb.FileRead.READING_NOTHING: AttachmentState.NOTHING_READ,
}


@dataclass(frozen=True)
class ReadFile:
    """A file as retrieval read it."""

    media_type: str
    width: int
    height: int
    pages: int
    state: AttachmentState
    text: str
    """At most MOST_TEXT_CHARACTERS."""
    content: bytes
    """To be kept."""
    preview: bytes
    """A JPEG, or empty."""


class FileReader:
    """Has files read by a retrieval replica, which keeps nothing of them. `seconds`: as long as that may take."""

    def __init__(self, pool: RetrievalPool, internal_key: str, seconds: float) -> None:
        self._pool = pool
        self._internal_key = internal_key
        self._seconds = seconds

    async def read(self, principal: Principal, data: bytes) -> ReadFile:
        """What is in a file. Raises AttachmentRefused, and BackendUnavailable."""
        parts = [data[at : at + _PART_BYTES] for at in range(0, len(data), _PART_BYTES)]
        requests = [pb.ReadFileRequest(start=pb.FileStart(size_bytes=len(data)))]
        requests += [pb.ReadFileRequest(data=part) for part in parts]
        try:
            responses = await self._pool.exchange(
                lambda stubs: stubs.knowledge.ReadFile,
                requests,
                self._seconds,
                internal_metadata(self._internal_key, principal),
            )
        except TimeoutError:
            raise BackendUnavailable("The file was not read in time; send it again.") from None
        except grpc.aio.AioRpcError as error:
            failure = failure_of(error)
            if failure.reason == AttachmentRefused.reason:
                raise AttachmentRefused(failure.message, metadata=failure.metadata) from None
            raise BackendUnavailable(f"The file could not be read now ({failure.code.name}); send it again.") from error
        content = b"".join(each.content for each in responses if each.WhichOneof("part") == "content")
        preview = b"".join(each.preview for each in responses if each.WhichOneof("part") == "preview")
        read = next((each.read for each in responses if each.WhichOneof("part") == "read"), None)
        if read is None:
            raise BackendUnavailable("Retrieval did not say what it read; send the file again.")
        return ReadFile(
            media_type=read.media_type,
            width=read.width,
            height=read.height,
            pages=read.pages,
            state=_STATES.get(read.reading, AttachmentState.NO_READER),
            text="\n".join(each.text for each in read.page_texts)[:MOST_TEXT_CHARACTERS],
            content=content or data,
            preview=preview,
        )
