"""Which messages may be asked back about. How often on whole sets of questions: docs/benchmarks/answers.md."""

import pytest

from kefu.router.answering.clarification import chosen_subject, is_underspecified
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Turn
from kefu.router.nlu.message import CustomerMessage

_UNDERSPECIFIED = """
refund?
Refunds
warranty
gift card
shipping
my order?
hi, invoice please
about the membership
保修
退款？
发票
积分
请问运费
关于保修的问题
會員等級
"""
_CLEAR = """
How long is the warranty?
refund time
warranty cost
where is my order
refund not received
lost parcel
cancel order
SM-G973U
iPhone 15
delivery to Canada by Friday
怎么退款
保修多久
退款没到账
发票怎么开
能退吗
运费多少
积分过期时间
无法登录
"""


def lines(table: str) -> list[str]:
    return [line for line in table.splitlines() if line]


@pytest.mark.parametrize("text", lines(_UNDERSPECIFIED))
def test_a_subject_alone_is_underspecified(text: str) -> None:
    assert is_underspecified(CustomerMessage(text))


@pytest.mark.parametrize("text", lines(_CLEAR))
def test_whoever_says_what_they_want_to_know_is_clear(text: str) -> None:
    assert not is_underspecified(CustomerMessage(text))


def asked_back(*choices: str) -> Turn:
    done = Completed(FinishReason.STOP, AnswerSource.CLARIFYING, choices=choices)
    return Turn("t", "warranty", "en", "2026-11-25", 0.0, completed=done)


_REPLIES = """
1=a|2.=b|#2=b|the second one=b|first=a|the last one=c|third=c|第二个=b|选3=c|第一=a|4=|0=|2 days=|b=|how long?=
"""


@pytest.mark.parametrize(("reply", "choice"), [pair.split("=") for pair in _REPLIES.strip().split("|")])
def test_a_bare_number_stands_for_a_choice(reply: str, choice: str) -> None:
    assert chosen_subject(CustomerMessage(reply), [asked_back("a", "b", "c")]) == choice


def test_a_number_after_anything_else_is_a_number() -> None:
    answered = Turn("t", "warranty", "en", "2026-11-25", 0.0, completed=Completed(FinishReason.STOP))
    assert chosen_subject(CustomerMessage("2"), [asked_back("a", "b"), answered]) == ""
    assert chosen_subject(CustomerMessage("2"), []) == ""
