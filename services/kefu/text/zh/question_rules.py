"""Rules that reduce a Chinese question to what it asks: see question_equivalence.py."""

import re

from kefu.text.en.question_rules import latin_words
from kefu.text.language_pack import QuestionRules
from kefu.text.number_words import HAN_NUMBER, han_number

_MEASURES = "个天年月日号元块次件台折岁周小分秒点倍楼层位张条款期季人名公里米斤克笔份种门户单部双套度成本版代级等"
_NUMBER_AT = re.compile(
    rf"(?<=第){HAN_NUMBER.pattern}|{HAN_NUMBER.pattern}(?=[{_MEASURES}%]|$)|{HAN_NUMBER.pattern}(?=分之)"
)
_PERCENT = re.compile(rf"百分之({HAN_NUMBER.pattern}|\d+(?:\.\d+)?)")

# One form for equivalent ones. Longer patterns come first, where one contains another.
_EQUIVALENT_FORMS = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"帐([号户单])", r"账\1"),
        (r"账号|账户", "账户"),
        (r"登陆|登入", "登录"),
        (r"到帐", "到账"),
        (r"优惠[卷劵]", "优惠券"),
        (r"手机号码|手机号", "手机号"),
        (r"电话号码|联系电话", "电话"),
        (r"更改|变更|改变|改动|(?<![修更])改(?=[成为掉一手密地收订姓名邮电账]|[吗呢?？。 ]|$)", "修改"),
        (r"退钱|退回款项|退款项", "退款"),
        (r"付钱|支付(?!宝)|付费", "付款"),
        (r"购买|(?<![购可])买(?![家方卖])", "购买"),
        (r"下订单", "下单"),
        (r"忘记|忘掉|忘了|(?<!难)忘(?![记掉了])", "忘记"),
        (r"删掉|删去|(?<!删)删(?!除|掉|去)", "删除"),
        (r"价钱|价位", "价格"),
        (r"图片|相片", "照片"),
        (r"邮件地址|电子邮箱|电子邮件", "邮箱"),
        (r"无法|没法|没办法|(?<!可)不可以|不能够", "不能"),
        (r"([\u4e00-\u9fff]{2})不了(?!解)", r"不能\1"),
        (r"如果|假如|假设|要是|的话|若(?=是)", " "),
        (r"(?<=\d)日(?=$|[内后前起吗可能不免 ])", "天"),
        (r"星期|礼拜", "周"),
        (r"太多|太过", "过多"),
        (r"再次|重新", "再"),
        (r"还钱", "还款"),
        (r"借钱", "借款"),
        (r"(?<!有)没有", "没"),
        (r"(?<![不没])需要|(?<=[否不])需(?!要)|须要", "要"),
    )
)
_ROTATION_MARK = "\x01"
"""The place of "how" or "where". What follows may as well come first, as in 怎么修改发票抬头 for 发票抬头怎么改."""
_HOW = (
    r"(?:有没有|有什么|有没|有)(?:什么)?(?:办法|方法|途径)(?:可以|能)?|(?:办法|方法|途径|步骤|流程)(?:是什么|是怎样的?|怎样)|"
    r"(?:怎么|如何)(?:办理|操作|处理|解决)|怎么[弄做办]|(?:怎么样|怎么|怎样|如何)才能"
    r"|怎么样|怎样|如何|怎么|咋办|咋整|咋"
)
_KINDS = tuple(
    (re.compile(pattern), kind, by)
    for pattern, kind, by in (
        (
            r"(?:怎么|咋|怎|为啥|为什么)(?:就|会|又|总是|总|老是|老|还是|还(?=[不没未无])|都|这么|那么)*"
            r"(?=[不没未无老总]|还[是在]|会被|我|现在|今天|突然)",
            "why",
            " ",
        ),
        (r"为什么|为何|为啥|什么原因|原因是什么|怎么会|怎么回事|什么情况", "why", " "),
        (
            r"(?:要|得|要等|等|需)?(?:多久|多长时间|多少时间|几个工作日|多少个工作日|几天|多少天|多长)(?:时间|才|能|会|可以)*",
            "howlong",
            " ",
        ),
        (r"什么时候|何时|啥时候|几时|什么时间|几点钟?", "when", " "),
        (r"哪一?天|几号|什么日期|(?:星期|周|礼拜)几", "whatday", " "),
        (
            r"(?:是|要|得|花|收|付)?(?:多少钱|几块钱|多少元|什么价格|什么价|啥价)|(?:费用|价格|收费)(?:是|要)?多少|怎么收费",
            "howmuch",
            " ",
        ),
        (r"(?:是|有|要)?多少", "howmany", " "),
        (r"(?:是|有|要)?几(?=[个次件台张种条位级岁家])", "howmany", " "),
        (r"(?:在|到|去)?(?:哪里|哪儿|什么地方|何处|啥地方)", "where", _ROTATION_MARK),
        (r"在哪(?![个些种家一])", "where", _ROTATION_MARK),
        (r"谁|哪位|什么人", "who", " "),
        (r"(?<=有)哪几[种类个]|哪些|什么样的", "what", " "),
        (r"哪(?:一)?[种类个家]|哪几[种类个]|哪", "which", " "),
        (r"是什么|是啥|指什么|是指什么|什么是|什么叫|啥是|啥叫", "what", " "),
        (r"叫什么|叫啥", "what", "叫"),
        (r"什么|啥|何(?=种|物)", "what", " "),
        (r"有没有", "whether", "有"),
        (
            r"([能会要是行好对])不\1|([能会要是行好对])[否]|可不可以|[可能是]否"
            r"|是不是|行吗|可以吗|好吗|行不|可以不(?=$|[ ,。？?])",
            "whether",
            " ",
        ),
    )
)
# Manners, particles, and who speaks where it is clear. Of two opposites at most one stands here.
_STOP_PHRASES = re.compile(
    "|".join(
        (
            r"请问一下|请问下|请问|请教一下|请教|咨询一下|咨询下|想咨询|问一下|问下|打扰一下|打扰了|不好意思",
            r"您好|你好|亲爱的|亲(?=[,，。!！?？~ ])|哈喽|在吗|在不在|^客服(?=[ ,])|谢谢[您你]?",
            r"多谢|感谢|麻烦[您你]?|拜托",
            r"(?:我|我们)?(?:想|要|需要)(?:问一下|问下|问问|问|知道|了解一下|了解下|了解)(?:的是)?",
            r"(?:能|可以|可不可以|能不能)?(?:帮我|帮忙|帮助我|替我)(?:一下|下)?(?:查一下|查下|看一下|看下|看看)?",
            r"(?:能|可以)?(?:告诉我|告知|说说|说一下|介绍一下|介绍下|解释一下)(?:一下)?",
            r"请(?!假|求)|一下|(?<=[问查看改说用])下(?=$|[ ,，。？?！!])",
            r"(?<![么咋])我的|我们的|本人的|自己的",
            r"[吗呢吧啊呀哦哈嘛噢哟呗]|(?<![怎什这那多要])么",
            r"一个(?!月|小|工|星|礼|季|自|半)",
            r"(?:您|你|你们|您们)(?=(?:家|店|这|这边|那边|那)?(?:支持|提供))(?:家|店|这边|这|那边|那)?",
            r"[这那]个(?!月|星|礼|季)|这款|的",
        )
    )
)
_FIRST_PERSON = re.compile(
    r"(^|[ ,，。;；!！?？、\n\x01])(?:我们|我|俺|咱们|咱|本人)(?:现在|目前)?(?:想要|想|要|打算|准备)?"
)
_CAN = re.compile(r"(?<!不)(?<![功智可性职技潜动节])能(?:够)?(?![力量源耗干])|(?<!不)可以|(?<=[ 才])会(?![员议计话])")
_FAILS = re.compile(r"不能|不[到见了上]|没|未|失败|错误|异常")
_PUNCTUATION = re.compile(r"[^\w+#%$€£¥<>=°.:/'-]+")
_PIECES = re.compile(
    r"(?<!\w)-(?=\d)|[a-z0-9]++(?:[-'./:,][a-z0-9]++)*+[+#]*+|[+#%$€£¥<>=°]|[\u3400-\u9fff\uf900-\ufaff]|[^\W_]"
)


def reduce(text: str) -> tuple[frozenset[str], list[str]]:
    """The kinds of a question, and its subject in order: Han characters one by one, other words whole.

    `text` is in lower case, NFKC and simplified characters.
    """
    text = _PERCENT.sub(lambda match: f"{_digits(match[1])}%", text)
    for pattern, by in _EQUIVALENT_FORMS:
        text = pattern.sub(by, text)
    text = _PUNCTUATION.sub(" ", text)
    asks = re.search(r"[吗么嘛]\s*$|[吗么](?=\s)", text) is not None
    kinds: set[str] = set()
    text = _STOP_PHRASES.sub(" ", text)
    for pattern, kind, by in _KINDS:
        text, count = pattern.subn(by, text)
        if count:
            kinds.add(kind)
    text, how = re.subn(_HOW, _ROTATION_MARK, text)
    text = _FIRST_PERSON.sub(r"\1", text)
    text, can = _CAN.subn(" ", text)
    if kinds - {"whether"} or how:
        kinds.discard("whether")
    elif asks or can:
        kinds.add("whether")
    if not kinds and not how and _FAILS.search(text):  # 不能登录: told to hear why; 不能登录怎么办 asks something else
        kinds.add("why")
    if kinds or how:
        text = re.sub(r"了(?!解)", " ", text)
        text = re.sub(r"(?<=[^ ])是(?=\s|$)|(?<=\s)是|^是|(?<=\x01)是|是(?=\x01)", " ", text)
    before, turn, after = text.partition(_ROTATION_MARK)
    text = f"{after} {before}" if turn else text
    text = _NUMBER_AT.sub(lambda match: _digits(match[0]), text)
    words: list[str] = []
    for piece in _PIECES.findall(text):
        if piece[0].isascii() or not "\u3400" <= piece[0] <= "\ufaff":
            words += latin_words(piece)
        else:
            words.append(piece)
    return frozenset(kinds), words


def _digits(number: str) -> str:
    return number if number[0].isdigit() else str(han_number(number))


def _orders(words: list[str]) -> list[tuple[str, ...]]:
    """The given order alone: whatever may change places has done so in `reduce`."""
    return [tuple(words)]


RULES = QuestionRules(reduce, _orders)
