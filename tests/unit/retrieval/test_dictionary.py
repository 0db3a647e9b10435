"""Words of a collection's trade: how its text is cut, and what counts as one word."""

import pytest

from kefu.common.errors import BadRequest
from kefu.retrieval.index.bm25 import LexicalView
from kefu.retrieval.text.analyzer import Analyzer
from kefu.retrieval.text.user_dictionary import EMPTY_DICTIONARY, parse_dictionary
from tests.support.table import table

TRADE = "# our products\n云鲸扫地王 300 n\n静音王\n小米 手机\n\n保修=质保=warranty  # all the same\nSM-G973U=旗舰机"


def test_a_word_of_the_trade_is_not_cut_and_leaves_other_collections_as_they_are() -> None:
    plain, trade = Analyzer(), Analyzer(b"", parse_dictionary(TRADE))
    assert "云鲸扫地王" not in plain.split("云鲸扫地王怎么充电")
    assert "云鲸扫地王" in trade.split("雲鯨掃地王怎么充电")
    assert "静音王" in trade.split("静音王多少钱")
    assert "云鲸扫地王" not in Analyzer().split("云鲸扫地王怎么充电")
    assert plain.split("保修多久") == trade.split("保修多久")


def test_synonyms_count_as_one_word_in_and_across_languages() -> None:
    words = Analyzer(b"", parse_dictionary(TRADE))
    view = LexicalView(
        {1: words.terms("质保两年"), 2: words.terms("配送两天"), 3: words.terms("The warranties differ")}
    )
    same, other = view.scores(words.query_groups("保修")).bm25[:2]
    assert same > 0 == other
    assert len(words.query_groups("保修 质保")) == len(words.query_groups("保修")) == 1
    assert view.scores(words.query_groups("warranty")).bm25[0] > 0
    for question, language in (("质保", "zh"), ("warranty", "en")):
        translated = words.translated_groups(question, language, ("zh", "en"))
        assert translated is not None
        assert view.scores(translated).bm25[2 if language == "zh" else 0] > 0
    assert view.scores(Analyzer().query_groups("保修")).bm25[0] == 0
    code = LexicalView({1: words.terms("旗舰机的电池")})
    assert code.scores(words.query_groups("sm-g973u")).bm25[0] > 0


def test_groups_that_share_a_word_are_one_group() -> None:
    words = Analyzer(b"", parse_dictionary("退货=退回\n退回=return"))
    assert len(words.query_groups("退货")[0][0]) == 3


@table(
    ("text", "said"),
    [
        ("保修=extended warranty", 'line 1 makes "extended warranty" a synonym'),
        ("保修=\n", "line 1 makes"),
        ("\nT恤=衬衫", 'line 2 makes "t恤"'),
        ("长" * 65, "line 1 has a word of more than 64 characters"),
        ("a\n" * 20_001, "20,001 lines"),
    ],
)
def test_a_line_that_cannot_be_taken_is_named(text: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        parse_dictionary(text)


def test_an_empty_dictionary_is_none() -> None:
    assert parse_dictionary(" \n") == EMPTY_DICTIONARY
    assert parse_dictionary("甲乙").digest != parse_dictionary("甲丙").digest
