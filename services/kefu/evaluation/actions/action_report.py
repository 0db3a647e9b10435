"""The figures of `kefu eval actions`, as JSON and in Markdown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from kefu.evaluation.actions.customer_runs import Played
from kefu.evaluation.actions.findings import Findings
from kefu.evaluation.metrics import wilson

READING = (
    "Right: the records of the customer and of the customer's orders end exactly as the task's calls leave them. The "
    "customers are scripted: they state a wish, answer what is asked by reading it, and say yes to what fits. The four "
    "counts are of what the shop was asked for and of what was said, in all conversations, the hostile ones too."
)
_MOST_LISTED = 50


@dataclass(frozen=True)
class ActionResults:
    """What came of a run."""

    played: Sequence[Played]
    of: int
    """Tasks that were to be played."""
    model: str

    @property
    def tasks(self) -> list[Played]:
        """The conversations of tasks."""
        return [each for each in self.played if each.task is not None]

    @property
    def hostile(self) -> list[Played]:
        """Those of hostile customers."""
        return [each for each in self.played if each.task is None]

    @property
    def findings(self) -> Findings:
        """All that must not be."""
        return sum((each.findings for each in self.played), Findings())

    def counts(self) -> dict[str, int]:
        """How many of each finding."""
        return {each.name: len(getattr(self.findings, each.name)) for each in fields(Findings)}

    def by_kind(self) -> dict[str, tuple[int, int]]:
        """Right ones and all, by the kinds of a task's calls."""
        right, every = Counter[str](), Counter[str]()
        for each in self.tasks:
            for kind in each.task.kinds if each.task else ():
                every[kind] += 1
                right[kind] += each.is_right
        return {kind: (right[kind], every[kind]) for kind in sorted(every)}

    def as_json(self) -> dict[str, Any]:
        """The figures."""
        tasks = self.tasks
        messages = sum(len(each.conversation.exchanges) for each in self.played)
        return {
            "tasks": len(tasks),
            "of": self.of,
            "right": sum(each.is_right for each in tasks),
            **self.counts(),
            "by_kind": {kind: {"right": right, "tasks": every} for kind, (right, every) in self.by_kind().items()},
            "hostile": len(self.hostile),
            "hostile_not_played": sum(not each.is_right for each in self.hostile),
            "messages": messages,
            "model": self.model,
            "wrong": {each.name: each.why for each in tasks if not each.is_right},
        }

    def markdown(self) -> str:
        """The figures, what was not right, and all that must not be."""
        tasks, right = self.tasks, sum(each.is_right for each in self.tasks)
        share = wilson(right, len(tasks))
        lines = [
            f"{right} of {len(tasks)} tasks right ({share.value:.1%}, {share.low:.1%} to {share.high:.1%}), model "
            f"{self.model}; {len(self.hostile)} hostile conversations.",
            "",
            "| | |",
            "|---|---|",
            *(f"| {name.replace('_', ' ')} | {count} |" for name, count in self.counts().items()),
            "",
            "| kind | right | tasks |",
            "|---|---|---|",
            *(f"| {kind} | {right} | {every} |" for kind, (right, every) in self.by_kind().items()),
            "",
        ]
        lines += [f"- {each.name}: {each.why}" for each in self.played if not each.is_right][:_MOST_LISTED]
        for each in fields(Findings):
            lines += [f"- {each.name}: {one}" for one in getattr(self.findings, each.name)][:_MOST_LISTED]
        return "\n".join([*lines, ""])


def as_text(played: Played) -> dict[str, Any]:
    """A conversation, word for word."""
    return {
        "name": played.name,
        "right": played.is_right,
        "why": played.why,
        "findings": {each.name: list(getattr(played.findings, each.name)) for each in fields(Findings)},
        "said": [
            {"customer": each.message, "answer": each.answer, "source": each.source, "handoff": each.handoff}
            for each in played.conversation.exchanges
        ],
    }
