"""
Draws the guides' pictures, in English and Chinese: python -m tests.browser.guide_pictures [FOLDER]

Over the whole suite with the real model and a part of the sample help centre. Look at them before you commit them.
"""

import asyncio
import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFont
from playwright.async_api import Page, expect

from kefu.local.suite import sample_folder
from kefu.testing.suite import CommandResult, Suite, starting_suite
from tests.browser.pictures import PHONE
from tests.support.browser_harness import open_browser, send_message
from tests.support.suite_browser import SuiteBrowser

LOW = 700
"""Height of a picture with little in it."""
SUBJECTS = ("delivery", "payment", "refunds", "returns", "warranty")
CARD = "SONGLU\nGift card   200 CNY\nBought on 2026-11-25"
COLORS = 128
"""Of a picture: half the bytes of one with all its colors, and nobody sees it."""


class Story(NamedTuple):
    """What is said in the pictures of a language."""

    language: str
    locale: str
    lead: str
    draft: str
    before: str
    after: str
    """What the draft says in place of `before`."""
    right: str
    """What the golden question's answer must say: so is it before."""
    question: str
    others: tuple[str, ...]
    manuals: str
    manual: dict[str, str]
    """A source's pages, by name."""
    login: str
    """What its pages say after the site has gone wrong."""
    asked: str
    """Of the photo."""


ENGLISH = Story(
    language="en",
    locale="en-GB",
    lead="Li Wei",
    draft="Gift cards from January",
    before="A card is valid for 3 years from the day of purchase.",
    after="A card is valid for 2 years from the day of purchase.",
    right="3 years",
    question="How long is a gift card valid?",
    others=("How long do refunds take?", "Can I return an opened mattress?"),
    manuals="Manuals",
    manual={
        "kettle": "The kettle EK-200 switches itself off at 100 degrees. Descale it every three months with vinegar.",
        "blender": "Fill the blender MB-40 to two thirds at most. Its blades may be washed in the dishwasher.",
        "lamp": "The desk lamp DL-7 takes bulbs with an E14 base and 8 watts at most. Wipe it with a dry cloth.",
        "scale": "The scale KS-1 weighs up to five kilograms. It shows Lo when its two batteries are nearly empty.",
        "toaster": "Empty the toaster's crumb tray every week. Frozen bread takes the button with the snowflake.",
        "fan": "The fan SF-9 has three speeds and turns by 80 degrees. Put it at least half a metre from a wall.",
    },
    login="# Sign in\n\nPlease sign in with your company account to go on reading this page.\n",
    asked="How long is a gift card like this valid?",
)
CHINESE = Story(
    language="zh",
    locale="zh-CN",
    lead="林梅",
    draft="一月起的礼品卡规则",
    before="自购买之日起 3 年有效。",
    after="自购买之日起 2 年有效。",
    right="3 年",
    question="礼品卡的有效期是多久？",
    others=("退款多久到账？", "床垫拆封后还能退吗？"),
    manuals="产品手册",
    manual={
        "kettle": "电水壶 EK-200 到 100 度自动断电。建议每三个月用白醋除垢一次，除垢后用清水煮沸两遍。",
        "blender": "搅拌机 MB-40 装料不超过杯身三分之二。刀头可以放进洗碗机，机身只能用湿布擦拭。",
        "lamp": "台灯 DL-7 使用 E14 灯头、功率不超过 8 瓦的灯泡。清洁前请先拔掉电源，用干布擦拭灯罩。",
        "scale": "厨房秤 KS-1 最大称量五公斤。屏幕显示 Lo 表示两节电池电量不足，请一起更换。",
        "toaster": "面包机的碎屑盘每周清理一次。冷冻面包请按带雪花标志的按键，时间会自动延长。",
        "fan": "风扇 SF-9 有三档风速，可左右摆动 80 度。请放在离墙至少半米的平稳地面上。",
    },
    login="# 登录\n\n请使用您的企业账号登录，然后继续阅读本页内容。\n",
    asked="这张礼品卡的有效期是多久？",
)


async def main(folder: Path, *options: str) -> None:
    """All of them."""
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=120_000)
    for story in (ENGLISH, CHINESE):
        with tempfile.TemporaryDirectory() as data:
            sources = Path(tempfile.gettempdir()) / "songlu"  # its name is seen
            variables = {"KEFU_RETRIEVAL_SOURCE_FOLDERS": str(sources), "KEFU_GATEWAY_TITLE": "Songlu"}
            async with starting_suite(Path(data), *options, **variables) as suite, open_browser() as browser:
                await suite.until_ready(900)
                try:
                    await draw(story, Studio(SuiteBrowser(suite, browser), story, folder), Path(data), sources)
                finally:
                    shutil.rmtree(sources, ignore_errors=True)


class Studio:
    """Pages of a suite, and the folder of its pictures."""

    def __init__(self, pages: SuiteBrowser, story: Story, folder: Path) -> None:
        self.pages = pages
        self._story = story
        self._folder = folder

    @property
    def suite(self) -> Suite:
        return self.pages.suite

    async def kefu(self, *arguments: str, status: int = 0) -> CommandResult:
        """Run a command that ends with `status`."""
        done = await self.suite.kefu(*arguments, seconds=600)
        assert done.status == status, (arguments, done)
        return done

    async def desk(self, address: str, height: int = 900) -> Page:
        """A page of the desk."""
        screen: dict[str, Any] = {"viewport": {"width": 1200, "height": height}, "color_scheme": "light"}
        desk = await self.pages.sign_in(self._story.lead, locale=self._story.locale, **screen)
        await desk.goto(f"{self.pages.origin}/desk#/{address}")
        await expect(desk.locator("h1").first).to_be_visible()
        await expect(desk.locator(".busy")).to_have_count(0)
        return desk

    async def shot(self, page: Page, name: str) -> None:
        """Keep what the page shows, in few colors."""
        await page.evaluate("document.activeElement?.blur()")
        taken = Image.open(io.BytesIO(await page.screenshot(animations="disabled"))).convert("RGB")
        small = taken.quantize(COLORS, dither=Image.Dither.NONE)
        small.save(self._folder / f"{name}{'' if self._story.language == 'en' else '.zh-CN'}.png", optimize=True)


async def draw(story: Story, studio: Studio, data: Path, sources: Path) -> None:
    """The pictures of a language."""
    help_center = data / "help"
    for subject in SUBJECTS:
        shutil.copytree(sample_folder() / "help_center" / story.language / subject, help_center / subject)
    await studio.kefu("import", str(help_center), "--collection", "help", "--create")
    await chat(story, studio)
    await conversations(story, studio)
    await drafts(story, studio, help_center)
    await held_source(story, studio, sources)


async def chat(story: Story, studio: Studio) -> None:
    page = await studio.pages.open_chat_page(locale=story.locale, **{**PHONE, "device_scale_factor": 1})
    for question in (story.question, *story.others):
        await send_message(page, question)
        await page.locator(".rating").nth((story.question, *story.others).index(question)).wait_for()
    card = {"name": "gift-card.jpg", "mimeType": "image/jpeg", "buffer": photo_of(CARD)}
    page = await studio.pages.open_chat_page(locale=story.locale, **{**PHONE, "device_scale_factor": 1})
    await page.locator("input[type=file]").set_input_files(card)  # pyright: ignore[reportArgumentType]
    await page.locator("#message").fill(story.asked)
    await page.locator(".attached li img").wait_for()
    await expect(page.locator(".attached progress")).to_have_count(0)
    await studio.shot(page, "chat-attachment")
    await page.locator("button[type=submit]").click()
    await expect(page.locator(".sent-file img")).to_be_visible()
    await page.locator(".rating, .choices, .handoff").first.wait_for()
    await studio.shot(page, "chat-attachment-sent")


async def conversations(story: Story, studio: Studio) -> None:
    desk = await studio.desk("conversations")
    await desk.locator(".found-conversation").filter(has_text=story.question).get_by_role("link").first.click()
    why = desk.get_by_role("button", name="Why").or_(desk.get_by_role("button", name="为什么"))
    await why.first.click()
    await desk.locator(".why table, table").first.wait_for()
    await studio.shot(desk, "desk-why")
    desk = await studio.desk("review")
    today = desk.locator("input[type=date]").first
    await today.fill(await today.get_attribute("max") or "")
    await desk.locator(".review-sample > li").first.wait_for()
    await desk.locator("h1").click()
    await desk.keyboard.press("j")
    await desk.keyboard.press("1")
    await expect(desk.locator(".review-sample > li").first).to_contain_text(story.lead)
    await studio.shot(desk, "desk-review")


async def drafts(story: Story, studio: Studio, help_center: Path) -> None:
    await studio.kefu("golden", "add", story.question, "--must", story.right, "--name", "gift-card-validity")
    await studio.kefu("golden", "run")
    made = await studio.suite.kefu_json("drafts", "create", "--collection", "help", "--title", story.draft)
    draft = str((made.get("draft") or made)["name"])
    cards = help_center / "payment" / "gift-cards.md"
    text = cards.read_text()
    assert story.before in text
    cards.write_text(text.replace(story.before, story.after))
    await studio.kefu("import", str(help_center), "--collection", "help", "--draft", draft.rpartition("/")[2])
    await studio.kefu("golden", "run", "--draft", draft, status=1)  # an answer would be lost
    run: dict[str, str] = (await studio.suite.kefu_json("golden", "runs"))[0]
    desk = await studio.desk(f"golden/runs/{run['name'].rpartition('/')[2]}", LOW)
    await desk.locator(".golden-answers").first.wait_for()
    await studio.shot(desk, "desk-golden")
    desk = await studio.desk(f"knowledge/help/drafts/{draft.rpartition('/')[2]}")
    await desk.locator(".search-form input").fill(story.question)
    await desk.locator(".search-form button").click()
    await expect(desk.locator(".columns .panel-card").last).to_contain_text(story.after)
    await studio.shot(desk, "desk-draft")


async def held_source(story: Story, studio: Studio, sources: Path) -> None:
    """A source whose pages became a page to sign in at, beside one that nobody answers for."""
    manuals = sources / "manuals"
    manuals.mkdir(parents=True)
    for name, text in story.manual.items():
        (manuals / f"{name}.md").write_text(f"# {name}\n\n{text}\n")
    every = ("--collection", "help", "--every", "6h")
    await studio.kefu(
        "sources", "add", "manuals", "--path", str(manuals), "--display-name", story.manuals, "--unchecked", *every
    )
    await studio.kefu("sources", "sync", "manuals", "--collection", "help", "--follow")
    for page in manuals.iterdir():
        page.write_text(story.login)
    await studio.suite.kefu("sources", "sync", "manuals", "--collection", "help", "--follow", seconds=300)
    desk = await studio.desk("knowledge/help/sources", LOW)
    await desk.locator(".notice.warn button").wait_for()
    await studio.shot(desk, "desk-sources")
    await desk.locator(".notice.warn button").click()
    dialog = desk.get_by_role("dialog")
    await dialog.locator("tbody button").first.click()
    await dialog.locator("ins").first.wait_for()
    await studio.shot(desk, "desk-source-held")


def photo_of(text: str) -> bytes:
    """A photo of a card with a text, as a JPEG."""
    photo = Image.new("RGB", (900, 700), (104, 110, 116))
    pen = ImageDraw.Draw(photo)
    pen.rectangle((70, 80, 830, 620), fill=(246, 248, 244))
    pen.multiline_text((130, 130), text, fill=(24, 30, 36), font=ImageFont.load_default(56), spacing=42)
    sink = io.BytesIO()
    photo.rotate(2, fillcolor=(104, 110, 116)).save(sink, "JPEG", quality=88)
    return sink.getvalue()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures/guides"), *sys.argv[2:]))
