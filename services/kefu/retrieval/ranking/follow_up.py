"""
Follow-up questions: whether a question leans on the one before it ("And for textiles?", 那家具呢), or begins anew.

Its words tell most of it, by a word model (`text/word_model`) that is learnt from the questions of made-up
companies; the few hundred words that count are readable in follow_up_words.json. The search tells the rest: a question
that leans on another finds more relevant passages with that one in front.
"""

from kefu.retrieval.ranking.relevance import log_odds
from kefu.text.word_model import word_log_odds

WORDS = "follow_up_words.json"
_GAIN = 0.5
_LEAST = 0.5
"""See is_follow_up. Chosen on loadtest/training/evidence/calibrate, by answers with the one before and without."""
_SUREST = 0.99
"""Relevance beyond which a passage is no more relevant."""


def follow_up_log_odds(question: str) -> float:
    """The log-odds that a question leans on the one before it, by its words, where as many do as do not."""
    return word_log_odds(question, "kefu.retrieval.ranking", WORDS)


def is_follow_up(question: str, relevance: float, relevance_behind: float) -> bool:
    """Whether to search with the question before.

    `relevance`: of the best passage for the question alone; `relevance_behind`: with the question before in front.
    """
    gained = log_odds(_bounded(relevance_behind)) - log_odds(_bounded(relevance))
    return follow_up_log_odds(question) + _GAIN * gained > _LEAST


def may_be_follow_up(question: str, relevance: float) -> bool:
    """Whether a search with the question before could change what `is_follow_up` says."""
    return is_follow_up(question, relevance, 1.0)


def _bounded(relevance: float) -> float:
    return min(max(relevance, 1 - _SUREST), _SUREST)
