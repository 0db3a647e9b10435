"""The chain of filters from what a model writes to what a customer sees."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.router.domain.turn import Citation, Passage
from kefu.router.guardrails.answer_filter import AnswerFilter
from kefu.router.guardrails.evidence import LiteralEvidence
from kefu.text.number_words import han_number
from tests.support.table import table

PASSAGES = [
    Passage(
        1,
        "collections/h/documents/a/passages/1",
        "Refund times",
        (),
        "Refunds arrive within 7 business days. Shipping costs ¥15 and is free from 5,000 yuan. Call 400-555-0177. "
        "Three years of warranty. Order SL2024-0099. See https://songlu.example/refunds.",
        "",
        0.9,
        "en",
    ),
    Passage(
        2,
        "collections/h/documents/b/passages/2",
        "会员",
        (),
        "金卡会员享受9折优惠，三十天内可以退货。客服每天 9:00—21:00 在线，邮箱 help@songlu.example。运费率为 12.50%。",
        "",
        0.8,
        "zh",
    ),
]
EVIDENCE = LiteralEvidence((), [(passage.title, passage.text) for passage in PASSAGES])


class Seen:
    """What comes out for a text cut in some way."""

    def __init__(self, *frames: str) -> None:
        chain = AnswerFilter(PASSAGES, EVIDENCE)
        self.deltas = [chain.push(frame) for frame in frames]
        self.deltas.append(chain.finish())
        self.blocked = chain.blocked
        if self.blocked:
            self.deltas.append(chain.break_off())
        self.text = "".join(self.deltas)
        self.citations: tuple[Citation, ...] = chain.citations()
        assert self.text == chain.text

    @property
    def cited(self) -> list[tuple[str, int]]:
        whole = self.text.encode()
        return [(whole[citation.start : citation.end].decode(), citation.number) for citation in self.citations]


@table(
    ("written", "seen", "cited"),
    [
        ("It takes 7 days [1].", "It takes 7 days [1].", [("It takes 7 days", 1)]),
        ("It takes 7 days.[1]", "It takes 7 days.[1]", [("It takes 7 days.", 1)]),
        ("It takes 7 days [citation:1].", "It takes 7 days [1].", [("It takes 7 days", 1)]),
        ("It takes 7 days [Citation: 1].", "It takes 7 days [1].", [("It takes 7 days", 1)]),
        ("打9折【2】。", "打9折[2]。", [("打9折", 2)]),
        ("打9折［2］。", "打9折[2]。", [("打9折", 2)]),
        ("打9折【2†source】。", "打9折[2]。", [("打9折", 2)]),
        ("打9折[来源：2]。", "打9折[2]。", [("打9折", 2)]),
        ("Good [^1].", "Good [1].", [("Good", 1)]),
        ("Good [1][2].", "Good [1][2].", [("Good", 1), ("Good", 2)]),
        ("Good [1, 2].", "Good [1][2].", [("Good", 1), ("Good", 2)]),
        ("Good [1、2].", "Good [1][2].", [("Good", 1), ("Good", 2)]),
        ("Good [1][1].", "Good [1].", [("Good", 1)]),
        ("Good [3].", "Good.", []),
        ("Good [3] and well.", "Good and well.", []),
        ("Good [0].", "Good.", []),
        ("Good [1, 9].", "Good [1].", [("Good", 1)]),
        ("Yes, sure[1], but no[2].", "Yes, sure[1], but no[2].", [("Yes, sure", 1), ("but no", 2)]),
        ("First. Second one[1].", "First. Second one[1].", [("Second one", 1)]),
        ("好的。可以[1]。", "好的。可以[1]。", [("可以", 1)]),
        ("[1] Good.", "Good.", []),
        ("1.[1] Good.", "1. Good.", []),
        ("- [1] Good.\n- [2] Well.", "- Good.\n- Well.", []),
        ("See [the list] here", "See [the list] here", []),
        ("Cut off [1", "Cut off", []),
        ("Cut off [citation:1", "Cut off", []),
        ("A bracket [", "A bracket", []),
        ("  \n Good. \n\n ", "Good.", []),
    ],
)
def test_markers_become_ranges_and_those_that_point_nowhere_are_removed(
    written: str, seen: str, cited: list[tuple[str, int]]
) -> None:
    out = Seen(written)
    assert (out.text, out.cited, out.blocked) == (seen, cited, None)


def test_a_citation_names_its_passage() -> None:
    [citation] = Seen("It takes 7 days [1].").citations
    assert (citation.passage, citation.title) == (PASSAGES[0].name, "Refund times")


def test_a_sentence_without_a_marker_is_tied_to_the_passage_that_holds_its_words() -> None:
    out = Seen("Refunds arrive within 7 business days. 金卡会员享受9折优惠。 Have a nice day, dear customer!")
    assert out.cited == [("Refunds arrive within 7 business days.", 1), ("金卡会员享受9折优惠。", 2)]


def test_a_marker_on_the_wrong_passage_is_moved_to_the_one_that_holds_the_sentence() -> None:
    out = Seen("Refunds arrive within 7 business days [2].")
    assert out.text == "Refunds arrive within 7 business days [1]."
    assert out.cited == [("Refunds arrive within 7 business days", 1)]


@table(
    "written",
    [
        "It takes 7 days.",
        "It takes seven days.",
        "It takes ７ days.",
        "It takes 7days.",
        "It takes 7.0 days.",
        "退款要7天。",
        "退款要七天。",
        "30天内可以退。",
        "Within thirty days.",
        "Within 30 days or 7.",
        "3 years",
        "¥15 or ￥15 or 15 yuan or 15元",
        "Free from 5000 yuan, or 5,000.",
        "It is 12.5% or 12.50 %.",
        "Call 400-555-0177.",
        "Mail help@songlu.example, or see https://songlu.example/refunds.",
        "See songlu.example/refunds",
        "Order SL2024-0099 is yours.",
        "From 9:00 to 21:00, or 09:00.",
        "9点到21点",
        "7-30 days",
        "1. Open the app\n2. Tap it\n3) Done",
        "1、打开\n2、点击",
        "十分感谢，千万不要担心，一定可以。",
        "第三天，周三天气好。",
        "There are five ways to do it.",
        "One of them, e.g. this one, it's fine and/or good.",
        "VIP, PDF and APP are words.",
        "C++, R&D, etc.",
    ],
)
def test_literals_that_the_evidence_bears_out_pass(written: str) -> None:
    out = Seen(written)
    assert (out.blocked, out.text) == (None, written)


@table(
    ("written", "seen"),
    [
        ("It takes 8 days.", "It takes…"),
        ("退款要8天。", "退款要……"),
        ("退款要八天。", "退款要……"),
        ("退款要四十个工作日。", "退款要……"),
        ("It takes eight business days.", "It takes…"),
        ("It takes forty-two days.", "It takes…"),
        ("It takes 77 days.", "It takes…"),
        ("It costs 7.5.", "It costs…"),
        ("Good. It costs ¥16.", "Good. It costs…"),
        ("It is 13%.", "It is…"),
        ("From 9:30.", "From…"),
        ("Call 400-555-0178.", "Call…"),
        ("Call 555-400-0177.", "Call…"),
        ("Mail info@songlu.example.", "Mail…"),
        ("See https://songlu.example/other.", "See…"),
        ("See www.example.com now.", "See…"),
        ("Use code WELCOME10.", "Use code…"),
        ("Order SL2024-0098.", "Order…"),
        ("On 2026-11-25.", "On…"),
        ("7-31 days", ""),
        ("8 days", ""),
    ],
)
def test_a_literal_that_nothing_bears_out_never_leaves(written: str, seen: str) -> None:
    out = Seen(written)
    assert out.text == seen
    assert out.blocked


def test_a_number_is_money_or_per_cent_only_where_the_evidence_says_so() -> None:
    evidence = LiteralEvidence(["Refunds take 7 days."])
    for written in ("It costs ¥7.", "It costs 7元。", "It is 7%."):
        chain = AnswerFilter([], evidence)
        chain.push(written)
        chain.finish()
        assert chain.blocked, written


TABLE = """
| Delivery | Fee | Time |
|---|---|---|
| Standard delivery | 8 yuan | 5 days |
| Express delivery | 20 yuan | 24 hours |
"""
PROSE = "Sofas may be returned within 14 days. Lamps may be returned within 30 days. The warranty of lamps is 2 years."
FEES = "普通会员每月免运费 2 次，金卡会员每月免运费 6 次。退款在 7 个工作日内到账。保修期为 3 年。"


@table(
    ("evidence", "question", "written", "passes"),
    [
        (TABLE, "What does express delivery cost?", "Express delivery costs 20 yuan.", True),
        (TABLE, "What does express delivery cost?", "Express delivery costs 8 yuan.", False),
        (TABLE, "How fast is express?", "It takes 24 hours.", True),
        (TABLE, "How fast is express?", "It takes 5 days.", False),
        (TABLE, "How fast is express?", "It takes 24 days.", False),
        (TABLE, "Delivery?", "Standard delivery costs 8 yuan, and express delivery 20 yuan.", True),
        (PROSE, "Until when can I return a lamp?", "Lamps may be returned within 30 days.", True),
        (PROSE, "Until when can I return a lamp?", "Lamps may be returned within 14 days.", False),
        (PROSE, "Until when can I return a lamp?", "Lamps may be returned within 30 hours.", False),
        (PROSE, "Until when can I return a lamp?", "Lamps may be returned within thirty days.", True),
        (PROSE, "Until when can I return a lamp?", "Lamps may be returned within fourteen days.", False),
        (PROSE, "Warranty?", "The warranty of lamps is 2 years.", True),
        (PROSE, "Warranty?", "The warranty of lamps is 2 months.", False),
        (FEES, "退款要多久？", "退款在7个工作日内到账。", True),
        (FEES, "退款要多久？", "退款在7天内到账。", True),
        (FEES, "退款要多久？", "退款在7小时内到账。", False),
        (FEES, "退款要多久？", "退款在七小时内到账。", False),
        (FEES, "保修多久？", "保修期为三年。", True),
        (FEES, "保修多久？", "保修期为三个月。", False),
        ("Refunds take 7 days.", "", "They take 7 business days.", False),
        ("Refunds take 5-7 days.", "", "They take 5 days to 7 days.", True),
        ("It weighs 5 kg.", "", "It weighs 5 g.", False),
        ("They cost ¥30.", "", "They cost $30.", False),
        ("They cost ¥30.", "", "They cost 30 yuan.", True),
        ("Discount: 30 per cent.", "", "You save 30%.", True),
    ],
)
def test_a_figure_has_to_be_of_the_row_and_unit_that_the_answer_puts_it_in(
    evidence: str, question: str, written: str, passes: bool
) -> None:
    for frames in ([written], list(written)):
        chain = AnswerFilter([], LiteralEvidence([question], [("", evidence)], question))
        seen = "".join(map(chain.push, frames)) + chain.finish()
        assert (chain.blocked is None, seen == written) == (passes, passes)


def test_what_follows_an_unsupported_literal_never_leaves() -> None:
    assert Seen("It takes ", "8 days", " and 7 more.").text == "It takes…"


def test_words_leave_as_soon_as_they_are_decided() -> None:
    assert Seen("退款", "可以", "退").deltas[:3] == ["退款", "可以", "退"]
    assert Seen("Refunds", " arrive", " soon").deltas == ["", "Refunds", " arrive", " soon"]
    assert Seen("Good [", "1", "] and").deltas[:3] == ["Good", "", " [1]"]


@table(
    ("text", "value"),
    [("三", 3), ("十", 10), ("十二", 12), ("三十", 30), ("两百零五", 205), ("一千", 1000), ("两万三千", 23000)],
)
def test_numbers_in_han_characters(text: str, value: int) -> None:
    assert han_number(text) == value


FRAGMENTS = st.sampled_from(
    re.findall(
        r"[^ ]+",
        "[1] [2] [3] [ ] 【1】 [citation:1] [1, 2] [x] 7 8 30 15 ¥15 % 元 天 三 三十 四十 十 个 工作日 days "
        "three eight . , 。 ， Refunds 退款 😀 help@songlu.example 9:00 21: 400-555-0177 1. - 5,000 a x 第 year 𠮷 é "
        "business \n \n1. http:// † 星期 万 forty- €",
    )
)
TEXTS = st.lists(st.one_of(FRAGMENTS, st.just(" "), st.text(max_size=3)), max_size=14).map("".join)


@table("text", ["三\nT", "三\t-day", "3\ndays", "三\n\nT", "30  工作日"])
def test_a_unit_behind_any_blank_is_waited_for(text: str) -> None:
    """Found by the property below."""
    whole, out = Seen(text), Seen(*text)
    assert (out.text, out.citations, out.blocked) == (whole.text, whole.citations, whole.blocked)


@pytest.mark.parametrize("text", ["three工作日", "seven 工作日内", "Refunds take three工作日。"])
def test_a_number_in_words_waits_for_its_unit(text: str) -> None:
    whole = Seen(text)
    assert (Seen(*text).text, Seen(*text).blocked) == (whole.text, whole.blocked)


@given(text=TEXTS, data=st.data())
def test_what_comes_out_does_not_depend_on_where_frames_are_cut(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    edges = [0, *cuts, len(text)]
    whole = Seen(text)
    for frames in ([text[a:b] for a, b in itertools.pairwise(edges)], list(text)):
        out = Seen(*frames)
        assert (out.text, out.citations, out.blocked) == (whole.text, whole.citations, whole.blocked)


@given(text=TEXTS)
def test_citations_are_sorted_and_end_on_whole_characters_inside_the_text(text: str) -> None:
    out = Seen(text)
    whole = out.text.encode()
    for citation in out.citations:
        assert 0 <= citation.start < citation.end <= len(whole)
        assert whole[citation.start : citation.end].decode().strip()
        assert citation.number in (1, 2)
    assert [citation.start for citation in out.citations] == sorted(citation.start for citation in out.citations)


@given(text=TEXTS)
def test_every_number_that_leaves_occurs_in_the_evidence(text: str) -> None:
    out = Seen(text)
    assert out.text == out.text.strip()
    for literal in ("8", "400-555-0178", "¥16"):
        if literal not in text:
            assert literal not in out.text
