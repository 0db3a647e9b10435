"""The questions in one message: cut where two stand by themselves, and nowhere else."""

import pytest

from kefu.router.nlu.question_splitting import MOST_QUESTIONS, split_questions
from tests.support.cpu_time import seconds
from tests.support.table import table


@table(
    ("text", "questions"),
    [
        (
            "what are your opening hours and can i pay by american express",
            ("what are your opening hours", "Can i pay by american express"),
        ),
        (
            "Do you ship to Japan, and is delivery free?",
            ("Do you ship to Japan", "Is delivery free?"),
        ),
        (
            "How long is a code valid? May I use the old one?",
            ("How long is a code valid?", "May I use the old one?"),
        ),
        (
            "I want to know what the fee is and how long it takes to arrive",
            ("I want to know what the fee is", "How long it takes to arrive"),
        ),
        ("运费多少，另外能开发票吗", ("运费多少", "能开发票吗")),
        ("运费多少另外能开发票吗", ("运费多少", "能开发票吗")),
        ("怎么退货 运费谁出", ("怎么退货", "运费谁出")),
        ("什么时候发货？还有，能改地址吗？", ("什么时候发货？", "能改地址吗？")),
        ("運費多少？另外可以開發票嗎？", ("運費多少？", "可以開發票嗎？")),
        ("运费多少？几天到？", ("运费多少？", "几天到？")),
    ],
    floor=10,
)
def test_two_questions_are_cut_apart(text: str, questions: tuple[str, ...]) -> None:
    assert split_questions(text) == questions


@table(
    "text",
    [
        "what is the difference between gold and platinum",
        "table and chair assembly",
        "How long does it take from Beijing to Shanghai and back?",
        "Which plan is cheap and does email?",
        "How fast are mails answered on Free and how fast on Plus?",
        "Which is quicker for a refund, WeChat or my bank card?",
        "If I cancel today, will the fee come back?",
        "Can I return it? Is that possible?",
        "Is it free? Yes or no?",
        "金卡和铂金卡有什么区别",
        "退到支付宝和退到银行卡，哪个快，各几天",
        "入会要交年费吗，多少",
        "国庆回来发现少了几笔，要怎么弄",
        "还在试用呢，现在订要付多少？",
        "衣柜想走加急，可以吗？急着用",
        "我想return这个item，shipping fee谁付？",
    ],
    floor=16,
)
def test_one_question_stays_whole(text: str) -> None:
    assert split_questions(text) == (text,)


@table(
    "text",
    [
        "I bought a sofa last week. It does not fit. Can I send it back?",
        "Standard delivery is 3 days late. Any voucher for that?",
        "Why is my transfer late? I thought it takes one day. Can you look into it?",
        "付完款三个钟头了，还没打包，地址改得了吗",
        "上周四收的货。今天才发现里面坏了。还能赔吗？",
    ],
    floor=5,
)
def test_what_is_told_around_a_question_is_no_question(text: str) -> None:
    assert split_questions(text) == (text,)


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        (
            "My lift is small, what does delivery cost, and how long until a sofa comes?",
            ("My lift is small, what does delivery cost", "How long until a sofa comes?"),
        ),
        ("东西不要了，退到微信要几天，当初的运费退不退", ("东西不要了，退到微信要几天", "当初的运费退不退")),
        ("密钥能用多久，万一弄丢了，还能再看一眼吗", ("密钥能用多久", "万一弄丢了，还能再看一眼吗")),
    ],
)
def test_what_is_told_in_front_of_a_question_belongs_to_it(text: str, questions: tuple[str, ...]) -> None:
    assert split_questions(text) == questions


@table(
    ("text", "second"),
    [
        ("How long is the warranty on a fridge? And on a mattress?", "How long is the warranty on a mattress?"),
        ("Can I return a sofa? What about a mattress?", "Can I return a mattress?"),
        ("When does it reach Macau? And the cost?", "When does it reach Macau? And the cost?"),
        ("冰箱的保修多久？床垫呢？", "床垫的保修多久？"),
        ("金卡运费多少？银卡呢？", "银卡运费多少？"),
        ("冰箱保修多久？床垫呢", "冰箱保修多久？床垫呢"),
    ],
    floor=6,
)
def test_a_question_that_lacks_its_words_gets_those_of_the_one_before(text: str, second: str) -> None:
    assert split_questions(text)[1:] == (second,)


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("Hi! Where is my parcel? Thanks!", ("Where is my parcel?",)),
        ("你好，请问运费多少？谢谢", ("请问运费多少？",)),
        ("亲，退款多久到账呀？可以退到支付宝不", ("退款多久到账呀？", "可以退到支付宝不")),
    ],
)
def test_courtesies_are_left_out(text: str, questions: tuple[str, ...]) -> None:
    assert split_questions(text) == questions


@table("text", ["thanks a lot, that helped!", "???", "And on a mattress?", "还有货吗", "那床垫呢"], floor=5)
def test_a_message_that_asks_nothing_else_comes_back_as_it_is(text: str) -> None:
    assert split_questions(f" {text} ") == (text,)


def test_an_empty_message_is_an_empty_question() -> None:
    assert split_questions("  ") == ("",)


def test_at_most_three_questions_are_taken() -> None:
    text = "1. How do I reset it? 2. How long is a code valid? 3. Can I use the old one? 4. Is the case important?"
    questions = split_questions(text)
    assert questions == ("How do I reset it?", "How long is a code valid?", "Can I use the old one?")
    assert len(questions) == MOST_QUESTIONS


def test_a_question_asked_twice_is_one() -> None:
    assert split_questions("Where is my parcel?\nWhere is my parcel?") == ("Where is my parcel?",)


@pytest.mark.parametrize("letter", ["Is it free?\n\nIs delivery free as well?", "See https://a.b/?c=d Can I pay cash?"])
def test_a_letter_is_one_question(letter: str) -> None:
    assert split_questions(letter) == (letter,)


@pytest.mark.parametrize(
    "unit",
    ["and can i ", "what is ", "运费多少，", "? ", "，", " and ", "1. ", "A呢？", "另外", "how to ", "\n", "(((("],
)
@pytest.mark.parametrize("length", [399, 100_000])
def test_hostile_text_takes_no_time(unit: str, length: int) -> None:
    text = (unit * length)[:length]
    assert split_questions(text)
    assert seconds(lambda: split_questions(text)) < 0.25
