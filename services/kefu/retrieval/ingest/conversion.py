"""The conversion of a document: from its bytes to passages. It runs in a process of its own; see conversion_pool.py."""

from dataclasses import dataclass, field
from functools import partial

from kefu.common.metadata_filters import Pairs
from kefu.retrieval.documents.attachments.file_text import FileReading, read_file
from kefu.retrieval.documents.chunking import Chunk, chunk_document
from kefu.retrieval.documents.ocr.picture_reader import OnPage, PictureReader
from kefu.retrieval.documents.parse import parse_document
from kefu.retrieval.documents.parsed_document import Failure, Member
from kefu.retrieval.documents.parsers.archive import MAX_UNPACKED_BYTES
from kefu.retrieval.documents.parsers.curated_csv import parse_curated_csv
from kefu.retrieval.domain.curated_draft import CuratedDraft
from kefu.retrieval.domain.filters import Audience
from kefu.retrieval.domain.text_recognition import TextRecognition
from kefu.text.language import language_of

CONTENT, PREVIEW = "content", "preview"
"""Names of an attachment's members."""


@dataclass(frozen=True)
class ConversionJob:
    """A document to convert; see DocumentStart of the contract."""

    path: str
    media_type: str = ""
    title: str = ""
    curated: bool = False
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES
    """Most bytes in all that an archive may unpack to."""
    ocr_pages: int = 0
    """Pictures of pages, and within pages, that text recognition reads at most; 0: it is off."""
    is_attachment: bool = False
    """A file of a customer, to be read and not to be imported: the rest is not looked at."""
    text_seconds: float = 0.0
    """Of such a file: CPU time after which no further line of a picture is read; 0: there is no such bound."""
    reads_text: bool = True
    """Of such a file: whether its text is read, or it is only checked and cleaned."""


@dataclass(frozen=True)
class ConvertedDocument:
    """A converted document, without its vectors. Metadata that the document does not give are empty."""

    title: str = ""
    language: str = ""
    """The given language, else the detected one."""
    uri: str = ""
    valid_from: str = ""
    valid_until: str = ""
    audience: Audience = Audience.EVERYONE
    metadata: Pairs = ()
    chunks: list[Chunk] = field(default_factory=list[Chunk])
    remark: str = ""
    members: list[Member] = field(default_factory=list[Member])
    """Documents within the document. Of an attachment: what is to be kept of it, and its preview."""
    failures: list[Failure] = field(default_factory=list[Failure])
    curated: list[CuratedDraft] = field(default_factory=list[CuratedDraft])
    recognition: TextRecognition | None = None
    """What text recognition has read; None if nothing."""
    attachment: FileReading | None = None
    """Of a file of a customer, in place of all but the members."""


def convert(job: ConversionJob, data: bytes, on_page: OnPage | None = None) -> ConvertedDocument:
    """Parse and chunk a document; `on_page` hears of each page. Raises Unreadable; a library's own error on broken
    input may come through.
    """
    if job.curated:
        return ConvertedDocument(curated=parse_curated_csv(data))
    pictures = PictureReader(job.ocr_pages, on_page, seconds=job.text_seconds)
    if job.is_attachment:
        parse = partial(parse_document, pictures=pictures) if job.reads_text else None
        reading, content, preview = read_file(data, parse)
        return ConvertedDocument(attachment=reading, members=[Member(CONTENT, content), Member(PREVIEW, preview)])
    parsed = parse_document(
        job.path,
        data,
        media_type=job.media_type,
        title=job.title,
        max_unpacked_bytes=job.max_unpacked_bytes,
        pictures=pictures,
    )
    text = "\n".join(block.text for block in parsed.blocks)
    return ConvertedDocument(
        title=parsed.title,
        language=parsed.language or language_of(f"{parsed.title}\n{text}"),
        uri=parsed.uri,
        valid_from=parsed.valid_from,
        valid_until=parsed.valid_until,
        audience=parsed.audience,
        metadata=parsed.metadata,
        chunks=chunk_document(parsed) if parsed.blocks else [],
        remark=parsed.remark,
        members=parsed.members,
        failures=parsed.failures,
        recognition=parsed.recognition,
    )
