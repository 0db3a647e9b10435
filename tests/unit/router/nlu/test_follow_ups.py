"""Intents, leaning on what was said before."""

from kefu.router.nlu.intents import Intent
from kefu.router.nlu.message import CustomerMessage
from tests.support.table import table


@table(
    ("text", "intent"),
    [
        ("hi", Intent.GREETING),
        ("Hello there!!", Intent.GREETING),
        ("你好", Intent.GREETING),
        ("您好，在吗？", Intent.GREETING),
        ("你好在吗", Intent.GREETING),
        ("早上好", Intent.GREETING),
        ("Thanks a lot!", Intent.THANKS),
        ("thank you so much 😊", Intent.THANKS),
        ("好的，谢谢你", Intent.THANKS),
        ("谢谢🙏", Intent.THANKS),
        ("ok", Intent.ACKNOWLEDGEMENT),
        ("Got it.", Intent.ACKNOWLEDGEMENT),
        ("知道了", Intent.ACKNOWLEDGEMENT),
        ("👍", Intent.ACKNOWLEDGEMENT),
        ("bye", Intent.GOODBYE),
        ("ok, thanks, bye!", Intent.GOODBYE),
        ("再见", Intent.GOODBYE),
        ("转人工", Intent.PERSON),
        ("请帮我转人工客服，谢谢", Intent.PERSON),
        ("我要人工", Intent.PERSON),
        ("我想找客服", Intent.PERSON),
        ("human please", Intent.PERSON),
        ("Can I talk to a real person?", Intent.PERSON),
        ("Hello, I want to speak to an agent", Intent.PERSON),
        ("hi, where is my parcel?", None),
        ("你好，我的包裹在哪", None),
        ("thanks, but where is my refund", None),
        ("人工客服几点下班？", None),
        ("怎么联系客服", None),
        ("Do you sell human hair wigs?", None),
        ("What does an agent cost?", None),
        ("好的怎么退货", None),
        ("I am not ok with this", None),
        ("不用谢谢", None),
        ("no", None),
        ("", None),
        ("...", None),
        ("hi " * 100, None),
    ],
    floor=38,
)
def test_a_message_is_an_intent_only_when_all_of_it_is(text: str, intent: Intent | None) -> None:
    assert CustomerMessage(text).intent == intent
