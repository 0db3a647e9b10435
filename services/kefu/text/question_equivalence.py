"""
Question equivalence: whether two questions ask the same, by their words. Embeddings alone cannot tell: "how do I bind
my phone" and "how do I unbind my phone" have a cosine of .96.

Each question is reduced to its kinds (whether, when, how much, …) and to the words of its subject, in order. Manners,
articles, particles and inflection are left out, and a few synonyms count as one word ("delete", "erase"). Two questions
are equivalent when their reduced forms are equal. Numbers, codes, negations and all words that are not known to be
empty are equal to the letter only. An unknown word therefore makes a difference: the rules miss paraphrases rather than
take opposites for one another. Order counts, for "from A to B" is not "from B to A". Only the clauses may be rotated
("if it broke, who pays" is "who pays if it broke").

The rules know the letters of their languages (see language_packs.py). A question with any other letter, mark or symbol
is not reduced: its words are all words of its text, in order. So nothing that a question says is left out because no
rule can read it, be it half of the question or an order behind it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache

from kefu.text.chinese import simplified
from kefu.text.language import han_characters
from kefu.text.language_packs import has_unknown_letters, language_pack_of

_MAX_CHARACTERS = 600
"""A longer message is not reduced: it is equivalent to the same text only."""
_MIN_SUBJECT_CHARACTERS = 2
_MAX_ALIGNED_WORDS = 100
"""Words of a question up to which a difference is told in runs of characters; above it, character by character."""
_NEGATION = re.compile(
    r"^(?:not|without|neither|nor|none|nobody|nothing|un.+|non.*|dis.+|in(?:valid|active|eligible|correct|complete).*"
    r"|cancel|clos|deactivat.*|disabl.*|remov.*|erase|stop|undo|unsubscrib.*|unlink|block|reject|declin.*|logout)$"
    r"|[不没未无非别勿免]|取消|关|注销|解|退|停|删|撤|拒"
)
_LAYOUT = re.compile(r"(?!(?<!\w)-\d)(?:(?<!\d)[^a-z0-9+#%$<>=\x80-\U0010ffff]|[^a-z0-9+#%$<>=\x80-\U0010ffff](?!\d))")
"""Spaces and punctuation, except within figures: 3.5 is not 35, -5 is not 5. Outside of ASCII all is content: `_normal`
has made blanks of the punctuation."""
_APOSTROPHES = str.maketrans("‘’", "''")
_FOREIGN_SIGN = re.compile(r"[^\x00-\x7f\w]")
_FIGURE = re.compile(r"\d")


class DifferenceKind(StrEnum):
    """How two questions differ. The first kind that applies counts."""

    NUMBER = "OTHER_NUMBER"
    """A number, date, code or model differs."""
    NEGATION = "NEGATION"
    """Only one of them negates or undoes."""
    KIND = "OTHER_QUESTION"
    """The kinds of question differ, such as when and how much."""
    WORDS = "OTHER_WORDS"
    """Words of the subject differ."""
    ORDER = "OTHER_ORDER"
    """The same words stand in another order."""


@dataclass(frozen=True)
class ReducedQuestion:
    """A question reduced to what it asks. Equivalent questions have equal reduced forms."""

    kinds: frozenset[str]
    """Kinds of question, such as "when" or "howmuch"."""
    words: tuple[str, ...]
    """Words of the subject, in order; of equivalent orders, the first by the alphabet."""

    @property
    def key(self) -> str:
        """The reduced form as one text, which is equal for equivalent questions and only for them."""
        return "\x1f".join((" ".join(sorted(self.kinds)), *self.words))


@dataclass(frozen=True)
class QuestionDifference:
    """Why two questions are not equivalent, with the words that differ."""

    kind: DifferenceKind
    one: tuple[str, ...]
    """Words that only the first question has."""
    other: tuple[str, ...]
    """Words that only the second question has."""


@lru_cache(maxsize=4_096)
def reduce_question(question: str) -> ReducedQuestion:
    """The reduced form of a question, from a cache of 4,096."""
    kinds, words, orders = _reduce(question)
    if len("".join(words)) < _MIN_SUBJECT_CHARACTERS:  # "When?", "为什么没有" name no subject
        return ReducedQuestion(kinds, (text_key(question),))
    return ReducedQuestion(kinds, min(orders(list(words))))


def question_difference(one: str, other: str) -> QuestionDifference | None:
    """The difference between two questions; None when they are equivalent."""
    if is_same_text(one, other) or reduce_question(one) == reduce_question(other):
        return None
    (kinds, words, _), (other_kinds, other_words, _) = _reduce(one), _reduce(other)
    left, right = _words_of_one_side(words, other_words)
    of_one, of_other = (*left, *sorted(kinds - other_kinds)), (*right, *sorted(other_kinds - kinds))
    return QuestionDifference(_kind(left, right, kinds != other_kinds), of_one, of_other)


def is_same_text(one: str, other: str) -> bool:
    """Whether two texts are the same but for case, spaces, punctuation and the Chinese variant."""
    return text_key(one) == text_key(other)


@lru_cache(maxsize=4_096)
def text_key(text: str) -> str:
    """What is equal for texts that are the same (`is_same_text`), and only for them; from a cache of 4,096."""
    normal = _normal(text)
    return _LAYOUT.sub("", normal) or normal


def _kind(left: Sequence[str], right: Sequence[str], kinds_differ: bool) -> DifferenceKind:
    words = (*left, *right)
    if any(_FIGURE.search(word) for word in words):
        return DifferenceKind.NUMBER
    if any(_NEGATION.search(word) for word in words):
        return DifferenceKind.NEGATION
    if kinds_differ:
        return DifferenceKind.KIND
    return DifferenceKind.WORDS if words else DifferenceKind.ORDER


def _normal(text: str) -> str:
    """A text in NFKC, lower case and simplified characters, with blanks for punctuation outside of ASCII."""
    if len(text) > _MAX_CHARACTERS:
        return " ".join(text.lower().split())
    text = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).lower()
    return simplified(_FOREIGN_SIGN.sub(_blank_for_punctuation, text)).strip()


def _blank_for_punctuation(sign: re.Match[str]) -> str:
    return " " if unicodedata.category(sign[0])[0] in "PZ" else sign[0]


@lru_cache(maxsize=1_024)
def _reduce(question: str) -> tuple[frozenset[str], tuple[str, ...], Callable[[list[str]], list[tuple[str, ...]]]]:
    """The kinds, the words, and what gives the equivalent orders of words; from a cache of 1,024."""
    text = _normal(question)
    if len(text) > _MAX_CHARACTERS:
        return frozenset(), (text,), _given_order
    if has_unknown_letters(text):
        return frozenset(), tuple(filter(None, _LAYOUT.split(text))), _given_order
    rules = language_pack_of(text).question_rules
    kinds, words = rules.reduce(text)
    return kinds, tuple(words), rules.orders


def _given_order(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words)]


def _words_of_one_side(one: Sequence[str], other: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words that only one side has. Han characters come in runs, with a single character between two changes."""
    if max(len(one), len(other)) > _MAX_ALIGNED_WORDS or not any(han_characters(word) for word in (*one, *other)):
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
