"""The operators' console: a customer and a colleague in two browsers, over the suite with the simulated engine."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from kefu.router.v1 import admin_pb2
from tests.support.browser_harness import find_violations, send_message
from tests.support.suite_browser import TEXT, SuiteBrowser, upload_file

pytestmark = pytest.mark.timeout(600)  # the first one starts the suite
HOSTILE_NAME = "<img src=x onerror=alert(1)>.txt"
QUESTION = "What does it cost to repair a kettle outside the warranty?"


FERRY = """# The harbour ferry

The harbour ferry crosses every ten minutes. A crossing with the harbour ferry costs 3 euros.
"""
FARE = "What does a crossing with the harbour ferry cost?"
LAMPS = """# Lamp shades

A lamp shade of our own make is dyed anew in two weeks. Dyeing a lamp shade costs 19 euros.
"""
DYEING = "What does it cost to dye a lamp shade anew?"


async def open_conversation(desk: Page, title: str) -> None:
    """Open the conversation that began with these words."""
    await desk.locator(".conversation-item").filter(has_text=title).first.click()


async def test_a_customer_is_handed_over_talks_to_a_person_and_is_handed_back(suite_browser: SuiteBrowser) -> None:
    customer = await suite_browser.open_chat_page()
    await send_message(customer, "I want to talk to a person, please.")
    desk = await suite_browser.sign_in("Li Wei")
    await open_conversation(desk, "I want to talk to a person, please.")
    await expect(desk.locator(".context")).to_contain_text("Asked for a person")
    await desk.get_by_role("button", name="Take over", exact=True).click()
    await desk.get_by_role("textbox", name="Reply").fill("Good morning, this is Li Wei.\n<b>What</b> happened?")
    await expect(desk.get_by_role("button", name="Send")).to_be_enabled()  # the claim has been granted
    await desk.keyboard.press("Control+Enter")
    said = customer.locator(".answered.person .markdown")
    await expect(said).to_have_text("Good morning, this is Li Wei.<b>What</b> happened?")
    await expect(said.locator("br")).to_have_count(1)  # as the desk shows it
    await send_message(customer, "My kettle leaks <img src=x onerror=alert(1)>")
    await expect(desk.locator(".messages")).to_contain_text("My kettle leaks <img src=x onerror=alert(1)>")
    assert await desk.locator(".messages img").count() == 0
    await desk.get_by_role("button", name="Return to Kefu").click()
    await expect(desk.locator(".messages")).to_contain_text("Handed over: Not in the knowledge base")
    await expect(desk.locator(".conversation-head")).to_contain_text("Waiting for a person")  # Kefu had no answer
    assert suite_browser.page_errors == []


async def test_what_a_customer_wrote_to_a_person_is_answered_by_kefu_when_it_is_returned(
    suite_browser: SuiteBrowser,
) -> None:
    desk = await suite_browser.sign_in("Li Wei", "#/knowledge/help/documents")
    await upload_file(desk, "repairs.md", TEXT.encode())
    customer = await suite_browser.open_chat_page()
    await send_message(customer, "Please let me talk to a human.")
    await desk.goto(f"{suite_browser.origin}/desk#/inbox/")
    await open_conversation(desk, "Please let me talk to a human.")
    await desk.get_by_role("button", name="Take over", exact=True).click()
    await expect(desk.locator(".conversation-head")).to_contain_text("Held by you")
    await send_message(customer, QUESTION)
    await expect(desk.locator(".messages")).to_contain_text(QUESTION)
    await desk.get_by_role("button", name="Return to Kefu").click()
    await expect(desk.locator(".messages")).to_contain_text("simulated answer")  # the engine was asked: it was found
    await expect(desk.locator(".conversation-head")).to_contain_text("Returned to Kefu")
    await expect(customer.locator("body")).to_contain_text("simulated answer")
    assert suite_browser.page_errors == []


async def test_two_colleagues_never_hold_one_customer_and_a_draft_outlives_a_lost_claim(
    suite_browser: SuiteBrowser,
) -> None:
    customer = await suite_browser.open_chat_page()
    await send_message(customer, "I would like to speak to an agent, please.")
    first = await suite_browser.sign_in("Li Wei")
    second = await suite_browser.sign_in(
        "Chen Jie", key=await suite_browser.create_key(admin_pb2.SCOPE_OPERATOR, admin_pb2.SCOPE_CHAT)
    )
    for page in (first, second):
        await open_conversation(page, "I would like to speak to an agent, please.")
    await first.get_by_role("button", name="Take over", exact=True).click()
    await expect(second.locator(".conversation-head")).to_contain_text("Held by Li Wei")
    await first.get_by_role("textbox", name="Reply").fill("Half a sentence")
    await second.get_by_role("button", name="Take over from Li Wei").click()
    await second.get_by_role("dialog").get_by_role("button", name="Take over", exact=True).click()
    await expect(first.get_by_role("alert")).to_contain_text("Chen Jie has taken this conversation over")
    await expect(first.get_by_role("textbox", name="Reply")).to_have_value("Half a sentence")
    await expect(first.get_by_role("button", name="Send")).to_be_disabled()


async def test_what_nobody_could_answer_is_answered_once_a_document_about_it_is_uploaded(
    suite_browser: SuiteBrowser,
) -> None:
    before = await suite_browser.open_chat_page()
    await send_message(before, FARE)
    await expect(before.locator(".handoff")).to_be_visible()
    desk = await suite_browser.sign_in("Li Wei", "#/knowledge/help/documents")
    await upload_file(desk, "ferry.md", FERRY.encode())
    await upload_file(desk, "scan.pdf", b"%PDF-1.7 and nothing more", "failed")
    await upload_file(
        desk, HOSTILE_NAME, b"<script>alert(2)</script> <img src=y onerror=alert(3)> Nothing of this runs."
    )
    await expect(desk.locator("table")).to_contain_text(HOSTILE_NAME)
    assert await desk.locator("main img, main script").count() == 0
    await desk.get_by_role("link", name="The harbour ferry").click()
    await expect(desk.get_by_role("dialog")).to_contain_text("A crossing with the harbour ferry costs 3 euros.")
    await desk.keyboard.press("Escape")
    # The simulated engine cites nothing: that it was asked at all says that the router found something to answer from.
    after = await suite_browser.open_chat_page()
    await send_message(after, FARE)
    await expect(after.get_by_role("button", name="This helped")).to_be_visible()
    await expect(after.locator(".handoff")).to_have_count(0)
    await desk.get_by_role("link", name="Search test").click()
    await desk.get_by_role("searchbox", name="Question").fill(FARE)
    await desk.keyboard.press("Enter")
    await expect(desk.locator(".hit").first).to_contain_text("A crossing with the harbour ferry costs 3 euros.")
    await expect(desk.locator(".hit").first).not_to_contain_text("Below the threshold")


async def test_a_wrong_answer_is_corrected_and_the_next_customer_gets_the_correction(
    suite_browser: SuiteBrowser,
) -> None:
    desk = await suite_browser.sign_in("Li Wei", "#/knowledge/help/documents")
    await upload_file(desk, "lamps.md", LAMPS.encode())
    before = await suite_browser.open_chat_page()
    await send_message(before, DYEING)
    await expect(before.get_by_role("button", name="This helped")).to_be_visible()
    await desk.get_by_role("link", name="Curated answers").click()
    await desk.get_by_role("button", name="New curated answer").click()
    await desk.get_by_role("textbox", name="Question 1").fill(DYEING)
    await desk.get_by_role("textbox", name="Answer").fill("Since November it costs 25 euros.")
    await desk.get_by_role("button", name="Save").click()
    await expect(desk.locator(".cards")).to_contain_text("Since November it costs 25 euros.")
    after = await suite_browser.open_chat_page()
    await send_message(after, DYEING)
    await expect(after.locator("body")).to_contain_text("Since November it costs 25 euros.")
    await desk.get_by_role("link", name="Search test").click()
    await desk.get_by_role("searchbox", name="Question", exact=True).fill(DYEING)
    await desk.keyboard.press("Enter")
    await expect(desk.locator(".curated-match")).to_contain_text("This curated answer would be given")


async def test_a_key_without_the_scope_gets_a_clear_word(suite_browser: SuiteBrowser) -> None:
    page = await suite_browser.enter_key(await suite_browser.create_key(admin_pb2.SCOPE_CHAT))
    await expect(page.get_by_role("alert")).to_contain_text("may not work at the desk")
    page = await suite_browser.enter_key("kefu_nobody_nothing")
    await expect(page.get_by_role("alert")).to_contain_text("not valid")


@pytest.mark.parametrize(
    "options",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark", "locale": "zh-CN"},
        {"viewport": {"width": 390, "height": 844}},
    ],
    ids=["desktop", "dark-chinese", "phone"],
)
async def test_no_page_of_the_console_shuts_anybody_out(suite_browser: SuiteBrowser, options: dict[str, Any]) -> None:
    gate = await suite_browser.enter_key("kefu_nobody_nothing")
    await expect(gate.get_by_role("alert")).to_be_visible()
    found = {"sign-in": await find_violations(gate)}
    customer = await suite_browser.open_chat_page()
    await send_message(customer, "I want to talk to a person, please.")
    desk = await suite_browser.sign_in("Li Wei", **options)
    await desk.goto(f"{suite_browser.origin}/desk#/knowledge/help/documents")
    await upload_file(desk, f"repairs-{options}.md", TEXT.encode())
    await desk.goto(f"{suite_browser.origin}/desk#/inbox")
    await expect(desk.locator(".conversation-item").first).to_be_visible()
    found["inbox"] = await find_violations(desk)
    await desk.locator(".conversation-item").first.click()
    await expect(desk.locator(".messages")).to_be_visible()
    found["conversation"] = await find_violations(desk)
    for address in (
        *("unanswered", "knowledge/help/documents", "knowledge/help/curated", "knowledge/help/search"),
        *("knowledge/help/attention", "numbers", "settings/desk", "settings/hours", "settings/webhooks"),
        *("settings/audit", "procedures", "procedures/actions"),
    ):
        await desk.goto(f"{suite_browser.origin}/desk#/{address}")
        await expect(desk.locator("h1").first).to_be_visible()
        await expect(desk.locator(".busy")).to_have_count(0)
        found[address] = [*await find_violations(desk), *await desk.locator(".notice.danger").all_inner_texts()]
    await desk.goto(f"{suite_browser.origin}/desk#/knowledge/help/curated")
    await desk.locator(".toolbar .button.primary").click()
    await expect(desk.locator("dialog[open]")).to_be_visible()
    found["form"] = await find_violations(desk)
    assert found == {state: [] for state in found}
