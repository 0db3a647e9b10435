"""
Reading: what a question is taken to say before it is searched, for people do not write like help centres.

- Manners are left out, and short forms get their standard form (kefu.text.plain_form).
- A Chinese question with English words is searched in Chinese, and an English one with Chinese words in English.
- Words that neither the collection has nor anybody uses are mended: English words by the collection's own words one or
  two edits away, else by a usual English word; Chinese ones by a word of the collection that sounds the same.

The collection's words are known by their hashes alone: a word that may be meant is made, and then looked up. Where a
word that was changed may be right as it stands, the question is embedded in both ways.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from string import ascii_letters, digits
from typing import NamedTuple

from kefu.retrieval.index.bm25 import LexicalView
from kefu.retrieval.text.analyzer import Analyzer
from kefu.retrieval.text.cedict import Gloss
from kefu.retrieval.text.english_words import USUAL, one_edit_away
from kefu.retrieval.text.segmenter import frequency, known_words, log_probability
from kefu.text.chinese import simplified
from kefu.text.language import language_of
from kefu.text.plain_form import plain_form

MAX_MENDED_CHARACTERS = 300
"""Characters of a question whose words are mended. A longer one says what it is about in more than one word."""
_MOST_MENDED = 6
"""English words of a question that are mended, each in about two milliseconds."""
_LEAST_LETTERS = 4
"""Letters of an English word that is mended: of three letters too many words are one edit away."""
_PLAIN_WIDTH = {ord(each) + 0xFEE0: each for each in ascii_letters + digits}
"""Full-width letters and digits. Full-width punctuation is the Chinese one, and stays."""
_LATIN = re.compile(r"(?<![A-Za-z0-9_'’.@/#&+-])[A-Za-z]+(?![A-Za-z0-9_'’@/#&+-]|\.\w)")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_BLANKS = re.compile(r" {2,}")
_WORDS = re.compile(r"\w+")
_SENTENCE_START = re.compile(r"(?:^|[.!?。！？\n])\W*$")
_MAX_SOUNDED = 4
"""Characters of a Chinese word that is looked up by its sound."""
_RARE = 150
"""Frequency in jieba's dictionary up to which a word may be another one that sounds the same."""
_CLEARLY = 3.0
"""How much likelier a word must be than characters that are no word, as a logarithm."""
_GRAMMATICAL = frozenset(
    "我你他她它您的地得了吗呢吧在是有不没几又就都也能要给和跟与还再可以被把让对从为这那哪一二两三四五六七八九十上下到过"
)
"""Characters that stand beside any other and are hardly ever mistyped: no part of a misspelt word."""
_LEAST_GLOSSED = 3
"""Letters of an English word that is said in Chinese."""
_CLOSE_GLOSS = 0.7
"""Least weight of its translation; one of two words has it."""
_OWN_GLOSS = 1.0
"""Least weight of a translation times the logarithm of the passages that hold it."""
_LEAST_PART = 3
"""Letters of each of two words that were written as one."""
_MAIN_SUBJECT = 0.05
"""Share of the passages that hold a word that may be meant by another one that is a word."""
_MUCH_RARER = 50
"""How many times as usual it must be."""


@dataclass(frozen=True)
class Reading:
    """How a question is read."""

    text: str
    """What is searched for."""
    literal: str
    """The same without the mended words that may be right as they stand; equal to `text` if there are none."""

    @property
    def embedded_texts(self) -> tuple[str, ...]:
        """The texts whose embeddings, averaged, are the question's: one or two."""
        return tuple(dict.fromkeys((self.text, self.literal)))


class _Mended(NamedTuple):
    word: str
    is_sure: bool


def as_written(text: str) -> Reading:
    """A question as it is, for texts that are known to be in order."""
    return Reading(text, text)


def read_question(text: str, analyzer: Analyzer, words: LexicalView) -> Reading:
    """A question as it is read for one collection, whose `analyzer` and `words` these are."""
    plain = plain_form(simplified(text.translate(_PLAIN_WIDTH)))
    if len(plain) > MAX_MENDED_CHARACTERS or not len(words.numbers):
        return as_written(plain)
    mended = _mend_chinese(_mend_english(plain, analyzer, words), analyzer, words)
    return _in_one_language(mended, analyzer, words)


def read_as(text: str, reading: Reading) -> str:
    """The reading of a text where it differs in more than layout; else empty."""
    return reading.text if _bare(reading.text) != _bare(simplified(text.translate(_PLAIN_WIDTH))) else ""


def _bare(text: str) -> str:
    return "".join(_WORDS.findall(text.lower()))


def _mend_english(text: str, analyzer: Analyzer, words: LexicalView) -> Reading:
    found = list(_LATIN.finditer(text))
    unknown = [at for at in found if not _is_known(at[0].lower(), analyzer, words)]
    if len(unknown) > max(2, len(found) // 2):  # another language in Latin script
        return as_written(text)
    misspelt = [at for at in unknown if len(at[0]) >= _LEAST_LETTERS and at[0][1:].islower()][:_MOST_MENDED]
    mended = {at.start(): best for at in misspelt if (best := _nearest(at[0].lower(), analyzer, words))}

    def replaced(word: re.Match[str], *, only_sure: bool) -> str:
        best = mended.get(word.start())
        if best is None:
            return word[0]
        is_name = word[0][0].isupper() and not _SENTENCE_START.search(text[: word.start()])
        if only_sure and (is_name or not best.is_sure):
            return word[0]
        return best.word.capitalize() if word[0][0].isupper() else best.word

    return Reading(
        _LATIN.sub(lambda word: replaced(word, only_sure=False), text),
        _LATIN.sub(lambda word: replaced(word, only_sure=True), text),
    )


def _is_known(word: str, analyzer: Analyzer, words: LexicalView) -> bool:
    return analyzer.english_words.count(word) >= USUAL or bool(words.holders(analyzer.vocabulary_terms([word]))[0])


def _nearest(word: str, analyzer: Analyzer, words: LexicalView) -> _Mended | None:
    """The word that is most likely meant: of the collection's own words, else a usual one; None without any."""
    english = analyzer.english_words
    count = english.count(word)
    if not count and (halves := _split(word, analyzer, words)):
        return _Mended(halves, is_sure=True)
    near = english.near(word)
    candidates = near | {each: 1 for each in one_edit_away(word) if len(each) >= _LEAST_LETTERS}
    holders = words.holders(analyzer.vocabulary_terms(list(candidates)))
    own = {each: int(count) for each, count in zip(candidates, holders, strict=True) if count}
    if not count and (halves := _split(word, analyzer, words)):
        return _Mended(halves, is_sure=True)
    if count:  # a word, though a rare one: only for what most of the collection is about
        least = len(words.numbers) * _MAIN_SUBJECT
        own = {
            each: held
            for each, held in own.items()
            if candidates[each] == 1 and held >= least and english.count(each) > _MUCH_RARER * count
        }
    elif not own:
        own = {
            each: 0
            for each, edits in near.items()
            if edits == 1 and english.count(each) >= USUAL and not _is_substitution(each, word)
        }

    def likelihood(candidate: str) -> float:
        return (
            math.log2(1 + own[candidate])
            + math.log10(1 + english.count(candidate))
            - 4 * candidates[candidate]
            + 2 * (candidate[0] == word[0])
            + 3 * (sorted(candidate) == sorted(word))
        )

    best = max(own, key=likelihood, default=None)
    return _Mended(best, is_sure=own[best] > 0 and not count) if best else None


def _split(word: str, analyzer: Analyzer, words: LexicalView) -> str:
    """A word as two of the collection's, such as "gift card"; empty if it is not two."""
    places = range(_LEAST_PART, len(word) - _LEAST_PART + 1)
    parts = [part for at in places for part in (word[:at], word[at:])]
    if not parts:
        return ""
    holders = words.holders(analyzer.vocabulary_terms(parts)).reshape(-1, 2).min(axis=1)
    best = int(holders.argmax())
    return f"{parts[2 * best]} {parts[2 * best + 1]}" if holders[best] else ""


def _is_substitution(one: str, other: str) -> bool:
    return len(one) == len(other) and sorted(one) != sorted(other)


def _mend_chinese(reading: Reading, analyzer: Analyzer, words: LexicalView) -> Reading:
    return Reading(
        _HAN.sub(lambda run: _same_sounding(run[0], analyzer, words, only_sure=False), reading.text),
        _HAN.sub(lambda run: _same_sounding(run[0], analyzer, words, only_sure=True), reading.literal),
    )


def _same_sounding(run: str, analyzer: Analyzer, words: LexicalView, *, only_sure: bool) -> str:
    """A run of Chinese with words of the collection for what the collection lacks and what sounds like them."""
    ends = [0, *accumulate(map(len, known_words(run)))]
    held = [_least_holders(run[at : at + 2], analyzer, words) > 0 for at in range(len(run) - 1)]
    at = 0
    while at < len(run) - 1:
        options = [
            option
            for end in range(at + 2, min(at + _MAX_SOUNDED, len(run)) + 1)
            if not all(held[at : end - 1]) and not (only_sure and frequency(run[at:end]))
            for option in _sounding_options(run, at, end, ends, held, analyzer, words)
        ]
        if options:
            _, word = max(options)
            run = run[:at] + word + run[at + len(word) :]
            at += len(word)
        else:
            at += 1
    return run


def _sounding_options(
    run: str, start: int, end: int, ends: Sequence[int], held: Sequence[bool], analyzer: Analyzer, words: LexicalView
) -> Iterator[tuple[float, str]]:
    """Words of the collection that sound like a part of a run, each with how much likelier than the part it is.

    `ends` of known words tell what of the run is read anew. `held` pairs of characters are the collection's own: what
    is part of one with a neighbour outside is right as it stands.
    """
    part = run[start:end]
    if frequency(part) > _RARE:
        return
    first, last = max(each for each in ends if each <= start), min(each for each in ends if each >= end)
    now = log_probability(run[first:last])
    for word in analyzer.same_sound(part):
        changed = [at for at, one in enumerate(word, start) if one != run[at]]
        if not frequency(word) or not _GRAMMATICAL.isdisjoint(run[at] for at in changed):
            continue
        if (start in changed and start and held[start - 1]) or (
            end - 1 in changed and end < len(run) and held[end - 1]
        ):
            continue
        gain = log_probability(run[first:start] + word + run[end:last]) - now
        if holders := _least_holders(word, analyzer, words):
            likelihood = gain + math.log(holders)
            if (likelihood > 0 and holders > 1) if frequency(part) else gain > _CLEARLY:
                yield likelihood, word


def _in_one_language(reading: Reading, analyzer: Analyzer, words: LexicalView) -> Reading:
    """The reading with English words of a Chinese question in Chinese, as the collection says it, or the other way."""
    if not (_HAN.search(reading.text) and _LATIN.search(reading.text)):
        return reading

    def chinese(word: re.Match[str]) -> str:
        glosses = analyzer.translations(word[0]) if word[0].islower() and len(word[0]) >= _LEAST_GLOSSED else []
        fit = max(
            (gloss.weight * math.log(1 + _least_holders(gloss.word, analyzer, words)), gloss.word)
            for gloss in [*glosses, Gloss("", 0.0)]
            if gloss.weight >= _CLOSE_GLOSS or not gloss.word
        )
        return fit[1] if fit[0] >= _OWN_GLOSS else word[0]

    def english(run: re.Match[str]) -> str:
        meanings = " ".join(gloss.word for word in known_words(run[0]) for gloss in analyzer.translations(word))
        return f" {meanings} " if meanings else run[0]

    language = language_of(reading.text)
    if language == "zh":
        return Reading(_LATIN.sub(chinese, reading.text), reading.literal)
    if language == "en":
        return Reading(_BLANKS.sub(" ", _HAN.sub(english, reading.text)), reading.literal)
    return reading


def _least_holders(word: str, analyzer: Analyzer, words: LexicalView) -> int:
    """The number of passages that hold a Chinese word, by its rarest pair of characters."""
    pairs = [word[at : at + 2] for at in range(len(word) - 1)]
    if not pairs:
        return 0
    return int(words.holders(analyzer.vocabulary_terms(pairs)).min())
