"""Which messages ask for yes or no, and which of them in the negative."""

from kefu.common.text.language import AnswerLanguage
from kefu.router.grounding.yes_no_question import Modal, asks_yes_no, read_yes_no
from tests.support.table import table


@table(
    ("language", "question"),
    [
        ("en", "Can I bring a dog?"),
        ("en", "do u repair watches of other brands"),
        ("en", "I lost my card. Is the new one free?"),
        ("en", "When I change the date, do I keep my seat?"),
        ("en", "You take cash, right?"),
        ("en", "So I can't bring my own food?"),
        ("en", "Somebody told me the tour stops at the castle. True?"),
        ("en", "Two coupons on one order, does that work?"),
        ("en", "Never used it, only opened the box. Returnable?"),
        ("en", "Is 早餐 included?"),
        ("zh", "能带狗进去吗"),
        ("zh", "借的书可不可以续借"),
        ("zh", "亲，这个积分攒不攒"),
        ("zh", "有没有家庭套餐"),
        ("zh", "改签要不要钱"),
        ("zh", "用微信付款不"),
        ("zh", "外包装丢了，不能退了吧？"),
        ("zh", "听人说会停靠城堡，是真的吗"),
        ("zh", "用了好几次才发现坏了，还给退吗"),
        ("zh", "可以 return 吗"),
        ("zh", "會員可以免費嗎"),
    ],
    floor=21,
)
def test_a_message_that_is_answered_with_yes_or_no_asks_for_it(language: AnswerLanguage, question: str) -> None:
    assert asks_yes_no(question, language)


@table(
    ("language", "question"),
    [
        ("en", "How long does delivery take?"),
        ("en", "What does it cost?"),
        ("en", "Can you tell me when you open?"),
        ("en", "Do you know how many people fit in?"),
        ("en", "You record calls, right? How long are they kept?"),
        ("en", "Is a locker or a station better?"),
        ("en", "Is it free? Can I cancel it?"),
        ("en", "and a mattress?"),
        ("en", "my parcel is late"),
        ("zh", "运费多少"),
        ("zh", "怎么退货"),
        ("zh", "什么时候到呢"),
        ("zh", "要交年费吗，多少钱"),
        ("zh", "是周六还是周日送吗"),
        ("zh", "能退吗，要收运费吗"),
        ("zh", "包裹还没到，很着急"),
    ],
    floor=16,
)
def test_a_message_that_asks_for_something_else_as_well_is_no_yes_no_question(
    language: AnswerLanguage, question: str
) -> None:
    assert not asks_yes_no(question, language)


@table(
    ("language", "question", "negated"),
    [
        ("en", "Can't I return it?", True),
        ("en", "So it isn't possible to pay early?", True),
        ("en", "The seat is never free?", True),
        ("en", "I don't like the look. Can it go back?", False),
        ("en", "Can I return it?", False),
        ("zh", "不能退吗", True),
        ("zh", "是不是拿不到优惠", True),
        ("zh", "能不能退", False),
        ("zh", "这个退不", False),
        ("zh", "不喜欢，能退吗", False),
    ],
    floor=10,
)
def test_a_question_in_the_negative_is_known(language: AnswerLanguage, question: str, negated: bool) -> None:
    asked = read_yes_no(question, language)
    assert asked is not None
    assert asked.negated is negated


@table(
    ("question", "modal"),
    [
        ("能退吗", Modal.CAN),
        ("退得了吗", Modal.CAN),
        ("要不要押金", Modal.NEED),
        ("这号要被封吗", Modal.WILL),
        ("有没有桑拿", Modal.HAVE),
        ("会扣我钱吗", Modal.WILL),
        ("给退吗", Modal.WILL),
        ("这算迟到吧", Modal.BE),
    ],
    floor=8,
)
def test_a_chinese_question_tells_the_word_that_it_is_answered_with(question: str, modal: Modal) -> None:
    asked = read_yes_no(question, "zh")
    assert asked is not None
    assert asked.modal is modal


@table("text", ["", " ", "?", "？！", "\n\n", "🙂", "吗", "不" * 5_000, "can i " * 2_000, "\x00"])
def test_what_holds_no_question_is_read_without_an_error(text: str) -> None:
    for language in ("zh", "en"):
        assert read_yes_no(text, language) is None
