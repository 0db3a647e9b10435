"""Questions that lean on what was said before: "and how long for furniture?", "那退款呢"."""

import re
from collections.abc import Sequence
from dataclasses import replace

from kefu.common.language import han_characters
from kefu.router.knowledge import Found
from kefu.router.model import AnswerSource, Passage, Turn

_MOST_HAN = 14
_MOST_WORDS = 9
_LEANING_EN = re.compile(
    r"^(?:and|but|or|so|then|also|what about|how about|what if|for|why not)\b"
    r"|\b(?:it|its|that|this|those|these|they|them|their|one|ones|there|then|same|else|instead|either|too)\b",
    re.IGNORECASE,
)
_LEANING_ZH = re.compile(
    r"^(?:那|那么|然后|还有|如果|要是|但是|可是|所以|换成|万一)|(?:它|这个|那个|这些|那些|这种|那种|他们|其中|上面|刚才|前面|同样|也|还)"
    r"|(?:呢|呢？|呢\?)$"
)
_SHORT_HAN = 4
_SHORT_WORDS = 3


def leans_on_history(question: str) -> bool:
    """Whether a question may need the one before it to be understood. Errs towards yes: it costs one more search."""
    text = question.strip()
    han, words = han_characters(text), len(re.findall(r"[A-Za-z']+", text))
    if han >= words:
        return han <= _SHORT_HAN or (han <= _MOST_HAN and _LEANING_ZH.search(text) is not None)
    return words <= _SHORT_WORDS or (words <= _MOST_WORDS and _LEANING_EN.search(text) is not None)


def question_before(history: Sequence[Turn]) -> str:
    """The last question that was looked up, or nothing."""
    for turn in reversed(history):
        canned = turn.completed is not None and turn.completed.source is AnswerSource.CANNED
        if not canned:
            return turn.asked
    return ""


def merged(plain: Found, with_history: Found) -> tuple[Found, bool]:
    """Both searches as one, best relevance first; and whether the one with history brought the best passage.

    A curated answer counts only for the question as it was asked: with the one before it in front, it would be that
    one's answer again.
    """
    best: dict[str, tuple[Passage, bool]] = {}
    for found, leaning in ((plain, False), (with_history, True)):
        for passage in found.passages:
            known = best.get(passage.name)
            if known is None or passage.relevance > known[0].relevance:
                best[passage.name] = (passage, leaning)
    ranked = sorted(best.values(), key=lambda item: item[0].relevance, reverse=True)
    passages = tuple(replace(passage, number=number) for number, (passage, _) in enumerate(ranked, start=1))
    return Found(passages, plain.curated), bool(ranked) and ranked[0][1]
