"""Documents in many formats, made here: what a support desk has in its folders, and what an attacker sends."""

import io
import json
import random
import zipfile
from collections.abc import Callable, Iterable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import matplotlib
import openpyxl
from PIL import Image
from pptx import Presentation
from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    ListFlowable,
    PageBreak,
    PageTemplate,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

Row = tuple[str, ...]
SENTENCE = "The parcel travels by road and the driver rings before the delivery so that somebody can open the door. "
FEES: list[Row] = [("Country", "Fee", "Days"), ("Germany", "10 EUR", "3"), ("France", "12 EUR", "4")]
_STYLES: Any = getSampleStyleSheet()
_METRICS: Any = pdfmetrics


def build_pdf(flowables: Iterable[Any], *, password: str = "", title: str = "") -> bytes:
    out = io.BytesIO()
    encrypt = StandardEncryption(password) if password else None
    document: Any = SimpleDocTemplate(out, pagesize=A4, encrypt=encrypt, title=title or None)
    document.build(list(flowables))
    return out.getvalue()


def headed_pdf() -> bytes:
    """Three pages: a title, chapters, a numbered list, page numbers."""
    out = io.BytesIO()
    document: Any = SimpleDocTemplate(out, pagesize=A4)

    def number(canvas: Any, page: Any) -> None:
        canvas.drawString(280, 30, f"Page {page.page}")
        canvas.drawString(72, 815, "Songlu handbook")

    steps = [Paragraph(step, _STYLES["BodyText"]) for step in ("Open the app.", "Choose the order.")]
    document.build(
        [
            Paragraph("Return handbook", _STYLES["Title"]),
            Paragraph("Deadlines", _STYLES["Heading1"]),
            Paragraph("You may return an item within 30 days of delivery.", _STYLES["BodyText"]),
            PageBreak(),
            Paragraph("Costs", _STYLES["Heading1"]),
            Paragraph("Abroad", _STYLES["Heading2"]),
            Paragraph("A return from abroad costs 9 euros.", _STYLES["BodyText"]),
            PageBreak(),
            Paragraph("Steps", _STYLES["Heading1"]),
            ListFlowable(steps, bulletType="1", bulletFormat="%s."),
        ],
        onFirstPage=number,
        onLaterPages=number,
    )
    return out.getvalue()


def table_pdf(*, ruled: bool) -> bytes:
    style = [("GRID", (0, 0), (-1, -1), 0.5, "black")] if ruled else []
    before = Paragraph("What a return costs, by country.", _STYLES["BodyText"])
    after = Paragraph("All fees include taxes. They are taken from the refund.", _STYLES["BodyText"])
    return build_pdf(
        [Paragraph("Return fees", _STYLES["Title"]), before, Table([list(row) for row in FEES], 120, 20, style), after]
    )


def long_table_pdf() -> bytes:
    """A ruled table over two pages whose header stands on the first one only."""
    rows = [("Model", "Price"), *((f"SM-{number}", f"{number} EUR") for number in range(60))]
    return build_pdf([Table([list(row) for row in rows], 150, 20, [("GRID", (0, 0), (-1, -1), 0.5, "black")])])


def parted_table_pdf() -> bytes:
    """A ruled table whose header is the last thing on the first page, with a number below it."""
    out = io.BytesIO()
    document: Any = SimpleDocTemplate(out, pagesize=A4)

    def number(canvas: Any, page: Any) -> None:
        canvas.drawString(280, 30, f"Page {page.page}")
        canvas.drawString(72, 815, "Pool prices")

    rows = [["Ticket", "Adults"], ["Day", "6 EUR"], ["Evening", "4 EUR"]]
    table = Table(rows, 150, 20, [("GRID", (0, 0), (-1, -1), 0.5, "black")])
    before = Paragraph("What a ticket costs.", _STYLES["BodyText"])
    document.build([before, Spacer(1, 645), table], onFirstPage=number, onLaterPages=number)
    return out.getvalue()


def hyphens_pdf() -> bytes:
    """Hyphens at line ends: of words themselves, and made by the line's end; in a cell and in a paragraph."""
    rows = [["Membership", "Valid"], ["Swim-\nonly", "Monday-\nFriday"], ["Full", "2026-\n2027"]]
    lines = (
        "A swim ticket is for the pool only. Infor-",
        "mation on prices, and on the half-",
        "day pass: at the desk.",
    )
    text = "<br/>".join(lines)
    body = [Paragraph(text, _STYLES["BodyText"]), Paragraph("A half-day pass is cheap.", _STYLES["BodyText"])]
    return build_pdf([*body, Table(rows, 150, 40, [("GRID", (0, 0), (-1, -1), 0.5, "black")])])


def two_column_pdf() -> bytes:
    out = io.BytesIO()
    document: Any = BaseDocTemplate(out, pagesize=A4)
    frames = [Frame(50, 50, 235, 740, id="left"), Frame(310, 50, 235, 740, id="right")]
    document.addPageTemplates([PageTemplate(frames=frames)])
    body = _STYLES["BodyText"]
    document.build([Paragraph(f"Left begins. {SENTENCE * 24} Left ends.", body), Paragraph(_right(), body)])
    return out.getvalue()


def _right() -> str:
    return f"Right begins. {SENTENCE * 12} Right ends."


def scanned_pdf() -> bytes:
    out = io.BytesIO()
    canvas: Any = Canvas(out, pagesize=A4)
    picture = io.BytesIO()
    Image.new("L", (200, 280), 200).save(picture, "PNG")
    canvas.drawImage(ImageReader(picture), 50, 50, 400, 600)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def pictured_pdf() -> bytes:
    """50 MB, of which a picture has nearly all."""
    out = io.BytesIO()
    rl_config.useA85 = 0  # text in place of bytes would take long
    canvas: Any = Canvas(out, pagesize=A4)
    canvas.drawString(72, 760, "The picture shows where the serial number is printed on the back.")
    picture = io.BytesIO()
    Image.frombytes("RGB", (4000, 4200), random.Random(1).randbytes(4000 * 4200 * 3)).save(picture, "BMP")
    canvas.drawImage(ImageReader(picture), 50, 50, 400, 420)
    canvas.save()
    rl_config.useA85 = 1
    return out.getvalue()


def chinese_pdf() -> bytes:
    _METRICS.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    canvas: Any = Canvas(out, pagesize=A4)
    canvas.setFont("STSong-Light", 20)
    canvas.drawString(72, 760, "退货政策")
    canvas.setFont("STSong-Light", 11)
    canvas.drawString(72, 730, "自收到商品之日起三十天内可以退货，运费由本店承担，退款在七个工作日内")
    canvas.drawString(72, 715, "退回原支付账户。")
    canvas.save()
    return out.getvalue()


def printed_pdf(text: str, *, title: str = "") -> bytes:
    """A page as a browser prints it: its font says which characters its glyphs are, and has no box."""
    codes = text.encode("utf-16-be").hex()
    named = "".join(f"<{code}> <{code}>\n" for code in (codes[at : at + 4] for at in range(0, len(codes), 4)))
    to_unicode = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n1 begincodespacerange <0000> <ffff> "
        f"endcodespacerange\n{len(text)} beginbfchar\n{named}endbfchar endcmap end end"
    )
    content = f"BT /F 12 Tf 72 760 Td <{codes}> Tj ET"
    objects = [
        "<</Type /Catalog /Pages 2 0 R>>",
        "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842]>>",
        "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>>",
        f"<</Length {len(content)}>>\nstream\n{content}\nendstream",
        "<</Type /Font /Subtype /Type0 /BaseFont /Printed /Encoding /Identity-H /DescendantFonts [6 0 R] "
        "/ToUnicode 8 0 R>>",
        "<</Type /Font /Subtype /CIDFontType2 /BaseFont /Printed /FontDescriptor 7 0 R "
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>>>>",
        "<</Type /FontDescriptor /FontName /Printed /Flags 4 /Ascent 880 /Descent -120>>",
        f"<</Length {len(to_unicode)}>>\nstream\n{to_unicode}\nendstream",
        f"<</Title <feff{title.encode('utf-16-be').hex()}>>>",
    ]
    body = "".join(f"{number} 0 obj\n{each}\nendobj\n" for number, each in enumerate(objects, 1))
    return f"%PDF-1.7\n{body}trailer\n<</Size 10 /Root 1 0 R /Info 9 0 R>>\n%%EOF\n".encode()


def lines_pdf(lines: Iterable[str]) -> bytes:
    """Lines of one size, far from each other."""
    _METRICS.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    canvas: Any = Canvas(out, pagesize=A4)
    canvas.setFont("STSong-Light", 11)
    for number, line in enumerate(lines):
        canvas.drawString(72, 760 - 50 * number, line)
    canvas.save()
    return out.getvalue()


def hebrew_pdf() -> bytes:
    """Glyphs stand as they are seen, so the text is drawn backwards."""
    _METRICS.registerFont(TTFont("DejaVu", str(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf"))))
    out = io.BytesIO()
    canvas: Any = Canvas(out, pagesize=A4)
    canvas.setFont("DejaVu", 12)
    canvas.drawString(200, 700, _seen(HEBREW))
    canvas.save()
    return out.getvalue()


HEBREW = "ניתן להחזיר מוצר תוך 30 ימים"
ARABIC = "# سياسة الإرجاع\n\nيمكن إرجاع المنتج خلال 30 يوما من الاستلام.\n"


def _seen(text: str) -> str:
    return " ".join(word if word.isascii() else word[::-1] for word in reversed(text.split()))


def word_file(change: Callable[[Any], None] | None = None) -> bytes:
    document: Any = docx.Document()
    document.add_heading("Return handbook", 0)
    document.add_heading("Deadlines", 1)
    document.add_paragraph("You may return an item within 30 days.")
    document.add_heading("Costs", 1)
    document.add_heading("Steps", 2)
    for step in ("Open the app.", "Choose the order."):
        document.add_paragraph(step, style="List Number")
    document.add_paragraph("Keep the receipt.", style="List Bullet")
    table = document.add_table(len(FEES), 3)
    for number, row in enumerate(FEES):
        for place, text in enumerate(row):
            table.cell(number, place).text = text
    if change:
        change(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def slides_file() -> bytes:
    deck: Any = Presentation()
    for title, lines in (("Support training", "For the team"), ("Returns", "Within 30 days\nFree of charge")):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = lines
    table = slide.shapes.add_table(len(FEES), 3, 0, 6_000_000, 5_000_000, 900_000).table
    for number, row in enumerate(FEES):
        for place, text in enumerate(row):
            table.cell(number, place).text = text
    slide.notes_slide.notes_text_frame.text = "Do not mention the margin."
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def ragged_sheet_file(rows: int, columns: int) -> bytes:
    """A sheet with one cell in each row, but for one row that has all columns."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in range(rows):
        sheet.append(("x",) * (columns if row == 0 else 1))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sheet_file() -> bytes:
    """Two tables and a caption on one sheet, one of them with a percentage and a gap; a hidden sheet."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Fees"
    for row in (("Return fees 2026",), *FEES, (), ("Model", "Discount"), ("SM-1", 0.25), ("SM-2", None)):
        sheet.append(row)
    sheet["B7"].number_format = "0%"
    hidden: Any = book.create_sheet("Margins")
    hidden.append(("Model", "Margin"))
    hidden.append(("SM-1", "40 EUR"))
    hidden.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def merged_sheet_file() -> bytes:
    """A title over the whole table, a header of two rows, a class merged over its two routes, and a remark."""
    rows = (
        ("Baggage 2026",),
        ("Class", "Route", "Checked"),
        (None, None, "Pieces", "Weight"),
        ("Economy", "Home", 1, "20 kg"),
        (None, "Abroad", 2, "23 kg"),
        ("Ask us about musical instruments.",),
    )
    return sheet_of(rows, ("A1:D1", "A2:A3", "B2:B3", "C2:D2", "A4:A5", "A6:D6"))


def sheet_of(rows: Iterable[Iterable[Any]], areas: Iterable[str] = ()) -> bytes:
    """A workbook of one sheet with these rows, and with these areas merged."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(list(row))
    for area in areas:
        sheet.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def pair_sheet_file() -> bytes:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in (("编号", "问题", "答案"), (1, "多久到货？", "三到五个工作日。"), (2, "可以退货吗？", "三十天内可以。")):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def mail_file() -> bytes:
    mail = EmailMessage()
    mail["Subject"] = "Battery recall"
    mail["From"], mail["To"] = "ann@shop.example", "ben@shop.example"
    mail.set_content("The battery of model SM-7 is replaced free of charge until June.\n")
    mail.add_alternative("<p>The battery of model <b>SM-7</b> is replaced.</p>", subtype="html")
    mail.add_attachment(word_file(), maintype="application", subtype="octet-stream", filename="handbook.docx")
    mail.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="logo.png")
    return mail.as_bytes()


def zip_file(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def locked_zip_file() -> bytes:
    """An archive whose only file says that it is encrypted."""
    data = bytearray(zip_file({"secret.md": b"# Secret\n\nText.\n"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    return bytes(data)


def gbk_names_zip_file() -> bytes:
    """As Windows in China packs: names in GBK, not marked as anything."""
    data = zip_file({"xxxx.md": "退货需在三十天内提出。".encode("gbk")})
    return data.replace(b"xxxx.md", "退货".encode("gbk") + b".md")


def zip_bomb_file(name: str, mebibytes: int) -> bytes:
    """A ZIP file of so many zero bytes."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(name, "w", force_zip64=True) as file,
    ):
        for _ in range(mebibytes):
            file.write(bytes(2**20))
    return out.getvalue()


def laughing_word_file() -> bytes:
    """Entities within entities, which expand to billions of letters."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    xml = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e0 "ha">{entities}]><d>&e11;</d>'
    with zipfile.ZipFile(io.BytesIO(word_file())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return zip_file(files | {"word/document.xml": xml.encode()})


PAIRS_CSV = b"question,answer\nHow long?,30 days.\nWho pays?,We do.\n"
PAIRS_JSON = json.dumps({"faq": [{"question": "How long?", "answer": "30 days."}]}).encode()
PAGE = (
    b"<html><body><nav>Menu</nav><h1>Returns</h1><p>Within 30 days.</p><ol><li>Pack</li><li>Send</li></ol>"
    b"<table><tr><th>Country</th><th colspan=2>Fee and days</th></tr><tr><td rowspan=2>Germany</td><td>10</td>"
    b"<td>3</td></tr><tr><td>12</td><td>2</td></tr></table></body></html>"
)
