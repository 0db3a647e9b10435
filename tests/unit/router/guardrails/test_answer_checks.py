"""The answer checks: what of a model's sentences is not shown, and what is."""

from kefu.router.domain.turn import Passage
from kefu.router.guardrails.answer_checks import AnswerChecks, AskedText, is_in_another_language
from kefu.router.guardrails.evidence import LiteralEvidence
from kefu.router.guardrails.form_of_address import is_misaddressed
from kefu.text.language import AnswerLanguage
from tests.support.table import table


@table(
    ("question", "sentence", "is_out"),
    [
        ("Do you ship to Hong Kong?", "Yes, you ship to Hong Kong.", True),
        ("Do you ship to Hong Kong?", "Yes, we ship to Hong Kong.", False),
        ("Do you have gift cards?", "You can buy gift cards in the shop.", False),
        ("What is your return policy?", "Your return policy is 30 days.", True),
        ("Can I share my benefits?", "You can share my benefits with 4 people.", True),
        ("Can I share my benefits?", "You can share your benefits with 4 people.", False),
        ("How do I cancel my order?", "Open My orders and choose Cancel.", False),
        ("Is it gone?", "I'm sorry, it is sold out.", False),
        ("你们发货到香港吗", "你们发货到香港。", True),
        ("你们发货到香港吗", "我们发货到香港。", False),
        ("我能退吗", "我可以退货。", True),
        ("我怎么取消", "打开“我的订单”，选择取消。", False),
    ],
)
def test_the_customer_is_you_and_the_company_is_not(question: str, sentence: str, is_out: bool) -> None:
    assert is_misaddressed(question, sentence, "打开“我的订单”") is is_out


@table(
    ("sentence", "language", "is_out"),
    [
        ("退款需要 7 天。", "en", True),
        ("Refunds take 7 days.", "zh", True),
        ("退款需要 7 天，the money comes back to your card。", "zh", True),
        ("支持 Apple Pay 和 American Express。", "zh", False),
        ("Open 会员中心 and choose it.", "en", False),
        ("Open 顾客服务中心首页 and choose it.", "en", False),
        ("Open 您的订单详情页面 and choose it.", "en", True),
        ("¥18.", "zh", False),
    ],
)
def test_a_sentence_is_in_the_answers_language(sentence: str, language: AnswerLanguage, is_out: bool) -> None:
    assert is_in_another_language(sentence, language, "顾客服务中心首页") is is_out


EN = "Worn shoes cannot be returned. Unworn shoes can be returned within 30 days. A parcel costs ¥15, express 40% more."
ZH = "穿过的鞋不能退。未穿过的鞋 30 天内可以退货。每件运费 15 元，加急另加 40%。"


def checks(question: str, language: AnswerLanguage, *texts: str) -> AnswerChecks:
    found = [Passage(n, f"p{n}", "Orders", (), text, "", 0.9, language) for n, text in enumerate(texts, start=1)]
    literals = LiteralEvidence([question], [("Orders", text) for text in texts], question)
    return AnswerChecks(AskedText(question, language, found, literals))


@table(
    ("question", "sentence", "failed"),
    [
        ("How long can I return shoes?", "You can return unworn shoes within 30 days [1].", ""),
        ("How long can I return shoes?", "Shoes can be returned within 60 days.", "literal"),
        ("How long can I return shoes?", "未穿过的鞋可以退货。", "language"),
        ("Can I return my shoes?", "You can return my shoes if they are unworn.", "person"),
        ("Where is my order?", "Your order number is SL202603150042.", "literal"),
        ("How long can I return shoes?", "Pirates love treasure, parrots and wooden legs.", "support"),
        ("What do 3 parcels cost?", "They cost 3 × ¥15 = ¥45.", ""),
        ("What do 3 parcels cost?", "They cost 3 × ¥15 = ¥46.", "literal"),
        ("What do 3 parcels cost?", "They cost 3 × ¥16 = ¥48.", "literal"),
        ("What do parcels cost?", "Parcels cost 12 × 11 = 132 yuan.", "literal"),
        ("What do 3 parcels cost?", "They cost ¥45.", "literal"),
        ("What does express cost more?", "Express costs ¥15 × 0.4 = ¥6 more.", ""),
        ("What does express cost more?", "Express costs ¥15 × 0.2 = ¥3 more.", "literal"),
    ],
)
def test_the_first_check_that_an_english_sentence_does_not_pass_is_named(
    question: str, sentence: str, failed: str
) -> None:
    assert checks(question, "en", EN).failed(sentence) == failed


@table(
    ("question", "sentence", "failed"),
    [
        ("鞋多久能退？", "未穿过的鞋 30 天内可以退货[1]。", ""),
        ("鞋多久能退？", "未穿过的鞋 60 天内可以退货。", "literal"),
        ("鞋多久能退？", "Unworn shoes can be returned within 30 days.", "language"),
        ("我能退鞋吗", "我可以退未穿过的鞋。", "person"),
        ("鞋多久能退？", "海盗喜欢宝藏、鹦鹉与木腿。", "support"),
        ("3 件运费多少？", "运费是 3 × 15 = 45 元。", ""),
        ("3 件运费多少？", "运费是 3 × 15 = 54 元。", "literal"),
        ("3 件运费多少？", "运费是 3 件 × 16 元 = 48 元。", "literal"),
    ],
)
def test_the_first_check_that_a_chinese_sentence_does_not_pass_is_named(
    question: str, sentence: str, failed: str
) -> None:
    assert checks(question, "zh", ZH).failed(sentence) == failed


def test_an_example_of_a_page_is_not_told_as_the_customers_own_number() -> None:
    page = "Your order number is SL202603150042, for example."
    assert checks("Where is it?", "en", page).failed("Your order number is SL202603150042.") == "codes"
    asked = "Where is SL202603150042?"
    assert checks(asked, "en", page).failed("Your order number is SL202603150042.") == ""


def test_what_a_sum_came_to_may_be_said_again_by_later_sentences_alone() -> None:
    found = checks("What do 3 parcels cost?", "en", EN)
    assert found.failed("So parcels cost ¥45.") == "literal"
    assert found.failed("Parcels cost 3 × ¥15 = ¥45.") == ""
    assert found.failed("So parcels cost ¥45.") == ""
    assert found.failed("So parcels cost ¥54.") == "literal"
    assert "¥45" in found.literal


def test_a_sum_of_what_no_passage_holds_lets_nothing_be_said() -> None:
    found = checks("What do 3 parcels cost?", "en", EN)
    assert found.failed("Parcels cost 3 × ¥20 = ¥60.") == "literal"
    assert found.failed("So parcels cost ¥60.") == "literal"


def test_words_of_passages_in_another_language_cannot_occur() -> None:
    assert checks("How long?", "en", ZH).failed("Footwear may go back within 30 days.") == ""
