"""
A request for a human in so many words: it wins over any question that stands beside it.

A message that asks how, when or where people can be reached is a question, and one that does not want a person is no
request: "how do I contact a person about my refund?" is searched, and so is "人工客服几点上班". "怎么转人工" is a
request nevertheless: only this conversation can be handed off.
"""

import re

_WHOM_EN = (
    r"(?:(?:a|an|the|your|any|some|one\sof\syour)\s)?(?:(?:real|live|actual|human|proper|customer\s(?:service|care"
    r"|support)|support)\s)*"
    r"(?:human(?:\sbeing)?s?|persons?|people|agents?|representatives?|rep|operator|someone(?:\s(?:real|else"
    r"|human))?|somebody|staff(?:\smember)?"
    r"|customer\s(?:service|care|support)|support(?:\steam)?|advisor|adviser|colleague|manager|supervisor"
    r"|specialist|team\smember)"
)
_ASIDE = (
    r"(?:\s(?:instead|now|please|asap|right\snow|immediately|today|here|directly"
    r"|not\s(?:a|this|the)\s(?:bot|robot|machine|computer)))*"
)
_REASON = r"(?:\s(?:about|regarding|for|because|since|who|that|to|on)\s.*)?"
_TALKING_EN = rf"(?:speak|talk|chat)(?:ing)?(?:\swith|\sto)\s{_WHOM_EN}"
_CONNECT_EN = (
    r"(?:connect|transfer|put|pass|switch|forward|escalate)\s(?:me|this)\s(?:through\s|over\s|on\s)?"
    rf"(?:to|with)\s{_WHOM_EN}"
)
_GET_EN = rf"(?:get|give|find|bring|send)\sme\s{_WHOM_EN}"
_WANTING_EN = (
    r"(?:i\s(?:want|need|would\slike|wish|demand|prefer|have)\sto\s|i'd\s(?:like|prefer|rather)\s(?:to\s)?"
    r"|i\swanna\s|i\sgotta\s|let\sme\s"
    r"|(?:can|could|may)\s(?:i|you|we)\s(?:please\s|kindly\s|just\s)?|please\s|just\s|is\sit\spossible\sto\s"
    r"|would\syou\s(?:please\s|kindly\s)?)"
)
_EXPLICIT_EN = re.compile(
    rf"(?:{_WANTING_EN}(?:{_TALKING_EN}|{_CONNECT_EN}|{_GET_EN})|{_CONNECT_EN}|{_GET_EN}"
    rf"|(?:i\s(?:want|need|demand)|i'd\slike)\s{_WHOM_EN}){_ASIDE}{_REASON}$"
)
_NOT_A_REQUEST_EN = re.compile(
    r"\b(?:how|when|where|what|which|why|if|unless|whether|don't|do\snot|didn't|not|never|no|does|did|before|after"
    r"|without|until|cannot|can't|do)\b"
)
_BARE_EN = (
    rf"(?:please\s)?{_TALKING_EN}{_ASIDE}"
    rf"|how\s(?:do|can|could)\si\s(?:speak|talk|chat)(?:\swith|\sto)\s(?:a|an)\s(?:(?:real|live|actual"
    rf"|human)\s)?(?:human(?:\sbeing)?|person|agent|representative)(?:\shere)?"
    rf"|(?:(?:can|could|may)\si\s(?:have|get|see)|i\s(?:want|need)|i'd\slike|any"
    rf"|is\sthere)\s{_WHOM_EN}(?:\s(?:there|here|available|online|i\scan\s(?:talk|speak)\sto))?{_ASIDE}"
    r"|(?:a\s)?(?:human|real\s(?:human|person|people)|person|live\s(?:agent|person|chat|support|help)|human\sagent"
    r"|agent|representative"
    r"|operator|customer\s(?:service|support)\s(?:agent|representative|rep)|manager|supervisor|human\sbeing)"
    rf"(?:\s(?:help|support|needed|wanted))?{_ASIDE}"
    r"|(?:i\s(?:don't|do\snot)\swant\s(?:to\s(?:talk|speak|chat)\s(?:to|with)\s)?(?:a|this|the)\s(?:bot|robot"
    r"|machine|computer|ai|chatbot))"
    r"|(?:no|stop\sthe|not\sa)\s(?:more\s)?(?:bots?|robots?|machines?)"
)
_ASKING_ZH = (
    r"(?:我想要?|我要|我需要|想要?|请|麻烦|劳烦|劳驾|拜托|求|帮我|帮忙|给我|快点?|赶紧|立刻|马上"
    r"|能不能|能否|可不可以|可否|可以|能|直接|现在|你|您|先|还是|就|再|一下|那|咱|客服)*"
)
_WHOM_ZH = (
    r"(?:人工|真人|活人|人类|真实的?人|人工客服|真人客服|人工服务|人工坐席|客服人员|工作人员|客服专员|客服经理"
    r"|客服主管|经理|主管|专员)"
    r"(?:客服|服务|坐席|在线客服|帮忙)?"
)
_AFTER_ZH = (
    r"(?:来|聊聊?|谈谈?|说话?|讲|沟通|对话|处理|解决|帮我|帮忙|服务|一下|下|吧|吗|么|呢|啊|呀|啦|哈|喽"
    r"|哦|嘛|好吗|好不好|行吗|行不行|可以吗|可以么|谢谢|可好|了|我|跟我|和我|回复|回答|接听|快点?|赶紧|立刻|马上)*"
)
_TRANSFER_ZH = r"(?:转接到?|转到?|接通|接入|接|连接|换成?|切换到?|切到?)(?:一?下|个|一个|到|成|你们的?|您们的?)*"
_FIND_ZH = r"(?:找|叫|喊|要|联系|呼叫|派|安排|来)(?:一?下|个|一个|位|一位|你们的?|您们的?)*"
_WITH_ZH = (
    rf"(?:和|跟|同|与|找)(?:一个|个|一位|位|你们的?)?{_WHOM_ZH}"
    rf"(?:聊聊?|谈谈?|说话?|讲话?|沟通|对话|交流)(?:一下|下|吧|吗|么|一会儿?)*"
)
_EXPLICIT_ZH = re.compile(
    rf"(?:{_TRANSFER_ZH}{_WHOM_ZH}|(?:我想|我要|我需要|请|麻烦|帮我|给我|快|让我|能不能|可以|能)+{_FIND_ZH}{_WHOM_ZH}"
    rf"|(?:我想|我要|我需要|请|让我|能不能|可以|能)+{_WITH_ZH}){_AFTER_ZH}$"
)
_NOT_A_REQUEST_ZH = re.compile(
    r"怎|如何|什么|几点|多久|多长|哪|为何|为什么|是否|有没有|如果|要是|假如|除非|不用|不要|不想|不必|不需要|无需|别"
    r"|没法|无法|之前|之后|的时候|以后|后|前"
)
_BARE_ZH = (
    rf"{_ASKING_ZH}{_TRANSFER_ZH}(?:{_WHOM_ZH}|客服){_AFTER_ZH}"
    rf"|{_ASKING_ZH}{_FIND_ZH}(?:{_WHOM_ZH}|客服){_AFTER_ZH}"
    rf"|{_ASKING_ZH}{_WITH_ZH}"
    rf"|(?:我要|我想要|我需要|请|要|需要|有|有没有|是不是|求)?{_WHOM_ZH}(?:在吗|在么|在不在|吗|么|呢|吧|谢谢|啊|呀"
    rf"|快点?|快来|有吗|有么|请|\s)*"
    r"|(?:请问)?(?:怎么|如何|怎样|咋)(?:才能)?(?:转接?到?|接通?|切换到?|找到?)(?:人工|真人)(?:客服|服务)?(?:呢|啊|呀)?"
    r"|(?:我)?(?:不要|不想|不想要|拒绝|别|不)(?:跟|和|与|用|再用|让)?(?:你这个)?(?:机器人|ai|智能客服|机器)(?:聊天?"
    r"|说话?|对话|沟通|回复|回答|了|客服)*"
)
BARE_REQUEST = f"{_BARE_EN}|{_BARE_ZH}"
"""Matches a segment that is a request when the whole message says no more: a noun alone is one only then."""
_SEGMENTS = re.compile(
    r"[,，.。!！?？;；、~～…\n:：)）(（\"“”]+|\s+(?:and|so|but|then)\s+(?=i\b|let\b|can\b|could\b|please\b"
    r"|connect\b|get\b|transfer\b)"
)
_LONGEST_SEGMENT = 160


def asks_for_person(normalized: str) -> bool:
    """Whether some part of a normalized message, whatever else stands in it, asks for a person."""
    for part in _SEGMENTS.split(normalized):
        segment = part.strip() if part else ""
        if not segment or len(segment) > _LONGEST_SEGMENT:
            continue
        for pattern, excluded in ((_EXPLICIT_EN, _NOT_A_REQUEST_EN), (_EXPLICIT_ZH, _NOT_A_REQUEST_ZH)):
            found = pattern.search(segment)
            if found and not excluded.search(segment[: found.start()]):
                return True
    return False
