"""What is left to a person whatever the knowledge base holds, and what only looks like it."""

import pytest

from kefu.router.nlu.message import CustomerMessage
from tests.support.table import table

_SUBJECTS = {
    "self-harm": """
I want to die
I am going to kill myself
there's no reason to live
i'm suicidal
我不想活了
我真的想自杀
活着没意思
我想死
不如死了算了
""",
    "emergency": """
I can't breathe after taking your pills
My son swallowed a battery from your remote!
He is having a seizure, help
your charger caught fire
I got an electric shock from the kettle
孩子误吞了纽扣电池
充电宝着火了！
我老公晕倒了
用了你们的面霜后呼吸困难
""",
    "violence": """
I will kill you
I have a bomb
信不信我砍了你
我要炸了你们公司
""",
    "legal": """
I will sue you
My lawyer will contact you.
See you in court!
we'll take legal action
我要起诉你们
我的律师会联系你们
法院见
再不退款我就打12315
我要报警
""",
}
_NOT_SENSITIVE = """
Does the life insurance pay for suicide?
自杀赔吗
投保两年内自杀保险公司赔吗
想死你了
Is chest pain covered by the policy?
突发心脏病保险赔不赔
食物中毒了能报销吗
What is an electric shock?
如何预防呼吸困难
Do you sell fire extinguishers?
Is the Fire tablet in stock?
How do I kill a process?
What does a lawyer cost?
手机一直报警怎么办
设备报警灯亮了
能告诉你们的地址吗
The course on contract law: when does it begin?
"""
_ABUSE = """
fuck you
You are an idiot
you stupid piece of shit
Shut up!
Go to hell.
asshole!
傻逼
傻逼机器人，我的快递呢
滚蛋
去死吧
操你妈
你们这群废物
混蛋
"""
_NO_ABUSE = """
Where is my fucking parcel?
This damn thing does not work
你们的快递怎么这么慢
去死皮面膜多少钱
智障人士有优惠吗
废物利用的方法
水滚开了才能放吗
怎么操作你们的系统
I am not an idiot, I read the manual
他妈的怎么还不到
Is this a garbage disposal?
垃圾袋多少钱
"""


def lines(table: str) -> list[str]:
    return [line for line in table.splitlines() if line]


@table(("subject", "text"), [(name, text) for name, table in _SUBJECTS.items() for text in lines(table)])
def test_a_sensitive_subject_is_named(subject: str, text: str) -> None:
    assert CustomerMessage(text).sensitive_topic() == subject


@table("text", lines(_NOT_SENSITIVE))
def test_a_question_about_it_is_a_question(text: str) -> None:
    assert CustomerMessage(text).sensitive_topic() == ""


@table("text", lines(_ABUSE))
def test_an_insult_is_abuse(text: str) -> None:
    assert CustomerMessage(text).is_abuse


@table("text", lines(_NO_ABUSE))
def test_strong_language_about_something_else_is_none(text: str) -> None:
    assert not CustomerMessage(text).is_abuse


@table(
    ("topic", "text"),
    [
        ("politics", "What do you think of politics?"),
        ("investment advice", "Can you give me advice for my investments?"),
        ("选举", "你怎么看這次選舉？"),
        ("竞争对手 价格", "你们的价格比竞争对手高吗"),
        ("GDPR", "Is this gdpr compliant?"),
    ],
)
def test_a_message_that_holds_every_word_of_a_topic_is_about_it(topic: str, text: str) -> None:
    assert CustomerMessage(text).topic(["weather", topic]) == topic
    assert CustomerMessage(text).sensitive_topic([topic]) == topic


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        ("politics", "What is your return policy?"),
        ("investment advice", "Is this a good investment?"),
        ("竞争对手 价格", "价格多少"),
        ("art", "When does the party start?"),
    ],
)
def test_half_a_topic_is_not_the_topic(topic: str, text: str) -> None:
    assert CustomerMessage(text).topic([topic]) == ""
