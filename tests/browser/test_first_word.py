"""How long after the gateway has sent it the first word stands on the page."""

from collections.abc import Callable

from playwright.async_api import Page, expect

from tests.support.browser_harness import BrowserHarness, send_message

WATCH = """
addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
  if (!document.querySelector(".markdown") || performance.getEntriesByName("first-word").length) return;
  performance.mark("first-word");
  requestAnimationFrame(() => setTimeout(() => performance.mark("first-word-painted")));
}).observe(document.body, { childList: true, subtree: true, characterData: true }));
"""


async def test_the_first_word_is_drawn_before_the_second_comes(
    harness: BrowserHarness, record_property: Callable[[str, object], None]
) -> None:
    """What is asserted is that nothing waits for more text; how long it took is recorded, for noise would break it."""
    harness.router.replica.frames = [
        "Certainly ",
        1.0,
        "- incidentally goods can be returned. [1]",
    ]  # words of no passage first
    context = await harness.open_context(reduced_motion="no-preference")
    await context.add_init_script(WATCH)
    page = await context.new_page()
    await page.goto(harness.origin)
    await send_message(page, "How long can I return something?")
    await expect(page.locator(".sources")).to_be_visible()
    painted = await painted_at(page)
    after = painted - harness.proxy.first_forwarded(b"Certainly")
    record_property("first_word_seconds", after)
    print(f"first word painted {after * 1000:.0f} ms after the gateway had sent it")  # noqa: T201 - pytest -s shows it
    assert painted < harness.proxy.first_forwarded(b"incidentally")


async def painted_at(page: Page) -> float:
    """When WATCH saw the first word drawn, in seconds since the epoch."""
    milliseconds = await page.evaluate(
        "performance.timeOrigin + performance.getEntriesByName('first-word-painted')[0].startTime"
    )
    return float(milliseconds) / 1000
