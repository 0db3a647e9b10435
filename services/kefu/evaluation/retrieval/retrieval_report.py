"""The report of an evaluation of retrieval: as JSON, as lines, and as Markdown."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from kefu.evaluation.metrics import Figure, Figures, hit_rate_gain, rank_figures
from kefu.evaluation.retrieval.run import Evaluation
from kefu.retrieval.ranking.signals import WEIGHTS, Weights

ABLATIONS: Mapping[str, Weights] = {
    "heads": replace(WEIGHTS, question_header=0, title_header=0),
    "what any question would get": replace(WEIGHTS, baseline=0, translated_baseline=0),
    "English of a Chinese question": replace(WEIGHTS, english_gloss=0),
    "translated words": replace(WEIGHTS, translated_bm25=0),
    "words": replace(WEIGHTS, bm25=0, translated_bm25=0),
}
"""Ranking weights of each ablation, which leaves out one step of the ranking."""


@dataclass(frozen=True)
class RetrievalMeasurement:
    """The figures of one set."""

    name: str
    passages: int
    seconds: float
    groups: Mapping[str, Figures]
    """Figures of all questions, of even ids, of odd ids, and of each language if there are several."""
    history: Mapping[str, tuple[int, Figure]]
    """(questions with a previous one, gain of H@1 by that), for all and for odd ids. Empty without any."""
    ablation: Mapping[str, Figures]
    """Figures of the odd ids for each ablation."""

    def as_json(self) -> dict[str, object]:
        """The figures as JSON, those of all questions at the top, rounded to four places."""
        every = self.groups["all"]
        return {
            "set": self.name,
            **_flat(every),
            "seconds": self.seconds,
            "passages": self.passages,
            "groups": {name: _flat(one) | {"intervals": _intervals(one)} for name, one in self.groups.items()},
            "history": {
                name: {"queries": count, "gain": _interval(more)} for name, (count, more) in self.history.items()
            },
            "without": {name: _flat(one) for name, one in self.ablation.items()},
        }

    def lines(self) -> list[str]:
        """The figures as lines of text."""
        lines = [
            f"{self.name}, {name}: {one.queries} questions, {_format_figures(one)}" for name, one in self.groups.items()
        ]
        lines += [
            f"{self.name}, {name}: what was asked before gives {count} questions {_format_gain(more)} H@1"
            for name, (count, more) in self.history.items()
        ]
        lines += [
            f"{self.name}, odd ids, without {name}: {_format_figures(one)}" for name, one in self.ablation.items()
        ]
        return [*lines, f"{self.passages} passages, {self.seconds} s, in process (no Redis, no gRPC)"]


def measure(name: str, evaluation: Evaluation, seconds: float, *, ablation: bool) -> RetrievalMeasurement:
    """Ask all questions; with `ablation`, once more for each ablation."""
    asked = {one.set_question.id: one.set_question for one in evaluation.questions}
    odd = [ident for ident, question in asked.items() if question.relevant and not question.is_even]
    ranks = evaluation.ranks()
    groups = {
        "all": rank_figures(list(ranks.values())),
        "even ids (fitted on)": rank_figures([rank for ident, rank in ranks.items() if asked[ident].is_even]),
        "odd ids": rank_figures([ranks[ident] for ident in odd]),
    }
    languages = sorted({asked[ident].language for ident in ranks})
    if len(languages) > 1:
        for language in languages:
            groups[language] = rank_figures(
                [rank for ident, rank in ranks.items() if asked[ident].language == language]
            )
    history: dict[str, tuple[int, Figure]] = {}
    alone = evaluation.ranks(history=False) if any(asked[ident].before for ident in ranks) else ranks
    for group, chosen in (("all", list(ranks)), ("odd ids", odd)):
        if with_previous := [ident for ident in chosen if asked[ident].before]:
            history[group] = (
                len(with_previous),
                hit_rate_gain([ranks[one] for one in with_previous], [alone[one] for one in with_previous]),
            )
    without: dict[str, Figures] = {}
    if ablation:
        for step, weights in ABLATIONS.items():
            ablated = evaluation.ranks(weights)
            without[step] = rank_figures([ablated[ident] for ident in odd])
    return RetrievalMeasurement(name, len(evaluation.index.entries), seconds, groups, history, without)


def markdown(measured: Sequence[RetrievalMeasurement], embedder: str) -> str:
    """The report as Markdown, with figures of the odd ids."""
    lines = [
        f"Measured on {date.today().isoformat()}, {platform.machine()}, {os.cpu_count()} cores, embedder {embedder}.",
        "Questions with odd ids; 95 % intervals by bootstrap.",
        "",
        "| set | questions | H@1 | H@5 | MRR@10 | all ids: H@1 / H@5 / MRR@10 |",
        "|---|---|---|---|---|---|",
    ]
    for one in measured:
        odd, every = one.groups["odd ids"], one.groups["all"]
        cells = (_cell(odd.h1), _cell(odd.h5), _cell(odd.mrr10), _short(every))
        lines.append(f"| {one.name} | {odd.queries} | {' | '.join(cells)} |")
    for one in measured:
        languages = [(name, group) for name, group in one.groups.items() if len(name) == 2]
        lines += [
            f"| {one.name}, all ids in {name} | {group.queries} | {_cell(group.h1)} | {_cell(group.h5)} "
            f"| {_cell(group.mrr10)} | |"
            for name, group in languages
        ]
    for one in measured:
        for name, (count, more) in one.history.items():
            lines += [
                "",
                f"{one.name}, {name}: what was asked before gives {count} questions {_format_gain(more)} H@1.",
            ]
    if any(one.ablation for one in measured):
        lines += ["", "Left out, one at a time (H@1 / H@5 / MRR@10):", ""]
        lines += [f"| set | {' | '.join(['nothing', *ABLATIONS])} |", f"|---|{'---|' * (len(ABLATIONS) + 1)}"]
        for one in measured:
            cells = [_short(one.groups["odd ids"]), *(_short(one.ablation[step]) for step in ABLATIONS)]
            lines.append(f"| {one.name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _flat(one: Figures) -> dict[str, float]:
    return {
        "queries": one.queries,
        "h@1": round(one.h1.value, 4),
        "h@5": round(one.h5.value, 4),
        "mrr@10": round(one.mrr10.value, 4),
    }


def _intervals(one: Figures) -> dict[str, list[float]]:
    return {"h@1": _interval(one.h1)[1:], "h@5": _interval(one.h5)[1:], "mrr@10": _interval(one.mrr10)[1:]}


def _interval(one: Figure) -> list[float]:
    return [round(one.value, 4), round(one.low, 4), round(one.high, 4)]


def _format_figures(one: Figures) -> str:
    return f"H@1 {_cell(one.h1)}, H@5 {_cell(one.h5)}, MRR@10 {_cell(one.mrr10)}"


def _cell(one: Figure) -> str:
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


def _short(one: Figures) -> str:
    return f"{one.h1.value:.3f} / {one.h5.value:.3f} / {one.mrr10.value:.3f}"


def _format_gain(one: Figure) -> str:
    return f"{one.value:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
