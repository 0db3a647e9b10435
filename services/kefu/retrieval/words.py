"""Text to index words: jieba for Chinese, the English Snowball stemmer for words in Latin script."""

import hashlib
import logging
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import Stemmer  # pyright: ignore[reportMissingTypeStubs]

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # jieba 0.42 has invalid escapes and imports pkg_resources
    import jieba  # pyright: ignore[reportMissingTypeStubs]

Terms = npt.NDArray[np.uint64]
"""Index words as salted 64-bit hashes, in the order of the text, repeated as they are there."""

VERSION = 1
"""Raise it when the same text gives other words: snapshots of another version are made anew."""

_RUNS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
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


class Words:
    """Splits text into index words. Making one loads jieba's dictionary (half a second, once per process)."""

    def __init__(self, salt: bytes = b"") -> None:
        """`salt` keys the hashes, at most 64 bytes: two collections' hashes cannot be compared."""
        jieba.setLogLevel(logging.WARNING)  # pyright: ignore[reportUnknownMemberType] - untyped
        jieba.initialize()  # pyright: ignore[reportUnknownMemberType] - untyped
        stemmer: Any = Stemmer.Stemmer("english")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        self._stem: Callable[[str], str] = stemmer.stemWord  # pyright: ignore[reportUnknownMemberType]
        self._cut: Callable[[str], Iterator[str]] = jieba.cut  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
        self._salt = salt
        self._known: dict[str, int] = {}

    def split(self, text: str) -> list[str]:
        """The index words of a text, in order: normalised (NFKC), lower case, stemmed."""
        return list(self._split(unicodedata.normalize("NFKC", text).lower()))

    def terms(self, text: str) -> Terms:
        """The index words as hashes."""
        return np.fromiter((self._hash(word) for word in self.split(text)), np.uint64)

    def _split(self, text: str) -> Iterator[str]:
        for match in _RUNS.finditer(text):
            run = match[0]
            if "\u3400" <= run[0] <= "\ufaff" and not "\ua000" <= run[0] <= "\uf8ff":
                yield from (word for word in self._cut(run) if word not in _STOP_CHARACTERS)
            elif run not in _STOP_WORDS:
                yield self._stem(run)

    def _hash(self, word: str) -> int:
        known = self._known.get(word)
        if known is None:
            digest = hashlib.blake2b(word.encode(), digest_size=8, key=self._salt).digest()
            known = int.from_bytes(digest, "little")
            if len(self._known) >= 200_000:  # a bound: the dictionary of a large knowledge base has about half
                self._known.clear()
            self._known[word] = known
        return known
