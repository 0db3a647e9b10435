"""What the model is asked: order, budgets, numbers."""

from dataclasses import replace
from typing import Any

from kefu.router.answering.handoff_summary import handoff_summary
from kefu.router.answering.history import exchanges
from kefu.router.answering.writing.prompt import NOT_FOUND, Budget, build_prompt, common_prompts
from kefu.router.answering.writing.second_reading import VERDICTS, rewriting_prompt, second_reading_prompt
from kefu.router.answering.writing.token_estimate import TokenEstimate
from kefu.router.domain.generation import Message, Role
from kefu.router.domain.handoff import Handoff, HandoffReason
from kefu.router.domain.turn import Passage, Turn
from kefu.router.grounding.sentence_selection import excerpt, ranked_sentences
from kefu.text.language import AnswerLanguage
from tests.support.table import table


def passage(number: int, text: str, relevance: float = 0.9) -> Passage:
    return Passage(number, f"p{number}", "Refunds", ("Times",), text, "", relevance, "en")


def turn(question: str, text: str, *, superseded: bool = False) -> Turn:
    return Turn(question, question, "en", "2026-11-25", 0.0, text=text, superseded=superseded)


def prompt(passages: list[Passage], history: list[Turn], total: int = 900, **more: Any):
    budget = Budget(total, 200)
    return build_prompt(
        "How long?",
        "en",
        passages,
        history,
        instructions="You are Lulu.",
        budget=budget,
        estimate=TokenEstimate(),
        **more,
    )


def test_instructions_then_history_then_passages_then_the_question() -> None:
    made = prompt([passage(1, "Seven days.")], [turn("Hi?", "Hello."), turn("And?", "Well.")])
    assert [message.role for message in made.messages] == [
        Role.SYSTEM,
        *[Role.USER, Role.ASSISTANT] * 4,
        Role.USER,
    ]
    assert made.messages[0].content.startswith("You are Lulu.\n\n")
    assert "Passage [1] (Refunds: Times)\nSeven days." in made.messages[-1].content
    assert made.messages[-1].content.index("Seven days.") < made.messages[-1].content.index("How long?")


def test_superseded_answers_are_no_history_and_the_oldest_goes_first() -> None:
    history = [turn(f"Question {n}", "word " * 60) for n in range(9)] + [turn("Stopped", "half", superseded=True)]
    said = [message.content for message in prompt([passage(1, "x")], history).messages[5:-1]]
    assert "Stopped" not in said
    assert "Question 8" in said
    assert "Question 0" not in said


def test_passages_that_do_not_fit_are_left_out_and_the_rest_numbered_anew() -> None:
    long = "Some words of a lengthy passage, " * 300
    made = prompt([passage(1, "Short."), passage(2, long), passage(3, "Also short.")], [])
    assert [(shown.number, shown.name) for shown in made.passages] == [(1, "p1"), (2, "p3")]
    assert made.tokens <= 900


def test_numbers_that_the_customer_saw_are_kept() -> None:
    long = "Some words of a lengthy passage, " * 300
    made = prompt([passage(1, "Short."), passage(2, long), passage(3, "Also short.")], [], keep_numbers=True)
    assert "Passage [3] (Refunds" in made.messages[-1].content


def test_the_best_passage_is_cut_rather_than_left_out() -> None:
    made = prompt([passage(1, "Some words of a long passage, " * 300)], [], total=400)
    assert "Some words of a long passage, Some words" in made.messages[-1].content
    assert made.tokens <= 420
    assert made.passages == (passage(1, "Some words of a long passage, " * 300),)


def test_whole_passages_are_shown_in_their_order() -> None:
    text = "Sofas are heavy. " * 40 + "Refunds of lamps take nine days. " + "Sofas are heavy. " * 20
    shown = prompt([passage(1, text), passage(2, "Seven days.")], [], total=4_000)
    said = shown.messages[-1].content
    assert f"Passage [1] (Refunds: Times)\n{text.strip()}\n\nPassage [2] (Refunds: Times)\nSeven days." in said
    assert said.endswith("\n\nQuestion: How long?")


@table(
    ("language", "ordered"),
    [("en", "write only NOT_FOUND."), ("zh", "只写 NOT_FOUND。")],
)
def test_the_model_is_told_and_shown_what_to_write_where_the_passages_do_not_answer(
    language: AnswerLanguage, ordered: str
) -> None:
    made = build_prompt("?", language, [], [], instructions="", budget=Budget(4_000, 0), estimate=TokenEstimate())
    system, *examples, _ = made.messages
    assert ordered in system.content
    assert NOT_FOUND in [each.content for each in examples if each.role is Role.ASSISTANT]


@table("language", ["en", "zh"])
def test_a_second_reading_and_a_rewriting_go_on_behind_the_prompt_that_was_written_from(
    language: AnswerLanguage,
) -> None:
    made = prompt([passage(1, "Seven days.")], [turn("Hi?", "Hello.")]).messages
    answer = Message(Role.ASSISTANT, "It takes 7 days. It is free.")
    read = second_reading_prompt(made, "It takes 7 days.", "It is free.", language)
    assert read[:-1] == (*made, answer)
    assert "It is free." in read[-1].content
    assert all(f"\n{verdict}. " in read[-1].content for verdict in VERDICTS)
    again = rewriting_prompt(made, "It takes 7 days. It is free.", "It is free.", language)
    assert again[:-1] == (*made, answer)
    assert again[-1].role is Role.USER
    assert "“It is free.”" in again[-1].content
    assert NOT_FOUND in again[-1].content


def test_the_first_sentence_is_read_again_alone() -> None:
    assert second_reading_prompt([], "", "It is free.", "en")[0] == Message(Role.ASSISTANT, "It is free.")


def test_a_question_for_a_figure_prefers_a_sentence_that_has_one() -> None:
    text = "Refunds take time and patience. Refunds take 9 days."
    assert ranked_sentences("How many days do refunds take?", [passage(1, text)])[0].text == "Refunds take 9 days."


def test_estimates_follow_what_the_tokenizer_counted() -> None:
    estimate = TokenEstimate()
    text = "退款将在七个工作日内原路退回。" * 10
    before = estimate.of(text)
    for _ in range(60):
        estimate.learn([text], 2 * before)
    assert 1.7 * before < estimate.of(text) < 2.1 * before


def test_a_summary_says_what_was_asked_before_and_now_and_what_was_found() -> None:
    summary = handoff_summary(
        "en", HandoffReason.NOTHING_RELEVANT, "Submarines?", [turn("Boats?", "No.")], [passage(1, "x", 0.31)]
    )
    for part in ("Submarines?", "Boats?", "No.", "Refunds (0.31)"):
        assert part in summary


def test_a_summary_quotes_an_answer_without_its_marks() -> None:
    said = turn("**Boats**?", "**Three** of them, see [boats](https://example.com/boats).")
    summary = handoff_summary("en", HandoffReason.CUSTOMER_ASKED, "A person, please.", [said], [])
    assert "Before: **Boats**? → Three of them, see boats.\n" in summary


def test_an_excerpt_is_the_part_that_bears_on_the_question() -> None:
    text = "Our shop sells chairs. " * 30 + "Refunds of furniture take 14 days. They go to your card."
    assert excerpt(passage(1, text), "How long do furniture refunds take?").startswith("Refunds of furniture take")
    assert len(excerpt(passage(1, text), "chairs")) <= 320


def test_a_persons_words_answer_what_waited_for_one_and_nothing_else() -> None:
    handed = replace(turn("A person, please.", "One moment."), handoff=Handoff(HandoffReason.CUSTOMER_ASKED, "", ""))
    to_person, unanswered = turn("My order is 42.", ""), turn("Hello?", "")
    reply, more = replace(turn("", "It left on Monday."), agent="Mei"), replace(turn("", "Anything else?"), agent="Mei")
    uninvited = replace(turn("", "Can I help?"), agent="Mei")
    assert exchanges([uninvited]) == []
    assert exchanges([turn("Hi?", "Hello."), uninvited]) == [("Hi?", "Hello.\nCan I help?")]
    assert exchanges([handed, to_person, reply, more, unanswered, turn("How long?", "Seven days.")]) == [
        ("A person, please.\nMy order is 42.", "It left on Monday.\nAnything else?"),
        ("How long?", "Seven days."),
    ]


def test_a_message_that_a_person_took_stays_with_what_was_said_then() -> None:
    handed = replace(
        turn("Can I return it?", "I ask a colleague."),
        handoff=Handoff(HandoffReason.NOTHING_RELEVANT, "A colleague answers you here.", ""),
    )
    promised = ("Can I return it?", "A colleague answers you here.")
    assert exchanges([handed]) == [promised]
    assert exchanges([handed, turn("", "")]) == [promised]
    assert exchanges([handed, turn("How long?", "Seven days.")]) == [promised, ("How long?", "Seven days.")]
    assert exchanges([turn("Hello?", "")]) == []


def test_a_summary_after_a_persons_words_has_no_empty_question() -> None:
    said = replace(turn("", "Anything else?"), agent="Mei")
    summary = handoff_summary("en", HandoffReason.CUSTOMER_ASKED, "Please.", [said], [])
    assert "Anything else?" in summary
    assert "→" not in summary


def test_what_caches_are_filled_with_is_how_every_prompt_of_a_language_begins() -> None:
    begun = common_prompts()
    assert len(begun) == 2
    questions: dict[AnswerLanguage, str] = {"en": "How long?", "zh": "多久？"}
    for language, question in questions.items():
        made = build_prompt(
            question, language, [], [], instructions="", budget=Budget(900, 200), estimate=TokenEstimate()
        )
        assert any(made.messages[:-1] == common[:-1] for common in begun), language
