"""
The analyzer: from text to index words.

Words in Latin script go through the English Snowball stemmer. Chinese gives jieba's words and all pairs of neighbouring
characters, because the segmentation of a word depends on its neighbours. Traditional characters count as simplified
ones (OpenCC).
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import Stemmer  # pyright: ignore[reportMissingTypeStubs]

from kefu.retrieval.text.cedict import Gloss, load_glosses
from kefu.retrieval.text.english_words import load_english_words
from kefu.retrieval.text.segmenter import make_cut
from kefu.retrieval.text.user_dictionary import EMPTY_DICTIONARY, Dictionary
from kefu.text.chinese import simplified

Terms = npt.NDArray[np.uint64]
"""Index words as salted 64-bit hashes, in the order of the text, with repetitions."""

TermGroup = tuple[Terms, npt.NDArray[np.float32]]
"""One word of a question: the terms that match it in a passage, each with its weight, 0 to 1. The word counts once, by
the best of these terms."""

VERSION = 3
"""Version of the analysis, to be raised when the same text gives other words. Snapshots of another one are ignored."""

_RUNS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
_JOINED = re.compile(r"(?<![a-z0-9])[a-z0-9]++(?:[-_/.][a-z0-9]++)++")
_LETTER, _DIGIT = re.compile("[a-z]"), re.compile("[0-9]")
_JOINTS = str.maketrans("", "", "-_/.")
# Words that carry grammar and no subject. Negations stay: "not covered" differs from "covered".
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be been but by can could did do does for from had has have how i if in into is it its me my"
        " of on or our should such that the their them then there these they this to was we were what when where which"
        " who why will with would you your",
    )
)
_STOP_CHARACTERS = frozenset("的了吗呢吧啊呀么")
_MAX_GLOSSED_CHARACTERS = 100
"""Most characters of a question with an English gloss. The gloss has half as many tokens again."""
TRANSLATED_LANGUAGES = frozenset(("zh", "en"))
"""The languages between which words are translated."""


class Analyzer:
    """Splits text into index words. The first one in a process loads jieba's dictionary and CC-CEDICT: four seconds, or
    half a second where the cache folder has their tables.
    """

    def __init__(
        self, salt: bytes = b"", dictionary: Dictionary = EMPTY_DICTIONARY, *, cache_folder: Path | None = None
    ) -> None:
        """An analyzer with the words of a user dictionary. `salt`, at most 64 bytes, keys the hashes.

        `cache_folder`: see `kept_tables`.
        """
        self._salt, self._cache_folder = salt, cache_folder
        self._cut = make_cut(dictionary.words, cache_folder)
        self._synonyms: dict[str, tuple[str, ...]] = {}
        for group in dictionary.synonyms:
            self._add_synonyms([self._index_word(word) for word in group])
        self._glosses = load_glosses(_stem, _STEMMER_VERSION, _STOP_WORDS, cache_folder)
        self.english_words = load_english_words()
        self._salted = hashlib.blake2b(digest_size=8, key=salt)
        self._known: dict[str, int] = {}
        self._groups: dict[str, TermGroup] = {}

    def with_dictionary(self, dictionary: Dictionary) -> "Analyzer":
        """An analyzer that differs by its user dictionary alone."""
        return Analyzer(self._salt, dictionary, cache_folder=self._cache_folder)

    def split(self, text: str) -> list[str]:
        """The index words of a text: normalised (NFKC), lower case, stemmed, simplified.

        A code such as SM-G973U is one more word, without its hyphens and points.
        """
        return list(self._split(self._normal(text)))

    def terms(self, text: str) -> Terms:
        """The index words of a text as hashes."""
        return self._hashes(self.split(text))

    def vocabulary_terms(self, words: Sequence[str]) -> Terms:
        """The terms by which to look up whether a collection holds some words in lower case, one for each word.

        A Chinese word has one if it has two characters or is a word of the segmentation.
        """
        stems = iter(_stem([word for word in words if not _is_han(word[0])]))
        return np.fromiter((self.hash_text(word if _is_han(word[0]) else next(stems)) for word in words), np.uint64)

    def translations(self, word: str) -> list[Gloss]:
        """Chinese words of two characters and more for an English word; of a Chinese word its first meaning."""
        if _is_han(word[0]):
            meanings = (self._glosses.meaning(part) for part in self._glosses.parts(word) if len(part) > 1)
            return [Gloss(meaning, 1.0) for meaning in meanings if meaning]
        return [gloss for gloss in self._glosses.in_chinese(_stem((word,))[0]) if len(gloss.word) > 1]

    def same_sound(self, text: str) -> list[str]:
        """See `Glosses.same_sound`."""
        return self._glosses.same_sound(text)

    def hash_text(self, text: str) -> int:
        """The salted hash of a whole text."""
        hashed = self._salted.copy()
        hashed.update(text.encode())
        return int.from_bytes(hashed.digest(), "little")

    def query_groups(self, question: str) -> list[TermGroup]:
        """Term groups of a question for passages in its own language: each index word once, with its synonyms."""
        groups = list(dict.fromkeys(self._synonyms.get(word, (word,)) for word in self.split(question)))
        terms = self._hashes(chain.from_iterable(groups))
        weights = np.ones(len(terms), np.float32)
        bounds = pairwise(accumulate(map(len, groups), initial=0))
        return [(terms[first:last], weights[first:last]) for first, last in bounds]

    def translated_groups(self, question: str, language: str, languages: Collection[str]) -> list[TermGroup] | None:
        """Term groups for passages in the other of Chinese and English; None when `languages` lacks that one."""
        if language not in TRANSLATED_LANGUAGES or not TRANSLATED_LANGUAGES - {language} & set(languages):
            return None
        words: Iterable[str] = dict.fromkeys(self._words(self._normal(question)))
        if language == "zh":
            words = (part for word in words for part in self._parts(word))
        # Of synonyms the first stands for all of them.
        words = dict.fromkeys(self._synonyms.get(word, (word,))[0] for word in words)
        return [group for word in words if len((group := self._group(word))[0])]

    def english_gloss(self, question: str, language: str, languages: Collection[str]) -> str:
        """The English gloss of a Chinese question: its words in English, to be embedded.

        Empty for another language or a long message, and when `languages` lacks English.
        """
        if language != "zh" or "en" not in languages or len(question) > _MAX_GLOSSED_CHARACTERS:
            return ""
        found: list[str] = []
        for match in _RUNS.finditer(self._normal(question)):
            if not _is_han(match[0][0]):
                found.append(match[0])
                continue
            words = (word for word in self._cut(match[0]) if word not in _STOP_CHARACTERS)
            found += (self._glosses.meaning(part) for word in words for part in self._glosses.parts(word))
        return " ".join(filter(None, found))

    def _parts(self, word: str) -> Iterable[str]:
        return (word,) if word in self._synonyms else self._glosses.parts(word)

    def _group(self, word: str) -> TermGroup:
        known = self._groups.get(word)
        if known is None:
            glosses = [gloss for each in self._synonyms.get(word, (word,)) for gloss in self._translations(each)]
            weights = np.fromiter((gloss.weight for gloss in glosses), np.float32)
            known = self._hashes(gloss.word for gloss in glosses), weights
            if len(self._groups) >= 5_000:  # some have a thousand translations
                self._groups.clear()
            self._groups[word] = known
        return known

    def _translations(self, word: str) -> list[Gloss]:
        if not _is_han(word[0]):
            return [Gloss(word, 1.0), *self._glosses.in_chinese(word)]
        itself = [Gloss(word, 1.0)] if word in self._synonyms else []
        return [*itself, *self._glosses.in_english(word)]

    def _index_word(self, word: str) -> str:
        """A word of a user dictionary in the form that `split` gives."""
        if _JOINED.fullmatch(word) and _is_code(word):
            return word.translate(_JOINTS)
        return word if _is_han(word[0]) else _stem((word,))[0]

    def _add_synonyms(self, group: Iterable[str]) -> None:
        """Add synonyms, and join groups that share a word."""
        whole = tuple(dict.fromkeys(each for word in group for each in self._synonyms.get(word, (word,))))
        self._synonyms |= dict.fromkeys(whole, whole)

    def _normal(self, text: str) -> str:
        return simplified(unicodedata.normalize("NFKC", text).lower())

    def _split(self, normal: str) -> Iterator[str]:
        for word in self._words(normal):
            if not _is_han(word[0]) or len(word) != 2:  # the pairs follow
                yield word
        for match in _RUNS.finditer(normal):
            run = match[0]
            if _is_han(run[0]):
                yield from (run[at : at + 2] for at in range(len(run) - 1))

    def _words(self, normal: str) -> Iterator[str]:
        for match in _RUNS.finditer(normal):
            run = match[0]
            if _is_han(run[0]):
                yield from (word for word in self._cut(run) if word not in _STOP_CHARACTERS)
            elif run not in _STOP_WORDS:
                yield _stem((run,))[0]
        for match in _JOINED.finditer(normal):
            if _is_code(match[0]):
                yield match[0].translate(_JOINTS)

    def _hashes(self, words: Iterable[str]) -> Terms:
        return np.fromiter((self._hash(word) for word in words), np.uint64)

    def _hash(self, word: str) -> int:
        known = self._known.get(word)
        if known is None:
            known = self.hash_text(word)
            if len(self._known) >= 200_000:  # a bound: the dictionary of a large knowledge base has about half
                self._known.clear()
            self._known[word] = known
        return known


def _is_code(joined: str) -> bool:
    """Whether a word of joined parts, such as sm-g973u, has a letter and a digit."""
    return _LETTER.search(joined) is not None and _DIGIT.search(joined) is not None


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff"


_STEMMER: Any = Stemmer.Stemmer("english", 0)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
"""Without its cache, which takes four times as long as to stem a word that it lacks."""
_STEMMER_VERSION: str = Stemmer.version()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def _stem(words: Sequence[str]) -> list[str]:
    return _STEMMER.stemWords(list(words))
