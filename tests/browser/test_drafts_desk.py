"""A support lead stages a document in a draft at the desk, tries it, promotes it, and rolls back."""

import pytest
from playwright.async_api import expect

from tests.support.browser_harness import PHONE, find_violations, overflows
from tests.support.suite_browser import SuiteBrowser

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]
TEXT = b"# Harbour ferry\n\nThe harbour ferry takes returned parcels at seven in the morning.\n"


async def test_a_lead_stages_a_document_tries_it_promotes_it_and_rolls_back(leads: SuiteBrowser) -> None:
    await stage_try_promote_and_roll_back(leads)


async def stage_try_promote_and_roll_back(leads: SuiteBrowser) -> None:
    """The whole way, in light and English; then the pages on a dark phone, in Chinese."""
    desk = await leads.sign_in("Li Wei", "#/knowledge/help/drafts")
    await desk.get_by_role("button", name="New draft").click()
    await desk.get_by_label("What it is for").fill("Harbour ferry")
    await desk.get_by_role("button", name="Create", exact=True).click()
    await expect(desk.get_by_role("heading", name="Harbour ferry")).to_be_visible()
    ferry = {"name": "ferry.md", "mimeType": "", "buffer": TEXT}
    await desk.get_by_label("Add or replace documents").last.set_input_files(ferry)  # pyright: ignore[reportArgumentType]
    await expect(desk.get_by_text("1 document is in the draft.")).to_be_visible()
    changes = desk.get_by_role("region", name="Changes")
    await expect(changes.get_by_role("row", name="Harbour ferry")).to_contain_text("New")
    await changes.get_by_role("button", name="Show what changes in Harbour ferry").press("Enter")
    await expect(desk.get_by_role("dialog").locator("ins").first).to_contain_text("Harbour ferry")
    found = {"change": await find_violations(desk)}
    await desk.keyboard.press("Escape")
    await (
        desk.get_by_label("Test question")
        .or_(desk.locator(".search-form input"))
        .first.fill("When does the harbour ferry go?")
    )
    await desk.get_by_role("button", name="Search", exact=True).press("Enter")
    await expect(desk.get_by_role("region", name="This draft")).to_contain_text("seven in the morning")
    await expect(desk.get_by_role("region", name="Live", exact=True)).not_to_contain_text("seven in the morning")
    found["draft"] = await find_violations(desk)
    await desk.get_by_role("button", name="Promote", exact=True).click()
    await desk.get_by_role("dialog").get_by_role("button", name="Promote", exact=True).click()
    await expect(desk.get_by_text("It is live.")).to_be_visible()
    await desk.get_by_role("link", name="All drafts").click()
    versions = desk.get_by_role("region", name="Versions")
    await expect(versions.get_by_role("row", name="Harbour ferry")).to_contain_text("Live")
    found["versions"] = await find_violations(desk)
    await versions.get_by_role("button", name="Roll back to").first.click()
    await desk.get_by_role("dialog").get_by_role("button", name="Roll back", exact=True).click()
    await expect(desk.get_by_text("is live.")).to_be_visible()
    await expect(versions.get_by_role("row").nth(1)).not_to_contain_text("Harbour ferry")
    await desk.goto(f"{leads.origin}/desk#/knowledge/help/documents")
    await desk.locator("table a").first.click()
    history = desk.get_by_role("dialog")
    await expect(history.get_by_text("Revision 1")).to_be_visible()
    found["history"] = await find_violations(desk)
    phone = await leads.sign_in("Li Wei", color_scheme="dark", locale="zh-CN", viewport=PHONE)
    await phone.goto(f"{leads.origin}/desk#/knowledge/help/drafts")
    await expect(phone.get_by_role("heading", name="版本")).to_be_visible()
    await expect(phone.locator(".busy")).to_have_count(0)
    found["dark phone"] = await find_violations(phone)
    assert not await overflows(phone)
    assert found == {state: [] for state in found}
    assert leads.page_errors == []
