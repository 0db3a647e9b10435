"""An answer's own words, apart from what it quotes, and the words of a text that carry its meaning."""

import re

from kefu.text.chinese import simplified
from kefu.text.citations import without_citations
from kefu.text.compatibility_form import compatibility_form

_QUOTED = re.compile(r"“[^”\n]*”?|「[^」\n]*」?|『[^』\n]*』?|\"[^\"\n]*\"")
_LEAD_IN = re.compile(r"[^.!?。！？\n:：]{0,40}[:：]\s{0,3}$")
_LONGEST_NAME_HAN, _LONGEST_NAME_WORDS = 6, 3
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*|\d+(?:\.\d+)?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_FUNCTION_WORDS = frozenset(
    """
    a an the this that these those it its i me my mine you your yours we our ours us they their them he his him she her
    is are was were be been being am do does did done doing have has had having can could will would should may might
    must shall to of in on at for by with from as and or so then there here if when please just also too even still any
    some ok okay hi hello hey u ur pls really actually well now yes yeah yep no nope not never cannot cant dont doesnt
    isnt arent wont n't what which how who s t re ll ve d m im
    """.split()  # noqa: SIM905 - nobody reads a hundred words in quotation marks
)
_FUNCTION_CHARACTERS = frozenset(
    "的了吗呢吧么呀啊哦喔嘛啦您你我俺咱们亲这那个是有在就都也还能可以会要想请问一下把被给跟和与或及所啥什几多少怎样行好对"
    "不没无非未别勿嗯哈该此均即为将其"
)
_ENDINGS = ("ing", "ed", "es", "s", "e")
_SHORTEST_STEM = 3


def own_words(text: str) -> str:
    """A text without citations, and without what it quotes.

    A quotation stands in “…”, "…", 「…」 or 『…』, or in lines that begin with ">"; what leads in to it ("The page
    says:") belongs to it. A few words in quotation marks are a name, such as a button's, and stay.
    """
    lines = [line for line in without_citations(text).splitlines() if not line.lstrip().startswith(">")]
    kept: list[str] = []
    for line in lines:
        at = 0
        for found in _QUOTED.finditer(line):
            if _is_name(found[0]):
                continue
            # Only the last characters before the quotation can be its lead-in: a long line is not read again and again.
            before = line[at : found.start()]
            tail = _LEAD_IN.sub("", before[-60:])
            kept += [before[:-60], tail]
            at = found.end()
        kept += [line[at:], "\n"]
    return "".join(kept).strip()


def content(text: str) -> frozenset[str]:
    """The words of a text that carry its meaning: words without their endings, figures, and single Han characters.

    Articles, pronouns, auxiliaries, particles, yes, no and negations are none.
    """
    plain = folded(text)
    words = {_stem(word) for word in _WORD.findall(plain) if word not in _FUNCTION_WORDS and "n't" not in word}
    return frozenset(words | (set(_HAN.findall(plain)) - _FUNCTION_CHARACTERS))


def is_echo(question: str, text: str) -> bool:
    """Whether the words of a text are the question's, so that it says nothing."""
    words = content(without_citations(text))
    return bool(words) and words <= content(question)


def folded(text: str) -> str:
    """A text in lower case and simplified characters, with plain apostrophes, and figures without commas."""
    plain = simplified(compatibility_form(text)).lower().replace("’", "'").replace("‘", "'")
    return _THOUSANDS.sub("", plain)


def is_han(word: str) -> bool:
    """Whether a word of `content` is a Han character."""
    return _HAN.fullmatch(word) is not None


def _is_name(quoted: str) -> bool:
    inside = quoted.strip('“”「」『』"')
    han = len(_HAN.findall(inside[:200]))
    return han <= _LONGEST_NAME_HAN if han else len(inside[:200].split()) <= _LONGEST_NAME_WORDS


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word[: -len(ending)]
            break
    # "shipped" and "ship" are one
    return word[:-1] if len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1].isalpha() else word
