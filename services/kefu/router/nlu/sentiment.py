"""
The sentiment of messages, by a short list of words in two languages.

The score counts words and turns those behind a negation. It knows no irony and no context; it is good for one thing, to
tell the desk which of the waiting customers to look at first.
"""

import re
from collections.abc import Sequence

from kefu.router.domain.handoff import Sentiment

_NEGATIVE_EN = (
    "angry annoyed annoying appalling awful bad broken cheated complain complaint damaged defective "
    "disappointed disappointing disappointment disaster disgusting dissatisfied faulty fed fraud frustrated "
    "frustrating furious garbage hate horrible hopeless incompetent joke lied lies lousy mad misleading "
    "nightmare nobody nonsense outrageous pathetic poor ridiculous rubbish rude scam shame shocking sick slow "
    "stupid terrible trash ugly unacceptable unfair unhappy unhelpful upset useless waste worried worse worst"
)
_POSITIVE_EN = (
    "amazing appreciate awesome beautiful best brilliant delighted excellent fantastic friendly glad good "
    "grateful great happy helpful kind love lovely nice perfect pleased satisfied super thank thanks "
    "wonderful"
)
_NEGATIVE_ZH = (
    "生气 气死 愤怒 失望 糟糕 太差 很差 差劲 差评 垃圾 骗子 欺骗 骗人 忽悠 坑人 坑爹 投诉 不满 恶心 无语 崩溃 "
    "受不了 烦死 郁闷 坏了 破损 假货 敷衍 推脱 不负责 不靠谱 没人管 没人理 没人处理 太慢 着急 急死 担心 难受 "
    "无耻 过分 离谱 荒唐 后悔 讨厌 忍无可忍 一直没 还没到 迟迟 拖延 没用 什么态度"
)
_POSITIVE_ZH = "满意 开心 高兴 喜欢 很好 太好 真好 不错 棒 赞 好评 感谢 谢谢 贴心 周到 耐心 热情 靠谱 完美 优秀 给力"
_WORD = re.compile(r"[a-z']+")
_NOT_EN = frozenset(
    ["not", "no", "never", "n't", "isn't", "wasn't", "don't", "doesn't", "didn't", "aren't", "can't", "won't", "hardly"]
)
_NOT_ZH = re.compile(r"(?:不|没有?|别|毫无|谈不上|一点[也都]不)(?:太|怎么|是很|够|算|再)?$")


def _weights(negative: str, positive: str) -> dict[str, int]:
    return {word: weight for words, weight in ((negative, -1), (positive, 1)) for word in words.split()}


_EN, _ZH = _weights(_NEGATIVE_EN, _POSITIVE_EN), _weights(_NEGATIVE_ZH, _POSITIVE_ZH)
_ZH_WORDS = re.compile("|".join(sorted(_ZH, key=len, reverse=True)))
_NEGATED_WITHIN = 3
"""Words of English between a negation and what it turns, at most."""
_LAST_COUNTS = 2


def sentiment_of(normalized: Sequence[str]) -> Sentiment:
    """The sentiment of a customer's normalized messages, oldest first; the last one counts double."""
    if not normalized:
        return Sentiment.NEUTRAL
    score = sum(map(_score, normalized[:-1])) + _LAST_COUNTS * _score(normalized[-1])
    return Sentiment.NEGATIVE if score < 0 else Sentiment.POSITIVE if score > 0 else Sentiment.NEUTRAL


def _score(normalized: str) -> int:
    score = 0
    words = _WORD.findall(normalized)
    for at, word in enumerate(words):
        if weight := _EN.get(word, 0):
            before = words[max(0, at - _NEGATED_WITHIN) : at]
            score += -weight if _NOT_EN.intersection(before) else weight
    for found in _ZH_WORDS.finditer(normalized):
        weight = _ZH[found[0]]
        score += -weight if _NOT_ZH.search(normalized[max(0, found.start() - 4) : found.start()]) else weight
    return score
