"""Figures are computed where they are certain, and nowhere else."""

from functools import partial

from kefu.common.text.language import AnswerLanguage, language_of
from kefu.router.domain.turn import Passage
from kefu.router.grounding.calculation import computed
from kefu.router.grounding.evidence_pieces import EvidencePiece, pieces_of
from kefu.testing.hostile_text import LONGEST, hostile_texts
from tests.support.cpu_time import loops
from tests.support.table import table

_MOST_LOOPS = 25
"""A turn's computation, once: see `tests.support.cpu_time`."""

_GYM = """Members train for free. Guests pay ¥60 per visit.

| Contract | Fee | Joining fee |
|---|---|---|
| 6 months | ¥300 a month | 5% of the first payment |
| 12 months | ¥240 a month | 2% of the first payment |"""
_CLUB = """| Tier | Points per ¥1 | Lounge |
|---|---|---|
| Bronze | 1 | no |
| Ruby | 1.5 | yes |

200 points are worth ¥1. At least 400 points must be used at a time."""
_PARKING = "The first rack is included. Each further rack costs $12 a month."
_SOFTWARE = "The basic price is ¥50 a month and covers 4 terminals. Every further terminal costs ¥6 a month."
_MOVERS = """| Situation | Fee |
|---|---|
| Without lift, 2nd floor | ¥40 |
| Without lift, 3rd floor | ¥50 |
| With lift, any floor | ¥30 |

From the 2nd floor on, each further floor costs ¥10."""
_BOXES = "Shipping costs €9 per crate. One crate holds up to 6 bottles."
_HALL = "A room is rented out with a deposit: the deposit is 30% of the rent."
_LIBRARY = "Unopened films may be sent back within 14 days of receipt without giving a reason."

_健身 = """会员免费。访客每次 60 元。

| 合同 | 手续费 |
|---|---|
| 6 个月 | 首付款的 5% |
| 12 个月 | 首付款的 2% |"""
_积分 = """| 等级 | 每消费 1 元得积分 | 休息室 |
|---|---|---|
| 青铜 | 1 | 无 |
| 红宝石 | 1.5 | 有 |

200 积分抵 1 元。"""
_软件 = "基本费每月 50 元，含 4 台终端；超出的每台每月 6 元。"
_电影 = "影碟收货后 14 天内可以无理由退回。"


def pieces(*texts: str) -> list[EvidencePiece]:
    return [
        piece
        for number, text in enumerate(texts)
        for piece in pieces_of(number, Passage(number, f"p/{number}", "", (), text, "", 0.9, language_of(text)))
    ]


def said(question: str, *texts: str) -> str | None:
    language: AnswerLanguage = "zh" if language_of(question) == "zh" else "en"
    found = computed(question, pieces(*texts), language)
    return found and found.statement


@table(
    ("question", "text", "statement"),
    [
        ("How much do 3 visits cost for a guest?", _GYM, "3 × ¥60 per visit = ¥180"),
        ("What is the joining fee for 12 months if the payment is ¥2,880?", _GYM, "2% of ¥2,880 is ¥57.60"),
        ("How many points does Ruby get for 800 yuan?", _CLUB, "¥800 × 1.5 points = 1,200 points"),
        ("What are 5k points worth?", _CLUB, "5,000 points are worth ¥25"),
        ("How much is a month with nine terminals?", _SOFTWARE, "¥50 + 5 × ¥6 make ¥80 a month"),
        ("What do I pay without lift on the 6th floor?", _MOVERS, "¥50 + 3 × ¥10 make ¥80"),
        ("How much is shipping for 20 bottles?", _BOXES, "20 at up to 6 per crate take 4; 4 × €9 make €36"),
        ("How much is the deposit for a room with a rent of $900?", _HALL, "30% of $900 is $270"),
        ("访客来三次多少钱", _健身, "3 × 60 元，共 180 元"),
        ("12个月的合同，首付款三千块，手续费多少", _健身, "3,000 元的 2% 是 60 元"),
        ("红宝石会员消费2千元得多少积分", _积分, "2,000 元 × 每元 1.5 积分 = 3,000 积分"),
        ("5000积分抵多少钱", _积分, "5,000 积分值 25 元"),
        ("九台终端每月多少钱", _软件, "每月50 元 + 5 × 6 元，合计 80 元"),
    ],
)
def test_it_computes_by_the_rule_of_the_page(question: str, text: str, statement: str) -> None:
    assert said(question, text) == statement


def test_rows_that_are_asked_about_together_are_computed_together() -> None:
    question = "How many points do Bronze and Ruby get for ¥300?"
    assert said(question, _CLUB) == "Bronze: ¥300 × 1 points = 300 points; Ruby: ¥300 × 1.5 points = 450 points"


def test_a_discount_is_taken_from_the_price_of_the_row_that_is_named() -> None:
    prices = "| Course | Price a month | Price a year |\n|---|---|---|\n| Basic | ¥20 | ¥200 |\n| Expert | ¥50 | ¥500 |"
    discount = (
        "| Course | Discount for pupils | Proof |\n|---|---|---|\n| Basic | 10% | card |\n| Expert | 20% | card |"
    )
    question = "What does Expert cost for a year with the discount for pupils?"
    assert said(question, discount, prices) == "20% of ¥500 is ¥100, so ¥400 remains"


def test_the_last_day_is_told_without_a_year_where_every_year_gives_the_same() -> None:
    question = "I received films on {}, until when may they be sent back unopened?"
    assert said(question.format("3 May"), _LIBRARY) == "14 days from 3 May is 17 May"
    assert said(question.format("20 February"), _LIBRARY) is None
    assert said("影碟5月28日收货，最晚几号可以无理由退回", _电影) == "5 月 28 日之后 14 天是 6 月 11 日"


def test_a_figure_is_set_against_the_limit() -> None:
    text = "Delivery of groceries is free from ¥80."
    found = computed("Is the delivery of my groceries free if the order is ¥75?", pieces(text), "en")
    assert found
    assert (found.statement, found.holds) == ("¥75 is less than ¥80", False)
    over = computed("Is the delivery of my groceries free for ¥80?", pieces(text), "en")
    assert over
    assert (over.statement, over.holds) == ("¥80 is not less than ¥80", True)


def test_more_than_a_limit_is_not_the_limit_itself() -> None:
    text = "Referral reward: the first order of a friend must come to more than ¥150."
    found = computed("My friend's first order comes to exactly ¥150, is there the referral reward?", pieces(text), "en")
    assert found
    assert (found.statement, found.holds) == ("¥150 is not more than ¥150", False)


@table(
    ("question", "text"),
    [
        ("How much do 3 visits and 2 towels cost for a guest?", _GYM),  # a figure without a place
        ("What is the joining fee for 9 months if the payment is ¥2,880?", _GYM),  # no such row
        ("What is the joining fee if the payment is ¥2,880?", _GYM),  # which row?
        ("How many points does Gold get for 800 yuan?", _CLUB),  # no such tier
        ("How many points must I use for 800 yuan with Ruby?", _CLUB),  # earned is not used
        ("How many points does Ruby get for ¥333?", _CLUB),  # would have to be rounded
        ("What are 300 points worth?", _CLUB),  # too few to be used
        ("How much are 3 racks?", _PARKING),  # each further one: beyond what number is not said in figures
        ("What do I pay with lift on the 6th floor?", _MOVERS),
        ("What do I pay without lift on the 3rd floor?", _MOVERS),  # the row says it
        ("How much is shipping for 20 glasses?", _BOXES),
        ("How much is the deposit for a room if it is not rented, with a rent of $900?", _HALL),
        ("How much is the deposit for a room with a rent between $900 and $950?", _HALL),
        ("How much is shipping per crate?", _BOXES),  # the page says it
        ("Guests pay 60?", _GYM),
        ("Is it cheaper, and how much do 3 visits cost for a guest?", _GYM),  # one side of a comparison
        ("银会员消费2000元得多少积分", _积分),
        ("红宝石会员用2000元抵多少积分", _积分),
        ("访客来三次带两条毛巾多少钱", _健身),
    ],
)
def test_it_is_silent_where_something_is_uncertain(question: str, text: str) -> None:
    assert said(question, text) is None


def test_an_exception_beside_the_rule_silences_it() -> None:
    assert said("How much do 2 wardrobes cost to assemble?", "Furniture is assembled for ¥80 per piece.")
    text = "Assembly of beds is included. All other furniture is assembled for ¥80 per piece."
    assert said("How much do 2 beds cost to assemble?", text) is None
    assert said("两张床的安装费一共多少", "床类免费安装。其他家具每件安装费 80 元。") is None
    assert said("两张桌子的安装费一共多少", "床类免费安装。其他家具每件安装费 80 元。") == "2 × 80 元，共 160 元"


def test_a_limit_is_no_price() -> None:
    assert said("How much can I pay in 3 days?", "One account can pay up to ¥50,000 a day.") is None
    assert said("三天一共能付多少", "每个账户每天最多支付 50,000 元。") is None
    assert (
        said(
            "How much are 12 extra seats?", "| Plan | Price of an extra seat | Most |\n|---|---|---|\n| Pro | ¥5 | 9 |"
        )
        is None
    )


def test_two_rules_that_fit_alike_give_no_figure() -> None:
    assert said("How much are 2 tickets?", "Tickets cost ¥30 per ticket.", "Tickets cost ¥40 per ticket.") is None


def test_a_percentage_for_others_is_not_taken() -> None:
    text = "| Card | Fee | Use |\n|---|---|---|\n| Visa | 2% on foreign cards | any |\n| Local card | none | any |"
    assert said("What fee on ¥500 with a Visa?", text) is None
    assert said("What fee on ¥500 with a foreign Visa?", text) == "2% of ¥500 is ¥10"


def test_a_figure_beyond_a_bound_of_the_page_gets_no_figure() -> None:
    question = "How much is a month with {} terminals?"
    assert (
        said(question.format(12), f"{_SOFTWARE} At most 20 terminals are possible.") == "¥50 + 8 × ¥6 make ¥98 a month"
    )
    assert said(question.format(30), f"{_SOFTWARE} At most 20 terminals are possible.") is None


def test_a_price_is_not_what_is_paid_back() -> None:
    assert said("How much of the deposit for a room with a rent of $900 do I get back?", _HALL) is None


def test_what_is_charged_when_late_is_charged_for_late_days_only() -> None:
    text = "还书须在 10 天内，逾期每天收取 2 元。"
    assert said("还书晚了3天，交多少钱", text) == "3 × 2 元，共 6 元"
    assert said("还书用了3天，交多少钱", text) is None


def test_a_discount_on_the_year_is_none_on_the_month() -> None:
    prices = "| Course | Price a month | Price a year |\n|---|---|---|\n| Basic | ¥20 | ¥200 |\n| Expert | ¥50 | ¥500 |"
    discount = (
        "| Course | Discount for pupils | Paid |\n|---|---|---|\n| Basic | 10% | yearly |\n| Expert | 20% | yearly |"
    )
    assert said("What does Expert cost a month with the discount for pupils?", discount, prices) is None


def test_pieces_in_another_language_are_left_aside() -> None:
    assert computed("How much do 3 visits cost?", pieces("访客每次 60 元。"), "en") is None


def test_it_rests_on_the_pieces_that_hold_the_rule() -> None:
    found = computed("How much is shipping for 20 bottles?", pieces(_BOXES), "en")
    assert found
    assert [piece.own for piece in found.rests_on] == [
        "Shipping costs €9 per crate.",
        "One crate holds up to 6 bottles.",
    ]


def test_hostile_text_takes_linear_time() -> None:
    rates = pieces("¥6 per envelope. " * 200, "每件 80 元，" * 400)
    slow = [
        text[:40]
        for text in hostile_texts(LONGEST)
        if any(
            loops(work) > _MOST_LOOPS and loops(work, tries=5) > _MOST_LOOPS
            for work in (
                partial(computed, text, rates, "en"),
                partial(computed, f"How much are 3 {text[:580]}", [*pieces(text), *rates], "en"),
            )
        )
    ]
    assert not slow
