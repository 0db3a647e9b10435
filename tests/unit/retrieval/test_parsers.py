"""What readers make of files in each format."""

from typing import Any

import pytest

from kefu.retrieval.documents.chunking import PASSAGE_TOKENS, chunk_document, estimated_tokens
from kefu.retrieval.documents.parse import parse_document
from kefu.retrieval.documents.parsed_document import Block, ParsedDocument, Unreadable
from kefu.retrieval.documents.parsers.pdf.lines import joined, words_of
from tests.support import sample_files
from tests.support.sample_files import FEES
from tests.support.table import table

FEE_HEADER = "| Country | Fee | Days |"
FEE_ROWS = "| Germany | 10 EUR | 3 |\n| France | 12 EUR | 4 |"


def blocks(parsed: ParsedDocument) -> list[tuple[tuple[str, ...], str]]:
    return [(block.headings, block.text) for block in parsed.blocks]


def tables(parsed: ParsedDocument) -> list[tuple[str, str]]:
    return [(block.table_header, block.text) for block in parsed.blocks if block.table_header]


def why(path: str, data: bytes) -> tuple[str, str]:
    with pytest.raises(Unreadable) as caught:
        parse_document(path, data)
    return caught.value.reason, caught.value.message


# PDF


def test_a_pdf_keeps_its_headings_and_the_page_of_each_paragraph_without_running_heads() -> None:
    parsed = parse_document("handbook.pdf", sample_files.headed_pdf())
    assert parsed.title == "Return handbook"
    assert [(block.page, block.headings, block.text) for block in parsed.blocks] == [
        (1, ("Deadlines",), "You may return an item within 30 days of delivery."),
        (2, ("Costs", "Abroad"), "A return from abroad costs 9 euros."),
        (3, ("Steps",), "1. Open the app.\n2. Choose the order."),
    ]
    assert [chunk.page for chunk in chunk_document(parsed)] == [1, 2, 3]


@pytest.mark.parametrize("ruled", [True, False])
def test_a_row_of_a_pdf_table_stays_with_its_header_whether_or_not_it_has_lines(ruled: bool) -> None:
    parsed = parse_document("fees.pdf", sample_files.table_pdf(ruled=ruled))
    assert [(block.table_header, block.text) for block in parsed.blocks] == [
        ("", "What a return costs, by country."),
        (FEE_HEADER, FEE_ROWS),
        ("", "All fees include taxes. They are taken from the refund."),
    ]


def test_a_pdf_table_that_goes_on_over_the_page_keeps_its_header() -> None:
    parsed = parse_document("prices.pdf", sample_files.long_table_pdf())
    assert [block.page for block in parsed.blocks] == [1, 2]
    assert {block.table_header for block in parsed.blocks} == {"| Model | Price |"}
    rows = [row for block in parsed.blocks for row in block.text.split("\n")]
    assert rows == [f"| SM-{number} | {number} EUR |" for number in range(60)]
    assert all(chunk.text.startswith("| Model | Price |\n") for chunk in chunk_document(parsed))


def test_a_header_that_ends_a_page_is_that_of_the_rows_on_the_next() -> None:
    parsed = parse_document("pool.pdf", sample_files.parted_table_pdf())
    assert [(block.page, block.table_header, block.text) for block in parsed.blocks] == [
        (1, "", "Pool prices"),
        (1, "", "What a ticket costs."),
        (2, "", "Pool prices"),
        (2, "| Ticket | Adults |", "| Day | 6 EUR |\n| Evening | 4 EUR |"),
    ]


def test_a_hyphen_at_a_line_end_of_a_pdf_stays_where_the_word_has_it() -> None:
    parsed = parse_document("passes.pdf", sample_files.hyphens_pdf())
    assert tables(parsed) == [("| Membership | Valid |", "| Swim-only | Monday-Friday |\n| Full | 2026-2027 |")]
    text = "A swim ticket is for the pool only. Information on prices, and on the half-day pass: at the desk."
    assert text in "\n".join(block.text for block in parsed.blocks)


@table(
    ("lines", "text"),
    [
        (("over-", "night", "overnight stays, over a night"), "overnight overnight stays, over a night"),
        (("over-", "night", "stays over one night"), "over-night stays over one night"),
        (("a well-to-", "do guest"), "a well-to-do guest"),
        (("inter-", "national"), "international"),
        (("PDF-", "File"), "PDF-File"),
        (("6 ÷-", "ⓐ 3"), "6 ÷ⓐ 3"),
        (("closed -", "Open again"), "closed - Open again"),
    ],
)
def test_the_words_of_the_document_tell_a_words_own_hyphen(lines: tuple[str, ...], text: str) -> None:
    assert joined(lines, words_of(lines)) == text


def test_columns_of_a_pdf_are_read_one_after_the_other() -> None:
    text = "\n".join(block.text for block in parse_document("leaflet.pdf", sample_files.two_column_pdf()).blocks)
    places = [text.index(mark) for mark in ("Left begins.", "Left ends.", "Right begins.", "Right ends.")]
    assert places == sorted(places)
    assert text.count("The parcel travels by road and the driver rings before the delivery") == 36


def test_chinese_lines_of_a_pdf_are_joined_without_blanks() -> None:
    parsed = parse_document("zh.pdf", sample_files.chinese_pdf())
    assert parsed.title == "退货政策"
    (block,) = parsed.blocks
    assert block.text == "自收到商品之日起三十天内可以退货，运费由本店承担，退款在七个工作日内退回原支付账户。"


def test_radicals_that_a_browser_writes_into_a_pdf_are_read_as_characters() -> None:
    parsed = parse_document("a.pdf", sample_files.printed_pdf("⼈⼯客服每⽉开⻔，⻓假除外。", title="⼈⼯服务"))
    assert parsed.title == "人工服务"
    assert [block.text for block in parsed.blocks] == ["人工客服每月开门，长假除外。"]


def test_a_font_without_a_box_is_no_news_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert parse_document("a.pdf", sample_files.printed_pdf("Opening hours")).blocks
    assert caplog.messages == []


def test_hebrew_of_a_pdf_is_read_from_right_to_left_and_its_figures_are_not() -> None:
    (block,) = parse_document("he.pdf", sample_files.hebrew_pdf()).blocks
    assert block.text == sample_files.HEBREW


def test_a_scanned_pdf_says_that_it_needs_text_recognition() -> None:
    reason, message = why("scan.pdf", sample_files.scanned_pdf())
    assert reason == "NO_TEXT_LAYER"
    assert "OCR" in message


def test_a_pdf_with_a_password_says_so() -> None:
    reason, message = why("locked.pdf", sample_files.build_pdf([], password="secret"))
    assert reason == "PASSWORD_PROTECTED"
    assert "save a copy without one" in message


@pytest.mark.parametrize(
    "broken", [sample_files.headed_pdf()[:700], b"%PDF-1.7\n", b"%PDF-1.4\n" + bytes(range(256)) * 40]
)
def test_a_broken_pdf_says_so(broken: bytes) -> None:
    assert why("broken.pdf", broken)[0] in {"BROKEN_FILE", "EMPTY_DOCUMENT"}


# Office


def test_a_word_file_keeps_headings_lists_and_tables() -> None:
    parsed = parse_document("handbook.docx", sample_files.word_file())
    assert parsed.title == "Return handbook"
    assert blocks(parsed) == [
        (("Deadlines",), "You may return an item within 30 days."),
        (("Costs", "Steps"), "1. Open the app.\n2. Choose the order."),
        (("Costs", "Steps"), "- Keep the receipt."),
        (("Costs", "Steps"), FEE_ROWS),
    ]
    assert tables(parsed) == [(FEE_HEADER, FEE_ROWS)]


def test_slides_are_sections_with_their_number_and_without_the_speakers_notes() -> None:
    parsed = parse_document("training.pptx", sample_files.slides_file())
    assert parsed.title == "Support training"
    assert [(block.page, block.headings, block.text) for block in parsed.blocks] == [
        (1, (), "For the team"),
        (2, ("Returns",), "- Within 30 days\n- Free of charge"),
        (2, ("Returns",), FEE_ROWS),
    ]


def test_two_tables_of_a_sheet_stay_apart_each_with_its_header() -> None:
    parsed = parse_document("fees.xlsx", sample_files.sheet_file())
    assert tables(parsed) == [(FEE_HEADER, FEE_ROWS), ("| Model | Discount |", "| SM-1 | 25 % |\n| SM-2 |  |")]
    assert [block.headings for block in parsed.blocks] == [("Fees", "Return fees 2026"), ("Fees",)]
    assert "Margins" in parsed.remark
    assert "40 EUR" not in str(parsed.blocks)


def test_a_merged_cell_of_a_sheet_is_said_of_all_that_it_covers_and_a_title_is_no_header() -> None:
    (block,) = parse_document("baggage.xlsx", sample_files.merged_sheet_file()).blocks
    assert block.headings == ("Baggage 2026",)
    assert block.table_header == "| Class | Route | Checked Pieces | Checked Weight |"
    remark = "Ask us about musical instruments."
    assert block.text.split("\n") == [
        "| Economy | Home | 1 | 20 kg |",
        "| Economy | Abroad | 2 | 23 kg |",
        f"| {remark} | {remark} | {remark} | {remark} |",
    ]


def test_names_below_merged_ones_may_recur_and_a_title_above_an_empty_row_is_the_tables_and_a_note_is_text() -> None:
    title, note = "Courts, price of a booking", "Lights after 18:00 cost 20."
    header = (("Sport", "Member", "", "Guest", ""), ("", "off-peak", "peak", "off-peak", "peak"))
    rows = [(title,), ("Peak: 17:00 to 22:00",), (), *header, ("Tennis", 60, 80, 90, 120), (), (note,)]
    areas = ("A1:E1", "A2:E2", "A4:A5", "B4:C4", "D4:E4", "A8:E8")
    peak, courts, lights = parse_document("courts.xlsx", sample_files.sheet_of(rows, areas)).blocks
    assert (peak.headings, peak.text) == ((title,), "Peak: 17:00 to 22:00")
    assert courts.headings == (title, "Peak: 17:00 to 22:00")
    assert courts.table_header == "| Sport | Member off-peak | Member peak | Guest off-peak | Guest peak |"
    assert courts.text == "| Tennis | 60 | 80 | 90 | 120 |"
    assert (lights.text, lights.table_header) == (note, "")


def test_merged_cells_of_a_word_table_are_said_of_all_that_they_cover() -> None:
    def merge(document: Any) -> None:
        table = document.add_table(4, 3)
        rows = (("Fees abroad", "", ""), ("Country", "Fee", "Days"), ("Chile", "20 EUR", "9"), ("", "30 EUR", "4"))
        for number, row in enumerate(rows):
            for place, text in enumerate(row):
                table.cell(number, place).text = text
        table.cell(0, 0).merge(table.cell(0, 2))
        table.cell(2, 0).merge(table.cell(3, 0))

    block = parse_document("handbook.docx", sample_files.word_file(merge)).blocks[-1]
    assert (block.headings[-1], block.table_header) == ("Fees abroad", FEE_HEADER)
    assert block.text == "| Chile | 20 EUR | 9 |\n| Chile | 30 EUR | 4 |"


def test_a_sheet_is_refused_whose_few_cells_span_too_many() -> None:
    reason, message = why("bomb.xlsx", sample_files.ragged_sheet_file(1_500, 700))
    assert (reason, "1,000,000 cells" in message) == ("TOO_LARGE", True)
    assert parse_document("fine.xlsx", sample_files.ragged_sheet_file(20, 3)).blocks[0].text.startswith("x\n")


def test_a_sheet_of_questions_and_answers_is_pairs() -> None:
    parsed = parse_document("faq.xlsx", sample_files.pair_sheet_file())
    assert blocks(parsed) == [(("多久到货？",), "三到五个工作日。"), (("可以退货吗？",), "三十天内可以。")]
    assert all(block.own_passage for block in parsed.blocks)


def test_an_office_file_with_a_password_and_an_old_one_say_what_to_do() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
    assert why("report.docx", ole + "EncryptedPackage".encode("utf-16-le"))[0] == "PASSWORD_PROTECTED"
    reason, message = why("report.doc", ole)
    assert reason == "UNSUPPORTED_TYPE"
    assert "DOCX" in message


# CSV

DEPOTS = """Depot opening hours 2026{d}{d}
Depot{d}Weekdays{d}Saturday
Harbour{d}"08:00–18:00{d} closed at noon"{d}09:00
Hill{d}{d}closed
"""


@table("delimiter", [",", ";", "\t"])
def test_a_csv_is_a_table_whichever_its_delimiter_with_the_line_above_its_header_as_heading(delimiter: str) -> None:
    text = DEPOTS.format(d=delimiter)
    (block,) = parse_document("depots.csv", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()).blocks
    assert (block.headings, block.table_header) == (("Depot opening hours 2026",), "| Depot | Weekdays | Saturday |")
    noon = f"08:00–18:00{delimiter} closed at noon".replace("\t", "")
    assert block.text == f"| Harbour | {noon} | 09:00 |\n| Hill |  | closed |"


def test_cells_of_a_csv_with_semicolons_may_have_commas() -> None:
    text = "Zone;Single, day;Address\nA;2,40;Quay 1, north\nB;3,60;Quay 2, south\n"
    rows = "| A | 2,40 | Quay 1, north |\n| B | 3,60 | Quay 2, south |"
    for marked in (text, f"sep=;\n{text}"):
        assert tables(parse_document("zones.csv", marked.encode())) == [("| Zone | Single, day | Address |", rows)]


def test_a_csv_in_gb18030_is_read_and_an_empty_line_parts_two_tables() -> None:
    text = "网点,营业时间\n东门店,9:00～18:00\n西门店,9:00～17:00\n,\n费用项目,金额\n开户费,￥20\n"
    for charset in ("gb18030", "utf-16", "utf-8-sig"):
        assert tables(parse_document("网点.csv", text.encode(charset))) == [
            ("| 网点 | 营业时间 |", "| 东门店 | 9:00～18:00 |\n| 西门店 | 9:00～17:00 |"),
            ("| 费用项目 | 金额 |", "| 开户费 | ￥20 |"),
        ]


@table("header", ["question;answer", "Question\tAnswer", "问题;编号;答案", "sep=;\nquestion;answer"])
def test_a_csv_of_pairs_may_have_semicolons_or_tabs(header: str) -> None:
    delimiter = "\t" if "\t" in header else ";"
    row = ["May I come, too?", "Yes, with a ticket, or a pass."]
    if "编号" in header:
        row.insert(1, "7")
    parsed = parse_document("faq.csv", f"{header}\n{delimiter.join(row)}\n".encode())
    assert [(block.headings, block.text, block.own_passage) for block in parsed.blocks] == [
        (("May I come, too?",), "Yes, with a ticket, or a pass.", True)
    ]


@table(
    ("text", "said"),
    [
        ('Depot;Hours\n"Harbour;9-17\nHill;9-12\n', ("line 2", "quotation marks")),
        ('Depot;Hours\n"Harbour" north;9-17\n', ("line 2", "quotation marks")),
        (
            "Depot,Hours\nHill,9-12\nQuay,9-12\nHarbour,9-12, 13-17\n",
            ("Line 4 has 3 cells", "line 1 has 2", "quotation marks"),
        ),
        ("question;answer\nWhy?;\n", ("Line 2 has no answer",)),
    ],
)
def test_a_csv_that_is_not_well_formed_says_where_and_what_to_do(text: str, said: tuple[str, ...]) -> None:
    reason, message = why("depots.csv", text.encode())
    assert reason == "BAD_CSV"
    assert all(part in message for part in said), message


# HTML, pairs, Markdown


def test_cells_of_an_html_table_that_span_others_are_repeated() -> None:
    parsed = parse_document("page.html", sample_files.PAGE)
    assert blocks(parsed)[:2] == [((), "Within 30 days."), ((), "1. Pack\n2. Send")]
    assert tables(parsed) == [
        ("| Country | Fee and days | Fee and days |", "| Germany | 10 | 3 |\n| Germany | 12 | 2 |")
    ]


def html_blocks(body: str) -> list[tuple[tuple[str, ...], str]]:
    return blocks(parse_document("page.html", f"<html><body>{body}</body></html>".encode()))


@table(
    "furniture",
    [
        "<nav>Home</nav>",
        "<footer>Imprint</footer>",
        "<aside>See also</aside>",
        '<div role="navigation">Home</div>',
        '<div role="contentinfo">Imprint</div>',
        '<div role="complementary">See also</div>',
        '<div role="dialog" aria-modal="true">We use cookies</div>',
        '<ol aria-label="Breadcrumb"><li>Home</li></ol>',
        '<ul class="m-breadcrumbs"><li>Home</li></ul>',
        '<div class="bread-crumb">首页</div>',
        '<div id="cookie-banner">We use cookies</div>',
        '<section class="box cookieConsent">We use cookies</section>',
        '<div id="onetrust-consent-sdk">We use cookies</div>',
        '<div class="site-footer">Imprint</div>',
        '<div class="related-articles">See also</div>',
    ],
)
def test_what_leads_elsewhere_on_a_page_without_main_is_left_out(furniture: str) -> None:
    page = f"{furniture}<h1>Lockers</h1><p>A locker costs 2 euros.</p>{furniture}"
    assert html_blocks(page) == [((), "A locker costs 2 euros.")]


@table(
    "content",
    [
        '<div class="cookies"><p>Cookies are kept for a year.</p></div>',
        '<section id="cookie-policy"><p>Cookies are kept for a year.</p></section>',
        '<div id="consent-banner-page"><h1>Cookies</h1><p>Cookies are kept for a year.</p></div>',
        '<body class="page cookie-notice"><h1>Cookies</h1><p>Cookies are kept for a year.</p>',
        '<div class="barrier-free"><p>Cookies are kept for a year.</p></div>',
    ],
)
def test_a_page_about_cookies_is_content(content: str) -> None:
    assert html_blocks(content) == [((), "Cookies are kept for a year.")]


def test_the_element_with_the_role_of_main_is_the_main_part() -> None:
    assert html_blocks('<p>Sale!</p><div role="main"><p>A locker costs 2 euros.</p></div>') == [
        ((), "A locker costs 2 euros.")
    ]


def test_a_summary_is_the_heading_of_its_details() -> None:
    page = (
        "<h1>Help</h1><h2>Lockers</h2><details><summary><h3>What does one cost?</h3></summary><p>2 euros.</p>"
        "<h3>Deposit</h3><p>1 euro.</p><details><summary>Lost key?</summary>Ask the desk.</details></details>"
        "<details open><summary>Are there <b>large</b> ones?</summary>No.</details><p>All are near the entrance.</p>"
    )
    cost = ("Lockers", "What does one cost?")
    assert html_blocks(page) == [
        (cost, "2 euros."),
        ((*cost, "Deposit"), "1 euro."),
        ((*cost, "Deposit", "Lost key?"), "Ask the desk."),
        (("Lockers", "Are there large ones?"), "No."),
        (("Lockers",), "All are near the entrance."),
    ]


def test_a_header_of_two_rows_gives_each_column_one_name() -> None:
    page = (
        "<table><caption>Day tickets</caption><thead><tr><th colspan=4>Prices in euros</th></tr>"
        "<tr><th rowspan=2>Pool</th><th colspan=2>Adults</th><th>Children</th></tr>"
        "<tr><th>Monday–Friday</th><th>Weekend</th><th></th></tr></thead>"
        "<tbody><tr><td>North</td><td>5</td><td>6</td><td>3</td></tr></tbody></table>"
    )
    (block,) = parse_document("page.html", page.encode()).blocks
    assert block.headings == ("Day tickets", "Prices in euros")
    assert block.table_header == "| Pool | Adults: Monday–Friday | Adults: Weekend | Children |"
    assert block.text == "| North | 5 | 6 | 3 |"


def test_a_page_in_the_character_set_that_it_names_is_read() -> None:
    page = '<html><head><meta charset="windows-1252"></head><body><p>Größe: 10 €</p></body></html>'
    assert blocks(parse_document("page.html", page.encode("windows-1252"))) == [((), "Größe: 10 €")]
    plain = parse_document("page", "Größe".encode("latin-1"), media_type="text/plain; charset=iso-8859-1")
    assert blocks(plain) == [((), "Größe")]


@table(
    "text",
    [
        '[{"question": "How long?", "answer": "30 days."}]',
        '{"faq": [{"Question": "How long?", "Answer": "30 days."}]}',
        '{"How long?": "30 days."}',
        '{"question": "How long?", "answer": "30 days."}\n',
        '[{"问题": "How long?", "答案": "30 days."}]',
    ],
)
def test_pairs_are_read_from_the_usual_shapes_of_json(text: str) -> None:
    assert blocks(parse_document("faq.json", text.encode())) == [(("How long?",), "30 days.")]


@table(
    ("text", "said"),
    [
        ('[{"question": "How long?"}]', "Entry 1"),
        ("[1]", "Entry 1"),
        ('{"question": ', "Line 1, column"),
        ("[[[[", "Line 1"),
        ("7", "holds no list"),
        ("[" * 100_000, "Line 1"),
    ],
)
def test_json_that_holds_no_pairs_says_where_it_fails(text: str, said: str) -> None:
    reason, message = why("faq.json", text.encode())
    assert reason == "BAD_JSON"
    assert said in message or "nested too deep" in message


def test_front_matter_says_title_language_address_and_validity() -> None:
    text = (
        '---\ntitle: "Summer sale"\nlanguage: en\nuri: https://shop.example/sale\nvalid-from: 2026-06-01\n'
        "valid_until: 2026-08-31\ntags: [a]\n---\n\n20 % off.\n"
    )
    parsed = parse_document("sale.md", text.encode())
    assert (parsed.title, parsed.language, parsed.uri) == ("Summer sale", "en", "https://shop.example/sale")
    assert (parsed.valid_from, parsed.valid_until) == ("2026-06-01", "2026-08-31")
    assert blocks(parsed) == [((), "20 % off.")]
    reason, message = why("sale.md", text.replace("2026-06-01", "June 1st").encode())
    assert reason == "BAD_FRONT_MATTER"
    assert "valid_from" in message
    reason, message = why("sale.md", text.replace("2026-06-01", "2026-09-01").encode())
    assert (reason, "valid_until: must not be before valid_from, 2026-09-01" in message) == ("BAD_FRONT_MATTER", True)


# Mail and archives


def test_a_mail_is_its_text_and_its_attachments_without_who_wrote_it() -> None:
    parsed = parse_document("recall.eml", sample_files.mail_file())
    assert parsed.title == "Battery recall"
    assert blocks(parsed) == [((), "The battery of model SM-7 is replaced free of charge until June.")]
    assert [member.name for member in parsed.members] == ["handbook.docx"]
    assert "logo.png" in parsed.remark
    assert "ann@" not in str(parsed.blocks)


def test_an_archive_gives_its_files_and_refuses_names_that_lead_out_of_it() -> None:
    archive = sample_files.zip_file(
        {
            "en/a.md": b"# A\n\nText.",
            "../../etc/b.md": b"x",
            "/abs.md": b"x",
            "C:\\win.md": b"x",
            ".hidden.md": b"x",
            "__MACOSX/en/a.md": b"x",
            "logo.png": b"x",
        }
    )
    parsed = parse_document("all.zip", archive)
    assert [(member.name, member.data) for member in parsed.members] == [("en/a.md", b"# A\n\nText.")]
    assert {failure.reason for failure in parsed.failures} == {"BAD_PATH"}
    assert {failure.name for failure in parsed.failures} == {"etc/b.md", "abs.md", "C/win.md"}
    assert "logo.png" in parsed.remark


def test_names_in_gbk_are_read_as_chinese() -> None:
    (member,) = parse_document("cn.zip", sample_files.gbk_names_zip_file()).members
    assert member.name == "退货.md"


def test_a_file_in_an_archive_with_a_password_says_so() -> None:
    (failure,) = parse_document("locked.zip", sample_files.locked_zip_file()).failures
    assert (failure.name, failure.reason) == ("secret.md", "PASSWORD_PROTECTED")


def test_what_would_unpack_to_too_much_is_refused_before_it_is_unpacked() -> None:
    reason, message = why("bomb.zip", sample_files.zip_bomb_file("zeros.md", 300))
    assert reason == "TOO_LARGE"
    assert "300 MiB" in message
    assert why("bomb.docx", sample_files.zip_bomb_file("word/document.xml", 600))[0] == "TOO_LARGE"


# Types


def test_bytes_decide_over_a_wrong_ending_and_the_reader_says_so() -> None:
    parsed = parse_document("handbook.docx", sample_files.headed_pdf())
    assert parsed.title == "Return handbook"
    assert "a PDF" in parsed.remark
    reason, message = why("notes.pdf", b"Only text.")
    assert reason == "BROKEN_FILE"
    assert "wrong ending" in message


@table("path", ["x.pdf", "x.docx", "x.xlsx", "x.pptx", "x.eml", "x.zip", "x.json", "x.html", "x.csv"])
def test_an_empty_file_says_that_it_is_empty(path: str) -> None:
    reason, _ = why(path, b"")
    assert reason in {"EMPTY_DOCUMENT", "BROKEN_FILE"}


def test_more_text_than_a_document_may_hold_is_refused() -> None:
    reason, message = why("dump.txt", b"All work and no play. \n" * 2_200_000)  # 50 MB
    assert reason == "TOO_LARGE"
    assert "split it" in message


# Cutting


def test_text_without_sentence_ends_is_cut_with_an_overlap_and_other_text_is_not() -> None:
    words = " ".join(f"word{number}" for number in range(600))
    first, second, *_ = chunk_document(ParsedDocument("T", [Block(words)]))
    again = second.text.split()[0]
    assert again in first.text.split()[-30:]
    assert all(estimated_tokens(chunk.text) <= PASSAGE_TOKENS for chunk in (first, second))
    sentences = " ".join(f"Sentence number {number} says something." for number in range(120))
    texts = [chunk.text for chunk in chunk_document(ParsedDocument("T", [Block(sentences)]))]
    assert " ".join(texts) == sentences


def test_the_rows_that_tests_compare_are_those_of_the_files() -> None:
    assert "| " + " | ".join(FEES[0]) + " |" == FEE_HEADER
