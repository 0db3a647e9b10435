"""Messages that try to keep a service busy: the worst that were found, and others by a generator."""

import random
from collections.abc import Iterator

LONGEST = 4000
"""Characters of a message that the contract takes."""

SHORT = (
    "hi " * 20 + "car",
    "ok " * 9 + "thanks where is my parcel",
    "哈" * 24 + "你说什么",
    "好" * 30 + "车",
    "好" + "真的" * 26,
    "转人工" + "聊" * 44 + "x",
    "你" + "这个" * 30,
    "嗯嗯嗯嗯嗯好的好的好的谢谢你哦那什么时候发货",
)
"""Found to stop a router for seconds, minutes or for ever; people write such things by accident."""
_UNITS = (
    *("1", "６", "1,000", "1,", "12 34 ", "1.", "A1", "a", "ipv4", "好", "哈", "真的", "这个", "聊", "嗯嗯好的谢谢"),
    *("hi ", "ok ok thanks ", "ﷺ", "一万", "[1]", "[", "(", "|", "<|", "a@", "http://a.", "- ", "# ", "\n", " ", "。"),
    *("is it ", "我想问", "not ", "不", "?", "what and ", "和", "￥", "$1 ", "2026-01-", "١", "́", "​", "\U0001f600"),
)
_ENDINGS = ("", "x", "car", "你说什么", "!", "?", "@", " .", "元", "\n")


def worst() -> list[str]:
    """The short ones, and each unit repeated to the longest message that is taken."""
    return [*SHORT, *((unit * LONGEST)[:LONGEST] for unit in _UNITS)]


def generated(seed: int) -> Iterator[str]:
    """Endless messages of runs of a few units, of every length; the same for the same seed."""
    choice = random.Random(seed)
    while True:
        units = choice.choices(_UNITS, k=choice.choice((1, 1, 2, 3)))
        ending = choice.choice(_ENDINGS)
        length = choice.choice((30, 80, 600, 2000, LONGEST)) - len(ending)
        if choice.random() < 0.5:
            runs = "".join(unit * (length // (len(unit) * len(units))) for unit in units)
        else:
            runs = "".join(units) * length
        yield runs[:length] + ending
