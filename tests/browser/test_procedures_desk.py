"""A support lead changes a procedure of the sample shop at the desk: finds a mistake, saves, compares and restores."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.support.browser_harness import PHONE, find_violations, overflows
from tests.support.suite_browser import SuiteBrowser

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]
ADDRESS = "procedures/pages/exchange-items"


async def test_a_lead_breaks_a_procedure_mends_it_saves_it_and_restores_what_was_before(leads: SuiteBrowser) -> None:
    desk = await leads.sign_in("Li Wei", "#/procedures")
    await desk.get_by_role("link", name="Exchange something that was delivered").click()
    page = desk.get_by_role("textbox", name="Page")
    findings = desk.get_by_role("region", name="Findings")
    await expect(findings).to_contain_text("No problems found.")
    steps = desk.get_by_role("region", name="Flow").locator(".flow-kind")
    await expect(steps).to_have_text(["Ask", "Look up", "If", "Say", "End", "Do"])
    revision = int((await desk.get_by_text(re.compile(r"^Revision \d+$")).inner_text()).split()[1])
    before = await page.input_value()

    await page.fill(before.replace("4. Do", "4. Frobnicate <img src=x>"))
    await findings.get_by_role("button", name="Line 16: error: “Frobnicate <img src=x>").press("Enter")
    await expect(page).to_be_focused()
    await desk.keyboard.type("4. Do `exchange-items`.")  # in place of the line, which was selected
    await expect(findings).to_contain_text("No problems found.")
    assert (await page.input_value()).rstrip() == before.rstrip()
    await page.fill(before.replace("Nothing in order", "At the moment nothing in order"))
    await expect(desk.get_by_text("Unsaved changes")).to_be_visible()
    found = {"page": await find_violations(desk)}
    await desk.keyboard.press("Control+s")
    await expect(desk.get_by_text(f"Saved as revision {revision + 1}.")).to_be_visible()

    await desk.get_by_role("link", name="Revisions").click()
    difference = desk.get_by_role("region", name=f"Difference between revisions {revision} and {revision + 1}")
    await expect(difference.locator("ins")).to_contain_text("At the moment nothing in order")
    await expect(difference.locator("del")).to_contain_text("Nothing in order")
    found["revisions"] = await find_violations(desk)
    await desk.get_by_role("button", name=f"Restore revision {revision}", exact=True).click()
    await desk.get_by_role("dialog").get_by_role("button", name="Restore", exact=True).click()
    await expect(desk.get_by_text(f"Restored as revision {revision + 2}.")).to_be_visible()
    await desk.get_by_role("link", name="Page", exact=True).click()
    await expect(page).to_have_value(before)
    assert found == {state: [] for state in found}
    assert leads.page_errors == []


async def test_nobody_is_shut_out_of_procedures_and_actions_on_a_dark_phone_in_chinese(leads: SuiteBrowser) -> None:
    desk = await leads.sign_in("Li Wei", color_scheme="dark", locale="zh-CN", viewport=PHONE)
    found: dict[str, list[Any]] = {}
    for address in ("procedures", ADDRESS, f"{ADDRESS}/revisions", f"{ADDRESS}/simulation", "procedures/actions"):
        await desk.goto(f"{leads.origin}/desk#/{address}")
        await expect(desk.locator("h1").first).to_be_visible()
        await expect(desk.locator(".busy")).to_have_count(0)
        found[address] = [*await find_violations(desk), *await desk.locator(".notice.danger").all_inner_texts()]
        assert not await overflows(desk), address
    await desk.get_by_role("button", name="取消订单").click()
    await expect(desk.locator("dialog[open]")).to_be_visible()
    found["action"] = await find_violations(desk)
    assert found == {state: [] for state in found}
