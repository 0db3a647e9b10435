"""Pages to measure text recognition with: made here, with their text known, as a scanner or a phone sees them."""

import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

WIDTH, HEIGHT = 1654, 2339  # A4 at 200 dots per inch
_MARGIN = 150
_FONTS = {
    "zh": (
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    ),
    "en": ("/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
}
_SUBJECTS = {
    "en": (
        *("garden pump", "desk lamp", "coffee grinder", "hiking tent", "bicycle light", "bread oven", "label printer"),
        *("air purifier", "standing desk", "baby monitor", "electric kettle", "camera bag", "robot mower"),
        *("sewing machine", "water filter"),
    ),
    "zh": (
        *("花园水泵", "护眼台灯", "咖啡磨豆机", "双人帐篷", "自行车前灯", "家用烤箱", "标签打印机", "空气净化器"),
        *("升降书桌", "婴儿监护器", "电热水壶", "相机背包", "割草机器人", "缝纫机", "净水滤芯"),
    ),
}
_SENTENCES = {
    "en": (
        "Unpack the {it} on a level surface and keep the carton for the case of a return.",
        "Before the first use, wipe the housing with a damp cloth and let it dry for {n} minutes.",
        "The light next to the switch blinks {m} times when the {it} is ready.",
        "Do not open the housing yourself; a repair is made by our workshop within {n} working days.",
        "Spare parts can be ordered from the service desk with the order number and the model code.",
        "If the {it} was damaged on its way, send us two photographs within {m} days of delivery.",
        "A refund goes back to the account from which the order was paid, usually after {n} working days.",
        "Shipping inside the country costs {m}.90 EUR and is free from an order value of {n}0 EUR.",
        "Clean the filter every {m} weeks, and replace it when the indicator turns red.",
        "Our support answers from 8:30 to 18:00, and on Saturdays until noon.",
    ),
    "zh": (
        "请将{it}放在平整的台面上拆箱，并保留外包装，以便需要时退货。",
        "首次使用前，请用湿布擦拭外壳，静置{n}分钟后再通电。",
        "{it}准备就绪时，开关旁的指示灯会闪烁{m}次。",
        "请勿自行拆开机身，维修由本公司的维修中心在{n}个工作日内完成。",
        "如需购买配件，请向客服提供订单编号和产品型号。",
        "若{it}在运输途中受损，请在签收后{m}日内发来两张照片。",
        "退款将原路退回付款账户，一般需要{n}个工作日到账。",
        "国内运费为{m}元，订单满{n}0元即可免运费。",
        "滤网每{m}周清洗一次，指示灯变红时应当更换。",
        "客服时间为上午八点半至下午六点，周六至中午十二点。",
    ),
}
_TITLES = {"en": "Manual of the {it}", "zh": "{it}使用说明书"}
_HEADINGS = {
    "en": ("Before the first use", "Care and cleaning", "Returns and repair"),
    "zh": ("首次使用之前", "清洁与保养", "退货与维修"),
}
_FACTS = {
    "en": ("The warranty of the {it} ends after {n} months.", "When does the warranty of the {it} end?", "{n} months"),
    "zh": ("{it}的保修期为{n}个月。", "{it}的保修期是多久？", "{n}个月"),
}
_TABLES = {
    "en": ("Model", "Weight", "Price", "Delivery"),
    "zh": ("型号", "重量", "价格", "送达时间"),
}


@dataclass
class MadePage:
    """A page as it is seen, and what stands on it."""

    name: str
    language: str
    kind: str
    """clean or noisy."""
    image: Image.Image
    question: str
    fact: str
    """Letters that an answering passage must hold."""
    texts: list[str] = field(default_factory=list[str])
    """All texts in reading order; a cell each in a table."""


def made_pages() -> Iterator[MadePage]:
    """Thirty pages, fifteen in each language; seven of them clean, eight noisy."""
    layouts = (
        *(("plain", "clean"), ("plain", "noisy"), ("table", "clean"), ("table", "noisy"), ("columns", "clean")),
        *(("columns", "noisy"), ("plain", "clean"), ("photo", "noisy"), ("columns", "clean"), ("plain", "noisy")),
        *(("table", "clean"), ("photo", "noisy"), ("plain", "clean"), ("table", "noisy"), ("photo", "noisy")),
    )
    for language in ("en", "zh"):
        for number, (layout, kind) in enumerate(layouts):
            yield _page(language, number, layout, kind)


def _page(language: str, number: int, layout: str, kind: str) -> MadePage:
    chance = random.Random(f"{language}{number}")
    subject = _SUBJECTS[language][number]
    sentence, question, fact = (part.format(it=subject, n=number + 17) for part in _FACTS[language])
    page = MadePage(
        f"{language}-{number:02}-{layout}-{kind}", language, kind, Image.new("L", (WIDTH, HEIGHT), 255), question, fact
    )
    writer = _Writer(page, chance.choice(_FONTS[language]))
    writer.line(_TITLES[language].format(it=subject), 56)
    paragraphs = [_paragraph(language, subject, chance) for _ in range(6)]
    at = chance.randrange(len(paragraphs))
    paragraphs[at] = _joined(language, (paragraphs[at], sentence))
    if layout == "columns":
        gutter = 70
        width = (WIDTH - 2 * _MARGIN - gutter) // 2
        top = writer.y
        for column, left in enumerate((_MARGIN, _MARGIN + width + gutter)):
            writer.y = top
            for part in range(3):
                writer.paragraph(paragraphs[3 * column + part], left, width, 30)
    else:
        for part, heading in enumerate(_HEADINGS[language]):
            writer.line(heading, 42)
            for paragraph in paragraphs[2 * part : 2 * part + 2]:
                writer.paragraph(paragraph, _MARGIN, WIDTH - 2 * _MARGIN, 32)
            if layout == "table" and part == 1:
                writer.table([list(_TABLES[language]), *_rows(language, chance)])
    if kind == "noisy":
        page.image = _photographed(page.image, chance) if layout == "photo" else _scanned(page.image, chance)
    return page


def _paragraph(language: str, subject: str, chance: random.Random) -> str:
    chosen = chance.sample(_SENTENCES[language], 3)
    return _joined(
        language, [one.format(it=subject, n=chance.randint(2, 20), m=chance.randint(2, 9)) for one in chosen]
    )


def _joined(language: str, parts: Sequence[str]) -> str:
    return ("" if language == "zh" else " ").join(parts)


def _rows(language: str, chance: random.Random) -> Iterator[list[str]]:
    for _ in range(5):
        code = f"SL-{chance.randint(100, 999)}"
        kilograms, price, days = chance.randint(2, 40), chance.randint(20, 900), chance.randint(1, 9)
        weight = f"{kilograms} kg" if language == "en" else f"{kilograms} 千克"
        paid = f"{price}.00 EUR" if language == "en" else f"{price} 元"
        yield [code, weight, paid, f"{days} days" if language == "en" else f"{days} 天"]


class _Writer:
    def __init__(self, page: MadePage, font: str) -> None:
        self.y = 130
        self._page = page
        self._font = font
        self._draw: Any = ImageDraw.Draw(page.image)

    def line(self, text: str, size: int) -> None:
        self._draw.text((_MARGIN, self.y), text, font=ImageFont.truetype(self._font, size), fill=15)
        self._page.texts.append(text)
        self.y += round(size * 1.9)

    def paragraph(self, text: str, left: int, width: int, size: int) -> None:
        font = ImageFont.truetype(self._font, size)
        for line in _wrapped(text, font, width):
            self._draw.text((left, self.y), line, font=font, fill=25)
            self.y += round(size * 1.55)
        self._page.texts.append(text)
        self.y += size

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        font = ImageFont.truetype(self._font, 30)
        height, width = 64, (WIDTH - 2 * _MARGIN) // len(rows[0])
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                left, top = _MARGIN + column * width, self.y + row * height
                self._draw.rectangle((left, top, left + width, top + height), outline=40, width=3)
                self._draw.text((left + 16, top + 12), cell, font=font, fill=20)
                self._page.texts.append(cell)
        self.y += len(rows) * height + 50


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    pieces = text.split(" ") if " " in text else list(text)
    blank = " " if " " in text else ""
    line = ""
    for piece in pieces:
        longer = f"{line}{blank}{piece}" if line else piece
        if line and font.getlength(longer) > width:
            yield line
            line = piece
        else:
            line = longer
    yield line


def _scanned(image: Image.Image, chance: random.Random) -> Image.Image:
    """A skewed scan of a copy at 110 dots per inch: grey, specks, noise, compressed."""
    turned = image.rotate(chance.uniform(-3, 3), resample=Image.Resampling.BICUBIC, fillcolor=245)
    pixels = np.asarray(turned.filter(ImageFilter.GaussianBlur(0.8)), dtype=np.float32)
    dice = np.random.default_rng(chance.randrange(10_000))
    pixels = 40 + pixels * 0.78 + dice.normal(0, 22, pixels.shape)
    specks = dice.random(pixels.shape) < 0.002
    pixels[specks] = dice.choice([30.0, 240.0], size=int(specks.sum()))
    return _compressed(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), 0.55, 35)


def _photographed(image: Image.Image, chance: random.Random) -> Image.Image:
    """A page on a desk, seen at an angle, with the shade of a hand, slightly out of focus."""
    canvas = Image.new("L", (WIDTH + 300, HEIGHT + 300), 90)
    canvas.paste(image, (150, 150))
    width, height = canvas.size

    def off() -> int:
        return chance.randint(0, 140)

    corners = [(off(), off()), (off(), height - off()), (width - off(), height - off()), (width - off(), off())]
    seen = canvas.transform(
        canvas.size, Image.Transform.QUAD, [float(value) for corner in corners for value in corner],
        resample=Image.Resampling.BICUBIC, fillcolor=90,
    )  # fmt: skip
    blurred = seen.filter(ImageFilter.GaussianBlur(chance.uniform(1.6, 2.4)))
    pixels = np.asarray(blurred, dtype=np.float32)
    down, across = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]]
    slope = 0.45 + 0.5 * (across / pixels.shape[1] * chance.choice((-1, 1)) % 1.0)
    shade = np.where(down > pixels.shape[0] * chance.uniform(0.5, 0.8), 0.75, 1.0)
    noise = np.random.default_rng(chance.randrange(10_000)).normal(0, 6, pixels.shape)
    return _compressed(Image.fromarray(np.clip(pixels * slope * shade + noise, 0, 255).astype(np.uint8)), 0.7, 40)


def _compressed(image: Image.Image, scale: float, quality: int) -> Image.Image:
    small = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue())).convert("L")
