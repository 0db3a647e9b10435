"""What a person who read a sample of answers says of them, and how far the automatic judge says the same."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kefu.evaluation.conversations.outcome import Outcome
from kefu.evaluation.conversations.reading_sheet import READINGS, ReadAnswer, Reading
from kefu.evaluation.metrics import Figure, wilson

_TO_A_READER: dict[Outcome, Reading] = {
    Outcome.RIGHT: "right",
    Outcome.HALF: "half",
    Outcome.BESIDE: "wrong",
    Outcome.WRONG: "wrong",
    Outcome.REFUSED: "refused",
    Outcome.ASKED_BACK: "refused",
}
_DIVIDER = "|---|---|---|---|---|---|"


@dataclass(frozen=True)
class Agreement:
    """The answers of a marked sheet, counted. Field names are those of the JSON output."""

    numbers: dict[str, int]
    """How many answers were read, by group."""
    shares: dict[str, dict[Reading, Figure]]
    """What the reader says of each group; below "the judge", what the judge says of the answerable ones."""
    agreed: int
    agreement: Figure
    confusion: dict[Reading, dict[Outcome, int]]
    """Of each word of the reader, how many the judge counted as what."""

    def as_json(self) -> dict[str, Any]:
        """The counts as JSON."""
        return asdict(self)

    def markdown(self) -> str:
        """The counts as tables in Markdown."""
        lines = [f"| answers | number | {' | '.join(READINGS)} |", _DIVIDER]
        for name, shares in self.shares.items():
            lines.append(f"| {name} | {self.numbers[name]} | {' | '.join(map(_figure, shares.values()))} |")
        judge = f"The judge says the same of {self.agreed} of {self.numbers['all']}, {_figure(self.agreement)}"
        lines += ["", f"{judge}; beside is wrong to a reader, asked back is refused.", ""]
        lines += [f"| reader \\ judge | {' | '.join(Outcome).replace('_', ' ')} |", f"{_DIVIDER}---|"]
        for reading, counts in self.confusion.items():
            lines.append(f"| {reading} | {' | '.join(map(str, counts.values()))} |")
        return "\n".join(lines)


def agreement_of(answers: Sequence[ReadAnswer]) -> Agreement:
    """The counts of some answers that were read."""
    answerable = [one for one in answers if one.is_answerable]
    groups: dict[str, list[Reading]] = {
        "all": [one.reading for one in answers],
        "answerable": [one.reading for one in answerable],
        "answerable, by the judge": [_TO_A_READER[one.outcome] for one in answerable],
    }
    pairs = Counter((one.reading, one.outcome) for one in answers)
    agreed = sum(one.reading == _TO_A_READER[one.outcome] for one in answers)
    return Agreement(
        numbers={name: len(group) for name, group in groups.items()},
        shares={
            name: {each: wilson(group.count(each), len(group)) for each in READINGS} for name, group in groups.items()
        },
        agreed=agreed,
        agreement=wilson(agreed, len(answers)),
        confusion={reading: {outcome: pairs[reading, outcome] for outcome in Outcome} for reading in READINGS},
    )


def _figure(figure: Figure) -> str:
    return f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}]"
