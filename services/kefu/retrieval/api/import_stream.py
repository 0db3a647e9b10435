"""The import stream: its messages joined to documents."""

from collections.abc import AsyncIterator

from kefu.common.errors import BadRequest
from kefu.common.metadata_filters import checked_metadata
from kefu.common.resource_names import check_validity
from kefu.retrieval.api.messages import audience_of
from kefu.retrieval.ingest.import_types import MAX_DOCUMENT_BYTES, MAX_PATH_CHARACTERS, SourceDocument
from kefu.retrieval.v1 import knowledge_pb2 as pb

MAX_PART_BYTES = 1024 * 1024


async def receive_sources(requests: AsyncIterator[pb.ImportDocumentsRequest]) -> AsyncIterator[SourceDocument]:
    """Documents of the stream, each as soon as the next one begins. Raises BadRequest for parts out of order."""
    start: pb.DocumentStart | None = None
    data = bytearray()
    async for request in requests:
        part = request.WhichOneof("part")
        if part == "document":
            if start is not None:
                yield _source(start, bytes(data))
            start, data = _checked_start(request.document), bytearray()
        elif part == "data":
            if start is None:
                raise BadRequest("data", "came before a document.")
            if not 1 <= len(request.data) <= MAX_PART_BYTES:
                raise BadRequest("data", "must have 1 byte to 1 MiB.")
            if len(data) <= MAX_DOCUMENT_BYTES:  # one part too many is kept, so that the import can say TOO_LARGE
                data += request.data
        elif part == "start":
            raise BadRequest("start", "is sent once, as the first message.")
        else:
            raise BadRequest("part", "must be set.")
    if start is not None:
        yield _source(start, bytes(data))


def _checked_start(start: pb.DocumentStart) -> pb.DocumentStart:
    path = start.path
    if not 1 <= len(path) <= MAX_PATH_CHARACTERS or path.startswith("/") or ".." in path.split("/"):
        raise BadRequest("path", f'must be relative, without "..", and have 1 to {MAX_PATH_CHARACTERS} characters.')
    check_validity(start.valid_from, start.valid_until)
    audience_of("audience", start.audience)
    checked_metadata("metadata", start.metadata)
    return start


def _source(start: pb.DocumentStart, data: bytes) -> SourceDocument:
    return SourceDocument(
        path=start.path,
        data=data,
        media_type=start.media_type,
        title=start.title,
        language=start.language,
        uri=start.uri,
        valid_from=start.valid_from,
        valid_until=start.valid_until,
        curated=start.kind == pb.DocumentStart.KIND_CURATED_ANSWERS,
        audience=audience_of("audience", start.audience),
        metadata=checked_metadata("metadata", start.metadata),
    )
