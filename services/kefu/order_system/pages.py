"""The shop's page as HTML, in English or Chinese."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Literal

from kefu.order_system.domain.records import Customer, Item, Order, OrderStatus, PaymentMethod, Product, Shop

Language = Literal["en", "zh"]
_SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_STATUS_ZH = {
    OrderStatus.PENDING: "待发货",
    OrderStatus.PENDING_ITEM_MODIFIED: "待发货（商品已修改）",
    OrderStatus.PROCESSED: "已打包，运输中",
    OrderStatus.DELIVERED: "已签收",
    OrderStatus.CANCELLED: "已取消",
    OrderStatus.RETURN_REQUESTED: "已申请退货",
    OrderStatus.EXCHANGE_REQUESTED: "已申请换货",
}
_SOURCES = {
    "gift_card": ("Gift card", "礼品卡"),
    "credit_card": ("Card", "银行卡"),
    "paypal": ("PayPal", "PayPal"),
    "alipay": ("Alipay", "支付宝"),
    "wechat_pay": ("WeChat Pay", "微信支付"),
}
_TEXTS: dict[str, tuple[str, str]] = {
    "who": ("Who would you like to be?", "您想以谁的身份登录？"),
    "who_note": (
        "This is a demonstration: its customers are invented, and no password is asked for.",
        "这是演示商店：顾客均为虚构，登录无需密码。",
    ),
    "sign_in": ("Sign in as {name}", "登录：{name}"),
    "sign_out": ("Sign out", "退出登录"),
    "signed_in": ("Signed in as {name}", "已登录：{name}"),
    "orders": ("My orders", "我的订单"),
    "no_orders": ("There are no orders yet.", "还没有订单。"),
    "total": ("Total", "合计"),
    "delivery": ("Delivery", "运费"),
    "paid_with": ("Paid with: {method}", "支付方式：{method}"),
    "placed": ("Placed on", "下单日期"),
    "delivered": ("Delivered on", "签收日期"),
    "ship_to": ("Delivery address: {address}", "收货地址：{address}"),
    "payment_methods": ("My payment methods", "我的支付方式"),
    "address": ("My address", "我的地址"),
    "products": ("Our products", "本店商品"),
    "from": ("from {price}", "{price} 起"),
    "sold_out": ("sold out", "缺货"),
    "more": ("{count} more customers can be signed in by their email address.", "另有 {count} 位顾客，可用邮箱登录。"),
    "email": ("Email address", "邮箱"),
    "by_email": ("Sign in", "登录"),
    "unknown": ("There is no customer with this email address.", "没有使用该邮箱的顾客。"),
    "other_language": ("中文", "English"),
}


@dataclass(frozen=True)
class ShopPage:
    """What a page shows, and in which language."""

    shop: Shop
    language: Language
    kefu: str
    """Kefu's URL, for the widget."""
    customers: Sequence[Customer] = ()
    """Whom a visitor may sign in as."""
    further_customers: int = 0
    """How many there are beside those."""
    products: Sequence[Product] = ()
    customer: Customer | None = None
    """Who is signed in."""
    orders: Sequence[Order] = ()
    """Of the customer."""
    is_unknown: bool = False
    """Whether somebody just asked for a customer who does not exist."""

    def html(self) -> str:
        """The whole document."""
        zh = self.language == "zh"
        name = escape(self.shop.name_zh if zh else self.shop.name)
        signed_in = self.customer.customer_id if self.customer else ""
        main = self._account(self.customer) if self.customer else self._welcome()
        return f"""<!doctype html>
<html lang="{"zh-CN" if zh else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<link rel="stylesheet" href="/shop.css">
<script src="/shop.js"></script>
<script src="{escape(self.kefu)}/widget.js" data-lang="{self.language}" async></script>
</head>
<body data-customer="{escape(signed_in)}">
<header>
<a class="brand" href="/?lang={self.language}">{name}</a>
<nav>{self._signed_in()}<a href="/?lang={"en" if zh else "zh"}">{self._text("other_language")}</a></nav>
</header>
<main>
{main}
</main>
</body>
</html>
"""

    def _text(self, key: str, **values: str) -> str:
        english, chinese = _TEXTS[key]
        return escape((chinese if self.language == "zh" else english).format(**values))

    def _signed_in(self) -> str:
        if self.customer is None:
            return ""
        name = self._text("signed_in", name=self.customer.name.display)
        button = f'<button class="quiet">{self._text("sign_out")}</button>'
        return f'<span>{name}</span><form method="post" action="/sign-out?lang={self.language}">{button}</form>'

    def _welcome(self) -> str:
        people = "\n".join(self._person(customer) for customer in self.customers)
        unknown = f'<p class="failure" role="alert">{self._text("unknown")}</p>' if self.is_unknown else ""
        products = "\n".join(self._product(product) for product in self.products)
        return f"""<h1>{self._text("who")}</h1>
<p class="note">{self._text("who_note")}</p>
{unknown}
<ul class="people">
{people}
</ul>
{self._by_email()}
<h2>{self._text("products")}</h2>
<ul class="products">
{products}
</ul>"""

    def _person(self, customer: Customer) -> str:
        name = customer.name.display
        return f"""<li><form method="post" action="/sign-in?lang={self.language}">
<input type="hidden" name="email" value="{escape(customer.email)}">
<strong>{escape(name)}</strong><span>{escape(customer.address.city)}</span>
<button>{self._text("sign_in", name=name)}</button>
</form></li>"""

    def _by_email(self) -> str:
        if not self.further_customers:
            return ""
        return f"""<form class="by-email" method="post" action="/sign-in?lang={self.language}">
<p class="note">{self._text("more", count=str(self.further_customers))}</p>
<label>{self._text("email")} <input type="email" name="email" required autocomplete="email"></label>
<button>{self._text("by_email")}</button>
</form>"""

    def _product(self, product: Product) -> str:
        prices = [variant.price for variant in product.variants.values() if variant.available]
        price = self._text("from", price=self._money(min(prices))) if prices else self._text("sold_out")
        return f"<li><strong>{escape(self._named(product.name, product.name_zh))}</strong><span>{price}</span></li>"

    def _account(self, customer: Customer) -> str:
        methods = "\n".join(f"<li>{escape(self._method(method))}</li>" for method in customer.payment_methods.values())
        orders = "\n".join(self._order(order, customer) for order in self.orders)
        return f"""<h1>{self._text("orders")}</h1>
{orders or f"<p>{self._text('no_orders')}</p>"}
<h2>{self._text("payment_methods")}</h2>
<ul class="methods">
{methods}
</ul>
<h2>{self._text("address")}</h2>
<p>{escape(customer.address.line)}</p>
<p class="note">{escape(customer.email)}</p>"""

    def _order(self, order: Order, customer: Customer) -> str:
        zh = self.language == "zh"
        status = _STATUS_ZH[order.status] if zh else order.status.value
        items = "\n".join(self._item(item) for item in order.items)
        if order.delivery_fee:
            items += f"\n<li><span>{self._text('delivery')}</span><span>{self._money(order.delivery_fee)}</span></li>"
        dates = [
            f"{self._text(key)} <time>{time.date().isoformat()}</time>"
            for key, time in (("placed", order.created_at), ("delivered", order.delivered_at))
            if time
        ]
        method = customer.payment_methods.get(self._paid_with(order))
        paid = self._text("paid_with", method=self._method(method, short=True)) if method else ""
        facts = " · ".join(each for each in (*dates, paid) if each)
        return f"""<article>
<h3>{escape(order.order_id)} <mark>{escape(status)}</mark></h3>
<ul class="items">
{items}
<li class="total"><span>{self._text("total")}</span><span>{self._money(order.price)}</span></li>
</ul>
<p class="note">{facts}</p>
<p class="note">{self._text("ship_to", address=order.address.line)}</p>
</article>"""

    def _item(self, item: Item) -> str:
        name = escape(self._named(item.name, item.name_zh))
        options = escape(self._options(item.options, item.options_zh))
        return f"<li><span>{name} <small>{options}</small></span><span>{self._money(item.price)}</span></li>"

    def _paid_with(self, order: Order) -> str:
        payments = [each for each in order.payment_history if each.transaction_type == "payment"]
        return payments[-1].payment_method_id if payments else ""

    def _named(self, name: str, name_zh: str | None) -> str:
        return name_zh if self.language == "zh" and name_zh else name

    def _options(self, options: Mapping[str, str], options_zh: Mapping[str, str] | None) -> str:
        chosen = options_zh if self.language == "zh" and options_zh else options
        return ("、" if chosen is options_zh else ", ").join(chosen.values())

    def _method(self, method: PaymentMethod, *, short: bool = False) -> str:
        english, chinese = _SOURCES.get(method.source, (method.source, method.source))
        words = [chinese if self.language == "zh" else english]
        if method.brand:
            words.append(method.brand)
        if method.last_four:
            words.append(f"•••• {method.last_four}")
        if method.balance is not None and not short:
            words.append(self._money(method.balance))
        return " ".join(words)

    def _money(self, amount: Decimal) -> str:
        currency = self.shop.currency
        return escape(f"{_SYMBOLS.get(currency, currency + ' ')}{amount:,.2f}")


def preferred_language(asked: str | None, accept_language: str) -> Language:
    """The language that the URL asks for, else the first one of Accept-Language that the page has, else English."""
    if asked in ("en", "zh"):
        return "zh" if asked == "zh" else "en"
    ranked: list[tuple[float, str]] = []
    for entry in accept_language.split(",")[:20]:
        tag, _, quality = entry.partition(";")
        ranked.append((-_quality(quality), tag.strip().lower().partition("-")[0]))
    ranked.sort(key=lambda each: each[0])
    for quality, tag in ranked:
        if quality < 0 and tag in ("en", "zh"):
            return "zh" if tag == "zh" else "en"
    return "en"


def _quality(written: str) -> float:
    name, _, value = written.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
