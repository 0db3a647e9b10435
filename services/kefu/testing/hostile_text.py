"""Messages that try to keep a service busy: the worst that were found, and others of a generator."""

import random
from collections.abc import Iterator

LONGEST = 4_000
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
_SEEDS = (
    # digits and figures
    "1", "６", "6", "٣", "1,000", "1,", "1,,", "1.", "1.1.", "12 34 ", "12-34-", "1/2/", "1:2:", "¥1", "$ 1",
    "1 元", "#1", "(1) ",
    "零", "一万", "万", "百分之", "第一", "三天", "twenty-", "two ", "5 days ", "7天，", "9:30 ", "4111 1111 ",
    "138 0013 8",
    # codes and addresses
    "A1", "a1-", "A-", "AB", "order ", "order-", "订单", "order number is ", "a.", "a@", "@", "a@b.", "http://",
    "www.", "ab.co",
    "127.0.0.", "::", "1.2.3.4 ", "ipv4", "/", "://", "x_", "=", "%", "人民路", "省", "省市区", "路12号",
    "12 Main ",
    # letters
    "a", "é", "A", "好", "的", "ﬁ", "ﷺ", "ß", "İ", "ｆ", "é", "x ", "aa ", "ab ", "a b  ", "the ", "한국어",
    "Ж", "ع", "ไทย",
    # what an intent, a request or a topic begins with
    "hi ", "ok ", "ok", "嗯", "哈", "哈哈", "haha", "谢谢", "好的", "好的谢谢", "你好", "在吗", "请", "please ",
    "sorry ", "hey yo ", "heyyy ",
    "转人工", "聊", "转人工聊", "我要", "我想", "请帮我", "找一个", "人工", "人工吗", "一下", "能不能",
    "i want to talk to ", "let me ",
    "a human ", "real ", "customer support ", "connect me to ", "and i ", "真的", "真", "好真的", "我的",
    "我想要", "这个", "你这个",
    "你们", "废物", "fuck", "fu", "you ", "you are ", "having a ", "swallowed a ", "severe ", "insur",
    "anaphyla", "not ", "bad ",
    "不棒", "棒", "不", "差评",
    # instructions
    "ignore ", "ignore the ", "say ", "say only ", "repeat after me ", "忽略", "忽略一", "说一下", "ai ",
    "ai must ", "助手请", "note to ",
    "system: ", "[INST]", "<|im_start|>", "<|", "<", "资料[1]", "passage [1] ",
    # marks
    " ", "  ", "\t", "\n", "\r\n", " \n", "\u3000", "\u00a0", "\u200b", ".", "..", ". ", "…", "!", "?!", "。",
    "，", ",", ", ", ";", ":)", ":-)",
    "(", ")", "()", "((", "[", "]", "[[", "[1]", "[1, 2]", "[来源", "【1】", "{", "'", "\"", "“", "”", "-",
    "--", "- ", "* ", "> ", "|", "| a ",
    "|-", "_", "#", "# ", "\\", "\x00", "\u0301", "\U0001f600", "👍", "🙏", "❤\ufe0f", "~", "^",
)  # fmt: skip
_ENDS = ("", "x", " car", "车", "你说什么", "!", "\x00", " 元", "。")
_RANDOM_TEXTS = 60


def hostile_texts(length: int = LONGEST) -> Iterator[str]:
    """Texts of `length` characters: each seed again and again, with an end; and mixtures, the same ones every time."""
    for at, seed in enumerate(_SEEDS):
        end = _ENDS[at % len(_ENDS)]
        yield _long(seed, length - len(end)) + end
    source = random.Random(20261126)
    for _ in range(_RANDOM_TEXTS):
        yield _mixture(source, length)


def generated(seed: int) -> Iterator[str]:
    """Endless mixtures of every length; the same for the same seed."""
    source = random.Random(seed)
    while True:
        yield _mixture(source, source.choice((30, 80, 600, 2000, LONGEST)))


def _mixture(source: random.Random, length: int) -> str:
    begin, one, other, end = (source.choice(_SEEDS) for _ in range(4))
    pump = one * source.randint(1, 4) + other
    return (begin + _long(pump, length - len(begin) - len(end)) + end)[:length]


def _long(seed: str, length: int) -> str:
    return (seed * (length // len(seed) + 1))[:length]
