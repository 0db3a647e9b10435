"""Pictures and PDFs in Chromium: chosen, dropped and pasted by a customer, seen at the desk, erased from the folder."""

import base64
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.attachment_files import ORDERS, pdf, photo, zip_archive
from tests.support.browser_harness import PHONE, find_violations
from tests.support.suite_browser import SuiteBrowser

pytestmark = pytest.mark.timeout(600)  # a suite and a browser, on a machine that does more than that
MIB = 2**20


def stored(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("attachments/*/*/*/*") if each.is_file()]


async def choose(page: Page, name: str, media_type: str, data: bytes) -> None:
    """Choose a file, as the paper clip lets one do."""
    await page.locator("input[type=file]").set_input_files({"name": name, "mimeType": media_type, "buffer": data})


async def give(page: Page, event: str, name: str, media_type: str, data: bytes) -> None:
    """Paste a file into the message box, or drop it anywhere."""
    await page.evaluate(
        """([event, name, type, data]) => {
            const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
            const files = new DataTransfer();
            files.items.add(new File([bytes], name, { type }));
            const options = { bubbles: true, cancelable: true, clipboardData: files, dataTransfer: files };
            const made = event === "paste" ? new ClipboardEvent(event, options) : new DragEvent(event, options);
            document.getElementById("message").dispatchEvent(made);
        }""",
        [event, name, media_type, base64.b64encode(data).decode()],
    )


async def test_files_are_taken_refused_seen_at_the_desk_and_erased(suite_browser: SuiteBrowser, tmp_path: Path) -> None:
    page = await suite_browser.open_chat_page()
    said = page.get_by_role("main")
    goes_along = page.get_by_role("list", name="Files that go along with your message")
    told = page.locator(".attached [role=alert]")
    send = page.get_by_role("button", name="Send", exact=True)
    await expect(page.get_by_role("button", name="Send a picture or PDF")).to_be_visible()

    (huge := tmp_path / "huge.jpg").write_bytes(photo() + bytes(40 * MIB))
    await page.locator("input[type=file]").set_input_files(huge)  # by its path: to pass its bytes would take a minute
    await expect(told).to_have_text("“huge.jpg” is too large: at most 10 MB can be sent.")
    await choose(page, "picture.png", "image/png", zip_archive())
    await expect(told).to_have_text("“picture.png” is no picture (JPEG, PNG, WebP, GIF) and no PDF.")
    await choose(page, "notes.docx", "application/msword", b"notes")
    await expect(told).to_have_text("“notes.docx” is no picture (JPEG, PNG, WebP, GIF) and no PDF.")
    assert stored(suite_browser.suite.folder.path) == []

    # A photo that nothing here reads, without a word.
    await give(page, "paste", "receipt.jpg", "image/jpeg", photo(""))
    await expect(goes_along.get_by_role("listitem")).to_have_count(1)
    await expect(send).to_be_enabled()
    assert await find_violations(page) == []
    await send.press("Enter")
    await expect(said).to_contain_text("I can't read what is in your file.")
    await expect(said).to_contain_text("reply “agent”")
    await expect(said.locator(".sent-file img")).to_have_count(1)
    assert len(stored(suite_browser.suite.folder.path)) == 2

    # A photo of a receipt is quoted back, as the customer's word; a picture with orders is not followed.
    # Enter while it is on its way: the message waits for it.
    await give(page, "paste", "total.jpg", "image/jpeg", photo("TOTAL 89.00 EUR"))
    await expect(goes_along.get_by_role("listitem")).to_have_count(1)
    await page.locator("#message").press("Enter")
    await expect(said).to_contain_text("In your file I read: “TOTAL 89.00 EUR”.")
    await give(page, "paste", "orders.jpg", "image/jpeg", photo(ORDERS))
    await expect(send).to_be_enabled()
    await send.press("Enter")
    await expect(said).to_contain_text("I take no instructions from files")
    await expect(said).not_to_contain_text("500")
    assert len(stored(suite_browser.suite.folder.path)) == 6

    # A PDF with orders is not followed, and one is taken away again before it is sent.
    await give(page, "drop", "orders.pdf", "application/pdf", pdf(ORDERS))
    await expect(send).to_be_enabled()
    await choose(page, "other.pdf", "application/pdf", pdf("Another one"))
    await expect(goes_along.get_by_role("listitem")).to_have_count(2)
    await expect(goes_along.get_by_role("progressbar")).to_have_count(0)
    await page.get_by_role("button", name="Remove other.pdf").press("Enter")
    await expect(goes_along.get_by_role("listitem")).to_have_count(1)
    await send.click()
    await expect(said.get_by_text("I take no instructions from files")).to_have_count(2)
    await expect(said).not_to_contain_text("500")
    await page.reload()
    await expect(said.locator(".sent-file img")).to_have_count(4)
    await expect(page.locator("body")).to_contain_text("I take no instructions from files")
    assert len(stored(suite_browser.suite.folder.path)) == 8

    # The desk sees the picture, large too, with what was read beside it.
    await page.get_by_role("button", name="Talk to a person").click()
    await expect(page.locator(".who")).to_contain_text("Waiting for a colleague")
    desk = await suite_browser.sign_in("Li Wei")
    await desk.locator(".conversation-item").filter(has_text="📎").click()
    await expect(desk.locator(".messages .sent-file img")).to_have_count(4)
    await desk.get_by_role("button", name="Open file 1").first.press("Enter")
    await expect(desk.get_by_role("dialog", name="receipt.jpg").locator("img")).to_be_visible()
    assert await find_violations(desk) == []
    await desk.keyboard.press("Escape")
    await desk.get_by_role("button", name="Open file 1").last.click()
    await expect(desk.get_by_role("dialog", name="orders.pdf")).to_contain_text(ORDERS)
    await expect(desk.get_by_role("dialog").get_by_role("link", name="Save it")).to_be_visible()

    # Erased means gone from the store.
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="Delete my conversation").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.locator(".sent-file")).to_have_count(0)
    assert stored(suite_browser.suite.folder.path) == []
    await shuts_nobody_out(suite_browser)
    # At the command line, without a word.
    note = tmp_path / "note.pdf"
    note.write_bytes(pdf("Display shows error E17"))
    asked = await suite_browser.suite.kefu_json("ask", "", "--attach", str(note))
    assert "In your file I read: “Display shows error E17”." in asked["text"]
    assert [error for error in suite_browser.page_errors if "400" not in error] == []


async def shuts_nobody_out(suite_browser: SuiteBrowser) -> None:
    """Look at a chat with files on a dark phone, in Chinese: going along, refused, sent, opened."""
    page = await suite_browser.open_chat_page(color_scheme="dark", locale="zh-CN", viewport=PHONE)
    await choose(page, "receipt.jpg", "image/jpeg", photo("TOTAL 89.00 EUR"))
    await choose(page, f"{'a long name ' * 8}.pdf", "application/pdf", pdf("Another one"))
    await choose(page, "notes.docx", "application/msword", b"notes")
    await expect(page.locator(".attached li img")).to_be_visible()
    await expect(page.locator(".attached [role=alert]")).to_contain_text("notes.docx")
    await expect(page.locator(".attached progress")).to_have_count(0)
    found = {"going along": await find_violations(page)}
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    await page.locator("button[type=submit]").press("Enter")
    await expect(page.locator(".sent-file img")).to_have_count(2)
    await expect(page.get_by_role("main")).to_contain_text("TOTAL 89.00 EUR")
    found["sent"] = await find_violations(page)
    await page.locator(".sent-file").first.press("Enter")
    await expect(page.locator("dialog[open] img")).to_be_visible()
    found["opened"] = await find_violations(page)
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert found == {state: [] for state in found}
    await page.context.close()
