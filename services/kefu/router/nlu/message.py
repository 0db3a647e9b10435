"""A customer's message, read once: every reading of it is made when it is first asked for, and then kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from kefu.router.domain.handoff import Sentiment
from kefu.router.nlu.human_request import mentions_person
from kefu.router.nlu.intents import Intent, intent_of
from kefu.router.nlu.normalization import normalize
from kefu.router.nlu.own_case import asks_something, own_case_score
from kefu.router.nlu.packs import PACKS
from kefu.router.nlu.sensitive_topics import is_abuse, sensitive_topic_of, topic_of
from kefu.router.nlu.sentiment import sentiment_of
from kefu.text.chinese import is_traditional, traditional


@dataclass(frozen=True)
class CustomerMessage:
    """One message as the customer wrote it, with everything that the router reads out of it."""

    text: str

    @cached_property
    def normalized(self) -> str:
        """The text as every matcher reads it; see `normalize`."""
        return normalize(self.text)

    @cached_property
    def intent(self) -> Intent | None:
        """The intent of a message that needs no knowledge; None for everything else."""
        return intent_of(self.normalized)

    @property
    def has_no_word(self) -> bool:
        """Whether it is numbers and signs alone."""
        return not any(map(str.isalpha, self.text))

    @cached_property
    def is_abuse(self) -> bool:
        """Whether the message insults its reader."""
        return is_abuse(self.normalized)

    @cached_property
    def own_case_score(self) -> float:
        """How likely the message is about the customer's own order, payment or account, 0 to 1."""
        return own_case_score(self.normalized)

    @cached_property
    def asks_for_pastime(self) -> bool:
        """Whether the message wants a poem, a program, the weather or the like, by a few phrases."""
        return any(pack.pastime.search(self.normalized) for pack in PACKS)

    @cached_property
    def sentiment(self) -> Sentiment:
        """The sentiment of this message alone."""
        return sentiment_of([self.normalized])

    @cached_property
    def asks_something(self) -> bool:
        """Whether the message asks about a rule, supposes a case, or ends as a question."""
        return asks_something(self.normalized)

    @cached_property
    def is_complaint(self) -> bool:
        """Whether the message asks nothing and is full of anger or grief."""
        return self.sentiment is Sentiment.NEGATIVE and not self.asks_something

    @cached_property
    def mentions_person(self) -> bool:
        """Whether the message is short and names a person or a bot: a weaker sign than the intent PERSON."""
        return mentions_person(self.normalized)

    @cached_property
    def may_want_person(self) -> bool:
        """Whether the message mentions a person and asks nothing."""
        return self.mentions_person and not self.asks_something

    @cached_property
    def is_traditional(self) -> bool:
        """Whether the message is Chinese in traditional characters."""
        return is_traditional(self.text)

    def sensitive_topic(self, own: Sequence[str] = ()) -> str:
        """The name of what is sensitive about the message, or an entry of a tenant's `own` list; else empty."""
        return sensitive_topic_of(self.normalized, own)

    def topic(self, topics: Sequence[str]) -> str:
        """The first of these topics that the message is about; else empty."""
        return topic_of(self.normalized, topics)

    def in_its_variant(self, text: str) -> str:
        """A text in traditional characters if the message is written in them, else as it is."""
        return traditional(text) if self.is_traditional else text
