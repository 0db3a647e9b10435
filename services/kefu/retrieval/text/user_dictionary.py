"""The user dictionary of a collection: words for the segmentation of Chinese, and synonyms."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from kefu.common.errors import BadRequest
from kefu.text.chinese import simplified

MAX_BYTES = 1024 * 1024
MAX_LINES = 20_000
MAX_WORD_CHARACTERS = 64
_REMARK = re.compile(r"(?:^|\s)#.*")
_FREQUENCY, _TAG = re.compile("[0-9]{1,9}"), re.compile("[a-z]{1,5}")
_HAN = r"\u3400-\u9fff\uf900-\ufaff"
_CHINESE = re.compile(f"[{_HAN}]+")
_ONE_WORD = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+|(?=.*[a-z])(?=.*[0-9])[a-z0-9]+(?:[-_/.][a-z0-9]+)+")
FIELD = "dictionary.text"


@dataclass(frozen=True)
class Dictionary:
    """A user dictionary, made by `parse_dictionary`: normalised, lower case, in simplified characters."""

    words: tuple[tuple[str, int], ...] = ()
    """Chinese words that stay whole, each with its frequency; 0: as high as necessary."""
    synonyms: tuple[tuple[str, ...], ...] = ()
    """Groups of words that count as one."""
    digest: str = ""
    """Hash of the text; empty without a dictionary."""


EMPTY_DICTIONARY = Dictionary()


def parse_dictionary(text: str) -> Dictionary:
    """Parse Dictionary.text of the contract. Raises BadRequest, with the line, for an invalid entry."""
    if not text.strip():
        return EMPTY_DICTIONARY
    lines = text.splitlines()
    if len(lines) > MAX_LINES or len(text.encode()) > MAX_BYTES:
        raise BadRequest(FIELD, f"has {len(lines):,} lines; at most {MAX_LINES:,} and 1 MiB are taken.")
    words: dict[str, int] = {}
    synonyms: list[tuple[str, ...]] = []
    for number, line in enumerate(lines, 1):
        entry = _normal(_REMARK.sub("", line)).strip()
        if "=" in entry:
            group = tuple(dict.fromkeys(_one_word(word.strip(), number) for word in entry.split("=")))
            synonyms.append(group)
            words |= {word: words.get(word, 0) for word in group if _CHINESE.fullmatch(word)}
        elif entry:
            word, frequency = _word_and_frequency(entry)
            if len(word) > MAX_WORD_CHARACTERS:
                raise BadRequest(FIELD, f"line {number} has a word of more than {MAX_WORD_CHARACTERS} characters.")
            words |= dict.fromkeys(_CHINESE.findall(word), frequency)
    return Dictionary(
        tuple((word, frequency) for word, frequency in words.items() if len(word) > 1),
        tuple(synonyms),
        hashlib.sha256(text.encode()).hexdigest()[:16],
    )


def _word_and_frequency(entry: str) -> tuple[str, int]:
    """A line as jieba reads it: a word, a frequency (0 without one), and a tag of grammar, which is left out."""
    word, *rest = entry.rsplit(maxsplit=1)
    if rest and _TAG.fullmatch(rest[0]):
        word, *rest = word.rsplit(maxsplit=1)
        entry = " ".join((word, *rest))
    return (word, int(rest[0])) if rest and _FREQUENCY.fullmatch(rest[0]) else (entry, 0)


def _normal(text: str) -> str:
    return simplified(unicodedata.normalize("NFKC", text).lower())


def _one_word(word: str, line: int) -> str:
    if len(word) > MAX_WORD_CHARACTERS or not _ONE_WORD.fullmatch(word):
        raise BadRequest(
            FIELD, f'line {line} makes "{word[:40]}" a synonym; only single words can be, of one script each.'
        )
    return word
