"""The customer's own case, and questions about the rule that are asked in the same words."""

from kefu.router.nlu.message import CustomerMessage
from kefu.router.nlu.own_case import LEAST_SCORE, LIKELY_SCORE, SIGNS, WEIGHTS, asks_whereabouts, signs_of
from tests.support.table import table

_OWN_CASES = """
where is my order 12345?
my refund has not arrived
what's the status of SL202603150041?
cancel order 8842 for me
you charged me twice
Has my parcel left your warehouse yet?
third time, why did you cancel my booking?
my transfer from yesterday is not showing
track order 1Z999AA1
我的快递到哪了
订单12345现在什么情况
你们扣了我两次钱
帮我查一下订单 SL202603150041
我的退款怎么还没到账
上个月寄过去修的水壶，现在修到哪一步了
維修單90417修到哪一步了
"""
_RULES = """
can I cancel my order after it was packed?
how long does my refund take?
how do I track my order?
What happens if my parcel is lost?
My account is locked after three wrong passwords, how long does that last?
Do you ship to Spain?
my device shows error E4
If my order is late, do I get a voucher?
怎么查我的订单
订单打包了还能取消吗
退款一般多久到账
已经付款的订单怎么取消
会员会自动续费吗
待处理是什么意思
三件想留两件，退多少
"""


def lines(block: str) -> list[str]:
    return block.strip().splitlines()


@table("text", lines(_OWN_CASES), floor=16)
def test_a_message_that_somebody_must_look_up_is_the_customers_own_case(text: str) -> None:
    assert CustomerMessage(text).own_case_score >= LEAST_SCORE


@table("text", lines(_RULES), floor=15)
def test_a_question_about_the_rule_is_none(text: str) -> None:
    assert CustomerMessage(text).own_case_score < LIKELY_SCORE


def test_where_something_is_may_be_shown_and_what_was_charged_not() -> None:
    assert asks_whereabouts(CustomerMessage("Where is my order 12345?").normalized)
    assert asks_whereabouts(CustomerMessage("我的快递还没到").normalized)
    assert not asks_whereabouts(CustomerMessage("you charged me twice").normalized)


def test_every_sign_has_its_weight() -> None:
    assert len(signs_of("where is my order?")) == len(SIGNS) == len(WEIGHTS)


def test_what_follows_a_long_text_is_not_read() -> None:
    assert CustomerMessage("My device shows error E4. " * 20 + "Where is my order?").own_case_score < LIKELY_SCORE
