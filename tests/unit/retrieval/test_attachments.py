"""One file of a customer, as the conversion process reads it: its type by its content, what is kept of it, its text."""

import io

import pytest
from PIL import Image

from kefu.retrieval.documents.attachments.reading import PageText, Reading, read_file
from kefu.retrieval.documents.types import Unreadable
from tests.support import sample_files
from tests.support.attachment_files import CAMERA, pdf, photo, zip_archive


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (300, 200)) -> bytes:
    sink = io.BytesIO()
    Image.new(mode, size).save(sink, kind)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
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
    assert (found.pages, found.reading, content) == (1, Reading.TEXT, b"")
    assert found.page_texts == (PageText(1, "Error E17\nTotal 500 EUR"),)
    assert Image.open(io.BytesIO(preview)).height == 640


def test_a_scan_is_kept_unread() -> None:
    found, _, _ = read_file(sample_files.scanned_pdf())
    assert (found.reading, found.page_texts) == (Reading.NO_READER, ())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
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
