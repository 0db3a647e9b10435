"""An experiment at the desk, below the numbers: started, seen with figures, stopped; on a dark phone, too."""

import pytest
from playwright.async_api import expect

from tests.support.browser_harness import PHONE, find_violations, overflows
from tests.support.suite_browser import SuiteBrowser
from tests.support.waiting import wait_until_async

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]
TITLE = "Refunds, shorter"


async def test_an_experiment_is_started_seen_with_figures_and_stopped(leads: SuiteBrowser) -> None:
    made = await leads.suite.kefu("drafts", "create", "--collection", "help", "--title", TITLE)
    assert made.status == 0, made
    desk = await leads.sign_in("Li Wei", "#/numbers")
    panel = desk.get_by_role("region", name="Experiments")
    form = panel.get_by_role("form", name="Start an experiment")
    await expect(form.get_by_label("Draft").locator("option").first).to_have_text(TITLE)
    found = {"form": await find_violations(desk)}
    await form.get_by_label("Title").fill(TITLE)
    await form.get_by_label("Share of new conversations (%)").fill("50")
    await form.get_by_role("button", name="Start an experiment").press("Enter")
    experiment = panel.get_by_role("article", name=TITLE)
    await expect(experiment).to_contain_text("Running")
    asked = await leads.suite.kefu("ask", "How long do refunds take?")
    assert asked.status == 0, asked

    async def is_counted() -> bool:
        await desk.reload()
        await experiment.wait_for()
        cells = await experiment.get_by_role("row", name="Conversations").get_by_role("cell").all_inner_texts()
        return sum(map(int, cells)) == 1

    await wait_until_async(is_counted)
    found["figures"] = await find_violations(desk)
    phone = await leads.sign_in("Li Wei", color_scheme="dark", locale="zh-CN", viewport=PHONE)
    await phone.goto(f"{leads.origin}/desk#/numbers")
    await expect(phone.get_by_role("article", name=TITLE).get_by_role("table")).to_be_visible()
    found["dark phone"] = await find_violations(phone)
    assert not await overflows(phone)
    await panel.get_by_role("button", name="Stop").press("Enter")
    found["stopping"] = await find_violations(desk)
    await desk.get_by_role("dialog").get_by_role("button", name="Stop").press("Enter")
    await expect(experiment).to_contain_text("Stopped")
    assert found == {state: [] for state in found}
    assert leads.page_errors == []
