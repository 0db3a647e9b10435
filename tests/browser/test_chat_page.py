"""The chat page: what a visitor reads, presses and keeps."""

import asyncio
import json

from playwright.async_api import Page, Route, expect

from kefu.router.v1 import chat_pb2 as pb
from kefu.router.v1 import desk_pb2
from tests.support.browser_harness import ANSWER, BrowserHarness, find_violations, send_message
from tests.support.scripted_services import make_hit

ENGLISH = "How long can I return something?"
CHINESE = "退货期限是多久？"
FEES = (
    "All prices are in yuan.\n\n| Method | Time | Fee | For whom |\n|---|---|---|---|\n"
    "| Standard | 2-4 working days | ¥8, free from ¥99 | everybody |\n"
    "| Express | Express delivery comes the next day | ¥18 | members, in 42 cities |\n\nTimes begin with the payment."
)
TO_COLLEAGUE = desk_pb2.ReturnSessionRequest.TO_COLLEAGUE
WITHOUT_MARKS = ANSWER.replace(" [1]", "")


async def test_an_answer_comes_with_its_sources(harness: BrowserHarness) -> None:
    page = await harness.open_page()
    await expect(page).to_have_title("Acme Support")
    await send_message(page, ENGLISH)
    await expect(page.locator(".asked p")).to_have_text(ENGLISH)
    await expect(page.locator(".sources")).to_contain_text("Returns and refunds")
    answer = page.locator(".markdown")
    await expect(answer).to_contain_text("within 15 days of delivery.")
    assert (await words(page)).split() == WITHOUT_MARKS.split()
    await expect(answer.locator(".footnote")).to_have_count(2)
    assert harness.page_errors == []


async def test_a_chinese_browser_is_talked_to_in_chinese(harness: BrowserHarness) -> None:
    harness.router.replica.frames = ["自签收之日起 15 天内，未使用且包装完好的商品可以退货。[1]"]
    page = await harness.open_page(locale="zh-CN")
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await send_message(page, CHINESE)
    await expect(page.locator(".sources")).to_contain_text("退货与退款政策")
    await page.get_by_role("button", name="更多").click()
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("textbox", name="Your message")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "en")


async def test_a_footnote_opens_the_passage_with_the_cited_words_marked(harness: BrowserHarness) -> None:
    page = await harness.open_page()
    await send_message(page, ENGLISH)
    footnote = page.locator(".markdown .footnote").first
    await footnote.focus()
    await page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Source 1: Returns and refunds")
    await expect(panel).to_be_visible()
    await expect(panel.locator("mark").first).to_contain_text("within 15 days of delivery")
    await expect(panel.locator(".passage")).to_contain_text("You may return most goods.")
    await page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await expect(footnote).to_be_focused()


NEARLY_RELEVANT = [
    make_hit("一张卡自购买之日起 3 年内有效。", title="松鹿礼品卡", language="zh", relevance=0.4, n=3),
    make_hit("优惠券不能与其他优惠同时使用。", title="优惠券的使用规则", language="zh", relevance=0.35, n=4),
]


async def test_whoever_is_asked_back_chooses_with_a_button_or_calls_a_person_also_on_a_phone(
    harness: BrowserHarness,
) -> None:
    harness.router.knowledge.hits = NEARLY_RELEVANT
    harness.router.replica.frames = ["礼品卡自购买之日起 3 年内有效。[1]"]
    page = await harness.open_page(locale="zh-CN", viewport={"width": 390, "height": 844})
    await send_message(page, "那个卡能用到什么时候？")
    choices = page.locator(".choices button")
    await expect(choices).to_have_text(["松鹿礼品卡", "优惠券的使用规则", "都不是，转人工客服"])
    await expect(page.locator(".markdown")).to_have_text("我不确定是否理解了您的问题。您想问的是下面哪一项？")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    assert await find_violations(page) == []
    await choices.first.click()
    await expect(page.locator(".sources")).to_contain_text("松鹿礼品卡")
    await expect(choices).to_have_count(0)  # the first message is answered

    await send_message(page, "那个券呢？")
    await choices.last.click()
    await expect(page.locator(".turn").last).to_contain_text("已为您转接人工客服")
    assert harness.page_errors == []


async def test_a_table_in_a_passage_is_shown_as_a_table_also_on_a_phone(harness: BrowserHarness) -> None:
    harness.router.knowledge.hits = [make_hit(FEES, title="Delivery times and fees")]
    harness.router.replica.frames = ["Express delivery costs ¥18 and comes the next day. [1]"]
    page = await harness.open_page(viewport={"width": 390, "height": 844})
    await send_message(page, "What does express delivery cost?")
    await page.locator(".markdown .footnote").first.click()
    panel = page.get_by_role("dialog", name="Source 1: Delivery times and fees")
    await expect(panel.get_by_role("columnheader")).to_have_text(["Method", "Time", "Fee", "For whom"])
    await expect(panel.get_by_role("row")).to_have_count(3)
    await expect(panel.locator("mark").first).to_have_text("Express")
    await expect(panel.locator(".passage")).not_to_contain_text("|")
    table = panel.locator(".passage-table")
    assert await table.evaluate("(one) => one.scrollWidth > one.clientWidth"), "it scrolls by itself"
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    assert await find_violations(page) == []


async def test_an_answer_goes_on_where_the_network_was_cut(harness: BrowserHarness) -> None:
    going_on = asyncio.Event()
    begun, rest = ["Goods can be returned 𠮷😀 ", "unused and in "], ["their packaging 中文𠮷. ", "Done 😀."]
    harness.router.replica.frames = [*begun, going_on, *rest]
    page = await harness.open_page()
    await send_message(page, ENGLISH)
    await expect(page.locator(".markdown")).to_contain_text("unused and")
    harness.proxy.cut()
    await expect(page.get_by_text("The connection is lost.")).to_be_visible()
    going_on.set()
    harness.proxy.restore()
    await expect(page.locator(".rating")).to_be_visible()
    assert await words(page) == "".join((*begun, *rest))
    assert len(harness.router.replica.calls) == 1


async def test_a_browser_that_was_offline_takes_the_answer_up_again(harness: BrowserHarness) -> None:
    going_on = asyncio.Event()
    harness.router.replica.frames = ["Goods can be returned ", going_on, "within 15 days of delivery."]
    page = await harness.open_page()
    await send_message(page, ENGLISH)
    await expect(page.locator(".markdown")).to_contain_text("returned")
    await page.context.set_offline(True)
    await expect(page.get_by_text("You are offline.")).to_be_visible()
    going_on.set()
    await page.context.set_offline(False)
    await expect(page.locator(".rating")).to_be_visible()
    await expect(page.get_by_text("You are offline.")).to_be_hidden()
    assert await words(page) == "Goods can be returned within 15 days of delivery."


async def test_a_reload_in_mid_answer_shows_all_of_it(harness: BrowserHarness) -> None:
    going_on = asyncio.Event()
    harness.router.replica.frames = ["Goods can be returned within ", going_on, "15 days of delivery."]
    page = await harness.open_page()
    await send_message(page, ENGLISH)
    await expect(page.locator(".markdown")).to_contain_text("returned")
    await page.reload()
    await expect(page.locator(".asked p")).to_have_text(ENGLISH)
    going_on.set()
    await expect(page.locator(".rating")).to_be_visible()
    assert await words(page) == "Goods can be returned within 15 days of delivery."
    await page.reload()
    await expect(page.locator(".markdown")).to_contain_text("15 days of delivery.")


async def test_stopping_ends_the_model_s_work_and_keeps_what_was_said(harness: BrowserHarness) -> None:
    harness.router.replica.frames = ["Goods can be returned within ", asyncio.Event(), "15 days."]
    page = await harness.open_page()
    await send_message(page, ENGLISH)
    await expect(page.locator(".markdown")).to_contain_text("returned")
    await page.get_by_role("button", name="Stop the answer").click()
    await expect(page.locator(".note", has_text="Stopped.")).to_be_visible()
    await asyncio.wait_for(harness.router.replica.calls[0].ended.wait(), 10)
    await expect(page.locator(".markdown")).to_contain_text("Goods can be returned within")


async def test_a_person_takes_over_talks_and_gives_back(harness: BrowserHarness) -> None:
    page = await harness.open_page()
    await page.get_by_role("button", name="Talk to a person").click()
    await expect(page.locator(".handoff")).to_contain_text("A colleague will read the whole conversation")
    await expect(page.get_by_role("status").first).to_contain_text("Waiting for a colleague")
    staff = await harness.router.client()
    session = await stored_session(page)
    claimed = await staff.desk.ClaimSession(
        desk_pb2.ClaimSessionRequest(session=session, agent="Lin Mei"), metadata=staff.metadata
    )
    await expect(page.get_by_text("You are talking to Lin Mei")).to_be_visible()
    hello = desk_pb2.ReplyRequest(session=session, claim=claimed.claim, text="Hello, this is <b>Lin</b>.")
    await staff.desk.Reply(hello, metadata=staff.metadata)
    await expect(page.locator(".answered.person")).to_contain_text("Hello, this is <b>Lin</b>.")
    await send_message(page, "My parcel is late")
    await expect(page.get_by_text("Delivered to Lin Mei")).to_be_visible()
    harness.proxy.cut()  # nothing is missed meanwhile
    again = desk_pb2.ReplyRequest(session=session, claim=claimed.claim, text="It is on its way.")
    await staff.desk.Reply(again, metadata=staff.metadata)
    harness.proxy.restore()
    await expect(page.locator(".answered.person").last).to_contain_text("It is on its way.")
    await staff.desk.ReturnSession(
        desk_pb2.ReturnSessionRequest(session=session, claim=claimed.claim), metadata=staff.metadata
    )
    await expect(page.get_by_text("The assistant is answering again").first).to_be_visible()
    await expect(page.locator(".answered.person")).to_have_count(2)
    told = ["Lin Mei has joined the conversation", "The assistant is answering again."]
    await expect(page.locator(".change")).to_have_text(told)
    await page.reload()
    await expect(page.locator(".change")).to_have_text(told)
    await expect(page.get_by_text("Delivered to Lin Mei")).to_be_visible()


async def test_what_a_person_did_not_answer_is_answered_once_the_assistant_is_back(harness: BrowserHarness) -> None:
    page = await harness.open_page()
    await page.get_by_role("button", name="Talk to a person").click()
    await expect(page.get_by_role("status").first).to_contain_text("Waiting for a colleague")
    staff = await harness.router.client()
    session = await stored_session(page)
    claim = desk_pb2.ClaimSessionRequest(session=session, agent="Lin Mei")
    claimed = await staff.desk.ClaimSession(claim, metadata=staff.metadata)
    await expect(page.get_by_text("You are talking to Lin Mei")).to_be_visible()
    await send_message(page, ENGLISH)
    await expect(page.get_by_text("Delivered to Lin Mei")).to_be_visible()
    passed = desk_pb2.ReturnSessionRequest(session=session, claim=claimed.claim, to=TO_COLLEAGUE)
    await staff.desk.ReturnSession(passed, metadata=staff.metadata)
    await expect(page.get_by_role("status").first).to_contain_text("Waiting for a colleague")
    claim.agent = "小波"
    again = await staff.desk.ClaimSession(claim, metadata=staff.metadata)
    await expect(page.get_by_text("You are talking to 小波")).to_be_visible()
    await expect(page.locator(".delivered")).to_have_text("Delivered to Lin Mei")  # who had it then
    given_back = desk_pb2.ReturnSessionRequest(session=session, claim=again.claim)
    await staff.desk.ReturnSession(given_back, metadata=staff.metadata)
    last = page.locator(".turn").last
    await expect(last.locator(".sources")).to_contain_text("Returns and refunds")
    told = ["Lin Mei has joined the conversation", "The assistant is answering again."]
    for _ in range(2):
        await expect(page.locator(".change")).to_have_text(told)
        await expect(last.locator("> *")).to_have_count(3)
        await expect(last.locator("> .asked + .change + .answered")).to_have_count(1)
        await page.reload()
    await expect(page.locator(".asked p")).to_have_text(["I want to talk to a person", ENGLISH])


async def test_an_answer_that_is_handed_over_is_taken_back(harness: BrowserHarness) -> None:
    going_on = asyncio.Event()
    begun = "Goods can be returned within 15 days of delivery. [1] They"
    harness.router.replica.frames = [begun, going_on, " are refunded within 30 minutes."]
    page = await harness.open_page()
    await send_message(page, ENGLISH)
    await expect(page.locator(".markdown")).to_contain_text("within 15 days")
    going_on.set()
    await expect(page.locator(".handoff")).to_be_visible()
    await expect(page.locator(".withdrawn")).to_contain_text("taken back")
    await expect(page.locator(".turn")).not_to_contain_text("within 15 days")
    await expect(page.locator(".sources")).to_have_count(0)
    await page.reload()
    await expect(page.locator(".handoff")).to_be_visible()
    await expect(page.locator(".turn")).not_to_contain_text("within 15 days")


async def test_a_bad_answer_is_rated_with_a_reason(harness: BrowserHarness) -> None:
    page = await harness.open_page()
    await send_message(page, ENGLISH)
    await page.get_by_role("button", name="This did not help").click()
    await page.get_by_text("It is out of date").click()
    await page.get_by_role("textbox", name="Tell us more").fill("It was 30 days <last> year.")
    await page.get_by_role("button", name="Send", exact=True).first.click()
    await expect(page.locator(".rating")).to_contain_text("Thank you")
    staff = await harness.router.client()
    [turn] = await staff.turns(await stored_session(page))
    assert turn.rating == pb.RATING_DOWN
    assert turn.rating_comment == "It is out of date; It was 30 days <last> year."


async def test_a_deleted_conversation_is_gone_from_server_and_browser(harness: BrowserHarness) -> None:
    page = await harness.open_page()
    await send_message(page, ENGLISH)
    await expect(page.locator(".rating")).to_be_visible()
    session = await stored_session(page)
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("button", name="Delete my conversation").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete my conversation").click()
    await expect(page.locator(".hello")).to_be_visible()
    assert await page.evaluate("localStorage.getItem('kefu.session')") is None
    async with harness.router.open_store() as store:
        kept = await store.keys(f"*{session.partition('/')[2]}*")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        assert kept == []


async def test_nothing_that_a_model_or_a_document_writes_runs_or_loads(harness: BrowserHarness) -> None:
    hostile = (
        "Goods <img src=x onerror=alert(1)> can <script>alert(2)</script> be [returned](javascript:alert(3)) "
        "![within](https://evil.example/pixel.png) [15 days](data:text/html,x) of delivery. [1]"
    )
    harness.router.knowledge.hits[0].passage.text += f"\n{hostile}\n<iframe src=//evil.example></iframe>"
    harness.router.knowledge.hits[0].passage.title = "<img src=y onerror=alert(4)>"
    harness.router.replica.frames = [hostile]
    page = await harness.open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(f"a dialog: {dialog.message}"))
    await send_message(page, "<img src=z onerror=alert(5)> How long can I return something?")
    await page.locator(".source").click()
    await expect(page.get_by_role("dialog")).to_contain_text("<iframe")
    assert await page.locator("img, script:not([src]), iframe, object, embed").count() == 0
    links = await page.locator("a[href]").evaluate_all("(links) => links.map((link) => link.href)")
    assert all(link.startswith(("http:", "https:", "mailto:")) for link in links), links
    assert all(url.startswith(harness.origin) for url in asked), asked


async def test_a_refused_message_can_be_sent_again_once_its_time_has_come(harness: BrowserHarness) -> None:
    retry = {"type": "google.rpc.RetryInfo", "value": "CgIIAQ"}  # a second
    body = json.dumps({"code": "resource_exhausted", "message": "Too much is asked.", "details": [retry]})

    async def refuse(route: Route) -> None:
        envelope = b"\x02" + len(error := f'{{"error":{body}}}'.encode()).to_bytes(4, "big") + error
        await route.fulfill(status=200, content_type="application/connect+proto", body=envelope)

    page = await harness.open_page()
    await page.route("**/Converse", refuse)
    await send_message(page, ENGLISH)
    await expect(page.get_by_role("button", name="Try again in")).to_be_disabled()
    await page.unroute("**/Converse")
    again = page.get_by_role("button", name="Try again", exact=True)
    await expect(again).to_be_enabled()
    await again.click()
    await expect(page.locator(".sources")).to_be_visible()
    await expect(page.locator(".failed")).to_have_count(0)


async def test_too_long_a_message_is_not_sent_and_says_so(harness: BrowserHarness) -> None:
    page = await harness.open_page()
    await page.get_by_role("textbox", name="Your message").fill("𠮷" * 4000)
    await expect(page.get_by_text("0 characters left")).to_be_visible()
    await expect(page.get_by_role("button", name="Send")).to_be_enabled()
    await page.get_by_role("textbox", name="Your message").fill("𠮷" * 4001)
    await expect(page.get_by_text("1 character too many")).to_be_visible()
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()


async def test_a_phone_s_page_never_scrolls_sideways(harness: BrowserHarness) -> None:
    harness.router.replica.frames = ["Goods can be returned within 15 days of " + "delivery" * 40 + ". [1]"]
    page = await harness.open_page(viewport={"width": 320, "height": 568})
    await send_message(page, ENGLISH)
    await page.locator(".source").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    box = await page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (320, 568)
    assert await page.evaluate("document.documentElement.scrollWidth") == 320
    await page.keyboard.press("Escape")
    small = await page.evaluate("""() => [...document.querySelectorAll("button, a[href], textarea")]
        .filter((one) => one.checkVisibility() && !one.matches(".skip, .footnote"))
        .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
        .filter(([, box]) => box.width < 24 || box.height < 24).map(([html]) => html)""")
    assert small == []


async def test_everything_is_reached_and_told_without_a_mouse(harness: BrowserHarness) -> None:
    page = await harness.open_page()
    await expect(page.locator(".hello")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the message box")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="Your message")).to_be_focused()
    await page.keyboard.type("Hello,")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type(ENGLISH)
    await page.keyboard.press("Enter")
    told = page.get_by_role("log").locator("p")
    await expect(told.first).to_contain_text("Goods can be returned within 15 days of delivery.")
    assert "".join(await told.all_inner_texts()).count("15 days") == 1
    await expect(page.get_by_role("textbox", name="Your message")).to_be_focused()
    await expect(page.locator(".asked p")).to_have_text(f"Hello,\n{ENGLISH}")


async def words(page: Page) -> str:
    """The answer as a reader sees it, without its footnotes."""
    return await page.locator(".markdown").evaluate("""(answer) => {
        const copy = answer.cloneNode(true);
        for (const footnote of copy.querySelectorAll(".footnote")) footnote.remove();
        return copy.textContent;
    }""")


async def stored_session(page: Page) -> str:
    """The session that the browser remembers."""
    session = await page.evaluate("localStorage.getItem('kefu.session')")
    assert isinstance(session, str)
    return session
