"""Rules that reduce an English question to what it asks: see question_equivalence.py."""

import re
from collections.abc import Iterator, Mapping

from kefu.text.language_pack import QuestionRules
from kefu.text.number_words import NUMBER_WORDS

_CLAUSE = r"(?:^|(?<=[.,;:!?(]))\s*(?:(?:and|so|but|also|well|ok|okay)\s+)?"
_ME = r"(?:me|us)"
_BOTH = r"(?:i|we)"
_SOMEONE = r"(?:someone|somebody|anyone|anybody)"
_REWRITES = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"[’`´]", "'"),
        (r"\bwon't\b", "will not"),
        (r"\bcan't\b|\bcannot\b", "can not"),
        (r"\bshan't\b", "shall not"),
        (r"\bain't\b", "is not"),
        (r"n't\b", " not"),
        (r"\b(i|we) will not\b", r"\1 refuse"),
        (r"\bmake ([^.,;?!]{1,40}?) work\b", r"fix \1"),
        (r"\bi'd like\b", "i would like"),
        (r"'(?:s|re|m|ve|ll|d)\b", " "),
        (r"\be-mail", "email"),
        (r"\b(?:please|pls|plz|kindly)\b", " "),
        # Manners, and what stands before a question.
        (
            r"\b(?:know|ask|asking|see|wonder|wondering|understand|find out|check|sure|tell me|inquire|enquire)"
            r" (?:if|whether)\b",
            " . whether ",
        ),
        (
            rf"{_CLAUSE}(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|excuse me)\b(?: there| team| all)?",
            " . ",
        ),
        (r"\b(?:thanks|thank you|thx)\b(?: (?:in advance|so much|very much|a lot))?", " . "),
        (
            rf"\b(?:can|could|would|will) (?:you|{_SOMEONE}) (?:help|tell|show|assist|advise|teach)"
            rf"(?: {_ME})?(?: (?:to|with|out|about))?\b",
            " ",
        ),
        (rf"{_CLAUSE}(?:help|tell|show|teach) {_ME}(?: (?:to|with|about))?\b", " . "),
        # Wishes say no more than the question they stand for.
        (
            rf"{_CLAUSE}{_BOTH} (?:would like|(?:really )?want|wish|need|(?:am |are )?(?:try|look|wonder|ask)ing)"
            r"(?: to| for)?(?: (?:know|ask|find out|understand|learn|see|inquire|enquire|figure out))?(?: about)?\b",
            " . ",
        ),
        (rf"{_CLAUSE}(?:do|does) (?:you|anyone|anybody|someone) (?:happen to )?know\b", " . "),
        (rf"{_CLAUSE}(?:any idea|question about|a question about|asking about)\b", " . "),
        (rf"{_CLAUSE}whether\b", " . whether "),
        # How.
        (
            r"\bwhat (?:is |are |)(?:the |your |)(?:best |easiest |right |correct |proper |quickest |simplest |)"
            r"(?:way|ways|steps|procedure|process|method|instructions) (?:to|of|for)\b",
            " how ",
        ),
        (
            r"\b(?:is|are) there (?:a|any|some) (?:(?:good|easy|simple|quick) )?(?:way|possibility|option|chance)s?"
            r" (?:to|of|for|that)\b|\b(?:is|would) it (?:be )?(?:possible|feasible) (?:to|for|that)\b"
            r"|\bwhere is the option (?:to|for)\b|,? is (?:this|that|it) possible\b",
            " how ",
        ),
        (rf"\bwhat (?:do|should|must|can|could|shall) {_BOTH} (?:need to |have to |)do\b", " how "),
        (
            r"\bhow (?:should|would|might|may|must|do|does|can|could|to|shall) (?:i|we|one|you|someone|people|)\b",
            " how ",
        ),
        (r"\bhow (?:am|are) (?:i|we) supposed to\b|\bhow (?:go|to go) about\b", " how "),
        # Kinds of question.
        (r"\bhow come\b|\bwhat (?:is |are |)(?:the )?reasons? (?:for|why|that)?|\bwhat causes?\b", " why "),
        (r"\bhow much time\b|\b(?:for )?how (?:long|many days)\b", " howlong "),
        (r"\bhow much (?:does|do|is|are|will|would)\b(?P<what>[^.,;?!]{0,60}?)\bcosts?\b", r" howmuch \g<what> "),
        (r"\bwhat (?:is|are|)(?: the)? (?:price|prices|cost|costs) (?:of|for)\b", " howmuch "),
        (r"\bhow (much|many|often|far|old|soon|fast|big|large|early|late|high|low)\b", r" how\1 "),
        (r"\b(?:at |)what time\b", " when "),
        (r"\b(?:on |by |)(?:which|what) (?:day|date|days|dates)\b", " whatday "),
        # Whether.
        (
            r"\b(?:is|would) it (?:be )?(?:ok|okay|allowed|permitted) (?:to|for|that|if)\b"
            r"|\b(?:am i|are we|is one|(?:would|will) i be) (?:able|allowed|permitted|eligible|entitled) (?:to|for)\b",
            " whether ",
        ),
        (r"\b(?:have|has|had|having|need|needs|needed|required|obliged) to\b", " must "),
        (r"\b(?:do|can|will|would) you (offer|support|stock|provide)\b", r" whether \1 "),
        (rf"{_CLAUSE}do you have\b", " whether "),  # "Is there …?"; "how many do you have" keeps its kind
        (
            rf"(?:{_CLAUSE}|\b(?:whether|and|so|but)\s+)(?:can|could|do|does|is|are|am|will|would|may|might|has|have)\b",
            " whether ",
        ),
        (rf"{_CLAUSE}(did|was|were|had|must|should|shall)\b", r" whether \1 "),
        (
            r"\b(how|howmuch|where|when|what|whom|which|way|able|possible|whether|going|allowed|supposed|as|try|want|like)"
            r" to\b",
            r"\1 ",
        ),
        (r"\b(is|are|was|were|be|been|whether) there\b", r"\1 "),
        # One word for what is written in several.
        (r"\b(?:log|sign)(?:ging|ning)? ?-?(?:in|on|into|onto)\b(?: to)?", " login "),
        (r"\b(?:log|sign)(?:ging|ning)? ?-?(?:out|off)\b(?: of)?", " logout "),
        (r"\bsign(?:ing)? ?-?up\b|\b(?:create|open|make) (?:a |an |my |)(?:new )?account\b", " register account "),
        (r"\b(?:mobile|cell) ?-?phones?\b|\bcellphones?\b|\btelephones?\b", " phone "),
        (r"\b(this|that) (day|week|weekend|month|quarter|season|year|time)\b", r" \1_ \2 "),
        (r"\bon sale\b", " on_ sale "),
        (r"\bmoney back\b", " refund "),
        (r"\bget(?:ting)? rid of\b", " erase "),
        (r"\bget(?:ting)? in touch with\b", " contact "),
        (r"\b(?:turn|switch)(?:ing)? on\b", " activate "),
        (r"\b(?:turn|switch)(?:ing)? off\b", " deactivate "),
        (r"\b(?:send|give|bring)(?:ing)? back\b", " return "),
        (r"\bmore than one\b|\ba few\b", " several "),
        (r"\bhelp centre\b", " help center "),
        (r"\bweb ?-?sites?\b", " site "),
    )
)
_TOKENS = re.compile(r"(?:this|that|on)_|[a-z0-9]++(?:[-'./:,][a-z0-9]++)*+[+#]*+|[+#%$€£¥<>=°]|(?<!\w)-(?=\d)")
_FIGURE = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_KINDS: Mapping[str, str] = {
    **{
        each: each
        for each in (
            *("why", "when", "whatday", "where", "who", "whose", "which", "what"),
            *("howlong", "howmuch", "howmany", "howoften"),
            *(
                "howfar",
                "howold",
                "howsoon",
                "howfast",
                "howbig",
                "howlarge",
                "howearly",
                "howlate",
                "howhigh",
                "howlow",
            ),
        )
    },
    "whom": "who",
    "howsoon": "when",
}
# What says nothing of the subject. Of two opposites ("with" and "without", "in" and "out") at most one stands here.
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an the of in on at for with i we my our ours mine myself it its this that these those is are am be been"
        " being can could do does will would may might has have having and please just really actually currently"
        " simply somehow exactly so then well about regarding concerning make makes making"
        " some any able possible way want wanted like know hi ok okay s t as also",
    )
)
_SYNONYMS: Mapping[str, str] = {
    word: same
    for line in """
        not: never no
        past: did was were had
        must: should shall
        me: us
        buy: purchase purchases purchasing buying buys
        photo: picture pictures photograph photographs image images photos
        get: gets getting got obtain
        parcel: package packages parcels
        phone: telephone phones
        email: mail mails emails
        app: application applications apps
        info: information
        document: doc docs documents
        modify: change changes changing edit edits editing modifies modifying alter alters altering amend amending
        erase: delete deletes deleting erases erasing remove removes removing
        erased: deleted removed
        view: see display check look viewing checking displays
        tv: television televisions
        cancel: cancellation cancellations cancelling canceling cancels
        pay: payment payments paying pays
        deliver: delivery deliveries delivering delivers
        activate: activation activating activates enable enabling enables
        activated: enabled
        deactivate: deactivation deactivating deactivates disable disabling disables
        deactivated: disabled
        verify: verification verifying verifies
        install: installation installing installs
        register: registration registering registers
        encrypt: encryption encrypting
        reset: resetting resets
        contact: reach reaching contacting
        require: need needs requires
        required: needed
        fee: charge fees charges
        several: multiple
        specific: particular
        add: insert inserting inserts adding adds
        find: search searching locate locating finding
        autumn: fall
        cheap: inexpensive
        fast: quick quickly
        big: large
        biggest: largest
        begin: start starting starts beginning begins
        shop: store shops stores
        hour: hr hrs hours
        minute: min mins minutes
        1st: first
        2nd: second
        3rd: third
        facebook: fb
        january: jan
        february: feb
        march: mar
        april: apr
        june: jun
        july: jul
        august: aug
        september: sep sept
        october: oct
        november: nov
        december: dec
    """.strip().splitlines()
    for same, _, words in (line.strip().partition(":"),)
    for word in (same, *words.split())
}
_MIN_WORDS_TO_ROTATE = 3
_FAILS = frozenset(("not", "failed", "declined", "rejected", "blocked", "locked", "broken", "wrong", "missing"))
_NOT_STEMMED = frozenset(
    re.findall(
        r"\w+",
        "news goods glasses clothes customs savings earnings business address process access pass express less unless"
        " plus status bonus always perhaps minus across discuss dress class loss boss during morning evening thing"
        " nothing anything something everything king ring string spring bring building meeting outing wedding ceiling",
    )
)


def reduce(text: str) -> tuple[frozenset[str], list[str]]:
    """The kinds of a question, and the words of its subject in order. `text` is in lower case and NFKC."""
    text = " ".join(text.replace("\n", " . ").split())
    for pattern, by in _REWRITES:
        text, count = pattern.subn(by, text)
        if count:
            text = " ".join(text.split())
    kinds: set[str] = set()
    words: list[str] = []
    asks_how = whether = False
    for found in _TOKENS.findall(text):
        match found:
            case "how":
                asks_how = True
            case "whether":
                whether = True
            case kind if kind in _KINDS:
                kinds.add(_KINDS[kind])
            case _:
                words += latin_words(found)
    if not kinds:  # "How do I get a card", "I want a card"; but "where is it" is not "where do I get it"
        words = [word for word in words if word != "get"]
    if not (kinds or asks_how or whether or _FAILS.isdisjoint(words)):  # "I can't log in" is told to hear why
        kinds.add("why")
    if whether and not kinds and not asks_how:
        kinds.add("whether")
    return frozenset(kinds), words


def _orders(words: list[str]) -> list[tuple[str, ...]]:
    """All rotations, except of a comparison: "if it broke, who pays" is "who pays if it broke"."""
    if len(words) < _MIN_WORDS_TO_ROTATE or "than" in words:
        return [tuple(words)]
    return [tuple(words[at:] + words[:at]) for at in range(len(words))]


def latin_words(token: str) -> Iterator[str]:
    """The words that a token in Latin script or digits stands for: none, one or several."""
    if not token[0].isalnum() or token[-1] == "_":
        yield token
        return
    if any(character.isdigit() for character in token):
        # A code, a figure, a time: to the letter, but for what joins its parts.
        yield token.replace(",", "") if _FIGURE.fullmatch(token) else re.sub(r"[-'/]", "", token)
        return
    for word in (token,) if token in NUMBER_WORDS else re.split(r"[-'./:,]", token):
        if word in NUMBER_WORDS:
            yield str(NUMBER_WORDS[word])
        elif word and word not in _STOP_WORDS:
            yield _canonical(word)


def _canonical(word: str) -> str:
    if word in _SYNONYMS:
        return _SYNONYMS[word]
    stem = _stem(word)
    return _SYNONYMS.get(stem, stem)


def _stem(word: str) -> str:
    """A word without the ending of a plural, a third person, or -ing. A past form stays: a thing done is no wish."""
    if word in _NOT_STEMMED or len(word) < 4 or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return _without_e(word[:-1])
    if word.endswith("ing") and len(word) > 5:
        stem = word[:-3]
        if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "aeioulsz":
            stem = stem[:-1]
        return _without_e(stem)
    return _without_e(word)


def _without_e(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


RULES = QuestionRules(reduce, _orders)
