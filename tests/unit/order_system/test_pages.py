"""The shop's page: its language, its escaping, what it shows."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from kefu.order_system.config import DEMO_FOLDER
from kefu.order_system.domain.records import PersonName
from kefu.order_system.pages import ShopPage, preferred_language
from kefu.order_system.seed import Seed, read_folder
from tests.support.table import table

KEFU = "https://kefu.example.com"


@pytest.fixture
def seed() -> Seed:
    return read_folder(DEMO_FOLDER, datetime(2026, 5, 20, tzinfo=UTC))


class Tags(HTMLParser):
    """The tags of a document, with their attributes; and that they close in order."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(document)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "input"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


@table(
    ("asked", "accepted", "language"),
    [
        (None, "", "en"),
        ("zh", "en", "zh"),
        ("en", "zh-CN", "en"),
        ("fr", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "de, en;q=0.5, zh;q=0.7", "zh"),
        (None, "zh;q=0, en", "en"),
        (None, "zh;q=nonsense, fr", "en"),
        (None, "zh;q=" + "9" * 5000, "zh"),
    ],
)
def test_the_language_is_the_one_asked_for_or_else_preferred(asked: str | None, accepted: str, language: str) -> None:
    assert preferred_language(asked, accepted) == language


def test_visitors_are_shown_whom_they_may_be_and_what_is_sold(seed: Seed) -> None:
    page = ShopPage(seed.shop, "zh", KEFU, customers=seed.customers, products=seed.products).html()
    tags = Tags(page).found
    emails = [attributes["value"] for tag, attributes in tags if tag == "input"]
    assert emails == [each.email for each in seed.customers]
    assert ("body", {"data-customer": ""}) in tags
    assert "松鹿家居" in page
    assert "SL-V8 扫地机器人" in page
    assert "¥2,500.00 起" in page


def test_a_shop_with_many_customers_asks_for_the_others_by_email(seed: Seed) -> None:
    page = ShopPage(seed.shop, "en", KEFU, customers=seed.customers[:1], further_customers=494).html()
    assert "494 more customers" in page
    assert ("email", "email") in [(each.get("type"), each.get("name")) for _, each in Tags(page).found]


def test_the_widget_is_kefus_and_comes_after_the_function_that_it_needs(seed: Seed) -> None:
    scripts = [each for tag, each in Tags(ShopPage(seed.shop, "en", KEFU).html()).found if tag == "script"]
    assert [each["src"] for each in scripts] == ["/shop.js", f"{KEFU}/widget.js"]
    assert "async" in scripts[1]
    assert "async" not in scripts[0]


@pytest.mark.parametrize(("language", "status"), [("en", "pending"), ("zh", "待发货")])
def test_a_customer_is_shown_their_orders(seed: Seed, language: str, status: str) -> None:
    customer = seed.customers[0]
    orders = [each for each in seed.orders if each.customer_id == customer.customer_id]
    shown = ShopPage(seed.shop, "zh" if language == "zh" else "en", KEFU, customer=customer, orders=orders).html()
    assert ("body", {"data-customer": customer.customer_id}) in Tags(shown).found
    assert all(each.order_id in shown for each in orders)
    assert f"<mark>{status}</mark>" in shown
    assert "2026-05-11" in shown
    assert "¥1,428.00" in shown


def test_names_of_customers_are_no_html(seed: Seed) -> None:
    name = PersonName(first_name='<script>alert("x")</script>', last_name="O'Neil & Sons")
    customer = seed.customers[3].model_copy(update={"name": name, "customer_id": '"><b>'})
    for page in (
        ShopPage(seed.shop, "en", KEFU, customers=[customer]),
        ShopPage(seed.shop, "en", KEFU, customer=customer, orders=seed.orders),
    ):
        tags = Tags(page.html()).found
        assert [tag for tag, _ in tags].count("script") == 2
        assert "b" not in [tag for tag, _ in tags]
