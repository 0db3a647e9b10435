"""
Question splitting: the questions in one message, each as it can be searched and answered by itself.

A message is cut only between two clauses that both ask by themselves: in English each has a verb turned to the front
("what do you charge … and how long does it take"), in Chinese each has a question word or particle and something that
it asks about. All else stays together: two things in one question ("gold and platinum", "from A to B"), a condition,
what was told before the question ("I bought a sofa. It does not fit. Can I …?"). When in doubt it is one question: half
of a question is answered wrongly, two questions in one are searched as ever.
"""

import re
from dataclasses import dataclass

from kefu.common.text.chinese import simplified
from kefu.router.nlu.intents import Intent, intent_of
from kefu.router.nlu.normalization import normalize

MOST_QUESTIONS = 3
_LONGEST = 400
"""Characters. A longer message is a letter, and so is one in paragraphs: its questions are about the case it tells."""

_HARD = r"(?<!\S)\d{1,2}[.)、]\s|[?？!！。；;\n…]+|(?<!\.)\.++(?=\s|$)"
_SOFT = (
    r"[,，]\s*(?:and\b|but\b|also\b)?|(?<=\s)[-–—]++\s+|——|、|\s(?:and|also)\s+(?:also\s)?"
    r"|(?<=[\u4e00-\u9fff])\s+|(?=另外|顺便|順便)"
)
_BREAK = re.compile(rf"(?:(?P<hard>{_HARD})|(?:{_SOFT}))\s*", re.IGNORECASE)
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LEADS_OVER = re.compile(
    r"(?:and|also|but|so|then|ok|okay|oh|well|plus|(?:another|one more) (?:question|thing)|secondly)\b[\s,:]*"
    r"|(?:另外|顺便|順便)(?:再?[问問](?:一?下)?)?[，,、：:\s]*|(?:再|还想|還想)[问問](?:一?下)?[，,、：:\s]*"
    r"|(?:还有|還有)(?!多|几|幾|没|沒|货|貨|什|啥|哪|人|吗|嗎|么|效|用)(?:个问题)?[，,、：:\s]*"
    r"|(?:以及|然后|然後|再就是|对了|對了)[，,、：:\s]*",
    re.IGNORECASE,
)
_ADDS = re.compile(r"\b(?:and|also)\b", re.IGNORECASE)
_QUOTES = "\"'“”‘’(（"
_COURTESIES = frozenset({Intent.GREETING, Intent.THANKS, Intent.GOODBYE})

# English. A question has its verb in front of its subject: that, no word, tells it from a clause inside another.
_AUXILIARY = (
    r"(?:is|are|was|were|am|do|does|did|can|could|will|would|should|shall|may|might|must|have|has|had)(?:n['’]?t)?"
)
_MODAL = r"(?:do|does|did|can|could|will|would|should|may|must)(?:n['’]?t)?"
_PRONOUN = r"(?:i|you|u|ya|we|they|he|she|it)"
_SUBJECT = (
    rf"(?:{_PRONOUN}|there|this|that|these|those|the|a|an|my|your|ur|our|their|his|her|its|any|some|all|every|each|both"
    r"|another|anyone|anybody|someone|somebody|people|customers)"
)
_BEGINS = re.compile(
    rf"(?:(?:what|which|whose|how)\b(?:['’]?s\b|['’]re\b|['’]ll\b|['’]d\b|(?!\s+{_PRONOUN}\b)(?:\s+[\w'’/-]+){{0,5}}?\s+{_AUXILIARY}\b)"
    rf"|(?:when|where|why|who)(?:['’]?s\b|['’]ll\b|['’]d\b|\s+(?:exactly\s+)?{_AUXILIARY}\b)"
    r"|who\s+(?:pays|covers|bears|gets|decides|sends|takes|comes|delivers|picks)\b"
    r"|how\s+(?:long|much|many|soon|often|far)\s+(?:until|till|before|for|to)\b|how\s+to\b|why\s+not\b|how\s+come\b"
    rf"|{_AUXILIARY}\s+{_SUBJECT}\b)",
    re.IGNORECASE,
)
_BEGINS_BARE = re.compile(r"(?:is|are|do|does|did|can|will)\s+(?!not\b|be\b|been\b|so\b|it\b)[a-z]", re.IGNORECASE)
"""With a subject that has no article ("is delivery free"). Behind "which …" and "that …" it may go on with those."""
_GOES_ON = re.compile(r"\b(?:which|who|that|what)\b", re.IGNORECASE)
_ASKS = re.compile(
    rf"\b(?:(?:what|which|whose|how|when|where|why)(?:['’]?s\b|(?!\s+{_PRONOUN}\b)(?:\s+[\w'’/-]+){{0,3}}?\s+{_MODAL}\s)"
    rf"|{_MODAL}\s+(?:{_PRONOUN}|there)\b)",
    re.IGNORECASE,
)
_ASKS_INDIRECTLY = re.compile(
    r"\b(?:tell me|let me know|explain|wonder(?:ing)?|curious|do you know"
    r"|(?:want|like|need|love)d? to (?:know|ask|find out|check))\b",
    re.IGNORECASE,
)
_INDIRECT = re.compile(r"(?:how|what|where|who|which|why|whether|if)\b", re.IGNORECASE)
_TAG = re.compile(
    rf"(?:{_AUXILIARY}\s+(?:{_PRONOUN}|that|this|there)|right|ok(?:ay)?|correct|yes|no|yeah|possible|or not|please"
    r"|(?:is|are|would) (?:it|that|this|they) (?:ok(?:ay)?|possible|allowed|true|right|correct|fine|normal)"
    r"|does (?:it|that|this) (?:work|count|help)|(?:any )?(?:ideas?|help|thoughts|suggestions)"
    r"|and (?:how|why)|why|how so)",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(r"(?:and|also|(?:and\s+)?(?:what|how)\s+about)\s+", re.IGNORECASE)
_ABOUT = re.compile(r"(?:and\s+)?(?:what|how)\s+about\s+", re.IGNORECASE)
_LONGEST_ELLIPSIS = 8
_FEWEST_WORDS = 4
"""Words of a question without a verb in front ("Any discount for students?") that stands behind another one."""
_OTHER_WORDS = re.compile(r"\bor\b|^(?:maybe|perhaps|like|such as)\b", re.IGNORECASE)
_EMPTY_WORDS = re.compile(
    rf"\b(?:{_AUXILIARY}|{_SUBJECT}|what|when|where|why|how|which|who|whose|me|us|them|to|on|in|into|out|about|of|for"
    r"|like|be|been|and|so|then|please|really|just|again|now|going|happening|find|know|tell|help|see|check|fix|solve|done|wrong|way|one|ones)(?:['’]\w+)?\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(rf"\b(?:it|this|that|these|those|them|they|ones?)\b|^{_MODAL} (?:you|u)\b", re.IGNORECASE)
_WORD = re.compile(r"[\w'’]+")

# Chinese. The order of words does not change: question words and particles tell.
_INDEFINITE = re.compile(
    r"[好十这那了过]几|没(?:什么|多少|几)|不怎么|不(?:知道|清楚|明白|确定)[^，。]*|(?:什么|怎么|谁|哪\w?|多少)[都也]|哪怕|动不动|差不多"
)
_ASKS_ZH = re.compile(
    r"[吗咋啥谁哪几]|么$|嘛$|多[少久长大快高重远]|什么|怎么|怎样|如何|为何|[是能可]否|有[没木]有|([\u4e00-\u9fff])[不没]\1"
    r"|(?<=[\u4e00-\u9fff])[不没]$"
)
_ASKS_YES_OR_NO_ZH = re.compile(r"[吗嘛]$|([\u4e00-\u9fff])[不没]\1|(?<=[\u4e00-\u9fff])[不没]$")
_SUPPOSES = re.compile(r"(?:如果|要是|假如|万一|倘若|不管|无论|只要|既然|虽然|就算|即使)")
_NOT_BY_ITSELF = re.compile(r"(?:大概|大约|一般|那)?(?:各|分别|哪[个种家款一]|谁|[一总]共|合计|差多少|还是|或者?)")
_EMPTY = re.compile(
    r"什么|怎么|怎样|如何|为何|多[少久长大快高重远]|可以|可不可以|需要|行不行|好不好|是不是|有没有|能不能|是否|能否|可否|要不要"
    r"|[我你您他她它们里的了吗呢吧啊呀哦哈么嘛能会要是有在就都还也又再不没和跟与这那个为咋啥谁哪几行得用请问想下\W_]"
)
_ELLIPSIS_ZH = re.compile(r"(?:那|那么)?(?P<topic>.{1,12}?)呢$")


@dataclass
class _Part:
    start: int
    end: int
    """With its question mark."""
    text: str
    body: str
    """Without the words that lead over to it."""
    hard: bool
    """A sentence's end is in front of it."""
    joined: bool
    """A word that adds something is in front of it."""
    marked: bool
    """A question mark is behind it."""


@dataclass
class _Question:
    start: int
    end: int
    asks: bool = False
    indirect: bool = False
    elliptical: bool = False
    goes_on: bool = False


def split_questions(text: str) -> tuple[str, ...]:
    """
    The questions of a message, in its order, at most three; a message with one question, or none, as a whole.

    Words of courtesy around them are left out. A question that lacks words of the one before it ("And on a mattress?")
    is given them, or stands behind it. What is told in front of a question belongs to it.
    """
    whole = text.strip()
    if len(whole) > _LONGEST or "\n\n" in whole or "://" in whole:
        return (whole,)
    questions = _grouped([part for part in _parts(whole) if not _is_courtesy(part)])
    if not questions or not questions[0].asks:
        return (whole,)
    said: list[str] = []
    for question in questions[:MOST_QUESTIONS]:
        own = whole[question.start : question.end].strip()
        if said:
            own = own[_end_of_lead(own) :]
            own = own[:1].upper() + own[1:]
            if question.elliptical:
                own = _completed(said[-1], whole[question.start : question.end].strip())
        said.append(own)
    return tuple({each.lower(): each for each in said}.values())


def _parts(text: str) -> list[_Part]:
    """The clauses of a text: what could be a question by itself, and smaller."""
    parts: list[_Part] = []
    at, hard, joined = 0, True, False
    for found in _BREAK.finditer(text):
        if found.end() == found.start() and found.start() == at:
            continue
        mark = found["hard"] or ""
        if found.start() > at:
            asked = "?" in mark or "？" in mark
            end = found.end("hard") if asked else at + len(text[at : found.start()].rstrip())
            parts.append(_part(text, at, found.start(), end, hard=hard, joined=joined, marked=asked))
            hard, joined = bool(mark), False
        hard = hard or bool(mark)
        joined = joined or bool(_ADDS.search(found[0]))
        at = found.end()
    if at < len(text):
        parts.append(_part(text, at, len(text), len(text), hard=hard, joined=joined, marked=False))
    return parts


def _part(text: str, start: int, end: int, closed: int, *, hard: bool, joined: bool, marked: bool) -> _Part:
    own = text[start:end].rstrip()
    lead = _end_of_lead(own)
    return _Part(start, closed, own, own[lead:].lstrip(_QUOTES), hard, joined or lead > 0, marked)


def _is_courtesy(part: _Part) -> bool:
    return intent_of(normalize(part.text)) in _COURTESIES


def _grouped(parts: list[_Part]) -> list[_Question]:
    """The clauses put together to questions."""
    questions: list[_Question] = []
    told: int | None = None  # where a statement behind a question begins that may belong to the next one
    for part in parts:
        last = questions[-1] if questions else None
        if last is None:
            last = _Question(part.start, part.end)
            questions.append(last)
        elif last.asks and _is_next_question(part, last, told):
            last = _Question(part.start if told is None else told, part.end, elliptical=_is_elliptical(part))
            questions.append(last)
            told = None
        elif last.asks and not _asks(part) and not _TAG.fullmatch(part.text) and (part.hard or _HAN.search(part.text)):
            told = part.start if told is None else told
            continue
        elif last.asks and told is not None and not _asks(part):
            continue
        else:
            told = None
        last.end = part.end
        last.asks = last.asks or _asks(part) or (part.marked and not _TAG.fullmatch(part.text))
        last.indirect = last.indirect or bool(_ASKS_INDIRECTLY.search(part.text))
        last.goes_on = last.goes_on or bool(_GOES_ON.search(part.text))
    if told is not None:
        questions[-1].end = parts[-1].end
    return questions


def _is_next_question(part: _Part, last: _Question, told: int | None) -> bool:
    """Whether a clause behind a question asks something else. `told`: where a statement between them begins."""
    body = part.body
    if _TAG.fullmatch(body) or (told is not None and part.hard and not part.joined):
        return False  # what is told in a sentence of its own goes on with the case, but for a word that leads over
    if _HAN.search(body):
        plain = simplified(body)
        if _ELLIPSIS_ZH.fullmatch(plain) and (part.hard or part.marked) and not _has_question_word(plain):
            return True
        if _NOT_BY_ITSELF.match(plain) or not (_asks_in_chinese(plain) or (part.marked and plain.endswith("吧"))):
            return _begins_in_english(body, last)
        return len(_EMPTY.sub("", _indefinite(plain))) >= (1 if part.hard else 2)
    if _is_elliptical(part):
        return True
    if _begins_in_english(body, last):
        return told is not None or _says_enough(part)
    if not (part.hard and part.marked) or _OTHER_WORDS.search(body):
        return False
    return len(_WORD.findall(body)) >= _FEWEST_WORDS and _says_enough(part)


def _says_enough(part: _Part) -> bool:
    """Whether a question names something of its own: "why is that?" and "can you look into it?" do not."""
    named = len(_WORD.findall(_EMPTY_WORDS.sub(" ", part.body)))
    return named > 1 or (named == 1 and (part.joined or not _POINTS_BACK.search(part.body)))


def _begins_in_english(body: str, last: _Question) -> bool:
    if _BEGINS.match(body) or (last.indirect and _INDIRECT.match(body)):
        return True
    return bool(_BEGINS_BARE.match(body)) and not last.goes_on


def _is_elliptical(part: _Part) -> bool:
    if _HAN.search(part.text):
        plain = simplified(part.text)
        return bool(_ELLIPSIS_ZH.fullmatch(plain)) and not _has_question_word(plain)
    if _BEGINS.match(part.body):
        return False
    found = _ELLIPSIS.match(part.text) if part.hard and part.marked else _ABOUT.match(part.text)
    return bool(found) and len(_WORD.findall(part.text)) <= _LONGEST_ELLIPSIS


def _asks(part: _Part) -> bool:
    body = part.body
    if _HAN.search(body) and _asks_in_chinese(simplified(body)):
        return True
    return bool(_BEGINS.match(body) or _BEGINS_BARE.match(body) or _ASKS.search(body) or _ASKS_INDIRECTLY.search(body))


def _asks_in_chinese(plain: str) -> bool:
    asks = _ASKS_YES_OR_NO_ZH if _SUPPOSES.match(plain) else _ASKS_ZH
    return bool(asks.search(_indefinite(plain)))


def _has_question_word(plain: str) -> bool:
    return bool(_ASKS_ZH.search(plain.removesuffix("呢")))


def _indefinite(plain: str) -> str:
    """Without words that look like question words and ask nothing: "a few", "nothing"."""
    return _INDEFINITE.sub("〇", plain)


def _end_of_lead(text: str) -> int:
    """Where a text begins behind the words that lead over to it: "and", "also", "另外"."""
    at = 0
    while found := _LEADS_OVER.match(text, at):
        if found.end() == len(text):
            break
        at = found.end()
    return at


_MARKS = re.compile(r"(?<![?？!！])[?？!！]++$")
_PREPOSITION = re.compile(r"\b(?:on|for|in|to|at|with|by|from|of|as|under|via)\b", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(?:an?|the|my|your)\s", re.IGNORECASE)


def _completed(before: str, ellipsis: str) -> str:
    """A question that lacks its words, with those of the one before: put in their place, or behind it."""
    end = _MARKS.search(ellipsis)
    mark = end[0] if end else ""
    before, ellipsis = _MARKS.sub("", before), _MARKS.sub("", ellipsis)
    if _HAN.search(ellipsis):
        topic = ellipsis.removesuffix("呢").removeprefix("那么").removeprefix("那")
        head, of, rest = before.partition("的")
        if of and rest and not _has_question_word(head):
            return f"{topic}的{rest}{mark}"
        at = before.find(topic[-1:], len(topic) - 1)
        if len(topic) > 1 and at >= 0 and topic not in before:
            return before[: at - len(topic) + 1] + topic + before[at + 1 :] + mark
        return f"{before}？{ellipsis}{mark}"
    found = _ABOUT.match(ellipsis) or _ELLIPSIS.match(ellipsis)
    topic = ellipsis[found.end() if found else 0 :]
    for kind in (_PREPOSITION, _ARTICLE):
        opening = kind.match(topic)
        places = [each for each in kind.finditer(before) if opening and each[0].lower() == opening[0].lower()]
        if places:
            return before[: places[-1].start()] + topic + mark
    return f"{before}? {ellipsis}{mark}"
