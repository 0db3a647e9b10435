"""
Yes/no questions: whether a customer's message asks for "yes" or "no", about what, and whether it asks in the negative.

"Can't I return it?" and "So it isn't possible to return it?" are about returning; so is the polarity of an answer.
A message that also asks for something else ("Is it free, and how long does it take?", or two of them) is none.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from kefu.common.text.chinese import simplified
from kefu.common.text.en.grammar import AUXILIARY_VERBS
from kefu.common.text.language import AnswerLanguage

_LONGEST = 600
"""Characters of a message that is read; a longer one tells a story and is no single question."""


class Modal(StrEnum):
    """What a yes/no question is built on; its answer repeats it in Chinese."""

    CAN = "can"
    WILL = "will"
    HAVE = "have"
    NEED = "need"
    BE = "be"


@dataclass(frozen=True)
class YesNoQuestion:
    """A yes/no question, read."""

    text: str
    """The whole message in plain form: NFKC, lower case, simplified characters, contractions written out."""
    asked: str
    """The clause of it that asks."""
    modal: Modal
    negated: bool
    """Whether it asks in the negative."""


def asks_yes_no(question: str, language: AnswerLanguage) -> bool:
    """Whether a message asks for "yes" or "no" and nothing else. `language`: its own; a mixed one is read as both."""
    return read_yes_no(question, language) is not None


def read_yes_no(question: str, language: AnswerLanguage) -> YesNoQuestion | None:
    """The yes/no question of a message; None where it asks for something else as well, or for nothing."""
    text = plain_form(question)
    if not text or len(text) > _LONGEST:
        return None
    readers = (_chinese, _english) if language == "zh" else (_english, _chinese)
    for read in readers:
        found = read(text)
        if found is not None:
            return found
    return None


def plain_form(text: str) -> str:
    """A text in NFKC, lower case and simplified characters, on one line, with English contractions written out."""
    plain = simplified(unicodedata.normalize("NFKC", text).lower()).replace("’", "'")
    for pattern, by in _CONTRACTIONS:
        plain = pattern.sub(by, plain)
    return " ".join(plain.split())


_CONTRACTIONS = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"\bwon't\b|\bwont\b", "will not"),
        (r"\bcan't\b|\bcant\b|\bcannot\b", "can not"),
        (r"\bshan't\b", "shall not"),
        (r"\bain't\b", "is not"),
        (r"n't\b", " not"),
        (r"\b(do|does|did|is|are|was)nt\b", r"\1 not"),
        (r"\b(u)\b(?!\.)", "you"),
        (r"(?<=[a-z])-(?=[a-z])", ""),  # wi-fi is wifi, e-mail is email
    )
)

# English.
_BREAK_EN = re.compile(r"(?<=[?!])\s*|(?<!\d)[.](?=\s|$)\s*|[,;:]\s+|(?<!\s)\s+[-–—]+\s+|[)(]|\n")
_FILLERS = r"(?:(?:so|and|but|then|also|ok|okay|well|hi|hello|hey|hiya|yo|lol|please|pls|or|oh|um|btw|just)\b[\s,]*)*"
_AUXILIARY = rf"(?:{AUXILIARY_VERBS})"
_INVERTED = re.compile(
    rf"^{_FILLERS}(?:still )?({_AUXILIARY})(?: not)?\s+(?!not\b|to\b|you (?:tell|explain|show|say|help|advise)\b)\S"
)
_INVERTED_LATER = re.compile(
    rf"(?:\b(?:and|so|but|or|then|now|if|when|once|because|since|for|while)\b|(?<=[a-z0-9]))\s+({_AUXILIARY})(?: not)? "
    r"(?:i|you|we|they|it|that|this|there|he|she|one|my|your)\b(?! (?:tell|explain|show|say)\b)"
)
_ADDS = re.compile(
    r"^(?:is |was |does |are )?(?:that|this|it|they)?\s?"
    r"(?:right|correct|true|possible|ok(?:ay)?|allowed|yes|no|or not|yeah|fine"
    rf"|(?:{_AUXILIARY})(?: not)? (?:i|you|we|they|it|that|there))\s*\?"
)
_WH = r"(?:what|which|who|whose|whom|why|how|where|when)"
_ASKS_ELSE_EN = re.compile(
    r"\bhow (?:much|many|long|often|soon|far|big|old|high|low|late|early|fast|large|quick\w*)\b"
    rf"|^{_FILLERS}(?:(?:on|at|for|in|to|from|by|until|till|with|under|up to)\s+)?"
    r"(?:what|which|who|whose|whom|why|how)\b"
    rf"|\b(?:where|when|what|why|how|which|who)(?:'s| (?:{_AUXILIARY})) (?!not\b)"
    r"|\b(?:whats|hows|wheres)\b|\bwhat (?:time|day|date)\b"
)
_INDIRECT = re.compile(
    rf"\b(?:know|tell|ask|say|explain|show|help|check|idea|remember|see|find out)\b[^,.?!]{{0,40}}\b{_WH}\b"
)
_ALTERNATIVES = re.compile(
    r"\b(?:better|worse|rather|prefer|faster|slower|cheaper|sooner|quicker|longer|shorter|more|less)\b.{0,80}\bor\b"
    r"|\bor\b.{0,80}\b(?:better|worse|faster|cheaper|sooner|quicker)\b"
)
_FRAGMENT = re.compile(r"^(?:and|what about|how about|ok and|but)\b")
_ADDS_TO = re.compile(r"^(?:if|even if|when|once|not even|even|not|without|because|since|unless)\b")
"""Goes on with the clause before it: "Can I change it, if I call?"."""
_STATES = re.compile(
    rf"\b(?:{_AUXILIARY}|i|you|we|they|he|she|it|there|someone|somebody)\b|^(?:any|still|so|some|no|not)\b"
)
_NOT_EN = re.compile(r"\b(?:not|never|no longer|no way|no chance|impossible|unable|nothing|nobody|neither)\b")
_NEED_EN = re.compile(r"\b(?:must|need|needs|have to|has to|required|necessary|obliged|should|do you want)\b")
_HAVE_EN = re.compile(r"\b(?:is|are) there\b|\bany\b|\b(?:do|does) (?:you|it|they) (?:have|offer|sell)\b")
_CAN_EN = re.compile(r"\b(?:can|could|may|possible|allowed|able|ok|okay|returnable|way)\b")
_WILL_EN = re.compile(r"\b(?:will|would|shall|going to|gonna|do|does)\b")


def _english(text: str) -> YesNoQuestion | None:
    if not re.search("[a-z]{2}", text):
        return None
    clauses = [each.strip() for each in _BREAK_EN.split(text) if each and each.strip(" ?!.,")]
    if not clauses or _INDIRECT.search(text) or _ALTERNATIVES.search(text):
        return None
    if any(_ASKS_ELSE_EN.search(each) for each in clauses):
        return None
    asked, questions = "", 0
    for at, each in enumerate(clauses):
        if at and _ADDS.match(each):
            asked = f"{clauses[at - 1]} {each}"
        elif _INVERTED.match(each) or _INVERTED_LATER.search(each):
            asked = each
            questions += 1
        elif at and asked and not each.endswith("?"):
            continue
        elif at and _ADDS_TO.match(each):
            asked = f"{clauses[at - 1]} {each}"
        elif each.endswith("?") and not _FRAGMENT.match(each):
            # A statement that asks ("Still counts?"), or a word that asks about the one before it ("Possible?").
            if re.search(r"\b(?:what|which|whom|whose|who|why)\b", each):
                return None
            if _STATES.search(each):
                asked = each
            elif at:
                asked = f"{clauses[at - 1]} {each}"
    if not asked or questions > 1:
        return None
    modal = next(
        (
            modal
            for modal, words in (
                (Modal.NEED, _NEED_EN),
                (Modal.CAN, _CAN_EN),
                (Modal.HAVE, _HAVE_EN),
                (Modal.WILL, _WILL_EN),
            )
            if words.search(asked)
        ),
        Modal.BE,
    )
    return YesNoQuestion(text, asked, modal, bool(_NOT_EN.search(asked)))


# Chinese.
_SHORTEST_ZH = 2
"""Characters of a clause that asks: 退吗."""
_BREAK_ZH = re.compile(r"(?<=[?!])|[。,;:~…]+|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_TAG_ZH = re.compile(
    r"(?:可以|行|成|中|能|对|好|是|可|有|可能|没问题|来得及|能行)(?:的)?(?:吗|么|吧|不|呢|嘛|否)[呀啊啦哈]?\s*[?!]*$"
    r"|(?:可不可以|行不行|成不成|中不中|对不对|是不是|能不能|好不好|是吗|对吗|真的假的|没错吧|对吧)[呀啊啦哈]?\s*[?!]*$"
)
_A_NOT_A = re.compile(
    r"([\u4e00-\u9fff])不\1|可不可以|有没有|有木有|有无|是否|能否|可否|会否|([\u4e00-\u9fff]{2})不\2|要不要"
    r"|([\u4e00-\u9fff])没\3"
)
_PARTICLE = re.compile(r"(?:吗|嘛|吧|(?<![什怎那这多要])么|(?<![从并])不|没有?|木有)[呀啊啦哈哦亲]*\s*[?!]*$")
_ASKS_ELSE_ZH = re.compile(
    r"什么|啥|怎么|怎样|如何|多少|为何|何时|哪|谁|咋|多久|多长|多大|多高|多远|多快|多贵"
    r"|几(?:天|个|次|回|点|时|张|位|种|年|月|号|块|元|层|件|折|成|分)"
)
_OR_ZH = re.compile(r"还是(?![不没会能可要有想])")
_NO_ASKING = re.compile(
    r"好几|十几|没几|前几|有(?:什么|啥)|什么的|几(?:天|个|次|年|个月)(?:前|了)|哪怕|不管(?:怎么|什么)"
)
_NOT_ZH = re.compile(r"不(?!满|同|到\d)|没|无法|别(?![的人])")
_MARKERS_ZH = re.compile(r"有没|是不是|不[呀啊啦哈哦亲]*\s*[?!]*$")
_CAN_ZH = re.compile(
    r"能(?!源)|可以|可不可|可否|[行成中][吗么吧不呀]|行不行|成不成|中不中|[得][了到上回起出进成][\u4e00-\u9fff]?[吗么吧不]"
)
_NEED_ZH = re.compile(r"用不用|要不要|需不需|需要|必须|(?<![不只还重主])要(?![是求么不紧了被])")
_HAVE_ZH = re.compile(r"有没|有木有|有无|有(?![的点些人限效])|[没]有?[呀啊]*$")
_IS_ZH = re.compile(r"是不是|是否|算|是(?=[^吗吧]{0,100}[吗吧])|属于")  # bounded: each 是 looks ahead


def _chinese(text: str) -> YesNoQuestion | None:
    if not re.search("[\u4e00-\u9fff]", text):
        return None
    clauses = [each.strip() for each in _BREAK_ZH.split(text) if each and each.strip(" ?!.,")]
    asked, questions = "", 0
    for at, each in enumerate(clauses):
        else_asked = _ASKS_ELSE_ZH.search(_NO_ASKING.sub("", each)) is not None
        if _TAG_ZH.fullmatch(each) and at:
            asked = f"{clauses[at - 1]}{each}"
        elif not else_asked and (_A_NOT_A.search(each) or _PARTICLE.search(each)):
            asked = each
            questions += 1
        elif else_asked and (at == len(clauses) - 1 or each.endswith("?") or _PARTICLE.search(each)):
            return None
    if not asked and clauses and text.endswith("?") and _CAN_ZH.search(f"{clauses[-1].rstrip(' ?!')}吗"):
        asked = "" if _ASKS_ELSE_ZH.search(_NO_ASKING.sub("", clauses[-1])) else clauses[-1]
    if len(asked.strip(" ?!")) < _SHORTEST_ZH or questions > 1 or _OR_ZH.search(asked):
        return None
    modal = next(
        (
            modal
            for modal, words in (
                (Modal.CAN, _CAN_ZH),
                (Modal.NEED, _NEED_ZH),
                (Modal.HAVE, _HAVE_ZH),
                (Modal.BE, _IS_ZH),
            )
            if words.search(asked.rstrip(" ?!"))
        ),
        Modal.WILL,
    )
    # 能不能 asks for either; 是不是 may stand before a "not".
    choice = _A_NOT_A.search(asked.replace("是不是", "").replace("是否", ""))
    negated = choice is None and _NOT_ZH.search(_MARKERS_ZH.sub("", asked)) is not None
    return YesNoQuestion(text, asked, modal, negated)
