"""
Clarification: a question back when a message of a word or two ("refund?", "保修") fits several subjects equally.

It is decided by what can be counted, without a model, and seldom: the message is short and does not say what it wants
to know, and passages of different documents are about equally likely to bear on it. Only the first question of a
session is asked back about: a later one may lean on what was asked before ("and the rules?"). The reply is searched
together with the message before, as any message is; a bare number stands for the choice of that number.
"""

import re
from collections.abc import Sequence

from kefu.router.answering.history import previous_question
from kefu.router.answering.outcome import AnswerOutcome
from kefu.router.answering.question import Question
from kefu.router.domain.turn import AnswerSource, Passage, Turn
from kefu.router.nlu.message import CustomerMessage
from kefu.router.nlu.normalization import normalize

_FEWEST, _MOST = 2, 4
_MARGIN = 0.1
"""Passages less likely than the best one by more than this are not its equals."""
_LONGEST_EN, _LONGEST_ZH = 2, 5
"""Words, or Han characters, of a message that may be underspecified."""
_ASIDE = re.compile(
    r"\b(?:hi|hello|hey|please|thanks|thank you|about|regarding|re|info|information|question|the|a|an|my|your|on)\b"
    r"|你好|您好|请问|关于|有关|问题|咨询|一下|谢谢|我想|想问|的|呢|吗|啊|呀|吧"
)
# Whoever asks what, when, how, or tells what happened has said what they want.
_SAYS_WHAT = re.compile(
    r"\b(?:who|what|when|where|which|why|how|whose|is|are|was|were|do|does|did|can|could|will|would|should|may|has"
    r"|have|had|not"
    r"|no|don't|doesn't|didn't|can't|won't|isn't|i|i'm|you|it|to|lost|broken|missing|wrong|late|damaged|cancel\w*"
    r"|cost|price"
    r"|deadline|address|phone|number|hours|time)\b|'s\b"
    r"|[怎哪谁几多何吗么能可会要想给到收去来做用没不无未坏丢错晚迟慢取改换退寄查看买卖开关办报填交付付款]|什么|如何|为"
    r"|是否|有没有|电话|地址|时间"
    r"|价格|费用|标准|条件|期限|流程"
)
_TRADE_ZH = re.compile(r"退款|退货|换货|退换货?|付款|支付|报销|开票|取消|会员")
"""Nouns of trade that hold a character of `_SAYS_WHAT` and say nothing yet."""
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z0-9'-]+")
_NUMBER = re.compile(
    r"(?:第|选|选择|no\.?|number|option|#|the)?\s*(?:(\d)|([一二两三四])|(first|second|third|fourth|last)|(one|two"
    r"|three|four))"
    r"\s*(?:个|项|种|号|条|one|option|st|nd|rd|th)*"
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_CARDINALS = {"one": 1, "two": 2, "three": 3, "four": 4, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4}


def is_underspecified(message: CustomerMessage) -> bool:
    """Whether a message names a subject, and nothing of what it wants to know about it."""
    folded = " ".join(_ASIDE.sub(" ", message.normalized).split())
    han, words = len(_HAN.findall(folded)), len(_WORD.findall(folded))
    if han + words == 0 or han > _LONGEST_ZH or words > _LONGEST_EN or any(character.isdigit() for character in folded):
        return False
    return not _SAYS_WHAT.search(_TRADE_ZH.sub("物", folded))


def choices_of(question: Question, found: Sequence[Passage]) -> tuple[str, ...]:
    """The subjects to ask back about; none when the question is clear enough, or may lean on one before it."""
    settings = question.settings
    if not settings.asks_back or previous_question(question.history) or not is_underspecified(question.message):
        return ()
    best = max((passage.relevance for passage in found), default=0.0)
    equals = [passage for passage in found if passage.relevance >= max(settings.min_relevance, best - _MARGIN)]
    names: dict[str, str] = {}
    for passage in equals:
        document = passage.name.partition("/passages/")[0]
        name = " › ".join(dict.fromkeys(part for part in (passage.title, *passage.headings[:1]) if part))
        if passage.title and document not in names:
            names[document] = name
    choices = tuple(dict.fromkeys(names.values()))[:_MOST]
    if len(choices) < _FEWEST or any(
        _bare(normalize(passage.title)) == _bare(question.message.normalized) for passage in equals
    ):
        return ()  # a document of just that name is what is meant
    return choices


def clarify(question: Question, choices: tuple[str, ...]) -> AnswerOutcome:
    """A question back: which of these is meant."""
    asked = question.message.in_its_variant(question.replies.clarifying_question)
    numbered = (f"{number}. {choice}" for number, choice in enumerate(choices, start=1))
    return AnswerOutcome(AnswerSource.CLARIFYING, text="\n".join([asked, *numbered]), choices=choices)


def chosen_subject(message: CustomerMessage, history: Sequence[Turn]) -> str:
    """The choice of the last turn that a bare number stands for; empty when the message is no such number."""
    done = history[-1].completed if history else None
    found = _NUMBER.fullmatch(message.normalized.strip(" .。!！?？"))
    if done is None or not done.choices or not found:
        return ""
    digit, han, ordinal, cardinal = found.groups()
    number = int(digit) if digit else _ORDINALS[ordinal] if ordinal else _CARDINALS[han or cardinal]
    if number == -1:
        return done.choices[-1]
    return done.choices[number - 1] if 1 <= number <= len(done.choices) else ""


def _bare(normalized: str) -> str:
    return re.sub(r"[\W_]+", "", _ASIDE.sub(" ", normalized))
