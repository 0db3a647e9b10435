"""ReadFile: one file of a customer through the conversion pool. Nothing of it is kept."""

from collections.abc import AsyncIterator
from dataclasses import replace

import structlog

from kefu.common.errors import AttachmentRefused, BadRequest
from kefu.retrieval.api.import_stream import MAX_PART_BYTES
from kefu.retrieval.documents.attachments.file_text import FileReading, ReadOutcome
from kefu.retrieval.documents.parsed_document import Unreadable
from kefu.retrieval.ingest.conversion import CONTENT, PREVIEW, ConversionJob, ConvertedDocument
from kefu.retrieval.ingest.conversion_pool import ConversionPool, ProcessBroken
from kefu.retrieval.v1 import knowledge_pb2 as pb

MAX_FILE_BYTES = 64 * 1024 * 1024
_WHY = {"UNSUPPORTED_TYPE": "type", "PASSWORD_PROTECTED": "password", "TOO_LARGE": "pixels", "TOO_SLOW": "slow"}
_PICTURES_SHARE, _TEXT_SHARE = 0.25, 0.75
"""Of the time that a file may take: for reading pictures line by line, of which the rest is left out then; and for all
of it. What is left is for keeping the file unread where that was too little."""
_READINGS = {
    ReadOutcome.TEXT: pb.FileRead.READING_TEXT,
    ReadOutcome.NOTHING: pb.FileRead.READING_NOTHING,
    ReadOutcome.NO_READER: pb.FileRead.READING_NO_READER,
}
_log = structlog.stdlib.get_logger()


async def read_stream(
    requests: AsyncIterator[pb.ReadFileRequest], pool: ConversionPool
) -> AsyncIterator[pb.ReadFileResponse]:
    """See the contract. Raises BadRequest, and AttachmentRefused."""
    data = await _whole_file(requests)
    try:
        converted = await _converted(data, pool)
    except Unreadable as why:
        raise AttachmentRefused(why.message, metadata={"why": _WHY.get(why.reason, "broken")}) from None
    if converted.attachment is None:
        raise AttachmentRefused("The file could not be read; save it anew.", metadata={"why": "broken"})
    if converted.attachment.failure:
        _log.warning("attachment.not_read", detail=converted.attachment.failure, bytes=len(data))
    yield pb.ReadFileResponse(read=_read_message(converted.attachment))
    members = {member.name: member.data for member in converted.members}
    for part in _parts(members.get(CONTENT, b"")):
        yield pb.ReadFileResponse(content=part)
    for part in _parts(members.get(PREVIEW, b"")):
        yield pb.ReadFileResponse(preview=part)


async def _converted(data: bytes, pool: ConversionPool) -> ConvertedDocument:
    """The file as it was read, within the pool's time for it; without its text where reading that takes too long, or
    breaks the process. Raises Unreadable.
    """
    seconds = pool.seconds * _TEXT_SHARE
    job = ConversionJob("attachment", is_attachment=True, text_seconds=pool.seconds * _PICTURES_SHARE)
    try:
        return await pool.convert(job, data, seconds=seconds, tries=1)
    except Unreadable as why:
        if why.reason != "TOO_SLOW" and not isinstance(why, ProcessBroken):
            raise
        _log.warning("attachment.not_read", detail=why.reason, bytes=len(data))
    return await pool.convert(replace(job, reads_text=False), data, seconds=pool.seconds - seconds, tries=1)


async def _whole_file(requests: AsyncIterator[pb.ReadFileRequest]) -> bytes:
    size: int | None = None
    data = bytearray()
    async for request in requests:
        match request.WhichOneof("part"):
            case "start" if size is None:
                size = request.start.size_bytes
                if not 1 <= size <= MAX_FILE_BYTES:
                    raise BadRequest("start.size_bytes", f"must be 1 to {MAX_FILE_BYTES}.")
            case "data" if size is not None:
                if not 1 <= len(request.data) <= MAX_PART_BYTES:
                    raise BadRequest("data", "must have 1 byte to 1 MiB.")
                data += request.data
                if len(data) > size:
                    raise BadRequest("data", "is more than start.size_bytes says.")
            case _:
                raise BadRequest("part", "must be one start, then data.")
    if size is None or len(data) != size:
        raise BadRequest("data", "is not as much as start.size_bytes says.")
    return bytes(data)


def _read_message(found: FileReading) -> pb.FileRead:
    return pb.FileRead(
        media_type=found.media_type,
        width=found.width,
        height=found.height,
        pages=found.pages,
        reading=_READINGS[found.reading],
        page_texts=[pb.FileRead.PageText(page=each.page, text=each.text) for each in found.page_texts],
    )


def _parts(data: bytes) -> list[bytes]:
    return [data[at : at + MAX_PART_BYTES] for at in range(0, len(data), MAX_PART_BYTES)]
