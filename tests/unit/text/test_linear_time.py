"""No message takes long to read: 4,000 characters cost less than 20 loops, some 20 ms."""

import random

import pytest

from kefu.text.chinese import is_traditional, simplified, traditional
from kefu.text.language import answer_language, language_of
from kefu.text.pii import personal_data, redacted
from kefu.text.question_equivalence import question_difference, reduce_question
from kefu.text.terminal_text import one_line, printable
from tests.support.cpu_time import loops
from tests.support.text_growth import repeated

CHARACTERS = 4_000
LOOPS = 20
"""See cpu_time.py."""
_SEEDS = (
    *("12 34 ", "1.", "ipv4", "1", "1-", "(1", "１２ ", "١٢ ٣٤ ", "86 ", "+12 34 567 89 ", "+1 212 555 0123 ", "+"),
    *(
        "call 12345678 ",
        "call 12 34 12 34 12 34 12 34 12\n",
        "tel 1",
        "0571-88886666 ",
        "(212) 555-0123 ",
        "010 123 123 ",
    ),
    *(
        "13812345678 ",
        "4111 1111 1111 1111 ",
        "81.2.69.142 ",
        "#1234567 ",
        "order              (13812345678 ",
        "订单1234567 ",
    ),
    *(
        "a@",
        "a@b.",
        "a@b.cc ",
        "%",
        "passport",
        "passport E1",
        "12 Main ",
        "1 Aa ",
        "1 a a ",
        "P.O. Box 1 ",
        ":",
        "f:",
        "1:",
    ),
    *("省市区镇", "省市区路", "州", "路1号", "甲乙丙丁戊己庚辛壬癸路", "栋1", "1栋1", "花园", "路段段"),
    *(
        "how much is ",
        "make ",
        "hi ",
        "a ",
        "x",
        "怎么",
        "怎么就",
        "一",
        "万",
        "能",
        "好",
        "ﷺ",
        "का",
        "😀",
        "\n",
        " ",
        "-1",
        "'s ",
    ),
)


@pytest.mark.parametrize("seed", _SEEDS)
def test_a_message_of_any_kind_is_read_within_the_bound(seed: str) -> None:
    message = repeated(seed, CHARACTERS)
    assert loops(lambda: redacted(message), tries=8) < LOOPS
    assert loops(lambda: reduce_question.__wrapped__(message), tries=8) < LOOPS
    assert loops(lambda: reduce_question.__wrapped__(message[:600]), tries=8) < LOOPS, "short enough to be reduced"


@pytest.mark.parametrize("seed", ["a", "a ", "'", "a'", "龘", "龍", "龍龙", "一", "한", "か", "ﷺ", "\x1b", "\r\n", " "])
def test_its_language_and_its_variant_are_told_as_soon(seed: str) -> None:
    message = repeated(seed, CHARACTERS)
    for read in (language_of, answer_language, simplified, traditional, is_traditional, printable, one_line):
        assert loops(lambda read=read: read(message), tries=3) < LOOPS, read.__name__


@pytest.mark.parametrize(
    "letters", ["省市区镇", "省市区镇路街", "省市区镇路街村里号1 ", "1 +()-", "0571-8 ", "a@.-", "1:.f"]
)
def test_nor_does_a_message_of_random_signs_take_long(letters: str) -> None:
    signs = random.Random(13)
    message = "".join(signs.choice(letters) for _ in range(CHARACTERS - 1)) + "1"
    assert loops(lambda: personal_data(message), tries=3) < LOOPS


@pytest.mark.parametrize(("one", "other"), [("好", "好坏"), ("好", "好"), ("ab ", "ab cd "), ("好a", "a好")])
def test_the_difference_of_two_long_questions_is_told_as_soon(one: str, other: str) -> None:
    left, right = repeated(one, 500), repeated(other, 600)
    assert loops(lambda: question_difference(left, right), tries=3) < LOOPS
