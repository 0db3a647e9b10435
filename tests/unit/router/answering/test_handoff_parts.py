"""What a hand-over carries: what the customer told already, how they sound, and whether it failed before."""

from kefu.router.answering.repeated_failures import has_failed_again, has_handed_over_again
from kefu.router.domain.handoff import Handoff, HandoffReason, Sentiment, Slot, SlotKind
from kefu.router.domain.turn import AnswerSource, Completed, FinishReason, Turn
from kefu.router.nlu.message import CustomerMessage
from kefu.router.nlu.sentiment import sentiment_of
from kefu.router.nlu.slots import MOST_SLOTS, slots_of
from tests.support.table import table


@table(
    ("text", "expected"),
    [
        ("Order SL-20261125-77 of 2026-11-20 has not arrived", "number SL-20261125-77|date 2026-11-20"),
        ("my order number is 8829104 and I paid $49.90", "number 8829104|amount $49.90"),
        ("订单号20261125123456，11月20日付了1,388元", "number 20261125123456|date 11月20日|amount 1,388元"),
        ("The SM-G973U I bought on 3 November broke", "code SM-G973U|date 3 November"),
        ("快递单号SF1234567890123，打13812345678", "number SF1234567890123|phone [电话]"),
        ("mail me at li@example.com about invoice #2231-08", "email [email]|number 2231-08"),
        ("my card 4111 1111 1111 1111 was charged ¥20", "amount ¥20"),
        ("How long does a refund take?", ""),
        ("退款要7天吗", ""),
    ],
)
def test_slots_are_found_and_personal_ones_are_placeholders(text: str, expected: str) -> None:
    assert "|".join(f"{slot.kind} {slot.value}" for slot in slots_of([text])) == expected


def test_a_value_told_twice_is_one_slot_and_the_latest_come_last() -> None:
    slots = slots_of(["order 8829104, I paid ¥20", "It is order 8829104!"])
    assert slots == (Slot(SlotKind.AMOUNT, "¥20"), Slot(SlotKind.NUMBER, "8829104"))
    assert len(slots_of([f"order {number}" for number in range(10000, 10100)])) == MOST_SLOTS


@table(
    ("messages", "expected"),
    [
        (["This is terrible, I am so disappointed"], Sentiment.NEGATIVE),
        (["等了三天还没到，太慢了，我很失望"], Sentiment.NEGATIVE),
        (["I am not happy with this"], Sentiment.NEGATIVE),
        (["我不满意"], Sentiment.NEGATIVE),
        (["Thanks, that is great"], Sentiment.POSITIVE),
        (["太好了，非常感谢"], Sentiment.POSITIVE),
        (["Not bad at all"], Sentiment.POSITIVE),
        (["How long does a refund take?"], Sentiment.NEUTRAL),
        (["退款要多久"], Sentiment.NEUTRAL),
        (["蒸汽棒多少钱"], Sentiment.NEUTRAL),
        (["太棒了"], Sentiment.POSITIVE),
        ([], Sentiment.NEUTRAL),
        (["Thanks for the help", "This is useless, I am angry"], Sentiment.NEGATIVE),
    ],
    floor=13,
)
def test_how_messages_sound_is_counted_by_words(messages: list[str], expected: Sentiment) -> None:
    assert sentiment_of([CustomerMessage(each).normalized for each in messages]) is expected


def turn(
    asked: str,
    *,
    n: int = 0,
    source: AnswerSource = AnswerSource.GENERATED,
    finish: FinishReason = FinishReason.STOP,
    reason: HandoffReason | None = None,
) -> Turn:
    handoff = None if reason is None else Handoff(reason, "m", "s")
    done = Completed(FinishReason.HANDOFF if handoff else finish, source)
    return Turn(f"t{n}", asked, "en", "2026-11-25", 0.0, text="answer", handoff=handoff, completed=done)


def test_the_same_question_a_third_time_in_a_row_has_failed() -> None:
    asked = [turn("How long does it take?"), turn("how long does it take??")]
    assert has_failed_again(CustomerMessage("How long does it take"), asked, frozenset())
    assert not has_failed_again(CustomerMessage("How long does it take"), asked[:1], frozenset())
    assert not has_failed_again(CustomerMessage("What does it cost?"), asked, frozenset())
    assert not has_failed_again(CustomerMessage("How long does it take"), [*asked, turn("And the price?")], frozenset())


def test_thanks_between_two_questions_do_not_count() -> None:
    asked = [turn("多久"), turn("谢谢", source=AnswerSource.CANNED), turn("多久？")]
    assert has_failed_again(CustomerMessage("多久!"), asked, frozenset())


def test_an_answer_that_the_customer_stopped_failed_nobody() -> None:
    asked = [turn("多久"), turn("多久", finish=FinishReason.STOPPED)]
    assert not has_failed_again(CustomerMessage("多久"), asked, frozenset())


def test_two_answers_rated_down_in_a_row_have_failed() -> None:
    asked = [turn("A?", n=1), turn("B?", n=2)]
    assert has_failed_again(CustomerMessage("C?"), asked, frozenset({"t1", "t2"}))
    assert not has_failed_again(CustomerMessage("C?"), asked, frozenset({"t1"}))


def test_two_hand_overs_for_want_of_an_answer_have_failed_and_others_have_not() -> None:
    nothing = turn("A?", reason=HandoffReason.NOTHING_RELEVANT)
    assert has_handed_over_again([nothing, turn("B?", reason=HandoffReason.UNSUPPORTED_ANSWER)])
    assert not has_handed_over_again([nothing])
    assert not has_handed_over_again([nothing, turn("B?")])
    assert not has_handed_over_again([turn("A?", reason=HandoffReason.MODEL_UNAVAILABLE)] * 2)
