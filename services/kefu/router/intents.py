"""
Messages that need no knowledge: greetings, thanks, acknowledgements, goodbyes, a plain wish for a person.

Precise rather than complete: a message is one of these only when all of it is. "Hi" is a greeting; "hi, where is my
parcel?" is a question, and so is "when does the human service start?".
"""

import re
from enum import StrEnum


class Intent(StrEnum):
    """What a message is, if it is no question. Of several in one message the first in this order counts."""

    PERSON = "person"
    GOODBYE = "goodbye"
    THANKS = "thanks"
    GREETING = "greeting"
    ACKNOWLEDGEMENT = "acknowledgement"


def _any_of(*phrases: str) -> str:
    return "|".join(phrases)


_WHOM_EN = (
    r"(?:(?:a|an|the|your|some)\s)?(?:(?:real|live|actual|human)\s)?"
    r"(?:human(?:\sbeing)?|person|people|agent|representative|rep|operator|someone(?:\sreal)?|staff(?:\smember)?"
    r"|customer\s(?:service|support)(?:\s(?:agent|representative|rep|person))?|support\sagent|advisor|adviser|colleague)"
)
_PHRASES = {
    Intent.PERSON: _any_of(
        rf"(?:please\s)?(?:(?:can|could|may)\s(?:i|you)\s(?:please\s)?|i(?:'d|\swould)\slike\sto\s|i\s(?:want|need)\sto\s"
        rf"|i\swanna\s|let\sme\s|just\s)?(?:speak|talk|chat)(?:\swith|\sto)\s{_WHOM_EN}(?:\sinstead|\snow|\splease)*",
        rf"(?:please\s)?(?:(?:can|could)\syou\s(?:please\s)?)?(?:connect|transfer|put|pass)\sme\s(?:through\s|over\s)?"
        rf"(?:to|with)\s{_WHOM_EN}(?:\snow|\splease)*",
        rf"(?:please\s)?(?:get|give|find)\sme\s{_WHOM_EN}(?:\snow|\splease)*",
        rf"(?:i\s(?:want|need)|(?:can|could|may)\si\s(?:have|get))\s{_WHOM_EN}(?:\splease)?",
        r"(?:a\s)?(?:human|real\sperson|person|live\sagent|human\sagent|agent|representative|operator)"
        r"(?:\shelp|\ssupport)?(?:\splease)?",
        r"(?:(?:我想|我要|我需要|请|麻烦|帮我|给我|快|能不能|能否|可不可以|可以|能|直接|现在|你|您|先)*)"
        r"(?:转|接|转接|转到|接通|连接|找|找个|叫|换|换个|要|联系|呼叫)(?:一?下|个|一个|到|你们的?|您们的?)*"
        r"(?:人工|真人|活人|人工客服|真人客服|人工服务|人工坐席|客服人员|工作人员|客服)(?:客服|服务)?"
        r"(?:来|聊|谈|说话|沟通|处理|解决|帮我|服务|一下|吧|吗|么|呢|啊|好吗|行吗|可以吗|谢谢)*",
        r"(?:我想|我要|我需要|请|麻烦)*(?:和|跟|同|与)(?:一个|个|你们的?)?(?:人工|真人|活人|人工客服|真人客服|客服人员|工作人员)"
        r"(?:客服)?(?:聊聊?|谈谈?|说话?|沟通|对话)(?:一下|吧|吗)*",
        r"(?:我要|我想要|我需要|请|要|需要)?(?:人工|真人|转人工|人工客服|真人客服|人工服务|找人工)(?:客服)?(?:吧|谢谢|啊|呢)?",
    ),
    Intent.GOODBYE: _any_of(
        r"(?:ok\s|okay\s)?(?:good\s?bye|bye(?:\s?bye)?|see\s(?:you|ya)(?:\slater|\ssoon)?|take\scare|good\snight|cya)",
        r"have\sa\s(?:nice|good|great)\s(?:day|one|evening|weekend)",
        r"(?:再见|拜拜|拜|回头见|下次见|晚安|886|88)(?:了|啦)?",
    ),
    Intent.THANKS: _any_of(
        r"(?:ok(?:ay)?\s|great\s|perfect\s)?(?:many\s)?(?:thanks|thank\s(?:you|u)|thx|ty|cheers)"
        r"(?:\s(?:so|very)\smuch|\sa\slot|\sagain|\sfor\s(?:your|the|all\syour)\shelp)*(?:\sbye)?",
        r"(?:much\sappreciated|i\sappreciate\s(?:it|that|your\shelp)|that(?:'s|\swas|\sis)\svery\shelpful)",
        r"(?:好的?|嗯|行|那)?(?:非常|太|十分|多)?(?:谢谢|感谢|多谢|谢啦|谢了|谢谢谢谢)(?:你|您|你们|啦|了|哈|的帮助|帮助)*",
        r"(?:辛苦|麻烦你|麻烦您)(?:了|啦)",
        r"🙏+",
    ),
    Intent.GREETING: _any_of(
        r"(?:hi|hello|hey|hiya|howdy|yo|greetings)(?:\s(?:there|all|everyone|again|kefu|hello|hi))*",
        r"good\s(?:morning|afternoon|evening|day)",
        r"(?:is\s)?(?:anyone|anybody)\s(?:there|here)|are\syou\sthere",
        r"(?:你好|您好|大家好|哈喽|哈啰|嗨|喂|hi|hello)(?:啊|呀|呢|哦|你好|您好)*",
        r"(?:早上|上午|中午|下午|晚上)好(?:啊|呀)?|早安|早",
        r"(?:请问)?(?:在吗|在么|在不在|有人吗|有人在吗|客服在吗|亲在吗|在的吗)",
        r"👋+",
    ),
    Intent.ACKNOWLEDGEMENT: _any_of(
        r"(?:ok(?:ay)?|k|alright|all\sright|got\sit|i\ssee|understood|noted|great|perfect|cool|nice|fine|good|i\sgot\sit"
        r"|makes\ssense|that(?:'s|\sis)\s(?:clear|fine|all|great|good)|ok\sgot\sit)",
        r"(?:好|好的|好吧|好滴|好嘞|嗯|嗯嗯|嗯好|哦|哦哦|噢|知道了|我知道了|明白|明白了|我明白了|了解|了解了|收到|行|行吧|懂了|没问题|可以了|清楚了)(?:的|啦|哈)?",
        r"(?:👍|👌)+",
    ),
}
_COMPILED = [(intent, re.compile(_PHRASES[intent])) for intent in Intent]
# Marks of emphasis and feeling that change nothing; an apostrophe is part of a word.
_BREAK = re.compile(r"[\s]*[,，.。!！?？;；、~～…\n:：)）(（\"“”]+[\s]*")
_FEELING = re.compile(r"[\ufe0f\u200d\U0001F600-\U0001F64A\U0001F900-\U0001F9FF❤♥🌹]+")
_SAYING = re.compile("([🙏👍👌👋]+)")
_LONGEST = 80


def intent_of(text: str) -> Intent | None:
    """What a message is when it needs no knowledge, None for everything else."""
    if len(text) > _LONGEST:
        return None
    normal = text.lower().replace("’", "'")
    segments = [part for part in _BREAK.split(_SAYING.sub(r",\1,", _FEELING.sub(",", normal))) if part.strip()]
    found: set[Intent] = set()
    for segment in segments:
        intent = _intent_of_segment(" ".join(segment.split()))
        if intent is None:
            return None
        found.add(intent)
    return next((intent for intent in Intent if intent in found), None)


def _intent_of_segment(segment: str) -> Intent | None:
    without_please = re.sub(r"^please\s|\s?please$|^请$", "", segment).strip()
    if not without_please:
        return Intent.ACKNOWLEDGEMENT
    for intent, pattern in _COMPILED:
        if pattern.fullmatch(segment) or pattern.fullmatch(without_please):
            return intent
    # Chinese without spaces between two of them: "你好在吗".
    for cut in range(1, len(segment)):
        head, tail = segment[:cut].strip(), segment[cut:].strip()
        if not tail or head.isascii():
            continue
        first = next((i for i, p in _COMPILED if i is not Intent.PERSON and p.fullmatch(head)), None)
        second = next((i for i, p in _COMPILED if p.fullmatch(tail)), None)
        if first and second:
            return min(first, second, key=list(Intent).index)
    return None
