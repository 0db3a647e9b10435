"""Input and output of an import."""

from dataclasses import dataclass

from kefu.common.metadata_filters import Pairs
from kefu.retrieval.domain.filters import Audience
from kefu.retrieval.domain.text_recognition import TextRecognition

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
MAX_PATH_CHARACTERS = 1024


@dataclass(frozen=True)
class SourceDocument:
    """A document as it was sent; see DocumentStart of the contract."""

    path: str
    data: bytes
    media_type: str = ""
    title: str = ""
    language: str = ""
    uri: str = ""
    valid_from: str = ""
    valid_until: str = ""
    curated: bool = False
    audience: Audience = Audience.EVERYONE
    metadata: Pairs = ()


@dataclass(frozen=True)
class ImportProgress:
    """Progress of a document. Without passages, the document is being converted."""

    path: str
    passages_total: int = 0
    passages_embedded: int = 0
    pages_total: int = 0
    """Pages of a document that is being converted; 0 where its format has none."""
    pages_read: int = 0
    pages_recognized: int = 0
    """Pages and pictures that text recognition has read so far."""


@dataclass(frozen=True)
class ImportResult:
    """Result of a document. The outcome is CREATED, UPDATED, UNCHANGED, FAILED, UNPACKED or DELETED."""

    path: str
    outcome: str
    document: str = ""
    passages: int = 0
    reason: str = ""
    message: str = ""
    recognition: TextRecognition | None = None
    """What text recognition has read; None if nothing."""


ImportReport = ImportProgress | ImportResult
