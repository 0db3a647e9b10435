"""What the model is asked: order, budgets, numbers."""

from dataclasses import replace
from typing import Any

from kefu.common.text.language import AnswerLanguage
from kefu.router.answering.handoff_summary import handoff_summary
from kefu.router.answering.history import exchanges
from kefu.router.answering.prompt import Budget, build_prompt, common_prompts
from kefu.router.answering.token_estimate import TokenEstimate
from kefu.router.domain.generation import Role
from kefu.router.domain.handoff import Handoff, HandoffReason
from kefu.router.domain.turn import Passage, Turn
from kefu.router.grounding.sentence_selection import excerpt, ranked_sentences, select_sentences
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
        *[Role.USER, Role.ASSISTANT] * 3,
        Role.USER,
    ]
    assert made.messages[0].content.startswith("You are Lulu.\n\n")
    assert "Passage [1] (Refunds: Times)\nSeven days." in made.messages[-1].content
    assert made.messages[-1].content.index("Seven days.") < made.messages[-1].content.index("How long?")


def test_superseded_answers_are_no_history_and_the_oldest_goes_first() -> None:
    history = [turn(f"Question {n}", "word " * 60) for n in range(9)] + [turn("Stopped", "half", superseded=True)]
    said = [message.content for message in prompt([passage(1, "x")], history).messages[3:-1]]
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


def test_the_best_sentence_is_cut_rather_than_left_out() -> None:
    made = prompt([passage(1, "Some words of a long passage, " * 300)], [], total=400)
    assert "Some words of a long passage, Some words" in made.messages[-1].content
    assert made.tokens <= 420
    assert made.passages == (passage(1, "Some words of a long passage, " * 300),)


def test_the_model_is_shown_the_sentences_that_bear_on_the_question_in_their_order() -> None:
    filler = "Nothing here helps anybody at all with that. " * 8
    text = f"Kettles may be refunded. {filler}\nRefunds of kettles take nine days.\n{filler}They go to your card."
    [told] = select_sentences("How long do refunds of kettles take?", [passage(1, text)], 80)
    assert told == "Nothing here helps anybody at all with that.\nRefunds of kettles take nine days."
    assert select_sentences("How long do refunds of kettles take?", [passage(1, filler), passage(2, text)], 40)[0] == ""


def test_rows_of_a_table_are_shown_under_its_head_once() -> None:
    table = "| Method | Time |\n|---|---|\n| Standard | 3 days |\n| Express | 1 day |\n"
    [told] = select_sentences("How long do standard and express take?", [passage(1, table)], 600)
    assert told == "| Method | Time |\n| Standard | 3 days |\n| Express | 1 day |"


def test_sentences_are_chosen_by_what_was_searched_for() -> None:
    text = "Sofas are heavy. " * 60 + "Refunds of lamps take nine days. " + "Sofas are heavy. " * 20
    alone = prompt([passage(1, text)], []).messages[-1].content
    assert "nine days" not in alone
    leaning = prompt([passage(1, text)], [], searched="What about refunds of lamps? How long?").messages[-1].content
    assert "nine days" in leaning


def test_a_passage_in_another_language_is_shown_whole() -> None:
    text = "Nothing much. " * 60
    assert select_sentences("退款要多久？", [passage(1, text)], 600) == [text]


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


@table(
    ("said", "left"),
    [
        ("It takes 7 days [1]. The page says: “Refunds take 7 days.”[1]", "It takes 7 days ."),
        ("很快[1]。资料原文：“7 天。”[1]", "很快。"),
        ("The page says: “Refunds take 7 days.” [1]", "Refunds take 7 days."),
        ("资料原文：“不能。”[1]", "不能。"),
        ("It takes 7 days [1].", "It takes 7 days [1]."),
    ],
)
def test_the_model_sees_no_earlier_quotation_as_one(said: str, left: str) -> None:
    assert exchanges([turn("How long?", said)]) == [("How long?", left)]


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
