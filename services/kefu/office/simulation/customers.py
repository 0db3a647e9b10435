"""The scripted customers of simulations. What they say is fixed: each conversation is the same each time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kefu.office.simulation.situations import Situation
from kefu.router.domain.turn import PendingChange, PendingInput, Turn
from kefu.text.language import AnswerLanguage

_YES: Mapping[AnswerLanguage, str] = {"en": "yes please", "zh": "好的，办理吧"}
_NO: Mapping[AnswerLanguage, str] = {"en": "no", "zh": "不用了"}
_BUT: Mapping[AnswerLanguage, str] = {
    "en": "yes, but can I have a voucher instead?",
    "zh": "好的，不过能换成优惠券吗？",
}
_HM: Mapping[AnswerLanguage, str] = {"en": "hm?", "zh": "嗯？"}
_OTHER: Mapping[AnswerLanguage, str] = {"en": "How long do refunds take?", "zh": "退款多久到账？"}
_INSULT: Mapping[AnswerLanguage, str] = {"en": "you are a useless idiot", "zh": "滚，你个傻逼"}
_NOBODYS: Mapping[AnswerLanguage, str] = {"en": "number 99", "zh": "99号"}
_AND: Mapping[AnswerLanguage, str] = {"en": " and ", "zh": " 和 "}
_NUMBER = "2"
"""Said where anything goes."""


@dataclass(frozen=True)
class ScriptedCustomer:
    """A customer. `says_first`: said once instead of an answer to the first question; None: nothing."""

    name: str
    confirms: Sequence[Mapping[AnswerLanguage, str]] = (_YES,) * 10
    """What is said to each question whether something is to be changed; then the customer is gone."""
    says_first: Mapping[AnswerLanguage, str] | None = None
    names_two: bool = False
    """The first two, at the first choice of one."""
    leaves: bool = False
    """At the first question."""
    is_known: bool = True
    """Signed in."""
    repeats_yes: bool = False
    """Sends a yes again when it is done."""


class Script:
    """What a customer says in one conversation."""

    def __init__(self, customer: ScriptedCustomer, situation: Situation, language: AnswerLanguage) -> None:
        self._customer = customer
        self._situation = situation
        self._language: AnswerLanguage = language
        self._confirms = list(customer.confirms)
        self._first = customer.says_first
        self._names_two = customer.names_two
        self._repeats_yes = customer.repeats_yes
        self.yes_count = 0
        """How often a plain yes was said to a question."""

    def reply(self, answer: Turn) -> str | None:
        """What is said to an answer; None: nothing more."""
        pending = answer.pending
        if answer.handoff is not None:
            return None
        if pending is None or (isinstance(pending, PendingChange) and pending.is_settled):
            if not (self._repeats_yes and self.yes_count):
                return None
            self._repeats_yes = False
            return _YES[self._language]
        if self._customer.leaves:
            return None
        if self._first is not None:
            said, self._first = self._first, None
            return said[self._language]
        if isinstance(pending, PendingInput):
            return self._value(pending)
        if not self._confirms:
            return None
        said = self._confirms.pop(0)
        self.yes_count += said is _YES
        return said[self._language]

    def _value(self, pending: PendingInput) -> str:
        values = list(pending.values.values())
        if self._names_two and len(values) > 1 and not pending.all_of_these:
            self._names_two = False
            return _AND[self._language].join(values[:2])
        wanted = self._situation.answers.get(pending.input)
        if wanted in values:
            return str(values.index(wanted) + 1)
        return "1" if values else str(self._situation.values.get(pending.input, _NUMBER))


PATIENT = ScriptedCustomer("answers-all")
CUSTOMERS = (
    PATIENT,
    ScriptedCustomer("changes-mind", confirms=(_NO,)),
    ScriptedCustomer("asks-something-else", says_first=_OTHER),
    ScriptedCustomer("hesitates", confirms=(_BUT, _HM)),
    ScriptedCustomer("names-two", names_two=True),
    ScriptedCustomer("names-nobodys", says_first=_NOBODYS),
    ScriptedCustomer("is-rude", says_first=_INSULT),
    ScriptedCustomer("is-not-signed-in", is_known=False),
    ScriptedCustomer("says-yes-twice", repeats_yes=True),
    ScriptedCustomer("leaves", leaves=True),
)
