"""
Polarity: whether an answer says yes or no, read from its own sentences.

An answer says it with how it opens ("Yes", "Sorry, we can't", 可以, 不支持), or with a sentence that is the question
turned into a statement, negated or not. Polarity is about the thing itself, whichever way the question is put: to
"Can't I return it?" both "No, you can't" and 是的，不能退 say no. Where neither tells, nothing is said: a wrong verdict
is worse than none. Quotations have to be left out before (`own_words`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kefu.router.grounding.lexical_overlap import sentences
from kefu.router.grounding.own_words import content, folded, is_han

Polarity = Literal["yes", "no"]

_END = r"\s*(?:[,.;:!—–，。；：！、~～\s-]|$)"
_FILLER = re.compile(
    r"(?:hi|hello|hey|hi there|thanks?(?: you)?(?: for (?:asking|your (?:question|message|patience)))?|good question"
    r"|great question|well|ok|okay|亲|亲爱的|您好|你好|好的|感谢您的(?:咨询|提问)|谢谢|哈喽|嗨)"
    r"(?:[,.!，。！~～:：\s]+|$)"
)
_REGRET = re.compile(
    r"(?:unfortunately|regrettably|sadly|(?:(?:i'm|we're|i am|we are) )?(?:(?:very|so|really|terribly) )?"
    r"(?:sorry|afraid)(?: about that)?(?: to say)?(?: that| but)?"
    r"|(?:非常|很|十分|实在|真的?)?(?:抱歉|遗憾|不好意思|对不起)(?:地?告诉您)?)"
    r"[,.!，。！:：\s]*"
)
_YES = re.compile(r"(?:yes|yeah|yep|yup|sure|of course|certainly|absolutely|definitely|no problem)\b(?! and no\b)")
_AGREED = re.compile(r"(?:correct|exactly|indeed|right\b(?=\s*[,.;:!]|$)|(?:that's|that is) (?:right|correct|true))\b")
_NO = re.compile(
    r"(?:no|nope)(?=\s*(?:[,.;:!—–-]|$)|\s(?:you|we|it|they|that|this|there|i|the|your|our)\b)"
    r"|(?:never|not)\b(?! only\b)"
)
_DISAGREED = re.compile(r"(?:incorrect|wrong|(?:that's|that is) (?:not (?:right|correct|true)|wrong|incorrect))\b")
_BETWEEN = " ,，.。!！;；:：—–-"
_CLAUSE_END = re.compile(r"[,，;；.。!！?？]")
_EN_CAN = re.compile(r"(?:you|we|it|they)(?: can| may| do| does| will| is possible| are able)\b")

_ZH_LEAD = r"(?:目前|现在|暂时|这个|这款|是)?"
_ZH_TAIL = r"(?:的|哦|喔|呢|呀|啊|啦|滴|哈)*"
_ZH_YES = re.compile(
    rf"{_ZH_LEAD}(?:当然)?(?:可以|能|会|有|需要|要|支持|行|没问题|当然|允许|包括|肯定|必须){_ZH_TAIL}{_END}"
    r"|当然(?:可以|能|会|有)"
)
_ZH_AGREED = re.compile(rf"(?:是|对|没错|正确|嗯){_ZH_TAIL}{_END}")
_ZH_NO = re.compile(
    rf"{_ZH_LEAD}(?:不(?!仅|但|过|论|管)[^\s,.;:!，。；：！、]{{1,5}}|没有?|无法|无需|暂无|未必){_ZH_TAIL}{_END}"
)
_ZH_DISAGREED = re.compile(rf"(?:不(?:是|对)?|并非|错误?){_ZH_TAIL}{_END}")
_ZH_CAN = re.compile(r"(?:您|你|我们|还|也|都|是)*(?:可以|能|会|支持|行)")
_ZH_CANNOT = re.compile(r"(?:您|你|我们|还|也|都|是)*(?:不|没|无法)")

_EN_NEGATION = re.compile(
    r"n't\b|\b(?:cannot|cant|dont|doesnt|isnt|arent|wont|not|never|no|nor|neither|unable|impossible)\b"
)
_ZH_NEGATION = re.compile(r"不|没|无|未|别|勿|非")
_ZH_NO_NEGATION = re.compile(
    r"(.)(?:不|没)\1|有没有|不但|不仅|不过|不论|不管|不同|不好意思|不少|不久|差不多|没错|没问题|无论|无忧|未来|非常|除非|特别|别的|级别|类别"
)
_DOUBLED = re.compile(r"\b(?:without|unless|until|only|except)\b|除非|才|只|仅")
_RESTRICTED = re.compile(
    r"\b(?:only|unless|except|but|however|until|provided|as long as|depend\w*|if|though|although|while)\b"
    r"|仅|只|除|但|不过|如果|的话|若|才|取决|部分|否则|前提"
)
_ASKS = re.compile(r"[?？]|[吗呢么]|(.)(?:不|没)\1|有没有")
_ZH_TAG = re.compile(r"(?<=\w)[不没](?=[\s。.!！?？~～]*$)")
"""The 不 of "攒积分不": it asks, and denies nothing."""
_ZH_ASKS = re.compile(r"[吗么呢吧][\s。.!！~～]*$|(.)(?:不|没)\1|有没有|多少|什么|怎么|哪|多久|几[天个次年月]")
_EN_ASKS = re.compile(r"(?:where|which|who|why|when (?:do|does|can|will|is|are)|for how|at what|by when)\b")
_AFTER_COMMA = re.compile(r",\s*(?=(?:can|could|do|does|is|are|will|would|may|should|did|was|am)(?:n't|not)?\b)")
_POSITIVE_START = re.compile(
    r"(?:and |but |so |then )?(?:can|could|do|does|is|are|will|would|may|should|did|was|am|what|how)\b(?!')"
)
_NEGATED_START = re.compile(
    r"(?:[^\s,]+ ){0,5}(?:(?:ca|do|does|is|are|wo|would|could|should|have|has|did|was)n'?t|cannot|not|never)\b"
)
_ZH_NEGATED = re.compile(
    r"(?:不(?:能够?|可以?|会|要|需要)?|没有|没(?!了)|无法|未)[^，,。？?！!能可会要没不]{0,10}[吗么吧][？?。!！]*\s*$"
)
_FEWEST = 4
"""Weight from which on a question has words enough to know it again in a statement: a word counts 2, a character 1."""
_PART_LEFT_OUT = 0.1
_MOST_NEW = 1
"""Han characters that a statement may add to the question: a word may be another case ("Express is free for Gold")."""


@dataclass(frozen=True)
class Statement:
    """A sentence that says yes or no."""

    polarity: Polarity
    sentence: str


def statements(question: str, own: str, *, opening: bool = True) -> Iterator[Statement]:
    """The sentences of an answer's own words that say yes or no, in order.

    `opening`: they begin the answer, so that a "yes" in front is one to the question.
    """
    asked = _Question(question)
    regret = False
    for begin, end in sentences(own):
        sentence = own[begin:end]
        plain = folded(sentence).strip(" *_#~～")
        if asks(plain):
            continue
        said: Polarity | None = None
        if opening:
            plain, sorry = _without_fillers(plain)
            regret = regret or sorry
            if not plain:
                continue
            opening = False
            said = _opening(asked, plain, regret=regret) or asked.stated_by(plain)
        else:
            said = asked.stated_by(plain)
        if said is not None:
            yield Statement(said, sentence)


def asks(sentence: str) -> bool:
    """Whether a sentence is a question, and so says nothing: with its mark, or in its form alone."""
    plain = folded(sentence).strip()
    forms = (_ZH_ASKS.search, _ZH_TAG.search, _POSITIVE_START.match, _EN_ASKS.match)
    return plain.endswith("?") or any(form(plain) for form in forms)


class _Question:
    """What is asked: its words, and whether it is put in the negative."""

    def __init__(self, text: str) -> None:
        asking = [text[begin:end] for begin, end in sentences(text) if _ASKS.search(text[begin:end])]
        plain = _ZH_TAG.sub("", folded(" ".join(asking) or text).strip())
        last = _AFTER_COMMA.split(plain)[-1]
        self.is_negated = bool(_ZH_NEGATED.search(_ZH_NO_NEGATION.sub("", last))) or (
            not _POSITIVE_START.match(last) and bool(_NEGATED_START.match(last))
        )
        # "if it is opened, can I return it?" is asked with the condition alone.
        main = last if _weight(content(last)) >= _FEWEST else plain
        self._negations = max(0, _negations(plain) - self.is_negated)
        self._main, self._all = content(main), content(plain)
        self._restricted = bool(_RESTRICTED.search(plain))

    def stated_by(self, sentence: str) -> Polarity | None:
        """What a sentence says of the thing, if it is the question as a statement."""
        if _RESTRICTED.search(sentence) and not self._restricted:
            return None
        said = content(sentence)
        if _weight(self._main) < _FEWEST:
            return None
        missing, new = self._main - said, said - self._all
        if len(missing) > _PART_LEFT_OUT * len(self._main) or len(new) > _MOST_NEW:
            return None
        if not all(map(is_han, missing | new)):
            return None
        more = _negations(sentence) - self._negations
        return None if more < 0 else "no" if more else "yes"


def _weight(words: frozenset[str]) -> int:
    return sum(1 if is_han(word) else 2 for word in words)


def _without_fillers(plain: str) -> tuple[str, bool]:
    """A sentence without greetings and regrets before it, and whether there was a regret."""
    regret = False
    for _ in range(4):
        if found := _REGRET.match(plain):
            regret = True
        else:
            found = _FILLER.match(plain)
        if not found:
            break
        plain = plain[found.end() :]
    return plain, regret


def _opening(question: _Question, plain: str, *, regret: bool) -> Polarity | None:
    """What the first words say."""
    if found := _YES.match(plain):
        rest = plain[found.end() :].lstrip(_BETWEEN)
        if agreed := _AGREED.match(rest):
            rest = rest[agreed.end() :]
        return "no" if question.is_negated and _negations(_clause(rest)) else "yes"
    if _AGREED.match(plain):
        return "no" if question.is_negated else "yes"
    if _DISAGREED.match(plain):
        return "yes" if question.is_negated else "no"
    if found := _NO.match(plain):
        clause = _clause(plain[found.end() :])
        if not question.is_negated or not clause or _negations(clause):
            return "no"
        return "yes" if _EN_CAN.match(clause) else None
    if found := _ZH_AGREED.match(plain):
        rest = plain[found.end() :]
        return "yes" if not question.is_negated or _ZH_CAN.match(rest) else "no"
    if found := _ZH_DISAGREED.match(plain):
        rest = plain[found.end() :]
        if not question.is_negated or _ZH_CANNOT.match(rest):
            return "no"
        return "yes" if _ZH_CAN.match(rest) else None
    if _ZH_YES.match(plain):
        return "yes"
    if _ZH_NO.match(plain):
        return "no"
    if regret and _negations(plain) == 1 and not _DOUBLED.search(plain):
        return "no"
    return None


def _clause(text: str) -> str:
    """The text up to the end of its first clause."""
    return _CLAUSE_END.split(text.lstrip(_BETWEEN), maxsplit=1)[0]


def _negations(plain: str) -> int:
    """How many negations a text has."""
    return len(_EN_NEGATION.findall(plain)) + len(_ZH_NEGATION.findall(_ZH_NO_NEGATION.sub("", plain)))
