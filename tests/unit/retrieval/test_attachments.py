"""One file of a customer, as the conversion process reads it: its type by its content, what is kept of it, its text."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image

from kefu.common.errors import AttachmentRefused
from kefu.retrieval.api.read_file import read_stream
from kefu.retrieval.documents.attachments.file_text import FileReading, PageText, ReadOutcome, read_file
from kefu.retrieval.documents.parsed_document import Unreadable
from kefu.retrieval.ingest import conversion_pool
from kefu.retrieval.ingest.conversion import CONTENT, PREVIEW, ConversionJob, ConvertedDocument, Member
from kefu.retrieval.ingest.conversion_pool import ConversionPool, ProcessBroken
from kefu.retrieval.v1 import knowledge_pb2 as pb
from tests.support import sample_files
from tests.support.attachment_files import CAMERA, pdf, photo, zip_archive
from tests.support.table import table


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (300, 200)) -> bytes:
    sink = io.BytesIO()
    Image.new(mode, size).save(sink, kind)
    return sink.getvalue()


@table(
    ("data", "media_type"),
    lambda: [
        (picture("JPEG"), "image/jpeg"),
        (picture("PNG"), "image/png"),
        (picture("PNG", "RGBA"), "image/png"),
        (picture("WEBP"), "image/jpeg"),
        (picture("WEBP", "RGBA"), "image/png"),
        (picture("GIF", "P"), "image/png"),
        (picture("PNG") + zip_archive(), "image/png"),
    ],
)
def test_a_picture_is_written_anew_and_small_beside_it(data: bytes, media_type: str) -> None:
    found, content, preview = read_file(data)
    assert (found.media_type, found.width, found.height) == (media_type, 300, 200)
    assert Image.open(io.BytesIO(content)).size == (300, 200)
    assert Image.open(io.BytesIO(preview)).format == "JPEG"
    assert b"run.sh" not in content


def test_a_photo_loses_its_place_and_camera_and_stands_upright() -> None:
    found, content, _ = read_file(photo(size=(900, 1200)))
    assert (found.width, found.height) == (1200, 900)
    assert CAMERA.encode() not in content
    assert not Image.open(io.BytesIO(content)).getexif()


def test_a_large_picture_is_made_smaller() -> None:
    found, _, preview = read_file(picture("JPEG", size=(6000, 3000)))
    assert (found.width, found.height) == (4096, 2048)
    assert max(Image.open(io.BytesIO(preview)).size) == 640


def test_a_pdf_is_kept_as_it_is_with_its_text_and_its_first_page_as_a_picture() -> None:
    found, content, preview = read_file(pdf("Error E17", "Total 500 EUR"))
    assert (found.pages, found.reading, content) == (1, ReadOutcome.TEXT, b"")
    assert found.page_texts == (PageText(1, "Error E17\nTotal 500 EUR"),)
    assert Image.open(io.BytesIO(preview)).height == 640


def test_a_scan_is_kept_unread() -> None:
    found, _, _ = read_file(sample_files.scanned_pdf())
    assert (found.reading, found.page_texts) == (ReadOutcome.NO_READER, ())


@table(
    ("data", "reason"),
    lambda: [
        (zip_archive(), "UNSUPPORTED_TYPE"),
        (b"<svg onload=alert(1)>", "UNSUPPORTED_TYPE"),
        (b"<html>", "UNSUPPORTED_TYPE"),
        (pdf("one") + zip_archive(), "UNSUPPORTED_TYPE"),
        (photo()[:400], "BROKEN_FILE"),
        (b"%PDF-1.7 nothing else", "BROKEN_FILE"),
        (sample_files.build_pdf([], password="secret"), "PASSWORD_PROTECTED"),
        (picture("PNG", "1", (9_000, 9_000)), "TOO_LARGE"),
        (picture("PNG", "1", (20_000, 20_000)), "TOO_LARGE"),
    ],
)
def test_what_is_no_whole_picture_and_no_pdf_is_refused_with_a_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_file(data)
    assert refused.value.reason == reason
    assert refused.value.message.endswith(".")


def test_a_file_that_breaks_a_parser_is_kept_unread_and_none_of_its_words_is_told() -> None:
    def parse(*_: object, **__: object) -> Any:
        raise MemoryError("words of the file")

    found, _, preview = read_file(pdf("Error E17"), parse)
    assert (found.reading, found.pages, bool(preview)) == (ReadOutcome.NOTHING, 1, True)
    assert found.failure.startswith("MemoryError at ")
    assert "words" not in found.failure
    unread, _, _ = read_file(pdf("Error E17"), None)
    assert (unread.reading, unread.pages, unread.failure) == (ReadOutcome.NOTHING, 1, "")


# The time that a file may take


class Pool(ConversionPool):
    """Converts nothing: every try with text ends in `text`, every one without in `bare`, or in a file."""

    def __init__(self, text: Unreadable, bare: Unreadable | None = None) -> None:
        super().__init__(1, seconds=20.0, memory_mib=512, ocr_pages=0, ocr_page_seconds=0, page_seconds=0)
        self.text, self.bare = text, bare
        self.given: list[float] = []

    async def convert(self, job: ConversionJob, data: bytes, *_: Any, **more: Any) -> ConvertedDocument:
        assert job.is_attachment
        self.given.append(more["seconds"] * more["tries"])
        if error := self.text if job.reads_text else self.bare:
            raise error
        return ConvertedDocument(
            attachment=FileReading("application/pdf"), members=[Member(CONTENT, b""), Member(PREVIEW, b"small")]
        )


async def read_through(pool: Pool) -> list[pb.ReadFileResponse]:
    async def requests() -> AsyncIterator[pb.ReadFileRequest]:
        yield pb.ReadFileRequest(start=pb.FileStart(size_bytes=4))
        yield pb.ReadFileRequest(data=b"%PDF")

    return [each async for each in read_stream(requests(), pool)]


@pytest.mark.parametrize("error", [Unreadable("TOO_SLOW", "Slow."), ProcessBroken("BROKEN_FILE", "Broken.")])
async def test_a_file_whose_text_takes_too_long_is_kept_unread_within_the_same_time(error: Unreadable) -> None:
    pool = Pool(error)
    read, preview = await read_through(pool)
    assert read.read.reading == pb.FileRead.READING_NOTHING
    assert preview.preview == b"small"
    assert sum(pool.given) == pool.seconds


async def test_a_file_that_cannot_even_be_checked_in_time_is_called_slow_and_a_broken_one_broken() -> None:
    slow, broken = Unreadable("TOO_SLOW", "Slow."), Unreadable("BROKEN_FILE", "Broken.")
    for pool, why in ((Pool(slow, slow), "slow"), (Pool(broken), "broken"), (Pool(slow, broken), "broken")):
        with pytest.raises(AttachmentRefused) as refused:
            await read_through(pool)
        assert refused.value.metadata["why"] == why


async def test_pages_give_an_attachment_no_more_time_and_an_import_some(monkeypatch: pytest.MonkeyPatch) -> None:
    async def exchange(_: object, __: object, ___: object, on_page: Any) -> dict[str, Any]:
        await on_page(1, 1, 1)
        await asyncio.sleep(0.5)
        return {"converted": ConvertedDocument()}

    monkeypatch.setattr(conversion_pool, "_exchange", exchange)
    job = ConversionJob("a.pdf")
    async with ConversionPool.open(1, 0.1, ocr_pages=4, ocr_page_seconds=0, page_seconds=0) as pool:
        with pytest.raises(Unreadable) as refused:
            await pool.convert(job, b"")
    assert refused.value.reason == "TOO_SLOW"
    async with ConversionPool.open(1, 0.1, ocr_pages=4) as pool:
        assert (await pool.convert(job, b"")).attachment is None


@pytest.mark.parametrize("installed", [True, False])
async def test_pictures_count_for_an_import_only_where_something_reads_them(
    installed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion_pool, "is_installed", lambda: installed)
    async with ConversionPool.open(ocr_pages=4) as on, ConversionPool.open() as off:
        assert (on.reads_pictures, off.reads_pictures) == (installed, False)
