"""Follow-up questions: which questions lean on the one before."""

from kefu.retrieval.ranking.follow_up import follow_up_log_odds, is_follow_up, may_be_follow_up

LEANING = (
    "And for textiles?",
    "how long does that take then?",
    "and on Sundays",
    "so can I do it twice?",
    "那家具呢",
    "那要多久呢？",
    "它也能退吗",
)
ALONE = (
    "Which cards can I pay with on your website?",
    "Do you deliver to an office on Saturdays?",
    "my parcel was left in the rain, who pays for the lamp?",
    "发票开错了公司名称怎么改",
    "你们在成都有没有门店，几点开门",
    "金卡会员寄快递要不要付运费",
)


def test_questions_that_lean_on_another_are_told_from_those_that_stand_alone_by_their_words() -> None:
    assert min(map(follow_up_log_odds, LEANING)) > 0 > max(map(follow_up_log_odds, ALONE))


def test_the_search_has_a_say() -> None:
    unclear = next(
        each for each in ("what about delivery", "is express more", "还要多久") if abs(follow_up_log_odds(each)) < 3
    )
    assert is_follow_up(unclear, 0.1, 0.95)
    assert not is_follow_up(unclear, 0.95, 0.1)


def test_no_search_is_made_that_could_not_change_anything() -> None:
    assert not may_be_follow_up(ALONE[0], 0.99)
    assert may_be_follow_up(LEANING[0], 1.0)
    assert all(may_be_follow_up(each, 0.5) or not is_follow_up(each, 0.5, 0.99) for each in (*LEANING, *ALONE))


def test_a_message_without_words_stands_alone_or_leans_but_breaks_nothing() -> None:
    assert all(isinstance(follow_up_log_odds(each), float) for each in ("", "   ", "?", "🙂", "1", "\u0000"))
