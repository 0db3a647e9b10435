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

from kefu.router.nlu.intents import Intent, intent_of
from kefu.router.nlu.normalization import normalize
from kefu.router.nlu.packs import PACKS
from kefu.router.nlu.packs.language_pack import InSituQuestionPatterns, InvertedQuestionPatterns
from kefu.text.chinese import simplified

MOST_QUESTIONS = 3
_LONGEST = 400
"""Characters. A longer message is a letter, and so is one in paragraphs: its questions are about the case it tells."""

_INVERTED = tuple(each.questions for each in PACKS if isinstance(each.questions, InvertedQuestionPatterns))
_IN_SITU = tuple(each.questions for each in PACKS if isinstance(each.questions, InSituQuestionPatterns))

_HARD = r"(?<!\S)\d{1,2}[.)、]\s|[?？!！。；;\n…]+|(?<!\.)\.++(?=\s|$)"
_SOFT = "|".join([*(each.questions.separators for each in PACKS), r"[,，]|(?<=\s)[-–—]++\s+|——|、"])
_BREAK = re.compile(rf"(?:(?P<hard>{_HARD})|(?:{_SOFT}))\s*", re.IGNORECASE)
_LEADS_OVER = re.compile("|".join(each.questions.leads_over for each in PACKS), re.IGNORECASE)
_QUOTES = "\"'“”‘’(（"
_COURTESIES = frozenset({Intent.GREETING, Intent.THANKS, Intent.GOODBYE})
_ADDS = re.compile("|".join(each.adds for each in _INVERTED), re.IGNORECASE)
_BEGINS = re.compile("|".join(each.begins for each in _INVERTED), re.IGNORECASE)
_BEGINS_BARE = re.compile("|".join(each.begins_bare for each in _INVERTED), re.IGNORECASE)
_GOES_ON = re.compile("|".join(each.goes_on for each in _INVERTED), re.IGNORECASE)
_ASKS = re.compile("|".join(each.asks for each in _INVERTED), re.IGNORECASE)
_ASKS_INDIRECTLY = re.compile("|".join(each.asks_indirectly for each in _INVERTED), re.IGNORECASE)
_INDIRECT = re.compile("|".join(each.indirect for each in _INVERTED), re.IGNORECASE)
_TAG = re.compile("|".join(each.tag for each in _INVERTED), re.IGNORECASE)
_ELLIPSIS = re.compile("|".join(each.ellipsis for each in _INVERTED), re.IGNORECASE)
_ABOUT = re.compile("|".join(each.about for each in _INVERTED), re.IGNORECASE)
_LONGEST_ELLIPSIS = 8
"""Words."""
_FEWEST_WORDS = 4
"""Words of a question without a verb in front ("Any discount for students?") that stands behind another one."""
_OTHER_WORDS = re.compile("|".join(each.other_words for each in _INVERTED), re.IGNORECASE)
_EMPTY_WORDS = re.compile("|".join(each.empty_words for each in _INVERTED), re.IGNORECASE)
_POINTS_BACK = re.compile("|".join(each.points_back for each in _INVERTED), re.IGNORECASE)
_PREPOSITION = re.compile("|".join(each.prepositions for each in _INVERTED), re.IGNORECASE)
_ARTICLE = re.compile("|".join(each.articles for each in _INVERTED), re.IGNORECASE)
_WORD = re.compile(r"[\w'’]+")
_MARKS = re.compile(r"(?<![?？!！])[?？!！]++$")


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
        elif last.asks and not _asks(part) and not _TAG.fullmatch(part.text) and (part.hard or _in_situ(part.text)):
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
    if words := _in_situ(body):
        plain = simplified(body)
        if _lacks_its_words(words, plain) and (part.hard or part.marked):
            return True
        presumes = part.marked and plain.endswith(words.presuming_particle)
        if words.not_by_itself.match(plain) or not (_asks_by_words(words, plain) or presumes):
            return _begins_inverted(body, last)
        return len(words.empty.sub("", _indefinite(words, plain))) >= (1 if part.hard else 2)
    if _is_elliptical(part):
        return True
    if _begins_inverted(body, last):
        return told is not None or _says_enough(part)
    if not (part.hard and part.marked) or _OTHER_WORDS.search(body):
        return False
    return len(_WORD.findall(body)) >= _FEWEST_WORDS and _says_enough(part)


def _says_enough(part: _Part) -> bool:
    """Whether a question names something of its own: "why is that?" and "can you look into it?" do not."""
    named = len(_WORD.findall(_EMPTY_WORDS.sub(" ", part.body)))
    return named > 1 or (named == 1 and (part.joined or not _POINTS_BACK.search(part.body)))


def _begins_inverted(body: str, last: _Question) -> bool:
    if _BEGINS.match(body) or (last.indirect and _INDIRECT.match(body)):
        return True
    return bool(_BEGINS_BARE.match(body)) and not last.goes_on


def _is_elliptical(part: _Part) -> bool:
    if words := _in_situ(part.text):
        return _lacks_its_words(words, simplified(part.text))
    if _BEGINS.match(part.body):
        return False
    found = _ELLIPSIS.match(part.text) if part.hard and part.marked else _ABOUT.match(part.text)
    return bool(found) and len(_WORD.findall(part.text)) <= _LONGEST_ELLIPSIS


def _asks(part: _Part) -> bool:
    body = part.body
    words = _in_situ(body)
    if words and _asks_by_words(words, simplified(body)):
        return True
    return bool(_BEGINS.match(body) or _BEGINS_BARE.match(body) or _ASKS.search(body) or _ASKS_INDIRECTLY.search(body))


def _in_situ(text: str) -> InSituQuestionPatterns | None:
    """The patterns of the language whose characters a text has, if it asks by question words and particles."""
    return next((each for each in _IN_SITU if each.script.search(text)), None)


def _asks_by_words(words: InSituQuestionPatterns, plain: str) -> bool:
    asks = words.asks_yes_or_no if words.supposes.match(plain) else words.asks
    return bool(asks.search(_indefinite(words, plain)))


def _lacks_its_words(words: InSituQuestionPatterns, plain: str) -> bool:
    return bool(words.ellipsis.fullmatch(plain)) and not _has_question_word(words, plain)


def _has_question_word(words: InSituQuestionPatterns, plain: str) -> bool:
    return bool(words.asks.search(plain.removesuffix(words.ellipsis_particle)))


def _indefinite(words: InSituQuestionPatterns, plain: str) -> str:
    """Without words that look like question words and ask nothing: "a few", "nothing"."""
    return words.indefinite.sub("〇", plain)


def _end_of_lead(text: str) -> int:
    """Where a text begins behind the words that lead over to it: "and", "also", "另外"."""
    at = 0
    while found := _LEADS_OVER.match(text, at):
        if found.end() == len(text):
            break
        at = found.end()
    return at


def _completed(before: str, ellipsis: str) -> str:
    """A question that lacks its words, with those of the one before: put in their place, or behind it."""
    end = _MARKS.search(ellipsis)
    mark = end[0] if end else ""
    before, ellipsis = _MARKS.sub("", before), _MARKS.sub("", ellipsis)
    if words := _in_situ(ellipsis):
        topic = ellipsis.removesuffix(words.ellipsis_particle)
        for opening in words.ellipsis_openings:
            topic = topic.removeprefix(opening)
        head, of, rest = before.partition(words.possessive)
        if of and rest and not _has_question_word(words, head):
            return f"{topic}{of}{rest}{mark}"
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
