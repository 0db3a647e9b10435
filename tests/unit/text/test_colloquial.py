"""The plain form of what people type in a hurry."""

from kefu.text.plain_form import plain_form
from tests.support.table import table


@table(
    ("typed", "plain"),
    [
        ("u guys do next day shipping?", "you do next day shipping?"),
        ("Hey! quick question: r u gonna ship 2moro pls?", "are you going to ship tomorrow?"),
        ("Vacuum says E-14 wtf.", "Vacuum says E-14."),
        ("whats the fee, thx", "what's the fee"),
        ("helppp my parcel is looooost", "helpp my parcel is loost"),
        ("亲，有次日达不", "有次日达吗"),
        ("有木有次日达呀亲，我在武汉", "有没有次日达，我在武汉"),
        ("积分咋还没到账捏", "积分怎么还没到账呢"),
        ("你好，请问退货要多久？谢谢", "退货要多久？"),
        ("在吗，订单怎么取消", "订单怎么取消"),
        ("礼品卡剩的几十块可以提现么", "礼品卡剩的几十块可以提现吗"),
    ],
    floor=11,
)
def test_what_says_nothing_is_left_out_and_short_forms_become_standard_ones(typed: str, plain: str) -> None:
    assert plain_form(typed) == plain


@table(
    "text",
    [
        "Where is order SL202603150042?",
        "what is the U-shaped sofa",
        "mail me at u@shop.com or www.shop.com/u",
        "How do I change size XXXL",
        "亲子卡怎么用",
        "我的U盘坏了怎么办",
        "这是为什么",
        "我从不退货",
        "问了三遍都不一样",
    ],
    floor=9,
)
def test_names_codes_and_whole_words_stay(text: str) -> None:
    assert plain_form(text) == text


@table("text", ["hi", "thanks", "亲", "你好", "谢谢", "???"], floor=6)
def test_a_message_of_manners_alone_stays(text: str) -> None:
    assert plain_form(text) == text
