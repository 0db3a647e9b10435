"""The desk by the company's sign-in: a real OpenID Connect provider, and whoever it sends back."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer
from tests.support.browser_harness import WEB, BrowserHarness, open_browser_harness, read_axe_or_skip, send_message


@pytest_asyncio.fixture(loop_scope="session")
async def harness(own_redis: RedisServer, browser: Browser) -> AsyncIterator[BrowserHarness]:
    """Pages that take accounts of the provider which runs beside them."""
    async with open_company(own_redis, browser) as opened:
        yield opened


async def test_a_colleague_signs_in_with_the_company_s_account_and_takes_a_conversation(
    harness: BrowserHarness,
) -> None:
    customer = await harness.open_page()
    await send_message(customer, "I want to talk to a person")
    await expect(customer.locator(".handoff")).to_be_visible()
    desk = await harness.open_page("/desk")
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.url) if "/auth?" in request.url else None)
    await sign_in(desk, "mei")
    [request] = [parse_qs(urlsplit(url).query) for url in asked]
    assert (request["response_type"], request["code_challenge_method"]) == (["code"], ["S256"])
    await expect(desk.locator("input[autocomplete=name]")).to_have_value("Mei Lin")
    await desk.get_by_role("button", name="Continue").click()
    await desk.locator(".conversation-item").first.click()
    await desk.get_by_role("button", name="Take over", exact=True).click()
    await expect(desk.locator(".conversation-head")).to_contain_text("Held by you")
    await expect(customer.get_by_text("You are talking to Mei Lin")).to_be_visible()
    await desk.reload()
    await expect(desk.locator(".conversation-head")).to_contain_text("Held by you")
    assert "code=" not in desk.url
    # Whoever signs out may close or reload in the same moment: nothing may be left to a later one.
    left = await desk.get_by_role("button", name="Sign out").evaluate(
        "button => (button.click(), Object.keys(sessionStorage))"
    )
    assert left == []
    await desk.reload()
    await expect(desk.get_by_role("button", name="Sign in with your company account")).to_be_visible()
    assert [one for one in harness.page_errors if one.startswith("threw")] == []


async def test_an_account_without_a_role_is_told_so_and_may_come_back_as_another(harness: BrowserHarness) -> None:
    desk = await harness.open_page("/desk")
    await sign_in(desk, "guest")
    await expect(desk.get_by_role("alert")).to_contain_text("Your company account has no role at this desk")
    await sign_in(desk, "mei")  # the provider knows the guest still, and has to ask nevertheless
    await expect(desk.locator("input[autocomplete=name]")).to_have_value("Mei Lin")


async def test_a_sign_in_that_has_ended_is_told_and_one_that_can_be_renewed_goes_on(harness: BrowserHarness) -> None:
    """Tokens of both last for two seconds; "brief" gets none to renew them with."""
    ends = await harness.open_page("/desk")
    await sign_in(ends, "brief")
    goes_on = await harness.open_page("/desk")
    await sign_in(goes_on, "briefly")
    await goes_on.get_by_role("button", name="Continue").click()
    async with asyncio.timeout(60):
        while not await ends.get_by_text("Your session has ended").is_visible():
            await ends.reload()
            await ends.locator(".gate").wait_for()
    await goes_on.reload()
    await expect(goes_on.locator(".shell")).to_be_visible()
    await expect(goes_on.locator(".side-who")).to_contain_text("Briefly Lin")


async def test_a_token_for_somebody_else_is_refused_in_clear_words(own_redis: RedisServer, browser: Browser) -> None:
    async with open_company(own_redis, browser, oidc_audience="another-service", oidc_client_id="kefu-desk") as harness:
        desk = await harness.open_page("/desk")
        await sign_in(desk, "mei")
        await expect(desk.get_by_role("alert")).to_contain_text("not meant for this desk")


@asynccontextmanager
async def open_company(own_redis: RedisServer, browser: Browser, **config: object) -> AsyncIterator[BrowserHarness]:
    """The pages, and the provider, while the block runs."""
    read_axe_or_skip()  # what is installed with it is needed here, too
    node = shutil.which("node") or pytest.skip("there is no Node here")
    port = free_port()
    oidc: dict[str, Any] = {
        "oidc_issuer": f"http://127.0.0.1:{port}",
        "oidc_audience": "kefu-desk",
        "oidc_tenant": "default",
        "oidc_scopes": "openid profile groups",
        "oidc_leeway_seconds": 0.0,
    }
    settings: dict[str, Any] = {**oidc, **config}
    async with open_browser_harness(own_redis, browser, **settings) as harness:
        provider = await asyncio.create_subprocess_exec(
            *(node, "tests/provider.mjs", str(port), f"{harness.origin}/desk"),
            cwd=WEB,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert provider.stdout is not None
            assert await asyncio.wait_for(provider.stdout.readline(), 30) == b"ready\n"
            yield harness
        finally:
            provider.kill()
            await provider.wait()


async def sign_in(desk: Page, name: str) -> None:
    """As people do: at the provider's own pages, and with its question what the desk may know."""
    await desk.get_by_role("button", name="Sign in with your company account").click()
    await desk.locator("input[name=login]").fill(name)
    await desk.locator("input[name=password]").fill("any")
    await desk.locator("button[type=submit]").click()
    await desk.get_by_role("button", name="Continue").click()
    await desk.locator(".gate, .shell").first.wait_for()
