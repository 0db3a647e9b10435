"""Customers who sign in: on the page of another origin that shows the chat, and by a code that comes by mail."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, FrameLocator, Page, expect
from pydantic import SecretStr

from kefu.gateway.config import GatewayConfig
from kefu.gateway.service import gateway
from kefu.router.v1 import admin_pb2 as admin
from kefu.router.v1 import chat_pb2 as pb
from kefu.testing.ports import free_port
from kefu.testing.redis_server import RedisServer
from tests.browser.test_widget import a_site
from tests.support.browser_harness import (
    ANSWER,
    RETURNS,
    VISITOR_SECRET,
    BrowserHarness,
    find_violations,
)
from tests.support.grpc_calls import INTERNAL_KEY
from tests.support.identity_tokens import AUDIENCE, ISSUER, identity_token, public_pem
from tests.support.mailbox import Mailbox, open_mailbox
from tests.support.router_harness import RouterHarness, open_router_harness
from tests.support.scripted_services import make_hit
from tests.support.tcp_proxy import open_tcp_proxy
from tests.support.waiting import wait_until

QUESTION = "How long can I return something?"
STORAGE = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }])"
SITE = """<!doctype html><html lang="en"><head><title>A shop</title>
<script>window.kefu = window.kefu || function () { (kefu.q = kefu.q || []).push(arguments); };</script>
</head><body><h1>A shop</h1><script>QUEUED</script>
<script src="ORIGIN/widget.js" data-lang="en" data-title="Help" async></script></body></html>"""


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with open_mailbox() as opened:
        yield opened


async def set_identity(router: RouterHarness, **settings: Any) -> None:
    """Say how customers of the default tenant sign in; without fields beside the mode, with tokens of the site."""
    root = await router.client()
    tokens = {"issuer": ISSUER, "audience": AUDIENCE, "public_key": public_pem(), "claims": ["name", "email"]}
    chosen: dict[str, Any] = settings if len(settings) > 1 else {**tokens, **settings}
    await root.admin.UpdateTenantSettings(
        admin.UpdateTenantSettingsRequest(
            tenant="tenants/default", settings=admin.TenantSettings(identity=admin.IdentitySettings(**chosen))
        ),
        metadata=root.metadata,
    )


@asynccontextmanager
async def open_shop(
    own_redis: RedisServer,
    browser: Browser,
    mailbox: Mailbox,
    *,
    host: str = "127.0.0.1",
    queued: str = "",
    **identity: Any,
) -> AsyncIterator[tuple[BrowserHarness, str]]:
    """The suite with a shop's page of another origin, and the page's address; `queued`: what that says at once.

    At the host `localhost` the shop is another site, too: then the chat has no storage in this browser.
    """
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        router = await enter(
            open_router_harness(
                own_redis,
                smtp_url=SecretStr(f"smtp://127.0.0.1:{mailbox.port}"),
                smtp_from="A shop <no-reply@shop.example.com>",
            )
        )
        router.knowledge.hits = [make_hit(RETURNS, title="Returns and refunds")]
        router.replica.frames = [ANSWER]
        await set_identity(router, **identity)
        port = free_port()
        site = f"http://{host}:{port}"
        config: dict[str, Any] = {
            "listen": "127.0.0.1:0",
            "internal_key": SecretStr(INTERNAL_KEY),
            "router": f"127.0.0.1:{router.routers[0].port}",
            "visitor_secret": SecretStr(VISITOR_SECRET),
            "visitors_per_minute": 1000.0,
            "title": "Acme Support",
            "frame_ancestors": site,
        }
        gateway_port = await enter(gateway(GatewayConfig(**config)))
        proxy = await enter(open_tcp_proxy(gateway_port))
        harness = BrowserHarness(router, proxy, gateway_port, browser)
        stack.push_async_callback(harness.close_pages)
        await enter(a_site(port, SITE.replace("ORIGIN", harness.origin).replace("QUEUED", queued)))
        yield harness, site


async def open_chat(page: Page) -> FrameLocator:
    """The chat, opened by the site's own script."""
    await page.evaluate("kefu('open')")
    chat = page.frame_locator("iframe")
    await expect(chat.get_by_role("heading", level=1)).to_be_visible()
    return chat


async def ask(chat: FrameLocator, text: str) -> None:
    """Write a message, and wait for its answer."""
    box = chat.get_by_role("textbox", name="Your message")
    await box.fill(text)
    await box.press("Enter")
    await expect(chat.locator(".turn").last.locator(".sources")).to_be_visible()


async def identify(page: Page, sub: str | None, **claims: Any) -> None:
    """The site says who its customer is; None: nobody."""
    await page.evaluate("(token) => kefu('identify', token)", identity_token(sub, **claims) if sub else None)


async def storage_of(page: Page) -> str:
    """All that the chat's origin keeps in the browser, as text."""
    frame = next(each for each in page.frames if "/widget" in each.url)
    return str(await frame.evaluate(STORAGE))


async def test_a_site_says_who_its_customer_is_and_the_conversation_goes_along(
    own_redis: RedisServer, browser: Browser, mailbox: Mailbox
) -> None:
    async with open_shop(own_redis, browser, mailbox, mode="optional") as (harness, site):
        page = await (await harness.open_context()).new_page()
        harness.record_errors(page)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(site)
        chat = await open_chat(page)
        await ask(chat, QUESTION)
        assert "sessions/" in await storage_of(page)

        token = identity_token("4711", name="Anya Garcia")
        await page.evaluate("(token) => kefu('identify', () => Promise.resolve(token))", token)
        await expect(chat.get_by_text("Signed in as Anya Garcia")).to_be_visible()
        await expect(chat.locator(".asked p")).to_have_text([QUESTION])
        kept = await storage_of(page)
        assert "sessions/" not in kept
        assert "4711" not in kept
        assert "Garcia" not in kept
        assert not any(token in url or token.split(".")[1] in url for url in asked)
        await ask(chat, "And furniture?")

        await page.reload()
        await page.evaluate("(token) => kefu('identify', token)", token)
        chat = await open_chat(page)
        await expect(chat.get_by_text("Signed in as Anya Garcia")).to_be_visible()
        await expect(chat.locator(".asked p")).to_have_text([QUESTION, "And furniture?"])
        assert await find_violations(page) == []
        assert harness.page_errors == []


async def test_signing_out_leaves_nothing_for_whoever_comes_next(
    own_redis: RedisServer, browser: Browser, mailbox: Mailbox
) -> None:
    token = identity_token("4711", name="Anya Garcia")
    async with open_shop(own_redis, browser, mailbox, mode="optional", queued=f"kefu('identify', '{token}')") as (
        harness,
        site,
    ):
        page = await (await harness.open_context()).new_page()
        harness.record_errors(page)
        await page.goto(site)
        chat = await open_chat(page)
        await expect(chat.get_by_text("Signed in as Anya Garcia")).to_be_visible()
        await ask(chat, QUESTION)
        before = await storage_of(page)
        assert "kefu.visitor" in before
        await chat.get_by_role("textbox", name="Your message").fill("My address is")

        await identify(page, None)
        await expect(chat.get_by_role("heading", name="How can we help?")).to_be_visible()
        await expect(chat.get_by_text("Signed in as")).to_have_count(0)
        await expect(chat.get_by_role("textbox", name="Your message")).to_have_value("")
        await expect(chat.get_by_role("log")).to_be_empty()
        assert await storage_of(page) == "[{},{}]"
        await chat.get_by_role("button", name="More").click()
        await chat.get_by_role("button", name="Earlier conversations").click()
        await expect(chat.get_by_role("dialog")).to_contain_text("There are none")
        await page.keyboard.press("Escape")
        await ask(chat, "When is a refund paid?")
        await expect(chat.locator(".asked p")).to_have_text(["When is a refund paid?"])
        assert harness.page_errors == []


async def test_two_accounts_in_two_tabs_stay_apart(own_redis: RedisServer, browser: Browser, mailbox: Mailbox) -> None:
    async with open_shop(own_redis, browser, mailbox, mode="optional") as (harness, site):
        context = await harness.open_context()
        tabs: list[tuple[Page, FrameLocator, str]] = []
        for sub, name in (("4711", "Anya Garcia"), ("4712", "Bo Lindqvist")):
            page = await context.new_page()
            harness.record_errors(page)
            await page.goto(site)
            chat = await open_chat(page)
            await identify(page, sub, name=name)
            await expect(chat.get_by_text(f"Signed in as {name}")).to_be_visible()
            tabs.append((page, chat, name))
        for _, chat, name in tabs:
            await ask(chat, f"{name} asks: {QUESTION}")
        for _, chat, name in tabs:
            await expect(chat.locator(".asked p")).to_have_text([f"{name} asks: {QUESTION}"])

        (anya, anyas, _), (bo, bos, _) = tabs
        await bo.reload()
        bos = await open_chat(bo)
        await expect(bos.get_by_role("heading", name="How can we help?")).to_be_visible()
        await identify(bo, "4712", name="Bo Lindqvist")
        await expect(bos.locator(".asked p")).to_have_text([f"Bo Lindqvist asks: {QUESTION}"])
        await identify(anya, "4712", name="Bo Lindqvist")  # another customer, without a sign-out between
        await expect(anyas.get_by_text("Signed in as Bo Lindqvist")).to_be_visible()
        await expect(anyas.locator(".asked p")).to_have_text([f"Bo Lindqvist asks: {QUESTION}"])
        await identify(bo, None)
        await ask(anyas, "When is a refund paid?")
        assert harness.page_errors == []


async def test_where_customers_must_sign_in_the_site_is_pointed_to(
    own_redis: RedisServer, browser: Browser, mailbox: Mailbox
) -> None:
    async with open_shop(own_redis, browser, mailbox, host="localhost", mode="required") as (harness, site):
        page = await (await harness.open_context()).new_page()
        await page.goto(site)
        chat = await open_chat(page)
        await expect(chat.get_by_text("Please sign in on the site to chat.")).to_be_visible()
        await expect(chat.get_by_role("textbox")).to_have_count(0)
        await expect(chat.get_by_role("button", name="Talk to a person")).to_be_disabled()
        await identify(page, "4711", aud="another audience")
        await expect(chat.get_by_text("Please sign in on the site to chat.")).to_be_visible()
        await identify(page, "4711", name="Anya Garcia")
        await expect(chat.get_by_text("Signed in as Anya Garcia")).to_be_visible()
        await ask(chat, QUESTION)


async def test_a_code_by_mail_signs_in_with_the_keyboard_on_a_small_screen(
    own_redis: RedisServer, browser: Browser, mailbox: Mailbox
) -> None:
    async with open_shop(own_redis, browser, mailbox, mode="required", email_codes=True) as (harness, _):
        page = await harness.open_page("/", viewport={"width": 320, "height": 640})
        field = page.get_by_role("textbox", name="E-mail address")
        await expect(field).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= 320")
        assert await find_violations(page) == []
        await field.focus()
        await page.keyboard.type("anya")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("Please enter an e-mail address")
        await expect(field).to_be_focused()
        await page.keyboard.type("@example.com")
        await page.keyboard.press("Enter")

        code = page.get_by_role("textbox", name="Code of six digits")
        await expect(code).to_be_focused()
        await wait_until(lambda: len(mailbox.messages) == 1)
        assert mailbox.messages[0]["to"] == "anya@example.com"
        wrong = "000000" if mailbox.code() != "000000" else "111111"
        await page.keyboard.type(wrong)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("This code is not right")
        assert await page.evaluate("document.documentElement.scrollWidth <= 320")
        assert await find_violations(page) == []
        await code.fill(mailbox.code())
        await page.keyboard.press("Enter")

        await expect(page.get_by_text("Signed in as anya@example.com")).to_be_visible()
        box = page.get_by_role("textbox", name="Your message")
        await box.fill(QUESTION)
        await box.press("Enter")
        await expect(page.locator(".sources")).to_be_visible()
        await page.reload()
        await expect(page.get_by_text("Signed in as anya@example.com")).to_be_visible()
        await expect(page.locator(".asked p")).to_have_text([QUESTION])
        await page.get_by_role("button", name="Sign out").click()
        await expect(field).to_be_visible()
        await expect(page.locator(".asked")).to_have_count(0)
        assert await page.evaluate(STORAGE) == "[{},{}]"


async def test_where_it_is_a_choice_the_menu_offers_a_code_by_mail(
    own_redis: RedisServer, browser: Browser, mailbox: Mailbox
) -> None:
    async with open_shop(own_redis, browser, mailbox, mode="optional", email_codes=True) as (harness, _):
        page = await harness.open_page("/", locale="zh-CN")
        await page.get_by_role("textbox", name="您的消息").fill("退货要多久？")
        await page.keyboard.press("Enter")
        await expect(page.locator(".sources")).to_be_visible()
        await page.get_by_role("button", name="更多").click()
        await page.get_by_role("button", name="验证我的邮箱").click()
        dialog = page.get_by_role("dialog")
        assert await find_violations(page) == []
        await dialog.get_by_role("textbox", name="邮箱地址").fill("bo@example.com")
        await page.keyboard.press("Enter")
        await wait_until(lambda: len(mailbox.messages) == 1)
        await dialog.get_by_role("textbox", name="六位数验证码").fill(mailbox.code())
        await page.keyboard.press("Enter")
        await expect(dialog).to_have_count(0)
        await expect(page.get_by_text("已登录：bo@example.com")).to_be_visible()
        await expect(page.locator(".asked p")).to_have_text(["退货要多久？"])
        assert harness.page_errors == []


async def test_what_the_site_claims_reaches_the_desk_unverified(
    own_redis: RedisServer, browser: Browser, mailbox: Mailbox
) -> None:
    async with open_shop(own_redis, browser, mailbox, mode="optional") as (harness, site):
        page = await (await harness.open_context()).new_page()
        await page.goto(site)
        await page.evaluate("kefu('profile', { name: 'A. Garcia', plan: 'gold' })")
        chat = await open_chat(page)
        await ask(chat, QUESTION)
        found = re.search("sessions/[0-9a-f-]+", await storage_of(page))
        assert found is not None
        staff = await harness.router.client()

        async def session() -> pb.Session:
            request = pb.GetSessionRequest(name=found[0])
            return (await staff.chat.GetSession(request, metadata=staff.metadata)).session

        claimed = await session()
        assert dict(claimed.profile) == {"name": "A. Garcia", "plan": "gold"}
        assert not claimed.HasField("customer")
        await identify(page, "4711", name="Anya Garcia")
        await expect(chat.get_by_text("Signed in as Anya Garcia")).to_be_visible()
        known = await session()
        assert (known.customer.sub, dict(known.customer.claims)) == ("4711", {"name": "Anya Garcia"})
