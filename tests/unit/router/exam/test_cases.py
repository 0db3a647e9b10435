"""The cases of the exam are sound: what they call right stands in their passages, and what they call faulty is not."""

import re
from collections import Counter

from kefu.router.answering.writing.prompt import NOT_FOUND, build_prompt
from kefu.router.exam.cases import ExamCase, cases_version, exam_cases
from kefu.router.exam.examiner import case_prompt
from kefu.router.exam.grade import Grade, folded, grade, says
from kefu.text.language import answer_language
from tests.unit.router.exam.scripted_models import perfect_reply

_FIGURE = re.compile(r"\d+(?:[.:]\d+)?")


def figures(*texts: str) -> set[str]:
    return {figure for text in texts for figure in _FIGURE.findall(folded(text))}


def shown(case: ExamCase) -> str:
    parts = (part for each in case.passages for part in (each.title, *each.headings, each.text))
    return "\n".join((*parts, case.question, *(text for pair in case.history for text in pair)))


def test_there_are_enough_cases_of_every_kind_in_both_languages() -> None:
    cases = exam_cases()
    assert len({case.id for case in cases}) == len(cases) >= 60
    assert Counter(case.language for case in cases) == {"en": 30, "zh": 30}
    by_kind = Counter((case.language, case.kind) for case in cases)
    assert {kind: by_kind["en", kind] for _, kind in by_kind} == {kind: by_kind["zh", kind] for _, kind in by_kind}
    assert by_kind["en", "not_found"] >= 6
    assert sum(len(case.right) for case in cases) >= 60
    assert sum(len(case.faulty) for case in cases) >= 60
    assert all(2 <= len(case.passages) <= 5 and len(case.faulty) in (1, 2) for case in cases)


def test_a_case_is_in_its_language_and_has_an_answer_or_none() -> None:
    for case in exam_cases():
        assert case.id.startswith(f"{case.language}-{case.kind.split('_')[0]}"), case.id
        assert answer_language(case.question) == case.language, case.id
        answered = (bool(case.answer), bool(case.must), bool(case.right))
        assert answered == ((False,) * 3 if case.kind == "not_found" else (True,) * 3), case.id
        assert case.not_found is (case.kind == "not_found"), case.id
        assert bool(case.history) is (case.kind == "follow_up"), case.id


def test_right_answers_are_graded_right_and_faulty_ones_are_not() -> None:
    for case in exam_cases():
        assert grade(case, perfect_reply(case)) is Grade.RIGHT, case.id
        for sentence in case.right:
            assert not any(says(folded(sentence), text) for text in case.must_not), (case.id, sentence)
        for faulty in case.faulty:
            assert grade(case, faulty.sentence) is not Grade.RIGHT, (case.id, faulty.sentence)
        if not case.not_found:
            assert grade(case, NOT_FOUND) is Grade.NOT_FOUND, case.id


def test_right_answers_have_their_figures_from_the_passages_or_from_a_sum_of_them() -> None:
    for case in exam_cases():
        known = figures(shown(case))
        for text in (case.answer, *case.right):
            results = set(re.findall(r"=(\d+)", folded(text)))
            assert figures(re.sub(r"\[\d\]", "", text)) <= known | results | figures(case.answer), (case.id, text)
            if case.kind != "sum":
                assert figures(re.sub(r"\[\d\]", "", text)) <= known, (case.id, text)
        for left, operator, right, result in re.findall(r"(\d+)([×+])(\d+)=(\d+)", folded(case.answer)):
            value = int(left) * int(right) if operator == "×" else int(left) + int(right)
            assert value == int(result), case.id


def test_cited_passages_are_there() -> None:
    for case in exam_cases():
        cited = {int(number) for number in re.findall(r"\[(\d)\]", case.answer)}
        assert cited <= set(range(1, len(case.passages) + 1)), case.id
        assert bool(cited) is not case.not_found, case.id


def test_no_case_tells_what_the_prompts_examples_tell() -> None:
    told = "\n".join(message.content for message in case_prompt(exam_cases()[0])[1:-1])
    assert "ift wrapping" in told
    for case in exam_cases():
        assert not re.search(r"(?i)gift|礼品", shown(case)), case.id
        for passage in case.passages:
            assert passage.text not in told, case.id


def test_every_case_is_asked_with_all_of_its_passages() -> None:
    assert build_prompt.__module__ == "kefu.router.answering.writing.prompt"
    for case in exam_cases():
        asked = case_prompt(case)[-1].content
        assert all(each.text in asked for each in case.passages), case.id
        assert asked.endswith(case.question), case.id


def test_the_version_of_the_cases_is_short_and_the_same_each_time() -> None:
    assert re.fullmatch("[0-9a-f]{16}", cases_version())
    assert cases_version() == cases_version()
