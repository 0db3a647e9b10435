"""
Sensitive topics, which should not be left to a program: lives, health, violence, lawsuits, insults, and the topics of a
tenant's own lists.

By words, and in the first person: "I want to die" is one, "does the policy pay for suicide?" is a question. Precise
rather than complete, as in `intents`.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from kefu.router.nlu.normalization import normalize

_SELF_HARM = re.compile(
    r"\b(?:kill(?:ing)?|harm(?:ing)?) myself\b|\b(?:end(?:ing)?|tak(?:e|ing)) my (?:own )?life\b"
    r"|\bi (?:just )?(?:want|wanna|wish)(?: to| i (?:could|were|was))? (?:die|be dead|dead)\b"
    r"|\bi(?:'m| am) (?:suicidal|(?:going|about) to commit suicide)\b|\bi (?:don't|do not) want to (?:live|be alive)\b"
    r"|\bno reason to live\b"
    r"|(?:我|真|好|都|就|快|不如|干脆)(?:的|已经)?(?:想|要|准备|打算|去)*(?:自杀|轻生|寻死|跳楼|割腕|自残)(?!式|险"
    r"|赔|条款|怎么赔)"
    r"|(?:想|要)(?:结束|了结)(?:自己|我)?的?(?:生命|一生)|不想活|活不下去|活着(?:真)?没(?:有)?(?:什么)?意(?:思|义)"
    r"|(?:我|好|真)(?:的|真的?|好)*想死(?!你|他|她)|死了算了"
)
_EMERGENCY = re.compile(
    r"\b(?:can't|cannot|can not) breathe\b|\b(?:not|isn't|stopped) breathing\b|\bunconscious\b|\b(?:have|has"
    r"|i) overdosed\b"
    r"|\b(?:having|have|has|had) (?:a |an |severe |strong |sudden )*(?:heart attack|stroke|seizure|allergic reaction"
    r"|anaphyla\w+|chest pains?)\b|\b(?:won't|doesn't|does not) stop bleeding\b|\bbleeding (?:badly|heavily|a lot)\b"
    r"|\bswallowed (?:a |an |the |some |one of |your |my |two |three )*(?:button |coin )?(?:batter(?:y|ies)|magnets?"
    r"|bleach"
    r"|pills?|detergent|screws?|coins?)\b|\bcall (?:me )?an ambulance\b|\bneed an ambulance\b"
    r"|\b(?:caught|catches|is on|it's on|are on) fire\b(?! (?:tv|stick|tablet))|\bhas exploded\b|\bjust exploded\b"
    r"|\b(?:got|get|getting|gave (?:me|him|her|us)|had|received) an electric shock\b|\bsmells? (?:of )?gas\b"
    r"|喘不(?:上|过)气|呼吸困难|没有?呼吸了|昏迷|晕倒了|不省人事|大出血|血流不止|止不住血|心脏病发作|中毒了|误食|误吞"
    r"|吞(?:了|下了?|进去)(?:一?[颗粒个块枚])?(?:电池|磁铁|药片|纽扣|硬币|螺丝)|触电了?|电到(?:了|我)|着火了|起火了"
    r"|爆炸了"
    r"|煤气泄漏|救护车|打120|过敏性?休克|(?:烫|烧|炸)伤了"
)
_HYPOTHETICAL = re.compile(
    r"\b(?:cover(?:ed|s|age)?|insur\w+|polic(?:y|ies)|what if|if (?:i|my|a|the|someone)|in case|can it|could it"
    r"|does it|will it"
    r"|when someone|symptoms?|causes?)\b|赔|保险|保障|报销|投保|承保|如果|要是|万一|预防|避免|是否|会不会|算不算"
    r"|什么是|症状"
)
_VIOLENCE = re.compile(
    r"\bi(?:'ll| will|'m going to| am going to|'m gonna) (?:kill|shoot|stab|beat up|blow up|burn down|hurt) "
    r"(?:you|him|her|them|someone|everyone|people|your|all of you|somebody)\b|\bi have a (?:gun|bomb)\b"
    r"|(?:我要|我会|信不信我|老子要?)(?:去)?(?:杀|砍|弄死|打死|捅|炸)(?:了|死)?(?:你|他|她|人|你们|公司|店|客服)"
)
_LEGAL = re.compile(
    r"\b(?:i(?:'ll| will|'m going to| am going to| shall| intend to)|we(?:'ll| will)) "
    r"(?:sue|be suing|take (?:you|this|it|your company|legal action)|press charges|file (?:a )?lawsuit|report you)\b"
    r"|\b(?:my|our) (?:lawyer|attorney|solicitor)s?\b|\b(?:see|meet) you in court\b|\btak(?:e|ing) legal action\b"
    r"|\bsu(?:e|ing) (?:you|your company|this company)\b|\blawsuit against you\b|\bsmall claims court\b"
    r"|(?:起诉|状告|告上?|诉讼)(?:你们|你司|贵司|贵公司|你公司)|(?:法庭|法院)见|(?:我|我们|我方)的?律师|律师函"
    r"|走法律(?:程序|途径)"
    r"|(?:打|拨打|投诉到?|举报到?|向|找)(?:了)?(?:12315|消协|消费者协会|工商局?|市场监管)|我(?:要|会|已经|就|马上)报警"
)
_SUBJECTS = (("self-harm", _SELF_HARM), ("emergency", _EMERGENCY), ("violence", _VIOLENCE), ("legal", _LEGAL))
EMERGENCIES = frozenset({"self-harm", "emergency"})
"""Subjects in which minutes count."""

_INSULT = (
    r"(?:idiots?|morons?|bastards?|a(?:ss|rse)holes?|bitch(?:es)?|cunts?|pieces? of (?:shit|crap|garbage)|retards?"
    r"|scum(?:bags?)?"
    r"|dickheads?|imbeciles?)"
)
_ABUSE = re.compile(
    r"\bf+u+c*k+ (?:you|u|off|yourself)\b|\bgo to hell\b|\bscrew you\b|\bpiss off\b|\beat shit\b|\bkill yourself\b"
    r"|\bshut (?:the (?:fuck|hell) )?up\b|\byou(?:'re| are)? (?:\w+ ){0,3}?" + _INSULT + rf"\b|^{_INSULT}$"
    r"|(?:傻|煞|沙|杀)(?:逼|比|笔|叉|屌)|(?:操|草|艹|日)(?:你|尼|泥)(?:妈|马|全家|大爷)?|\bcnm\b|\bnmsl\b|去死(?!皮"
    r"|角|光)|去你妈|你妈(?:的|逼)"
    r"|王八蛋|滚(?:蛋|犊子|你妈|出去|开$)|狗东西|脑残|智障(?!人|者|儿|残)|弱智(?!儿)|你(?:们)?(?:这|个|这个"
    r"|这群|就是|真是)*(?:废物|垃圾)"
    r"|贱人|混蛋"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z0-9']+")


def sensitive_topic_of(normalized: str, own: Sequence[str] = ()) -> str:
    """The contract's name of what is sensitive about a message, or the entry of a tenant's `own` list; else empty."""
    for name, pattern in _SUBJECTS:
        if pattern.search(normalized) and not (name == "emergency" and _HYPOTHETICAL.search(normalized)):
            return name
    return topic_of(normalized, own)


def is_abuse(normalized: str) -> bool:
    """Whether a message insults its reader; strong language about something else is no abuse."""
    return _ABUSE.search(normalized.rstrip("!.?！。？ ")) is not None


def topic_of(normalized: str, topics: Iterable[str]) -> str:
    """The first topic every word of which stands in the message, whatever the order; else empty."""
    words = frozenset(map(_stem, _WORD.findall(normalized)))
    return next((topic for topic in topics if _stands_in(topic, normalized, words)), "")


def _stands_in(topic: str, normalized: str, words: frozenset[str]) -> bool:
    parts, needed = _parts(topic)
    return bool(parts or needed) and needed <= words and all(part in normalized for part in parts)


@lru_cache(maxsize=4096)
def _parts(topic: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """What of a topic has to occur as it is (Chinese), and which words."""
    pieces = normalize(topic).split()
    words = [word for piece in pieces if not _HAN.search(piece) for word in _WORD.findall(piece)]
    return tuple(piece for piece in pieces if _HAN.search(piece)), frozenset(map(_stem, words))


def _stem(word: str) -> str:
    return word.removesuffix("'s").rstrip("s") if len(word) > 3 else word
