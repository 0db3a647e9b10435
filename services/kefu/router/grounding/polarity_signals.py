"""
Polarity signals: what in the evidence speaks for "yes" and what for "no", counted for the model of polarity.py.

Of each piece the clause is read that holds most of the question's words. All words here are grammar or opposites that
any company's pages have. Negative numbers speak for "no"; how much each signal weighs is fitted, not written here.
"""

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from kefu.router.grounding.evidence_pieces import EvidencePiece, PieceKind
from kefu.router.grounding.figure_limits import keeps_to_limits
from kefu.router.grounding.lexical_overlap import units_of
from kefu.router.grounding.yes_no_question import Modal, YesNoQuestion, plain_form

_PIECES = (1.0, 0.5, 0.3)
"""How much each of the best pieces weighs."""
_LONGEST_PIECE = 1_500
"""Characters."""
_RARITY_PIECES = 12
"""Pieces that a word's rarity is told from."""
_BESIDE = 0.3
"""Weight of a word of the message that is not in the clause that asks."""
_RIVAL = 0.1
"""Share of the question's words from which on a clause that says the opposite may be the one that is meant."""
_FEWEST_SHARED = 0.06
"""Share of the question's words that the evidence must hold to bear on it at all."""
_NOT_EN = re.compile(
    r"\b(?:not(?! only\b)|never|no|none|nobody|nothing|neither|nor|unable|impossible|unavailable|cannot|excluded)\b"
)
_NOT_ZH = re.compile(
    r"不(?![仅但过论管同少久足满低])|没(?!收(?!到))|无(?![论需])|未(?![来满])|非(?!常)|除外|勿|不得|一律不"
)
_REFUSES = re.compile(r"\b(?:refused|rejected|blocked)\b|暂停|拒绝|谢绝|禁止|拒收")
"""Denies that something may be done. "Card refused: expired" does not deny that a card expires."""
_ASKS_LEAVE = re.compile(
    r"\b(?:accept|allow|permit|take|let|welcome|okay|ok|fine|refuse|reject|block)|接受|允许|让|收|支持|行[吗不]|[拒禁停]"
)
_NO_NEED_ZH = "无需|无须|不用|不必|不需要|不要求"
_NO_NEED = re.compile(
    r"\b(?:not|no) (?:necessary|needed|required|need)\b|\bneed not\b"
    rf"|\bno (?:[a-z]+ ){{1,3}}(?:is |are )?(?:necessary|needed|required)\b|{_NO_NEED_ZH}"
)
_A_NOT_A = re.compile(r"([\u4e00-\u9fff])不\1|有没有|可不可以")
_NOT_NEGATION = re.compile(
    r"\bno (?:later|more than|longer than|matter|problem|limit|time limit|charge|fee|fees|extra|deposit)\b"
    r"|\bnot (?:later|more) than\b|不限|不超过|不得超过|不晚于"
)
_CAN_EN = re.compile(r"\b(?:can|may|possible|allowed|able|also|any time|yes|works?|available|include[sd]?|count)\b")
_CAN_ZH = re.compile(r"(?<![不否])(?:可以|可(?!能)|能(?![否力])|支持|也能|同样|均可|都可|随时|会(?!员))")
_ONLY = re.compile(r"\bonly\b(?! (?:after|if|when|once)\b)|\bexclusively\b|\bsolely\b|仅|只(?!要|是)|限于|仅限")
_EXCEPT = re.compile(r"\b(?:except|apart from|other than|unless|excluding|but not)\b|除|例外|以外")
_CONDITION = re.compile(
    r"\b(?:if|provided|as long as|only (?:if|when|after)|depends?|conditions?|must|unless|until)\b"
    r"|如果|若|只要|前提|(?<!无)须|(?<![无不])需|条件|才"
)
_CONDITION_CLAUSE = re.compile(
    r"\b(?:if|as long as|provided(?: that)?|unless|until|when|whoever|even if|once)\b[^,.;:]{0,200}"
    r"|\bwithout [a-z]+ing\b[^,.;:]{0,80}"
    r"|[^,，。;:]{0,20}(?:不|没有?|未|无)[^,，。;:的]{1,8}的(?=[^,，。;:])"
    r"|(?:如果|若|如|只要)[^,。;]{0,60}[,。;]|[^,。;:]{0,60}(?:的话|时|的|前|后|之内)[,，](?=[^。;])"
)
_CLAUSE_END = re.compile(
    r"(?<!\d)[,，](?!\d)|[;；。！!？?\n]|(?<=[a-z\d)])\.(?=\s|$)|\s(?:but|however|whereas|while)\s"
    r"|但(?!是?否)|不过|——| — "
)
_COLON = re.compile(r"[:：]")
_YES_CELL = re.compile(
    r"^\s*(?:yes|included|available|free|unlimited|✓|√|✔|可以|支持|有|能|是|会|包含|免费|可)(?:\W|$|[,，;；])",
    re.IGNORECASE,
)
_NO_CELL = re.compile(
    r"^\s*(?:no|none|not\b.*|never|unavailable|excluded|—|–|-|✗|×|✘"
    r"|不可以|不支持|没有|无|不能|不行|否|不.*|不可)(?:\W|$|[,，;；])",
    re.IGNORECASE,
)
_OPPOSITES = tuple(
    (re.compile(one), re.compile(other))
    for one, other in (
        # general ones only: what is one of them is not the other
        (
            r"\bfree(?: of charge)?\b|\b(?:no|without) (?:a |any |extra )?(?:charge|fees?|extra|deposit|costs?)\b"
            r"|\bwaived\b|免费|包邮|免(?=了|邮|收|费|运)|不收.{0,4}[费金钱]?",
            r"\b(?:pay|pays|fee|fees|cost|costs|charged?|price|deposit|deduct(?:ed)?|extra)\b"
            r"|[¥$€£]|收费|要钱|[掏付扣交出收花].{0,6}[钱费金块元]|押金|年费|\d元|\d块",
        ),
        (
            r"\b(?:keep|keeps|kept|remain|remains|stay|stays|valid|retained|alive)\b"
            r"|保留|有效|沿用|照用|还在|还有",
            r"\b(?:lose|loses|lost|gone|expires?|expired|deleted?|void|forfeit(?:ed)?|removed|ends?)\b"
            r"|清零|作废|失效|过期|删除|注销|没了",
        ),
        (r"\bopens?\b|\bopened\b|开放|营业|开着|开门|上班", r"\bclose[sd]?\b|关闭|停业|打烊|歇业|闭馆|关门|休息"),
        (
            r"\b(?:required|mandatory|necessary|must|have to|needs?)\b|必须|须|需要|要(?!求)",
            r"\boptional\b|可选|自愿|\bnot (?:necessary|needed|required)\b|\bneed not\b"
            rf"|{_NO_NEED_ZH}",
        ),
        (r"\blonger\b|\bextend(?:ed)?\b|延长|变长", r"\bshort(?:er|en(?:ed|s)?)\b|缩短|变短"),
    )
)


class _Matter(Enum):
    """What a question is about, by which kinds of denial say no to it."""

    NEED = "need"
    LEAVE = "leave"
    FACT = "fact"
    ANY = "any"


@dataclass(frozen=True)
class _Clause:
    text: str
    recall: float
    """Of the question's words, the share that it holds."""
    precision: float
    """Of its own words, the share that the question holds."""
    negative: bool
    common: frozenset[str]
    """The words that it shares with the question."""


def signals_of(asked: YesNoQuestion, pieces: Sequence[EvidencePiece]) -> dict[str, float] | None:
    """What the best pieces say about the question, by name; None where they do not bear on it."""
    chosen: list[EvidencePiece] = []
    for piece in pieces:
        if not any(_covers(other, piece) or _covers(piece, other) for other in chosen):
            chosen.append(piece)
        if len(chosen) == len(_PIECES):
            break
    texts = [_plain(piece) for piece in chosen]
    words = _weights(asked, [_words(_plain(piece)) for piece in pieces[:_RARITY_PIECES]])
    total = math.fsum(words.values())
    if not total:
        return None
    sums: dict[str, float] = {"one": 1.0, "asked_negated": float(asked.negated)}
    best = 0.0
    for weight, piece, text in zip(_PIECES, chosen, texts, strict=False):
        found, shared = _of_piece(asked, words, total, piece, text)
        best = max(best, shared)
        for name, value in found.items():
            sums[name] = sums.get(name, 0.0) + weight * value
    if best < _FEWEST_SHARED:
        return None
    sums["asks_need"] = float(asked.modal is Modal.NEED)
    return sums


def _plain(piece: EvidencePiece) -> str:
    return _plain_text(piece.text)


def _plain_text(text: str) -> str:
    # One character may stand for eighteen: cut before and after.
    cut = unicodedata.normalize("NFKC", text[:_LONGEST_PIECE])[:_LONGEST_PIECE]
    return plain_form(cut.replace("\n", " ; "))


_EMPTY_ZH = re.compile(
    r"有没有|有木有|是不是|能不能|可不可以|会不会|要不要|用不用|行不行|成不成|[吗么吧呢啊呀哈嘛亲我你您他她它们咱俺的了着过就都也还再这那些个是在和与或给把被让为以及其]"
    r"|可以|不能|不可|能|是否|不|没有?|无法"
)
_SUFFIX = re.compile(r"(?:ing|ed|es|d|s|e)$")
_STEM = 6
"""Letters that tell an English word: "cancelled" is "cancel", "delivered" is "delivery"."""
_FUNCTION_EN = frozenset(
    re.findall(
        "[a-z]+",
        "just only also get got does did have has had would could will some even more after before still back once "
        "want need say one two same",
    )
)
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")


def _words(text: str) -> frozenset[str]:
    """The words that question and evidence are compared by; of Han characters, singly and in pairs."""
    bare = _EMPTY_ZH.sub(" ", text)
    found = {_stem(unit) for unit in units_of(bare) if unit not in _FUNCTION_EN}
    for run in _HAN.finditer(bare):
        found.update(run[0])
    return frozenset(found)


def _stem(unit: str) -> str:
    if not (unit[0].isascii() and unit[0].isalpha()):
        return unit
    bare = _SUFFIX.sub("", unit) if len(unit) > 4 else unit
    if len(bare) > 4 and bare[-1] == bare[-2]:
        bare = bare[:-1]
    return bare[:_STEM]


def _weights(asked: YesNoQuestion, held: Sequence[frozenset[str]]) -> dict[str, float]:
    """The question's words; those of the clause that asks weigh most, and those that not every piece holds."""
    words = {**dict.fromkeys(_words(asked.text), _BESIDE), **dict.fromkeys(_words(asked.asked), 1.0)}
    for one, other in _OPPOSITES:
        # "Free for Gold. Silver pays." asked about Silver: the subject finds the clause, not what is said of it.
        for pattern in (one, other):
            for found in pattern.finditer(asked.asked):
                for word in words.keys() & _words(found[0]):
                    words[word] *= 0.3
    return {
        word: weight * math.log(1 + (1 + len(held)) / (1 + sum(word in each for each in held)))
        for word, weight in words.items()
    }


def _covers(one: EvidencePiece, other: EvidencePiece) -> bool:
    return one.passage == other.passage and one.start <= other.start and other.end <= one.end


def _of_piece(
    asked: YesNoQuestion, words: Mapping[str, float], total: float, piece: EvidencePiece, text: str
) -> tuple[dict[str, float], float]:
    held = _words(text) | _words(plain_form(piece.asked))
    shared = math.fsum(words[unit] for unit in words.keys() & held) / total
    matter = _matter(asked)
    needs = matter is _Matter.NEED
    clauses = _clauses(text, words, total, matter)
    if not clauses:
        return {}, shared
    table = piece.kind in (PieceKind.ROW, PieceKind.CELL)
    said = [n for n, each in enumerate(clauses) if not table or _COLON.search(each.text)] or range(len(clauses))
    named = [table and _COLON.split(each.text)[0].strip() in asked.text for each in clauses]
    at = max(said, key=lambda n: (named[n], clauses[n].recall, -n))
    clause = clauses[at]
    opposite, rest = _opposite(asked, clause.text)
    negative = _denies(rest, matter) if opposite else clause.negative
    sign = float(opposite or 1)
    scale = 0.2 + min(1.0, 1.5 * shared)
    close = clause.recall + clause.precision
    told = asked.text.replace(asked.asked, " ")
    # "Standard rooms have no balcony; superior rooms have one": the other clause may be the one that is meant.
    rival = math.fsum(
        words[word] / total for each in clauses if each.negative != negative for word in each.common - clause.common
    )
    found: dict[str, float] = {}

    def add(name: str, value: float) -> None:
        found[name] = found.get(name, 0.0) + value * scale

    compared = keeps_to_limits(asked.text, text)
    value = _COLON.split(clause.text)[-1] if table else ""
    following = clauses[at + 1 : at + 2]
    can = float(bool(_CAN_EN.search(clause.text) or _CAN_ZH.search(clause.text)))
    if value and _NO_CELL.match(value):
        add("cell", -sign)
    elif value and _YES_CELL.match(value):
        add("cell", sign)
    elif compared:
        add("figure", compared * (-1.0 if negative else 1.0))
    elif needs and _NO_NEED.search(text):
        add("no_need", -1.0)
    elif negative and rival > _RIVAL:
        add("not_here_but", -sign)
    elif negative and _denies(told, matter):
        add("not_here_of_not", -sign)  # "I have not opened it": an evidence's "not" may be about opening
    elif negative:
        add("not_here", -sign)
        add("not_here_close", -sign * close)
    elif only := _only(words, text):
        add("only_same" if only > 0 else "only_other", 1.0 if only > 0 else -1.0)
    elif opposite:
        add("opposite_same" if opposite > 0 else "opposite_other", sign)
    elif table:
        add("table", 1.0)
    elif any(each.negative for each in following):
        add("not_next", -1.0)
    elif any(each.negative for each in clauses):
        add("not_elsewhere", -1.0)
    elif _EXCEPT.search(text) or _CONDITION.search(text):
        add("restricted", 1.0)
        add("restricted_can", can)
    else:
        add("plain", 1.0)
        add("plain_close", close)
        add("can", can)
    if piece.says and piece.asked:
        faq = plain_form(piece.asked)
        same = math.fsum(words[unit] for unit in words.keys() & _words(faq)) / total
        turned = _opposite(asked, faq)[0] or 1
        found["verdict"] = (1 if piece.says == "yes" else -1) * turned * min(1.0, 0.2 + 1.5 * same)
    return found, shared


_TABLE_VALUE = re.compile(r"^[^:：]{1,40}[:：]\s*(?:no|none|无|否)\s*[.。]?$")
"""Of one cell; it says nothing of the others."""


def _matter(asked: YesNoQuestion) -> _Matter:
    if asked.modal is Modal.NEED:
        return _Matter.NEED
    return _Matter.LEAVE if asked.modal is Modal.CAN or _ASKS_LEAVE.search(asked.asked) else _Matter.FACT


def _only(words: Mapping[str, float], text: str) -> float:
    """1 where the question is about what "only" is said of, -1 where it is about something else, 0 without it."""
    found = _ONLY.search(text)
    if found is None:
        return 0.0
    behind = _FOCUS.match(text, found.end())
    focus = _words(behind[0]) if behind else frozenset[str]()
    if not focus:  # "annual subscriptions only"
        focus = _words(" ".join(text[max(0, found.start() - 40) : found.start()].split()[-3:]))
    if not focus:
        return -1.0
    return 1.0 if 2 * len(focus & words.keys()) > len(focus) else -1.0


_FOCUS = re.compile(r"\s?[a-z0-9'-]+(?:\s[a-z0-9'-]+){0,5}|[\u4e00-\u9fff]{1,5}")
_GOES_ON = re.compile(
    r"^\s*(?:and|or|nor|for|in|on|at|to|with|by|of)\b(?!.*\b(?:can|may|will|is|are|must|do|does|has|have|pay|get)\b)"
)
_SAYS_SOMETHING = re.compile(
    r"\b(?:i|you|we|they|it|he|she|this|that|there|can|may|will|is|are|was|must|do|does|has|have|pay|get|gets|costs?)\b"
)


def _clauses(text: str, words: Mapping[str, float], total: float, matter: _Matter) -> list[_Clause]:
    clauses: list[_Clause] = []
    for part, negative in _parts(text, matter):
        units = _words(part)
        common = words.keys() & units
        clauses.append(
            _Clause(
                part.strip(),
                math.fsum(words[unit] for unit in common) / total,
                len(common) / max(1, len(units)),
                negative,
                frozenset(common),
            )
        )
    return clauses


def _parts(text: str, matter: _Matter) -> Iterator[tuple[str, bool]]:
    """The clauses of a text, and whether each is negated."""
    negative, sentence_ended = False, True
    for part in _CLAUSE_END.split(text):
        if not part or not part.strip():
            sentence_ended = True
            continue
        denies = _denies(part, matter)
        # "There are no points for fees, for gift cards, or …": a negation governs the list behind it.
        goes_on = part.isascii() and (bool(_GOES_ON.match(part)) or not _SAYS_SOMETHING.search(part))
        negative = denies or (negative and goes_on and not sentence_ended)
        sentence_ended = False
        yield part, negative


def _opposite(asked: YesNoQuestion, clause: str) -> tuple[int, str]:
    """
    1 where question and clause say the same of two opposites, -1 where each says one, 0 where none is in both.

    Also the clause without it, since "no fee" denies nothing once it is read as "free".
    """
    for one, other in _OPPOSITES:
        of_question, _ = _side(one, other, asked.asked)
        of_clause, rest = _side(one, other, clause)
        if of_question and of_clause:
            return of_question * of_clause, rest
    return 0, clause


def _side(one: re.Pattern[str], other: re.Pattern[str], text: str) -> tuple[int, str]:
    """1 for the first of two opposites, -1 for the other, 0 for neither or both; and the text without the first."""
    rest = one.sub(" ", text)
    return (rest != text) - bool(other.search(rest)), rest


def _denies(clause: str, matter: _Matter) -> bool:
    """Whether a clause denies what is asked about. "No need to print it" denies a need and nothing else."""
    if _TABLE_VALUE.search(clause):
        return False
    bare = _A_NOT_A.sub(" ", _NOT_NEGATION.sub(" ", clause))
    if matter not in (_Matter.NEED, _Matter.ANY):
        bare = _NO_NEED.sub(" ", bare)
    if matter not in (_Matter.LEAVE, _Matter.ANY):
        bare = _REFUSES.sub(" ", bare)
    bare = _CONDITION_CLAUSE.sub(" ", bare + ",")
    return any(pattern.search(bare) for pattern in (_NOT_EN, _NOT_ZH, _REFUSES))
