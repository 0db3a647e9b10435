"""What needs no search, as people type it, and what only looks like it."""

from collections.abc import Callable

import pytest

from kefu.router.nlu.intents import Intent
from kefu.router.nlu.message import CustomerMessage
from tests.support.cpu_time import loops
from tests.support.table import table

_GREETINGS = """
hi|Hello|Hey there|Good morning|helo|hellooooo|HI!!!|hi 👋|heyyy|Good evening, sir|hiya|anyone there?
Hello? Are you there?
你好|您好|你好呀~|在吗|在？|哈喽|早上好|晚上好！|有人在吗？|你好在吗|您好，请问有人吗|嗨|nihao|你号|您好😊|在嗎|你好你好
how are you?|Hi, good afternoon!|hola
"""
_THANKS = """
thanks|Thank you!|thx|thnaks|ty|thank you so much 😊|thaaaanks|Many thanks for your help|ok thanks|cheers mate
Thanks, that's very helpful
thank u|much appreciated|🙏🙏|Perfect, thank you very much!
谢谢|谢谢你|謝謝|谢谢啦！|好的，谢谢|非常感谢您的帮助|多谢|谢谢谢谢谢谢|辛苦了|感谢感谢|蟹蟹|3q|太感谢了🌹|麻烦您了
謝謝你們|好的谢谢亲
"""
_ACKNOWLEDGEMENTS = """
ok|OK!|okay|okkkk|k|Got it.|I see|alright|great|sounds good|makes sense|👍|👌👌|noted|okey|Cool, got it|no problem
ok ok|understood!!|😂|haha
好的|好|嗯嗯|知道了|明白了|收到|了解|行|好滴|好嘞~|哦哦|嗯嗯嗯嗯|原来如此|瞭解|收到👌|好的好的|没问题|OK了|哈哈哈
好，知道了|可以|懂了
"""
_GOODBYES = """
bye|Bye bye|byeeee|goodbye|See you later!|good night|have a nice day|ok, thanks, bye!|bye 👋|take care
thank you, goodbye|that's all, thanks
再见|拜拜|再見|拜拜啦|88|886|晚安|回头见|好的，再见|谢谢，再见！|掰掰|那先这样吧|没有问题了，谢谢
"""
_WISHES = """
agent please|agent!!!|human|human please|Real person plz|I want to talk to a human|Can I speak to a representative?
Connect me to an agent
transfer me to a live agent now|let me talk to someone real|Could you kindly put me through to a person?
representative|operator|I need a human
I want to speek to an agnet|customer service representative please|get me a manager
Hi, can I talk to a real person please|live chat|AGENT
can someone real help me please|Could a real person help me with my refund?|would a human please call me
I don't want to talk to a bot|I'd like to speak with someone|thanks but I want a human|how do I talk to a human?
talk to a person
My parcel is late and nobody helps, let me talk to a human!|Where is my refund? Transfer me to an agent.
I want to speak to a person about my refund|this bot is useless I want to talk to a human
Please connect me with customer service
转人工|转人工！！|轉人工|轉人工客服，謝謝|请帮我转人工客服|我要人工|人工|人工客服|找真人|我想找客服|能不能转人工
帮我接一下人工|转接人工服务
我要和真人说话|我想跟人工客服沟通一下|有人工吗|麻烦转一下人工客服，谢谢|叫你们经理来|不想和机器人聊|怎么转人工|转人功
专人工
我的快递三天没动了，我要找人工|退款一直不到账！转人工|你好，转人工|請幫我轉真人客服|可以帮我转人工吗？|不要机器人
联系客服|给我转人工快点
"""
_QUESTIONS = """
ok, but how long does it take?|thanks, but where is my refund?|how do I contact a person about my refund?
hi, where is my parcel?
What are the hours of your customer service agents?|Do you sell human hair wigs?|What does an agent cost?
Can I be your agent in Canada?
How many people can sit at the table?|is my order ok?|no|I am not ok with this|Is good morning tea in stock?
What is a thank-you card?
Do I have to talk to a person to cancel?|When can I speak to an agent?
Can someone else pick up my parcel?|can a person with a wheelchair get in?|When can a real person help me?
I don't want to talk to a person, just tell me the price
Can someone else pick up my parcel?|bye-bye lamp price|hello kitty mug|great, and the price?
Does the manager account need a password?
Which representative office is in Berlin?|I need a person's name for the gift card?|goodbye gift for a colleague
您好，请问怎么退货|好的怎么退货|谢谢，那多久到账？|人工客服几点上班？|怎么联系客服|转人工要等多久
不用转人工，告诉我怎么退款就行|人工智能音箱多少钱
你好牌电视怎么保修|再见到账要几天|好用吗|可以退货吗|在吗？我想退货|收到货坏了怎么办|收到的货是坏的
没问题的话什么时候发货|行李箱有几种颜色|如果要转人工该打哪个电话
人工费怎么算|人工湖附近有门店吗|谢谢卡怎么用|好的，那运费谁出|ok但是要多久|不用谢谢|多谢惠顾券怎么用|客服电话是多少
88元的套餐还有吗|知道了，但是发票呢
"""


def messages(table: str) -> list[str]:
    return [message for line in table.strip().splitlines() for message in line.split("|") if message]


@table("text", messages(_GREETINGS), floor=33)
def test_a_greeting_is_greeted(text: str) -> None:
    assert CustomerMessage(text).intent is Intent.GREETING


@table("text", messages(_THANKS), floor=31)
def test_thanks_are_answered(text: str) -> None:
    assert CustomerMessage(text).intent is Intent.THANKS


@table("text", messages(_ACKNOWLEDGEMENTS), floor=43)
def test_an_acknowledgement_is_taken_as_one(text: str) -> None:
    assert CustomerMessage(text).intent is Intent.ACKNOWLEDGEMENT


@table("text", messages(_GOODBYES), floor=25)
def test_a_goodbye_is_returned(text: str) -> None:
    assert CustomerMessage(text).intent is Intent.GOODBYE


@table("text", messages(_WISHES))
def test_a_wish_for_a_person_wins_whatever_stands_beside_it(text: str) -> None:
    assert CustomerMessage(text).intent is Intent.PERSON


@table("text", messages(_QUESTIONS), floor=56)
def test_a_question_that_looks_like_one_of_these_is_searched(text: str) -> None:
    assert CustomerMessage(text).intent is None


def test_the_tables_hold_well_over_forty_messages_in_each_language() -> None:
    known = [text for table in (_GREETINGS, _THANKS, _ACKNOWLEDGEMENTS, _GOODBYES, _WISHES) for text in messages(table)]
    chinese = [text for text in known if any("\u4e00" <= character <= "\u9fff" for character in text)]
    assert min(len(chinese), len(known) - len(chinese)) > 60


@pytest.mark.parametrize(
    "text",
    [
        "嗯嗯嗯嗯嗯好的好的好的谢谢你哦那什么时候发货",
        "ok ok ok ok ok ok ok ok thanks where is my parcel",
        "哈" * 24 + "你说什么",
        "hi " * 20 + "car",
        "好" * 30 + "车",
        "好的谢谢" * 19 + "车",
        "嗯" * 76 + "你说什么",
    ],
)
def test_a_question_behind_many_phrases_is_a_question_at_once(text: str) -> None:
    """Each phrase more took ten times as long: twelve "hi" before a word stopped a router."""
    assert loops(lambda: CustomerMessage(text).intent, tries=5) < 15
    assert CustomerMessage(text).intent is None


@table(
    ("text", "intent"),
    [
        ("好的谢谢再见", Intent.GOODBYE),
        ("ok thanks see you", Intent.GOODBYE),
        ("哈哈哈哈好的谢谢", Intent.THANKS),
        ("hi " * 26, Intent.GREETING),
        ("嗯嗯嗯哦好的好的谢谢", Intent.THANKS),
    ],
    floor=5,
)
def test_many_phrases_without_a_mark_between_are_told_apart(text: str, intent: Intent) -> None:
    assert CustomerMessage(text).intent is intent


@pytest.mark.parametrize(
    "read",
    [
        lambda: CustomerMessage("转人工" + "聊" * 34 + "x").intent,
        lambda: CustomerMessage("好" + "真的" * 24).sensitive_topic(),
        lambda: CustomerMessage("你" + "这个" * 24).is_abuse,
    ],
)
def test_words_that_can_be_read_in_two_ways_are_read_in_one(read: Callable[[], object]) -> None:
    """These took seconds to minutes: each word of them doubled the time."""
    assert loops(read, tries=3) < 5
