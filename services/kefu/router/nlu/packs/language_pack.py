"""
The shape of a language pack. All patterns read normalized text (see `normalize`), but for those of slots, documents and
questions.

Every pattern takes linear time, on any text: `tests/unit/repository/test_patterns.py` and the timing in
`tests/engines/repository` hold them to it. No star reads a text in two ways, and none at the beginning of a search runs
on beyond the next place where the search can begin.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HumanRequestPatterns:
    """How people ask for a person. See `kefu.router.nlu.human_request`."""

    explicit: re.Pattern[str]
    """A request in so many words, at the end of a segment."""
    excluded: re.Pattern[str]
    """In front of `explicit` it makes a question of the request, or turns it."""
    bare: str
    """Alternatives: a segment that is a request when the whole message says no more."""
    mention: re.Pattern[str]
    """A person is named. It makes a request of a message that asks no question and that the documents do not answer."""
    segment_break: str
    """Alternatives: where a segment ends without a mark; empty for none."""


@dataclass(frozen=True, kw_only=True)
class IntentPatterns:
    """Alternatives of each intent: a segment has the intent if all of it fits. See `kefu.router.nlu.intents`."""

    goodbye: str
    thanks: str
    greeting: str
    acknowledgement: str
    about_assistant: str
    """It asks what or who the assistant is, or who made it."""
    courtesy: str
    """Alternatives, anchored: what may be left out of a segment: "please"."""


@dataclass(frozen=True, kw_only=True)
class ConsentPatterns:
    """Replies to the question whether something is to be done. See `kefu.router.nlu.consent`."""

    yes: re.Pattern[str]
    """All of a segment: a yes and nothing else."""
    beside_yes: re.Pattern[str]
    """All of a segment that may stand beside such a one, and says nothing: "please"."""
    no: re.Pattern[str]
    """How a reply begins that is a no."""
    calls_off: re.Pattern[str]
    """All of a reply that calls off what is being asked, or asks for the cancellation of something."""
    hesitates: re.Pattern[str]
    """How a reply begins that may be taken for a yes and is none: "yes but", "hm"."""


@dataclass(frozen=True, kw_only=True)
class NamingPatterns:
    """Replies that name some of the things that were shown: alternatives. See `kefu.router.actions.reply`."""

    conjunction: str
    """What joins two things: "and"."""
    reversal: str
    """What turns the words beside it round: "not", "all but"."""
    nothing: str
    """A whole reply that there is none: "none"."""


@dataclass(frozen=True, kw_only=True)
class SensitivePatterns:
    """What should not be left to a program. See `kefu.router.nlu.sensitive_topics`."""

    self_harm: re.Pattern[str]
    emergency: re.Pattern[str]
    hypothetical: re.Pattern[str]
    """Beside an emergency it makes a question of the message."""
    violence: re.Pattern[str]
    legal: re.Pattern[str]
    abuse: re.Pattern[str]


@dataclass(frozen=True, kw_only=True)
class SentimentWords:
    """Words of feeling, separated by blanks. See `kefu.router.nlu.sentiment`."""

    negative: str
    positive: str
    negation: re.Pattern[str]
    """Right before a word of feeling it turns the word; matches at the end of the text in front."""
    negated_within: int
    """Characters in front of a word of feeling in which a negation is looked for."""
    by_word: bool
    """Whether words are written apart. If not, they are looked for anywhere."""


@dataclass(frozen=True, kw_only=True)
class SlotPatterns:
    """Slots as customers write them, before normalization. See `kefu.router.nlu.slots`."""

    date: str
    amount_unit: str
    """Alternatives: what stands behind a figure and makes an amount of it."""
    number_label: str
    """Alternatives: what stands before the number of an order and the like."""
    company_number_label: str
    """Alternatives of these that name a number which a company has as well, such as its bank account's."""
    before_example: str
    """Alternatives: what announces an example."""


@dataclass(frozen=True, kw_only=True)
class ClarificationWords:
    """What says nothing, and what says what is wanted. See `kefu.router.answering.clarification`."""

    aside: re.Pattern[str]
    says_what: re.Pattern[str]
    subjects: re.Pattern[str] | None
    """Nouns that `says_what` would take for more than a subject."""
    before_choice: str
    """Alternatives, before the number of a choice."""
    after_choice: str
    """Alternatives, behind it."""
    none_of_them: str
    """Alternatives: a whole reply that none of the choices is meant."""
    choice_numbers: Mapping[str, int]
    """Numbers in words; -1 is the last one."""


@dataclass(frozen=True, kw_only=True)
class InstructionPatterns:
    """Text that speaks to the assistant. See `kefu.router.guardrails.prompt_injection`."""

    override: re.Pattern[str]
    """The assistant is to forget its rules, or to tell them. No question is asked in these words."""
    in_message: re.Pattern[str]
    in_document: re.Pattern[str]
    """Reads lower case and simplified characters, and is no more than that normalized."""


@dataclass(frozen=True, kw_only=True)
class OwnCasePatterns:
    """What tells a customer's own case from a question about the rule. See `kefu.router.nlu.own_case`."""

    possession: re.Pattern[str]
    """A thing of the customer's that only somebody with access can see: "my parcel"."""
    whereabouts: re.Pattern[str]
    """It asks where a thing is, or how far it is."""
    missing: re.Pattern[str]
    """Something has not come, or not happened yet."""
    deed: re.Pattern[str]
    """What the customer did: "I ordered …"."""
    suffered: re.Pattern[str]
    """What was done to the customer: "you charged me twice"."""
    errand: re.Pattern[str]
    """The customer tells the company to do or to look up something."""
    elapsed: re.Pattern[str]
    """A day, or a time that has gone by: "two weeks ago"."""
    rule: re.Pattern[str]
    """It asks how something is done, or what holds for everybody: "how long does …", "can I …"."""
    condition: re.Pattern[str]
    """It supposes a case: "if …"."""
    shows: re.Pattern[str]
    """In a document: where customers see for themselves how far something is."""
    denies: re.Pattern[str]
    """Beside `shows` it turns the sentence."""


@dataclass(frozen=True, kw_only=True)
class QuestionPatterns:
    """Where a question may end and another begin, as customers write. See `kefu.router.nlu.question_splitting`."""

    separators: str
    """Alternatives, in any case: what may stand between two questions, beside the marks of every language."""
    leads_over: str
    """Alternatives, in any case, with the blanks behind them: words that lead over to another question: "also"."""


@dataclass(frozen=True, kw_only=True)
class InvertedQuestionPatterns(QuestionPatterns):
    """Questions of a language that turns the verb to the front. Alternatives, in any case, and of whole words."""

    adds: str
    """Of `separators`, the words that add something."""
    begins: str
    """How a clause begins that is a question by itself."""
    begins_bare: str
    """So too, unless `goes_on` stands before it: with a subject that has no article ("is delivery free")."""
    goes_on: str
    """Behind such a word a verb may be that of a clause inside the question: "which"."""
    asks: str
    """Anywhere in a clause, it asks."""
    asks_indirectly: str
    """It announces a question: "tell me"."""
    indirect: str
    """How a question begins that was announced: "whether"."""
    tag: str
    """A whole clause that only asks for a yes to what stands before it: "right"."""
    ellipsis: str
    """How a sentence begins that may lack words of the question before it: "and"."""
    about: str
    """Of these, what says so within a sentence as well: "what about"."""
    other_words: str
    """It says the question before it in other words: "or"."""
    empty_words: str
    """Words that name nothing which a question could be about."""
    points_back: str
    """Words for what was said before."""
    prepositions: str
    articles: str
    """With the blank behind it."""


@dataclass(frozen=True, kw_only=True)
class InSituQuestionPatterns(QuestionPatterns):
    """Questions of a language whose order of words they leave as it is: question words and particles tell."""

    script: re.Pattern[str]
    """A character of the language. A clause with one is read by these patterns, in simplified characters."""
    indefinite: re.Pattern[str]
    """What looks like a question word and asks nothing: "a few"."""
    asks: re.Pattern[str]
    asks_yes_or_no: re.Pattern[str]
    """Of these, what asks even behind `supposes`."""
    supposes: re.Pattern[str]
    """How a clause begins that supposes a case: its question words are none."""
    not_by_itself: re.Pattern[str]
    """How a clause begins that asks about what stands before it: "which of them"."""
    empty: re.Pattern[str]
    """What names nothing that a question could be about."""
    ellipsis: re.Pattern[str]
    """A whole clause that lacks the words of the question before it."""
    ellipsis_openings: tuple[str, ...]
    """In front of what it names, those that hold another one first."""
    ellipsis_particle: str
    """At its end."""
    presuming_particle: str
    """At the end of a clause: with a question mark it asks, without one it does not."""
    possessive: str
    """Stands between a thing and what is asked of it."""


@dataclass(frozen=True, kw_only=True)
class LanguagePack:
    """One language."""

    code: str
    """ISO 639-1."""
    misspelt: Mapping[str, str]
    """A word, and how people mistype it; separated by blanks."""
    variants: Mapping[int, int]
    """Characters that are written for others, as `str.translate` takes them."""
    slips: re.Pattern[str] | None
    """Of `misspelt`, those that are looked for inside of a text without blanks between words."""
    human_request: HumanRequestPatterns
    intents: IntentPatterns
    consent: ConsentPatterns
    naming: NamingPatterns
    sensitive: SensitivePatterns
    sentiment: SentimentWords
    slots: SlotPatterns
    clarification: ClarificationWords
    instructions: InstructionPatterns
    own_case: OwnCasePatterns
    questions: InvertedQuestionPatterns | InSituQuestionPatterns
    pastime: re.Pattern[str]
    """What is asked of an assistant for fun or for free: a poem, a joke, a program, the weather."""
