"""How people type Chinese: spoken forms, and what they say beside the matter. See colloquial.py."""

import re

from kefu.text.language_pack import ColloquialRules

_END = r"(?=[\s?？!！。.,，;；~～…]|$)"
_PARTICLES = "呀哈呗哦啊哇啦诶唉嘞哟嘛"
_START = r"(?:^|(?<=[\s?？!！。.,，;；:：~～…]))"

RULES = ColloquialRules(
    standard_forms={},
    rewrites=tuple(
        (re.compile(pattern), by)
        for pattern, by in (
            (r"有(?:木|米|没)有", "有没有"),
            (r"木有", "没有"),
            (r"咋(?=[办样])", "怎么"),
            (r"为[啥嘛毛]", "为什么"),
            (r"咋|肿么|怎麽", "怎么"),
            (r"啥|神马", "什么"),
            (rf"(?<![从绝并决毫永要岂对])不[啊呀呢哦]?{_END}", "吗"),
            (rf"么[啊呀呢哦]?{_END}(?<!什么)(?<!怎么)(?<!那么)(?<!这么)(?<!多么)", "吗"),
            (rf"捏{_END}", "呢"),
        )
    ),
    manners=re.compile(
        rf"{_START}(?:亲+(?:爱的)?|客服|小姐姐|小哥哥)(?=[\s,，.。!！?？~～:：]|$)[\s,，.。!！?？~～:：]*"
        rf"|{_START}亲+(?=(?:你好|您好|在吗|请|问|我|这|怎|有|能))"
        rf"|{_START}(?:你们?好|您好|哈[喽啰罗]|嗨|在吗|在不在|打扰一?下?了?|不好意思)(?:[啊呀呢哦哈]?{_END})[\s,，.。!！?？~～:：]*"
        rf"|{_START}(?:我?想?(?:请问|咨询一?下|问一?下|问问)(?:一?下|你们?|您)?|我?想问|麻烦问一?下?)[\s,，:：]*"
        rf"|(?:谢谢|多谢|感谢|谢啦|辛苦|麻烦)(?:你们?|您|了|啦|哈|哦)*{_END}[\s,，.。!！~～]*"
        rf"|(?<![{_PARTICLES}])[{_PARTICLES}]++亲?{_END}"
        rf"|(?<=[,，])\s*亲+{_END}"
    ),
)
