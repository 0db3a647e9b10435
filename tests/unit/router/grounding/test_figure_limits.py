"""Figures of a question against the limits of the evidence."""

from kefu.router.grounding.figure_limits import keeps_to_limits
from tests.support.table import table


@table(
    ("question", "text", "verdict"),
    [
        ("can i return it after 20 days?", "returns within 14 days.", -1),
        ("can i return it after 10 days?", "returns within 14 days.", 1),
        ("three days late", "report it within 48 hours.", -1),
        ("we are 8 people", "for 10 or more people.", -1),
        ("we are 12 people", "for 10 or more people.", 1),
        ("收到20天了", "收货后 14 天内退货", -1),
        ("收到十天了", "收货后 14 天内退货", 1),
        ("买了五百块", "满 300 元", 1),
        ("买了五百块", "最多 300 元", -1),
        ("20 days", "within 300 yuan", 0),
        ("20 days", "it takes 14 days.", 0),
        ("20 days", "within 14 days, or within 30 days with the plan.", 0),
        ("no figure", "within 14 days", 0),
        ("", "", 0),
    ],
)
def test_a_figure_is_held_against_a_limit_in_the_same_unit(question: str, text: str, verdict: int) -> None:
    assert keeps_to_limits(question, text) == verdict
