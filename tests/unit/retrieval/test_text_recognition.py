"""Text recognition without its engine: limits, layout, headings, what needs it and what is said without it."""

import io
import time

import numpy as np
import pytest
from PIL import Image

from kefu.retrieval.documents.chunking import chunk_document
from kefu.retrieval.documents.ocr.engine import Pixels, Quad
from kefu.retrieval.documents.ocr.geometry import straightened
from kefu.retrieval.documents.ocr.page_reader import read_page
from kefu.retrieval.documents.ocr.picture_files import frames_of
from kefu.retrieval.documents.ocr.picture_reader import PictureReader
from kefu.retrieval.documents.ocr.ruled_tables import find_grids
from kefu.retrieval.documents.ocr.type_size import body_size_of, levelled, type_size
from kefu.retrieval.documents.parse import parse_document
from kefu.retrieval.documents.parsed_document import Unreadable
from kefu.retrieval.documents.parsers.pdf.lines import Line
from kefu.retrieval.documents.parsers.pdf.text_layer import has_broken_words, is_garbled
from kefu.retrieval.domain.text_recognition import TextRecognition, page_ranges
from tests.support import sample_files, scanned_pages
from tests.support.table import table


def why(path: str, data: bytes) -> tuple[str, str]:
    with pytest.raises(Unreadable) as caught:
        parse_document(path, data, pictures=PictureReader(10))
    return caught.value.reason, caught.value.message


def test_pages_are_written_as_ranges_and_stored_as_they_were() -> None:
    assert page_ranges([9, 3, 5, 6, 7, 8, 3]) == "3, 5-9"
    assert page_ranges([]) == ""
    read = TextRecognition((3, 5), 2, 0.94, (5,))
    assert TextRecognition.load(read.dump()) == read
    assert TextRecognition.load("") is None


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("huge.png", scanned_pages.png_that_says_it_is(50_000, 50_000), "TOO_LARGE"),
        ("large.png", scanned_pages.png_that_says_it_is(9_000, 9_000), "TOO_LARGE"),
        ("packed.png", b"\x89PNG\r\n\x1a\n" + sample_files.zip_file({"a.md": b"# A"}), "BROKEN_FILE"),
        ("cut.jpg", scanned_pages.as_jpeg(scanned_pages.drawn(["Text."] * 9))[:4000], "BROKEN_FILE"),
        ("dot.png", scanned_pages.png_that_says_it_is(3, 3), "EMPTY_DOCUMENT"),
    ],
)
def test_a_hostile_picture_is_refused_before_its_pixels_are_there(path: str, data: bytes, reason: str) -> None:
    assert why(path, data)[0] == reason


def test_a_picture_that_is_a_zip_is_read_as_the_zip_it_is() -> None:
    parsed = parse_document("photo.png", sample_files.zip_file({"a.md": b"# A\n\nText."}), pictures=PictureReader(10))
    assert [member.name for member in parsed.members] == ["a.md"]
    assert "a ZIP archive" in parsed.remark


def test_of_a_tiff_of_many_frames_only_as_many_are_opened_as_may_be_read() -> None:
    many = scanned_pages.as_tiff(scanned_pages.drawn(["A"]).resize((16, 16)), 500)
    count, frames = frames_of(many, 40)
    assert count == 41  # more than that is not counted
    assert len(list(frames)) == 40


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_picture_is_one_page(kind: str) -> None:
    first, *others = (scanned_pages.drawn([word]).resize((64, 64)) for word in ("A", "B", "C"))
    sink = io.BytesIO()
    first.save(sink, kind, save_all=True, append_images=others)
    assert getattr(Image.open(io.BytesIO(sink.getvalue())), "n_frames", 1) == 3
    count, frames = frames_of(sink.getvalue(), 40)
    assert (count, len(list(frames))) == (1, 1)


def test_without_text_recognition_a_scan_says_how_to_get_it() -> None:
    with pytest.raises(Unreadable) as caught:
        parse_document("scan.png", scanned_pages.as_png(scanned_pages.drawn(["Text."])))
    assert caught.value.reason == "NO_TEXT_LAYER"
    assert "KEFU_RETRIEVAL_OCR" in caught.value.message
    with pytest.raises(Unreadable) as caught:
        parse_document("scan.pdf", sample_files.scanned_pdf())
    assert "KEFU_RETRIEVAL_OCR" in caught.value.message


def test_pages_beyond_the_budget_are_named() -> None:
    data = scanned_pages.part_scanned_pdf("The first page has a text layer.", scanned_pages.drawn(["The second."]))
    parsed = parse_document("part.pdf", data)
    assert "left out: 2." in parsed.remark
    assert parsed.recognition is None


class ScriptedEngine:
    """Finds one line in each picture and says it with a certainty of its own."""

    def __init__(self, *lines: tuple[str, float], upside_down: bool = False) -> None:
        self._lines = iter(lines)
        self._upside_down = upside_down

    def find_lines(self, picture: Pixels) -> list[Quad]:
        del picture
        return [np.array([[40, 40], [640, 40], [640, 70], [40, 70]], dtype=np.float32)]

    def is_upside_down(self, lines: list[Pixels]) -> bool:
        del lines
        return self._upside_down

    def read_line(self, line: Pixels) -> tuple[str, float]:
        del line
        return next(self._lines)


def test_pages_that_could_hardly_be_read_and_those_beyond_the_limit_are_named() -> None:
    engine = ScriptedEngine(
        ("The driver rings before the delivery.", 0.98), ("Somebody opens the d0or to him, too.", 0.7)
    )
    data = scanned_pages.as_tiff(scanned_pages.drawn(["Any line."]), 4)
    parsed = parse_document("fax.tif", data, pictures=PictureReader(2, load_engine=lambda: engine))
    assert parsed.recognition
    assert (parsed.recognition.pages, parsed.recognition.doubtful_pages) == ((1, 2), (2,))
    assert 0.7 < parsed.recognition.certainty < 0.98
    assert "Pages 3-4 were left out." in parsed.remark
    assert "Page 2 could hardly be read" in parsed.remark
    assert [block.page for block in parsed.blocks] == [1, 2]


@pytest.mark.parametrize(("upright", "turned", "left"), [(0.98, 0.5, True), (0.5, 0.98, False)])
def test_a_page_is_turned_over_only_if_its_lines_are_then_read_more_surely(
    upright: float, turned: float, left: bool
) -> None:
    picture = np.asarray(scanned_pages.drawn(["Any line."] * 9).convert("RGB"))
    lines = ("A line.", upright), ("A line.", turned), ("A line.", 0.98)
    reading = read_page(ScriptedEngine(*lines, upside_down=True), picture)
    (box,) = reading.items
    assert (box.x0 < 100) is left  # the line that the engine finds lies to the left


def test_where_time_ends_the_upper_lines_were_read() -> None:
    class SlowLines(ScriptedEngine):
        def find_lines(self, picture: Pixels) -> list[Quad]:
            [line] = super().find_lines(picture)
            return [line + np.array([0, 60 * row], dtype=np.float32) for row in (2, 0, 1)]

        def read_line(self, line: Pixels) -> tuple[str, float]:
            until = time.process_time() + 0.1
            while time.process_time() < until:
                pass
            return super().read_line(line)

    picture = np.asarray(scanned_pages.drawn(["Any line."] * 9).convert("RGB"))
    engine = SlowLines(("The first.", 0.98), ("The second.", 0.98), ("The third.", 0.98))
    assert read_page(engine, picture, time.process_time() + 0.15).text.split("\n") == ["The first.", "The second."]
    reader = PictureReader(9, load_engine=lambda: engine, seconds=1e-9)
    assert not reader.can_read


def test_a_scanned_page_shares_no_passage_with_the_page_before() -> None:
    engine = ScriptedEngine(("The second page was a scan.", 0.98))
    data = scanned_pages.part_scanned_pdf("The first page has a text layer.", scanned_pages.drawn(["Any line."]))
    parsed = parse_document("part.pdf", data, pictures=PictureReader(9, load_engine=lambda: engine))
    assert [(chunk.page, chunk.text) for chunk in chunk_document(parsed)] == [
        (1, "The first page has a text layer."),
        (2, "The second page was a scan."),
    ]


def test_a_picture_on_a_slide_and_in_a_text_is_read_where_it_stands() -> None:
    picture = scanned_pages.as_png(scanned_pages.drawn(["Any line."]))
    for path, data in (
        ("a.docx", scanned_pages.pictured_word_file(picture)),
        ("a.pptx", scanned_pages.pictured_slides_file(picture)),
    ):
        engine = ScriptedEngine(("The serial number stands on the back.", 0.98))
        parsed = parse_document(path, data, pictures=PictureReader(9, load_engine=lambda engine=engine: engine))
        assert [block.text for block in parsed.blocks if block.text.startswith("[picture]")] == [
            "[picture] The serial number stands on the back."
        ]
        assert parsed.recognition
        assert (parsed.recognition.pages, parsed.recognition.pictures) == ((), 1)


def test_each_page_of_a_pdf_is_reported_as_it_is_read() -> None:
    seen: list[tuple[int, int, int]] = []

    def on_page(read: int, total: int, recognized: int) -> None:
        seen.append((read, total, recognized))

    parse_document("h.pdf", sample_files.headed_pdf(), pictures=PictureReader(0, on_page))
    assert seen == [(1, 3, 0), (2, 3, 0), (3, 3, 0)]


def test_sections_follow_the_bookmarks_where_letters_have_one_size() -> None:
    blocks = parse_document("manual.pdf", scanned_pages.outlined_pdf(6)).blocks
    assert [(block.page, block.headings) for block in blocks][2:4] == [
        (3, ("Setting up", "Part number 3")),
        (4, ("Repairs", "Part number 4")),
    ]
    assert all(block.text.startswith("Loosen screw") for block in blocks)


def test_numbered_headings_are_nested_by_their_numbers() -> None:
    parsed = parse_document(
        "n.pdf", sample_files.lines_pdf(["第一章 安装", "1.2 Cables", "1.2.3 Colours", "Red is plus."])
    )
    assert [block.headings for block in parsed.blocks] == [("第一章 安装", "1.2 Cables", "1.2.3 Colours")]


@table(
    ("text", "garbled"),
    [
        ("(cid:12)(cid:9)(cid:33)(cid:2)(cid:7)", True),
        ("\ue001\ue002\ue003 a \ufffd\ufffd", True),
        ("é€€è´§éœ€åœ¨ä¸‰åå¤©å†…".encode().decode("latin-1"), True),
        ("Les élèves français étudient l'été.", False),
        ("退货需在三十天内提出。", False),
    ],
)
def test_a_text_layer_without_meaning_is_told_from_text(text: str, garbled: bool) -> None:
    assert is_garbled([text]) is garbled


def test_a_poor_layer_of_somebodys_ocr_is_told_from_a_good_one() -> None:
    good = "Returns of model SL-104 (12.50 EUR) are free within 30 days; see https://shop.example/returns or page 4/5."
    poor = "Rctvms 0f m0d3l 5L-1O4 {l2.5O} ar3 fr33 w|th|n 3O d~ys s3e h_tt^p xkrtn wfgh th3 p4r7s b~x ~nd tbc"
    assert not has_broken_words([good])
    assert has_broken_words([poor])


def test_the_size_of_letters_is_measured_by_their_width_and_levelled() -> None:
    body = [_line("The parcel travels by road and the driver rings before.", 500 + shift) for shift in (0, 9, -8)]
    heading = _line("Before the first use", 240)
    measured = body_size_of([*body, heading])
    sizes = [line.size for line in levelled([*body, heading], measured, 10.0)]
    assert sizes == [10.0, 10.0, 10.0, 13.0]
    assert type_size("7", 9.0, 14.0) == 0.0


def test_a_skewed_table_is_found_by_its_ruled_lines_once_it_is_straight() -> None:
    rows = [("Model", "Price", "Days"), ("SL-1", "12 EUR", "3"), ("SL-2", "15 EUR", "4")]
    picture = np.asarray(scanned_pages.drawn(["Fees"], table=rows, turned=2.0).convert("RGB"))
    tilt = np.tan(np.radians(-2.0))  # of a line that the engine would find
    quads = [np.array([[60, 300], [960, 300 + 900 * tilt], [960, 340 + 900 * tilt], [60, 340]], dtype=np.float32)]
    straight, (quad,) = straightened(picture, quads)
    (grid,) = find_grids(straight)
    assert (len(grid.down), len(grid.across)) == (4, 4)
    assert abs(quad[0][1] - quad[1][1]) < 2
    assert grid.cell(grid.across[1] + 5, grid.down[2] + 5) == (2, 1)
    assert grid.cell(0, 0) is None


def _line(text: str, width: float) -> Line:
    return Line(text, 50, 50 + width, 0, 14, type_size(text, width, 14), bold=False, box=0)
