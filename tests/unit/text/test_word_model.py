"""Word models: what a linear model sees of a question."""

import time

import pytest

from kefu.text.word_model import CONSTANT, LENGTH, word_features, word_log_odds

FOLLOW_UPS = ("kefu.retrieval.ranking", "follow_up_words.json")


def test_words_pairs_beginning_and_end_are_seen() -> None:
    found = word_features("And 24 lamps?")
    assert {"and", "0", "lamps", "and 0", "0 lamps", "^ and", "^ and 0", "? $", "lamps ? $", LENGTH} <= set(found)
    assert found[CONSTANT] == 1.0


@pytest.mark.parametrize("text", ["And for textiles?", "那家具呢"])
def test_spelling_width_and_variant_say_nothing(text: str) -> None:
    wide = "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)
    assert word_features(text.upper()) == word_features(wide) == word_features(text)
    assert word_features("那邊呢") == word_features("那边呢")


def test_a_longer_question_has_a_greater_length_up_to_a_bound() -> None:
    lengths = [word_features("word " * count)[LENGTH] for count in (1, 3, 12, 900, 1_000)]
    assert lengths == sorted(lengths)
    assert lengths[-1] == lengths[-2]


def test_a_message_without_words_breaks_nothing() -> None:
    assert all(isinstance(word_log_odds(each, *FOLLOW_UPS), float) for each in ("", "   ", "?", "🙂", "1", "\u0000"))


@pytest.mark.parametrize("text", ["a b " * 8_000, "那" * 20_000, "?" * 20_000, "and 1 " * 5_000])
def test_hostile_messages_take_linear_time(text: str) -> None:
    started = time.process_time()
    word_features(text)
    assert time.process_time() - started < 1.0
