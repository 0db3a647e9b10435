"""
The shape of a language pack. All patterns read normalized text (see `normalize`), but for those of slots and documents.

Every pattern takes linear time, on any text: `tests/unit/repository/test_patterns.py` holds them to it. No star reads a
text in two ways, and none at the beginning of a search runs on beyond the next place where the search can begin.
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
    sensitive: SensitivePatterns
    sentiment: SentimentWords
    slots: SlotPatterns
    clarification: ClarificationWords
    instructions: InstructionPatterns
    own_case: OwnCasePatterns
    pastime: re.Pattern[str]
    """What is asked of an assistant for fun or for free: a poem, a joke, a program, the weather."""
