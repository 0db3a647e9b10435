"""
One guard for "is this the same question": two questions that differ in what they ask are not, however near their
embeddings are. How do I bind my phone, how do I unbind it: a cosine of .96.

Each question is reduced to what it asks: the kinds of question (whether, when, how much, …) and the words that carry
its subject, in order. Manners, articles, particles and inflection are left out, and a few words count as one ("delete",
"erase"). Two questions are the same when that is equal, to the letter for numbers, codes, negations and all words that
are not known to say nothing. A word that is not known therefore makes a difference: paraphrases are missed rather than
opposites taken for one another. Order counts, for "from A to B" is not "from B to A", except that the clauses may be
turned round ("if it broke, who pays" is "who pays if it broke").
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache

from kefu.common.text import question_rules_en, question_rules_zh
from kefu.common.text.chinese import simplified
from kefu.common.text.language import han_characters

_LONGEST = 600
"""Characters; a longer message is nobody else's question, and is the same as itself only."""
_LEAST_CHARACTERS = 2
_LEAST_TO_TURN = 3
_NEGATION = re.compile(
    r"^(?:not|without|neither|nor|none|nobody|nothing|un.+|non.*|dis.+|in(?:valid|active|eligible|correct|complete).*"
    r"|cancel|clos|deactivat.*|disabl.*|remov.*|erase|stop|undo|unsubscrib.*|unlink|block|reject|declin.*|logout)$"
    r"|[不没未无非别勿免]|取消|关|注销|解|退|停|删|撤|拒"
)
_LAYOUT = re.compile(r"(?!(?<!\w)-\d)(?:(?<!\d)(?:[^\w+#%$€£¥<>=°]|_)|(?:[^\w+#%$€£¥<>=°]|_)(?!\d))")
"""Spaces and punctuation, but for those of a figure: 3.5 is not 35, -5 is not 5."""
_FIGURE = re.compile(r"\d")


class Difference(StrEnum):
    """In what two questions differ; the first that holds."""

    NUMBER = "OTHER_NUMBER"
    """A number, date, code or model."""
    NEGATION = "NEGATION"
    """One of them negates or undoes."""
    KIND = "OTHER_QUESTION"
    """They ask for something else: when, how much, whether."""
    WORDS = "OTHER_WORDS"
    """Words that carry the subject."""
    ORDER = "OTHER_ORDER"
    """The same words in another order."""


@dataclass(frozen=True)
class Asked:
    """What a question asks. Equal ones are the same question."""

    kinds: frozenset[str]
    words: tuple[str, ...]
    """In order; of the orders that mean the same, the first by the alphabet."""

    @property
    def key(self) -> str:
        """As a text: equal for the same questions, and only for them."""
        return "\x1f".join((" ".join(sorted(self.kinds)), *self.words))


@dataclass(frozen=True)
class Differing:
    """Why two questions are not the same, and the words that make it so."""

    kind: Difference
    one: tuple[str, ...]
    """Words that only the first has."""
    other: tuple[str, ...]


@lru_cache(maxsize=4_096)
def asked(question: str) -> Asked:
    """What a question asks."""
    kinds, words = _reduced(question)
    if len("".join(words)) < _LEAST_CHARACTERS:  # "When?", "为什么没有" ask of something that they do not name
        return Asked(kinds, (_plain(question),))
    return Asked(kinds, min(_turned(words)))


def differing(one: str, other: str) -> Differing | None:
    """In what two questions differ; None when they are the same question."""
    if is_same_text(one, other) or asked(one) == asked(other):
        return None
    (kinds, words), (other_kinds, other_words) = _reduced(one), _reduced(other)
    left, right = _only(words, other_words)
    of_one, of_other = (*left, *sorted(kinds - other_kinds)), (*right, *sorted(other_kinds - kinds))
    return Differing(_kind(left, right, kinds != other_kinds), of_one, of_other)


def is_same_text(one: str, other: str) -> bool:
    """Whether two questions are written alike, but for case, spaces and punctuation."""
    return _plain(one) == _plain(other)


def _kind(left: Sequence[str], right: Sequence[str], kinds_differ: bool) -> Difference:
    words = (*left, *right)
    if any(_FIGURE.search(word) for word in words):
        return Difference.NUMBER
    if any(_NEGATION.search(word) for word in words):
        return Difference.NEGATION
    if kinds_differ:
        return Difference.KIND
    return Difference.WORDS if words else Difference.ORDER


@lru_cache(maxsize=4_096)
def _plain(text: str) -> str:
    return _LAYOUT.sub("", _normal(text))


def _normal(text: str) -> str:
    return simplified(unicodedata.normalize("NFKC", text).lower()).strip()


def _reduced(question: str) -> tuple[frozenset[str], list[str]]:
    text = _normal(question)
    if len(text) > _LONGEST:
        return frozenset(), [text]
    return (question_rules_zh if han_characters(text) else question_rules_en).reduced(text)


def _turned(words: list[str]) -> list[tuple[str, ...]]:
    """The orders that mean the same: English clauses turned round, unless they compare. Of Chinese as it stands."""
    if len(words) < _LEAST_TO_TURN or "than" in words or any(han_characters(word) for word in words):
        return [tuple(words)]
    return [tuple(words[at:] + words[:at]) for at in range(len(words))]


def _only(one: list[str], other: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What each has and the other has not. Han characters are shown in runs, with what stands between two changes."""
    if not any(han_characters(word) for word in (*one, *other)):
        left, right = Counter(one) - Counter(other), Counter(other) - Counter(one)
        return tuple(left.elements()), tuple(right.elements())
    if Counter(one) == Counter(other):
        return (), ()
    blocks: list[list[int]] = []
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if blocks and a - blocks[-1][1] <= 1:
            blocks[-1][1], blocks[-1][3] = b, d
        else:
            blocks.append([a, b, c, d])
    left = ("".join(one[a:b]) for a, b, _, _ in blocks)
    right = ("".join(other[c:d]) for _, _, c, d in blocks)
    return tuple(filter(None, left)), tuple(filter(None, right))
