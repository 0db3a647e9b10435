"""Which replies are a yes to "shall I do it?". Whatever is not one must do nothing."""

from kefu.router.nlu.consent import Consent, calls_off, consent_of
from kefu.router.nlu.normalization import normalize
from tests.support.table import table


@table(
    "reply",
    [
        *(
            "yes",
            "Yes, please!",
            "Yes please do it",
            "YES!!!",
            "y",
            "ok",
            "Sure, go ahead.",
            "OK, go ahead!",
            "that's right",
            "I agree",
        ),
        *("yes, thanks", "Please do", "okay do it", "yes\nplease", "ｙｅｓ"),
        *(
            "是",
            "是的",
            "好的",
            "好的，谢谢",
            "好的，请办理",
            "确认",
            "是，确认办理",
            "我同意",
            "可以",
            "没问题，办理吧",
        ),
        *("確認", "好的，辦理吧", "好好好"),
    ],
)
def test_a_yes(reply: str) -> None:
    assert consent_of(normalize(reply)) is Consent.YES


@table(
    "reply",
    [
        *("no", "No, leave it as it is", "no thanks", "nope", "Do not do it", "don't", "Please don't", "never mind"),
        *("wait", "I changed my mind", "no yes", "stop", "not yet"),
        *("不", "不用了", "否，暂不办理", "算了", "别取消", "先不取消", "不是", "等一下", "我再想想", "我后悔了"),
    ],
)
def test_a_no(reply: str) -> None:
    assert consent_of(normalize(reply)) is Consent.NO


@table(
    "reply",
    [
        *("yes but keep one", "OK?", "yes?", "hm", "hmm...", "okay whatever", "yes no", "maybe", "..."),
        *("嗯", "嗯？", "嗯嗯", "好吧", "好的，但是只取消一件", "？", "", "   "),
    ],
)
def test_what_is_unclear_is_no_yes(reply: str) -> None:
    assert consent_of(normalize(reply)) is Consent.UNCLEAR


@table(
    "reply",
    [
        *("thanks", "please", "cancel", "How long does the refund take?", "what happens then", "yesterday I ordered"),
        *("Yes, but when is the refund?", "yes if it is free", "no, is it free?", "👍", "yes " * 60),
        *("谢谢", "取消", "退款多久到账", "不好意思，运费谁出？", "是不是要手续费", "可以不取消吗", "不知道", "要多久"),
    ],
)
def test_what_speaks_of_something_else_is_answered_as_any_message(reply: str) -> None:
    assert consent_of(normalize(reply)) is None


@table(
    ("reply", "is_called_off"),
    [
        *(
            (reply, True)
            for reply in ("cancel", "Cancel that, please", "please cancel it!", "取消", "取消吧", "那先取消")
        ),
        *((reply, False) for reply in ("cancel the kettle", "cancel my order", "取消订单", "可以取消吗", "别取消", "")),
    ],
    floor=12,
)
def test_cancel_alone_may_be_what_is_being_asked(reply: str, is_called_off: bool) -> None:
    assert calls_off(normalize(reply)) is is_called_off
