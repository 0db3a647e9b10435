"""A conversation of ten thousand messages: the page and the desk show its end at once, and the rest when asked."""

from typing import cast

from playwright.async_api import Page, expect

from kefu.router.storage.keys import session as session_keys
from kefu.router.v1 import chat_pb2 as pb
from tests.browser.test_chat_page import stored_session
from tests.support.browser_harness import BrowserHarness, send_message
from tests.support.grpc_calls import BOOTSTRAP_KEY

MANY = 10_000


async def test_ten_thousand_messages_are_paged_on_the_page_and_at_the_desk(harness: BrowserHarness) -> None:
    page = await harness.open_page()
    await send_message(page, "The first message of all")
    await expect(page.locator(".sources")).to_be_visible()
    session = await stored_session(page)
    await grow(harness, session)

    calls: list[str] = []
    page.on("request", lambda request: calls.append(request.url) if "ListTurns" in request.url else None)
    await page.reload()
    await shows_the_end(page, ".asked p", "Show earlier messages (9,901)")
    assert len(calls) == 2  # a page at first, and one more
    await send_message(page, "And the last one")
    await expect(page.locator(".asked p").last).to_have_text("And the last one")
    await expect(page.locator(".rating")).to_have_count(201)

    desk = await harness.open_page("/desk")
    await desk.locator("input[type=password]").fill(BOOTSTRAP_KEY)
    await desk.keyboard.press("Enter")
    await desk.locator("input[autocomplete=name]").fill("Mei")
    await desk.locator("button[type=submit]").click()
    await expect(desk.locator(".shell")).to_be_visible()
    await desk.goto(f"{harness.origin}/desk#/inbox/{session.partition('/')[2]}")
    await expect(desk.locator(".conversation-head")).to_contain_text("The first message of all")
    await expect(desk.locator(".from-customer").last).to_contain_text("And the last one")
    await expect(desk.locator(".from-customer")).to_have_count(100)
    await desk.get_by_role("button", name="Show earlier messages").click()
    await expect(desk.locator(".from-customer")).to_have_count(200)
    await desk.get_by_role("button", name="Take over", exact=True).click()
    await desk.get_by_role("textbox", name="Reply").fill("You have written a lot.")
    await desk.get_by_role("button", name="Send").click()
    await expect(page.locator(".answered.person")).to_contain_text("You have written a lot.")

    staff = await harness.router.client()
    request, listed = pb.ListTurnsRequest(session=session, page_size=100), 0
    while True:
        answer = await staff.chat.ListTurns(request, metadata=staff.metadata)
        listed += len(answer.turns)
        request.page_token = answer.next_page_token
        if not request.page_token:
            break
    assert listed == MANY + 3  # the first, the last, and what the person wrote


async def shows_the_end(page: Page, messages: str, button: str) -> None:
    """The last hundred, and a hundred more when they are asked for."""
    await expect(page.locator(messages).last).to_have_text(f"Message number {MANY - 1}")
    await expect(page.locator(messages)).to_have_count(100)
    await page.get_by_role("button", name=button).click()
    await expect(page.locator(messages)).to_have_count(200)
    await expect(page.locator(messages).first).to_have_text(f"Message number {MANY - 200}")


async def grow(harness: BrowserHarness, session: str) -> None:
    """As if the customer had gone on asking: copies of the first turn, with ids of the same millisecond after it."""
    prefix = session_keys("default", session.partition("/")[2])
    async with harness.router.open_store() as store:
        kept = cast("dict[bytes, bytes]", await store.hgetall(f"{prefix}turns"))  # pyright: ignore
        [(first, turn)] = kept.items()
        copies = dict[bytes, bytes]()
        for number in range(MANY):
            key = first[:14] + f"7fff-bfff-{number:012x}".encode()
            said = f"Message number {number}".encode()
            copies[key] = turn.replace(b"The first message of all", said).replace(first, key)
        await store.hset(f"{prefix}turns", mapping=copies)  # pyright: ignore
        await store.rpush(f"{prefix}order", *copies)  # pyright: ignore
