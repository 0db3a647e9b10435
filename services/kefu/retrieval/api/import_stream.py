"""The messages of an import stream put together to documents."""

from collections.abc import AsyncIterator

from kefu.common.errors import BadRequest
from kefu.common.metadata_filters import checked_metadata
from kefu.common.resource_names import check_day
from kefu.retrieval.api.messages import audience_of
from kefu.retrieval.ingest.types import MAX_DOCUMENT_BYTES, MAX_PATH_CHARACTERS, SourceDocument
from kefu.retrieval.v1 import knowledge_pb2 as pb

MAX_PART_BYTES = 1024 * 1024


async def receive_sources(requests: AsyncIterator[pb.ImportDocumentsRequest]) -> AsyncIterator[SourceDocument]:
    """Each document as soon as the next one begins or the stream ends; raises BadRequest for parts out of order."""
    head: pb.DocumentStart | None = None
    data = bytearray()
    async for request in requests:
        part = request.WhichOneof("part")
        if part == "document":
            if head is not None:
                yield _source(head, bytes(data))
            head, data = _checked_start(request.document), bytearray()
        elif part == "data":
            if head is None:
                raise BadRequest("data", "came before a document.")
            if not 1 <= len(request.data) <= MAX_PART_BYTES:
                raise BadRequest("data", "must have 1 byte to 1 MiB.")
            if len(data) <= MAX_DOCUMENT_BYTES:  # one part too many is kept, so that the reader can say TOO_LARGE
                data += request.data
        elif part == "start":
            raise BadRequest("start", "is sent once, as the first message.")
        else:
            raise BadRequest("part", "must be set.")
    if head is not None:
        yield _source(head, bytes(data))


def _checked_start(head: pb.DocumentStart) -> pb.DocumentStart:
    path = head.path
    if not 1 <= len(path) <= MAX_PATH_CHARACTERS or path.startswith("/") or ".." in path.split("/"):
        raise BadRequest("path", f'must be relative, without "..", and have 1 to {MAX_PATH_CHARACTERS} characters.')
    check_day("valid_from", head.valid_from)
    check_day("valid_until", head.valid_until)
    audience_of("audience", head.audience)
    checked_metadata("metadata", head.metadata)
    return head


def _source(head: pb.DocumentStart, data: bytes) -> SourceDocument:
    return SourceDocument(
        path=head.path,
        data=data,
        media_type=head.media_type,
        title=head.title,
        language=head.language,
        uri=head.uri,
        valid_from=head.valid_from,
        valid_until=head.valid_until,
        curated=head.kind == pb.DocumentStart.KIND_CURATED_ANSWERS,
        audience=audience_of("audience", head.audience),
        metadata=checked_metadata("metadata", head.metadata),
    )
