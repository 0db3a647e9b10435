"""
Intents that need no knowledge: greetings, thanks, acknowledgements, goodbyes, a request for a human.

Precise rather than complete: a message is one of these only when all of it is. "Hi" is a greeting; "hi, where is my
parcel?" is a question, and so is "when does the human service start?". One intent wins over any question beside it: a
request for a human in so many words ("my parcel is late, let me talk to a human"). See `human_request`.
"""

import re
from enum import StrEnum

from kefu.router.nlu.human_request import BARE_REQUEST, asks_for_person
from kefu.router.nlu.normalization import readings


class Intent(StrEnum):
    """What a message is, if it is no question. Of several in one message the first in this order counts."""

    PERSON = "person"
    GOODBYE = "goodbye"
    THANKS = "thanks"
    GREETING = "greeting"
    ACKNOWLEDGEMENT = "acknowledgement"


def _any_of(*phrases: str) -> str:
    return "|".join(phrases)


_PHRASES = {
    Intent.PERSON: BARE_REQUEST,
    Intent.GOODBYE: _any_of(
        r"(?:ok\s|okay\s)?(?:good\s?bye|bye(?:[\s-]?bye)?|see\s(?:you|ya)(?:\s(?:later|soon|around))?|take\scare"
        r"|good\s?night|cya|later|ttyl|farewell)(?:\s(?:now|then|for\snow|everyone|all))?",
        r"(?:have\s|enjoy\s)(?:a\s|the\s|your\s)?(?:nice|good|great|lovely)?\s?(?:day|one|evening|weekend|night)",
        r"(?:that(?:'s|\sis)\s(?:all|everything)|nothing\selse|no\sthat's\s(?:all|it)|i'm\s(?:all\s)?(?:done|set|good))"
        r"(?:\sfor\s(?:now|today))?",
        r"(?:好的?|那|先)?(?:再见|拜拜|拜|回头见|回聊|再聊|下次见|明天见|改天见|晚安|古德拜|先这样|就这样|没(?:有)?(?:别的"
        r"|其他)?(?:问题|事)?了)"
        r"(?:了|啦|吧|哈|喽|咯|哦)*",
    ),
    Intent.THANKS: _any_of(
        r"(?:ok(?:ay)?\s|great\s|perfect\s|awesome\s|no\s)?(?:many\s|a\smillion\s|big\s)?"
        r"(?:thanks|thank\syou|ty|tysm|cheers|gracias|merci)"
        r"(?:\s(?:so|very)(?:\svery)*\smuch|\sa\s(?:lot|bunch|million|ton)|\sagain|\skindly|\sin\sadvance|\sanyway"
        r"|\stho(?:ugh)?"
        r"|\sfor\s(?:your|the|all\s(?:your|the))\s(?:kind\s|quick\s)?(?:help|support|reply|answer|time"
        r"|info(?:rmation)?))*"
        r"(?:\s(?:mate|man|bro|dear|guys|kefu))?(?:\sbye)?",
        r"(?:much\sappreciated|(?:i\s)?(?:really\s)?appreciate\s(?:it|that|your\shelp)|(?:that(?:'s|\swas"
        r"|\sis)\s)?(?:very|so|super)\shelpful"
        r"|you(?:'re|\sare)\s(?:great|awesome|the\sbest|so\skind|a\slifesaver))",
        r"(?:好的?|嗯|行|那|ok|哦|哇)?(?:非常|太|十分|多|真的?|实在|万分|很)*(?:谢谢|感谢|多谢|谢啦|谢了|谢|感恩"
        r"|感激|蟹蟹|有劳)"
        r"(?:谢谢|感谢|你|您|你们|您们|亲|啦|了|哈|哦|呀|啊|哟|咯|客服|小姐姐|小哥哥|的帮助|帮助|的回复|的解答"
        r"|的耐心解答|不尽)*",
        r"(?:辛苦|麻烦你|麻烦您|劳烦)(?:您|你|你们)?(?:了|啦)",
        r"(?:🙏)+",
    ),
    Intent.GREETING: _any_of(
        r"(?:hi|hello|hey|hiya|heya|howdy|yo|sup|greetings|hola|aloha)"
        r"(?:\s(?:there|all|everyone|everybody|again|客服|hello|hi|team|guys|folks|sir|madam|bot|friend|dear"
        r"|support))*",
        r"(?:good\s)?(?:morning|afternoon|evening)(?:\s(?:all|everyone|sir|madam|team))?|good\sday|sir|madam",
        r"(?:is\s)?(?:anyone|anybody|someone|somebody)\s(?:there|here|online|home)|are\syou\s(?:there|here|online)"
        r"|knock\sknock",
        r"how(?:'s|\sis)\sit\sgoing|how\sare\syou(?:\sdoing)?(?:\stoday)?|what's\sup|nice\sto\smeet\syou",
        r"(?:客服|亲|亲爱的)?(?:你们?好|您好|大家好|哈喽|哈啰|哈罗|嗨|嘿|喂|hi|hello)(?:啊|呀|呢|哦|哈|吗|你好|您好"
        r"|客服|亲|小姐姐|小哥哥|喂|嗨)*",
        r"亲|亲爱的",
        r"(?:早上|上午|中午|下午|晚上)好(?:啊|呀|哦|客服)?|早安|早(?:啊|呀)?|午安",
        r"(?:请问)?(?:你|您)?(?:在吗|在么|在不在|在|在不|有人吗|有人么|有人在吗|有人在么|客服在吗|客服在不在|亲在吗"
        r"|在的吗|在线吗|在线么)",
        r"(?:请问一下|请问|打扰了?|打扰一下|不好意思打扰了?)",
        r"(?:👋)+",
    ),
    Intent.ACKNOWLEDGEMENT: _any_of(
        r"(?:oh\s|ah\s|ok(?:ay)?\s|yes\s|yeah\s)?(?:ok(?:ay|s)?|okk|k|kk|alright|alrighty|all\sright|got\s(?:it"
        r"|that|you)|gotcha|i\ssee|i\sunderstand"
        r"|understood|noted|great|perfect|cool|nice|fine|good|awesome|excellent|wonderful|brilliant|super|lovely"
        r"|sure|right|roger(?:\sthat)?"
        r"|i\sgot\sit|will\sdo|fair\senough|sounds\s(?:good|great|fine)|(?:it|that)\smakes\ssense|makes\ssense"
        r"|no\sproblem|no\sworries|never\s?mind|nvm"
        r"|(?:that(?:'s|\sis|\swas)\s|it(?:'s|\sis)\s)(?:ok(?:ay)?|clear|fine|all|great|good|perfect|cool|right)"
        r"|nice\sone|that\s(?:works|helps|helped)|it\sworks(?:\snow)?"
        r"|(?:ha){2,}h?|lol|yay|yep|yup|yeah|yes|aha|oh|ah|hm+|mhm|wow)(?:\s(?:then|now|ok|good|great|got\sit"
        r"|i\ssee))?",
        r"(?:哦|噢|嗯|啊|ok)*(?:好|好的|好吧|好滴|好哒|好嘞|好呀|好啊|好哦|嗯|嗯嗯|嗯呢|嗯哼|嗯好|哦|哦哦|噢|喔"
        r"|知道|知道了|我知道了|明白|明白了|我明白了|了解|了解了|我了解了"
        r"|收到|行|行吧|可以|可以的|懂了|我懂了|没问题|没事|没事了|没关系|不客气|可以了|清楚了|是的|是|对|对的|阔以"
        r"|晓得了|原来如此|原来是这样|这样啊|这样子啊|算了|(?:哈){2,}|(?:呵){2,}|棒|真棒|太好了|不错|厉害|666+|ok)"
        r"(?:的|啦|哈|了|吧|哦|噢|呀|啊|呢|滴|嗯|好的)*",
        r"(?:👍|👌|✅|💯|🆗)+",
    ),
}
_COMPILED = [(intent, re.compile(_PHRASES[intent])) for intent in Intent]
_BREAK = re.compile(r"\s*[,，.。!！?？;；、~～…\n:：)）(（\"“”^]+\s*")
# Marks of feeling change nothing beside words, and are an acknowledgement alone.
_FEELING = re.compile(
    r"(?:[\ufe0e\ufe0f\u200d\U0001F3FB-\U0001F3FF\U0001F600-\U0001F64A\U0001F910-\U0001F93A\U0001F970-\U0001F97A"
    r"\U0001F493-\U0001F49F☺☹❤♥🌹🌷🌸💐🎉✨🤝🤗🥰💪👏🙌]|\[[\u4e00-\u9fff]{1,3}\]|(?<!\w)[:;=]-?[)(dp](?!\w)|\bxd\b)+"
)
_SAYING = re.compile("(🙏+|👍+|👌+|👋+|✅+|💯+|🆗+)")
_LONGEST = 80


def intent_of(normalized: str) -> Intent | None:
    """The intent of a normalized message that needs no knowledge; None for everything else."""
    if asks_for_person(normalized):
        return Intent.PERSON
    if len(normalized) > _LONGEST:
        return None
    without = _FEELING.sub(",", normalized)
    segments = [part for part in _BREAK.split(_SAYING.sub(r",\1,", without)) if part and part.strip()]
    if not segments:
        return Intent.ACKNOWLEDGEMENT if without != normalized else None
    found: set[Intent] = set()
    for segment in segments:
        intent = _intent_of_segment(" ".join(segment.split()))
        if intent is None:
            return None
        found.add(intent)
    return next((intent for intent in Intent if intent in found), None)


def _intent_of_segment(segment: str) -> Intent | None:
    without_please = re.sub(
        r"^(?:please|sorry|excuse me)\b\s?|\s?\b(?:please|kindly)$|^请$|^(?:不好意思|抱歉)$", "", segment
    ).strip()
    if not without_please:
        return Intent.ACKNOWLEDGEMENT
    for reading in (*readings(segment), *readings(without_please)):
        if intent := _whole(reading):
            return intent
    # Several without a mark between: "你好在吗", "ok thanks bye".
    for cut in range(1, len(segment)):
        head, tail = segment[:cut].strip(), segment[cut:].strip()
        between_words = segment[cut - 1] == " " or segment[cut] == " "
        if not tail or (head.isascii() and not between_words):
            continue
        first = next(filter(None, map(_whole, readings(head))), None)
        if first is None or first is Intent.PERSON:
            continue
        second = _whole(tail) or _intent_of_segment(tail)
        if second:
            return min(first, second, key=list(Intent).index)
    return None


def _whole(segment: str) -> Intent | None:
    return next((intent for intent, pattern in _COMPILED if pattern.fullmatch(segment)), None)
