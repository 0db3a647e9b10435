"""A procedure of a tenant, compiled: when it is followed, its steps, what it never does. Plain values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from kefu.router.actions.action import ActionInput, Texts
from kefu.text.language import AnswerLanguage

PREFIX = "procedures/"


class Operator(StrEnum):
    """How a value is compared."""

    IS = "is"
    ONE_OF = "is one of"
    MORE = "is more than"
    LESS = "is less than"
    AT_LEAST = "is at least"
    AT_MOST = "is at most"
    CONTAINS = "contains"
    EMPTY = "is empty"


@dataclass(frozen=True)
class Name:
    """A value that a look-up found or the customer gave: "status", or "order-status.status" where several have it."""

    text: str

    @property
    def action(self) -> str:
        """The action whose result has it; empty: whichever has it."""
        return self.text.rpartition(".")[0]

    @property
    def field(self) -> str:
        """Its name in that result."""
        return self.text.rpartition(".")[2]


Operand = Name | str | Decimal


@dataclass(frozen=True)
class Comparison:
    """One comparison of a condition."""

    name: Name
    operator: Operator
    operands: tuple[Operand, ...] = ()
    negated: bool = False
    counts: bool = False
    """How many entries the list has is compared."""
    in_days: bool = False
    """How many days ago it was is compared."""

    @property
    def names(self) -> tuple[Name, ...]:
        """All values that it needs."""
        return (self.name, *(each for each in self.operands if isinstance(each, Name)))


@dataclass(frozen=True)
class Condition:
    """Whether all comparisons of one of these hold."""

    any_of: tuple[tuple[Comparison, ...], ...]

    @property
    def names(self) -> tuple[Name, ...]:
        """All values that it needs."""
        return tuple(name for all_of in self.any_of for each in all_of for name in each.names)


@dataclass(frozen=True)
class Step:
    """A step. `line`, of the page, is its identity within a revision; `sentence` is how it was written."""

    line: int
    sentence: str


@dataclass(frozen=True)
class Ask(Step):
    """Ask the customer for a value, unless it is known: one of the procedure's own, or an input of an action."""

    input: ActionInput | None = None
    name: str = ""
    action: str = ""

    @property
    def value(self) -> str:
        """The name of the value."""
        return self.input.name if self.input else self.name


@dataclass(frozen=True)
class LookUp(Step):
    """Run an action that reads."""

    action: str = ""


@dataclass(frozen=True)
class Say(Step):
    """Say a text, a Mustache template over what is known."""

    texts: Texts = field(default_factory=dict[AnswerLanguage, str])


@dataclass(frozen=True)
class Do(Step):
    """Ask whether an action's change is to be made, and make it on a yes."""

    action: str = ""


@dataclass(frozen=True)
class HandOverStep(Step):
    """Call a person, who reads `why`."""

    why: str = ""


@dataclass(frozen=True)
class ProcedureEnd(Step):
    """Go no further."""


@dataclass(frozen=True)
class If(Step):
    """Follow one of two ways."""

    condition: Condition = field(default_factory=lambda: Condition(()))
    then: tuple[Step, ...] = ()
    otherwise: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Never:
    """What is never done or said. `action`: only where `condition` holds, if there is one."""

    line: int
    sentence: str
    action: str = ""
    condition: Condition | None = None
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Procedure:
    """See the contract's message of this name."""

    id: str
    titles: Texts
    examples: tuple[str, ...] = ()
    """With those of the actions that it is followed for."""
    intents: tuple[str, ...] = ()
    inputs: tuple[ActionInput, ...] = ()
    """Those whose patterns say that a message names a value."""
    steps: tuple[Step, ...] = ()
    never: tuple[Never, ...] = ()
    revision: int = 0

    @property
    def own_inputs(self) -> tuple[ActionInput, ...]:
        """The values that it asks for itself."""
        return tuple(each.input for each in walk(self.steps) if isinstance(each, Ask) and each.input is not None)

    @property
    def changes_something(self) -> bool:
        """Whether one of its steps does."""
        return any(isinstance(each, Do) for each in walk(self.steps))


@dataclass(frozen=True)
class Page:
    """A page as it was written, before anything is known of the actions that it names."""

    titles: Texts
    when_actions: tuple[tuple[int, str], ...] = ()
    """By line: the actions whose own messages ask for it."""
    intents: tuple[tuple[int, str], ...] = ()
    examples: tuple[tuple[int, str], ...] = ()
    steps: tuple[Step, ...] = ()
    never: tuple[Never, ...] = ()


def walk(steps: Sequence[Step]) -> Iterator[Step]:
    """All steps, those of both ways of an If among them, as they are written."""
    for step in steps:
        yield step
        if isinstance(step, If):
            yield from walk(step.then)
            yield from walk(step.otherwise)
