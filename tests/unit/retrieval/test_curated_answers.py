"""Which curated answer a question gets, and why not: by text, by what is asked, and by vectors made by hand."""

import numpy as np

from kefu.retrieval.domain.filters import Audience, SearchFilter
from kefu.retrieval.embedders import Vectors
from kefu.retrieval.index.curated_answers import MIN_CURATED_COSINE, CuratedAnswers, CuratedMatch
from kefu.retrieval.storage.records import CuratedRecord

TODAY = SearchFilter("2026-11-25")
QUESTION = np.array([1, 0], np.float32)


def at_cosine(cosine: float) -> Vectors:
    return np.array([cosine, (1 - cosine**2) ** 0.5], np.float32)


def answer(
    ident: str, *questions: tuple[str, float], language: str = "en", last: str = "", staff: bool = False, first: int = 0
) -> CuratedRecord:
    vectors = np.stack([at_cosine(cosine) for _, cosine in questions]).astype(np.float16)
    texts = tuple(text for text, _ in questions)
    audience = Audience.STAFF if staff else Audience.EVERYONE
    return CuratedRecord(ident, texts, "Yes.", language, "", last, 0.0, "embedder", vectors, first, audience)


def match(*records: CuratedRecord, wordings: tuple[str, ...], wanted: SearchFilter = TODAY) -> CuratedMatch | None:
    answers = CuratedAnswers()
    for record in records:
        answers.put(record)
    return answers.match(wordings, QUESTION, "en", wanted)


def told(found: CuratedMatch | None) -> tuple[str, str, str] | None:
    return found and (found.record.id, found.question, found.reason)


def test_the_same_text_applies_however_far_its_vector_is_and_the_same_request_only_nearby() -> None:
    near = ("How do I get a refund?", 0.95)
    records = answer("a", ("Opening hours?", 0.2)), answer("b", near)
    assert told(match(*records, wordings=("opening  HOURS",))) == ("a", "Opening hours?", "")
    records = records[0], answer("b", ("Anything else?", 0.5))
    assert told(match(*records, wordings=("opening  HOURS",))) == ("a", "Opening hours?", "")
    asked = "please, how can I get refunds"
    assert told(match(answer("a", near), answer("b", ("Where?", 0.99)), wordings=(asked,))) == ("a", near[0], "")
    far = (near[0], MIN_CURATED_COSINE - 0.01)
    assert told(match(answer("a", far), wordings=(asked,))) == ("a", near[0], "TOO_FAR")


def test_without_an_answer_that_applies_the_nearest_question_tells_why() -> None:
    other = answer("other", ("Can I return a kettle?", 0.97), ("Is it blue?", 0.9))
    found = match(answer("far", ("Anything else?", 0.86)), other, wordings=("Can I return a lamp?",))
    assert found is not None
    assert (found.record.id, found.question, found.applies) == ("other", "Can I return a kettle?", False)
    assert found.differing is not None
    assert (found.differing.one, found.differing.other) == (("kettl",), ("lamp",))
    assert match(wordings=("Can I return a lamp?",)) is None


def test_every_wording_counts_and_priority_goes_before_nearness() -> None:
    records = answer("a", ("How do I pay?", 0.9), first=1), answer("b", ("Can I return it?", 0.99))
    assert told(match(*records, wordings=("how to pay", "can i return it"))) == ("a", "How do I pay?", "")
    assert told(match(*records, wordings=("hw to pya", "can i return it"))) == ("b", "Can I return it?", "")


def test_answers_of_other_languages_days_and_audiences_do_not_apply_and_staffs_are_not_even_told() -> None:
    asked = ("Can I return it?",)
    same = (asked[0], 1.0)
    assert told(match(answer("a", same, last="2026-11-24"), wordings=asked)) == ("a", asked[0], "NOT_VALID")
    assert told(match(answer("a", same, language="zh"), wordings=asked)) == ("a", asked[0], "OTHER_LANGUAGE")
    secret = answer("secret", same, staff=True)
    assert match(secret, wordings=asked) is None
    assert told(match(secret, answer("a", ("Where?", 0.5)), wordings=asked)) == ("a", "Where?", "TOO_FAR")
    for_staff = SearchFilter(TODAY.day, Audience.STAFF)
    assert told(match(secret, wordings=asked, wanted=for_staff)) == ("secret", asked[0], "")


def test_an_answer_that_is_replaced_or_removed_matches_no_more() -> None:
    answers, asked = CuratedAnswers(), ("Can I return it?",)
    answers.put(answer("a", (asked[0], 1.0)))
    assert told(answers.match(asked, QUESTION, "en", TODAY)) == ("a", asked[0], "")
    answers.put(answer("a", ("Where?", 0.5)))
    assert told(answers.match(asked, QUESTION, "en", TODAY)) == ("a", "Where?", "TOO_FAR")
    answers.put(answer("b", ("When?", 0.4)))
    assert told(answers.match(asked, QUESTION, "en", TODAY)) == ("a", "Where?", "TOO_FAR")
    answers.remove("a")
    assert told(answers.match(asked, QUESTION, "en", TODAY)) == ("b", "When?", "TOO_FAR")
    answers.remove("b")
    assert (answers.match(asked, QUESTION, "en", TODAY), len(answers)) == (None, 0)
