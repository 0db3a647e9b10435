"""A lead lets a folder be a source at the desk, runs it, and decides on a run that was held."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from kefu.testing.suite import Suite
from tests.support.browser_harness import PHONE, find_violations, overflows
from tests.support.suite_browser import SuiteBrowser

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]
SUBJECTS = {
    "wicks": "Trim the wick to a finger's breadth whenever it blackens, and never pull it while the flame is lit.",
    "oil": "Fill in lamp oil up to the engraved ring; paraffin smokes, and rapeseed thickens below five degrees.",
    "glass": "Wash the chimney in lukewarm vinegar. A cracked one is replaced free of charge for two years.",
    "hooks": "Four brass hooks carry three kilograms each. Screw them into beams, not into plasterboard.",
    "winter": "From November to March our workshop repairs handles on Tuesdays, without an appointment.",
    "export": "Parcels to Norway and Switzerland need a customs form, which we print and glue onto the box.",
}


@pytest.fixture
def manual(demo: Suite) -> Path:
    """A folder with six pages and one that is no PDF."""
    folder = demo.folder.path.parent / "sources" / "manual"
    folder.mkdir()
    for name, text in SUBJECTS.items():
        (folder / f"{name}.md").write_text(f"# Lanterns: {name}\n\n{text}\n")
    (folder / "broken.pdf").write_bytes(b"no PDF")
    return folder


async def test_a_folder_is_a_source_and_a_run_that_would_empty_it_waits_for_a_person(
    leads: SuiteBrowser, manual: Path
) -> None:
    await leads.suite.kefu("collections", "create", "lanterns")
    desk = await leads.sign_in("Li Wei", "#/knowledge/lanterns/sources")
    await expect(desk.get_by_text("No sources yet")).to_be_visible()
    found = {"empty": await find_violations(desk)}
    await desk.get_by_role("button", name="New source").press("Enter")
    form = desk.get_by_role("dialog", name="New source")
    await form.get_by_label("Kind").select_option(label="Another system, by a recipe")
    found["form of a recipe"] = await find_violations(desk)
    await form.get_by_label("Kind").select_option(label="Folder on the server")
    await form.get_by_label("ID", exact=True).fill("manual")
    await form.get_by_label("Runs every … hours").fill("")
    await form.get_by_label("Folder path").fill("/nowhere")
    await form.get_by_role("button", name="Save").press("Enter")
    await expect(form.get_by_role("alert")).to_be_visible()
    found["form"] = await find_violations(desk)
    await form.get_by_label("Folder path").fill(str(manual))
    await form.get_by_role("button", name="Save").press("Enter")
    await expect(desk.get_by_text("It is not shown again")).to_be_visible()
    row = desk.get_by_role("row", name="manual")
    await expect(row).to_contain_text("Applied")
    found["list"] = await find_violations(desk)
    await row.get_by_role("button", name="Runs", exact=True).press("Enter")
    runs = desk.get_by_role("dialog", name="Runs of manual")
    await expect(runs.get_by_role("row", name="broken.pdf")).to_contain_text("failed")
    await expect(runs.get_by_role("row", name="oil.md")).to_contain_text("added")
    found["run"] = await find_violations(desk)
    await desk.keyboard.press("Escape")

    for page in manual.glob("*.md"):
        page.write_text("# Sign in\n\nPlease sign in with your account of the company to go on reading.\n")
    await row.get_by_role("button", name="Run now").press("Enter")
    await desk.get_by_role("button", name="Review").press("Enter")
    await runs.get_by_role("row", name="oil.md").get_by_role("button", name="Difference").press("Enter")
    await expect(runs.get_by_text("Please sign in with your account").first).to_be_visible()
    found["held"] = await find_violations(desk)

    phone = await leads.sign_in("Li Wei", color_scheme="dark", locale="zh-CN", viewport=PHONE)
    await phone.goto(f"{leads.origin}/desk#/knowledge/lanterns/sources")
    await phone.get_by_role("row", name="manual").get_by_role("button").first.wait_for()
    found["dark phone"] = await find_violations(phone)
    assert not await overflows(phone)
    await phone.locator(".notice button").first.click()
    await expect(phone.get_by_role("dialog").get_by_role("row", name="oil.md")).to_be_visible()
    found["dark phone, run"] = await find_violations(phone)

    await runs.get_by_role("button", name="Dismiss").press("Enter")
    await expect(row).to_contain_text("Dismissed")
    await row.get_by_role("button", name="Delete").press("Enter")
    found["deleting"] = await find_violations(desk)
    await desk.get_by_role("dialog").get_by_role("button", name="Delete").press("Enter")
    await expect(desk.get_by_text("No sources yet")).to_be_visible()
    assert found == {state: [] for state in found}
    assert leads.page_errors == []
