"""What a reply to an action's question names, and what it does not."""

from kefu.router.actions.action import ActionInput, Choice
from kefu.router.actions.reply import Named, named_by_reply, named_value
from kefu.router.domain.turn import PendingInput
from kefu.router.nlu.consent import Consent
from tests.support.table import table

REASON = ActionInput(
    "reason",
    options={
        "no longer needed": {"en": "I no longer need it", "zh": "不想要了"},
        "ordered by mistake": {"en": "I ordered it by mistake", "zh": "拍错了"},
    },
    questions={"en": "Why?"},
)
ITEMS = ActionInput("items", choice=Choice("order", "items", "id", {"en": "{{en}}"}, {"en": "What?"}, many=True))
LABELS = {"SL-N1 notebook, 12": "N1", "SL-B2 bookshelf, 300": "B2", "SL-L2 desk lamp, 168": "L2"}
PENDING = PendingInput("return-items", "items", LABELS, {}, "What?", "All of them")


@table(
    ("reply", "value"),
    [
        *(("mistake", "ordered by mistake"), ("By mistake!", "ordered by mistake"), ("拍错", "ordered by mistake")),
        *(("我不想要了", "no longer needed"), ("it", ""), ("no", ""), ("了", ""), ("whatever", ""), ("", "")),
    ],
)
def test_part_of_an_options_text_is_enough_in_whole_words(reply: str, value: str) -> None:
    assert named_value(REASON, reply, is_reply=True) == value


def test_a_message_names_an_option_by_all_of_its_text() -> None:
    assert named_value(REASON, "Cancel it, I ordered it by mistake.") == "ordered by mistake"
    assert named_value(REASON, "by mistake") == ""
    assert named_value(REASON, "I no longer need it. I ordered it by mistake") == ""


@table(
    ("choice", "reply", "value"),
    [
        ("", "the desk lamp", ("L2",)),
        ("", "desk lamp", ("L2",)),
        ("", "the notebook and the lamp", ("N1", "L2")),
        ("", "1 and 3", ("N1", "L2")),
        ("", "3, 1, 3", ("L2", "N1")),
        ("", "1 and 9", None),
        ("", "all", ("N1", "B2", "L2")),
        ("All of them", "4", ("N1", "B2", "L2")),
        ("SL-B2 bookshelf, 300", "2", ("B2",)),
        *(("", reply, None) for reply in ("no", "ok", "note", "book", "", "11", "What is the notebook's size?")),
        ("", f"I bought the notebook {'a long time ago ' * 9}", None),
    ],
)
def test_several_things_are_named_by_numbers_and_words_of_their_own(choice: str, reply: str, value: object) -> None:
    assert named_by_reply(ITEMS, PENDING, choice, reply) == Named(value)  # pyright: ignore[reportArgumentType]


HELMETS = {"helmet, size L, blue": "1", "helmet, size S, blue": "2", "helmet, size S, black": "3", "头盔，白色": "4"}


@table(
    ("reply", "named"),
    [
        ("the black one", Named("3")),
        ("S blue please", Named("2")),
        ("S", Named(among=("2", "3"))),
        ("blue", Named(among=("1", "2"))),
        ("我要白色的", Named("4")),
        *((reply, Named()) for reply in ("a green one", "Is the black one waterproof?", "", "!!!")),
    ],
)
def test_one_thing_is_named_by_the_most_of_its_words_or_fewer_are_left(reply: str, named: Named) -> None:
    pending = PendingInput("exchange-items", "new_item", HELMETS)
    one = ActionInput("new_item", choice=Choice("replacements", "variants", "id", {"en": "{{id}}"}, {"en": "Which?"}))
    assert named_by_reply(one, pending, "", reply) == named


def test_a_word_that_says_more_than_is_known_of_several_things_asks_again() -> None:
    """Two lamps, and nothing says which: nothing is taken silently."""
    lamps = {"kettle, 9": "K", "lamp, white": "L1", "lamp, black": "L2"}
    pending = PendingInput("return-items", "items", lamps, {}, "What?", "All of them")
    again = Named(among=("K", "L1", "L2"))
    assert named_by_reply(ITEMS, pending, "", "the kettle and the lamp") == again
    assert named_by_reply(ITEMS, pending, "", "the kettle and the white lamp") == Named(("K", "L1"))


@table(
    ("reply", "value"),
    [
        ("水壶和台灯", ("K", "L")),
        ("台灯、水壶", ("L", "K")),
        ("水壶", ("K",)),
        *((reply, None) for reply in ("水壶和被子", "除了水壶都要", "不要水壶", "all but the 水壶", "not the kettle")),
    ],
)
def test_what_is_named_only_in_part_or_excepted_is_asked_again(reply: str, value: tuple[str, ...] | None) -> None:
    """Once it took the lamp alone, for the kettle is 电水壶 in the label."""
    labels = {"SL-K3 电水壶（白色）": "K", "SL-L2 台灯（白色）": "L", "towel": "T", "kettle": "X"}
    pending = PendingInput("exchange-items", "items", labels, {}, "?", "全部")
    assert named_by_reply(ITEMS, pending, "", reply).value == value


def test_words_that_everything_has_are_asked_about_again() -> None:
    cards = PendingInput("change-payment", "method", {"credit card 1020": "a", "credit card 4466": "b"})
    one = ActionInput("method", choice=Choice("payment-methods", "methods", "id", {"en": "{{id}}"}, {"en": "How?"}))
    assert named_by_reply(one, cards, "", "my credit card") == Named(among=("a", "b"))
    assert named_by_reply(one, cards, "", "the one with 4466") == Named("b")


def test_a_no_names_nothing_by_a_word_in_passing() -> None:
    pending = PendingInput("exchange-items", "new_item", {"camera, waterproof no": "1", "camera, waterproof yes": "2"})
    one = ActionInput("new_item", choice=Choice("replacements", "variants", "id", {"en": "{{id}}"}, {"en": "Which?"}))
    assert named_by_reply(one, pending, "", "no", Consent.NO) == Named()
    assert named_by_reply(one, pending, "camera, waterproof yes", "no, the second", Consent.NO) == Named("2")


@table(
    ("reply", "value"),
    [
        ("ordered by mistake", "ordered by mistake"),
        ("it was a mistake", "ordered by mistake"),
        ("买错了", "ordered by mistake"),
        ("我不想要了", "no longer needed"),
        ("too expensive", ""),
        ("what about my other order", ""),
        ("is it a mistake to cancel?", ""),
    ],
)
def test_a_reason_is_named_by_words_that_it_alone_has(reply: str, value: str) -> None:
    assert named_value(REASON, reply, is_reply=True) == value


def test_a_yes_means_the_only_thing_that_was_shown_and_none_of_several() -> None:
    order = ActionInput("order", choice=Choice("orders", "orders", "id", {"en": "{{id}}"}, {"en": "Which?"}))
    only, several = (PendingInput("a", "order", values) for values in ({"W1: kettle": "W1"}, {"W1": "W1", "W2": "W2"}))
    assert named_by_reply(order, only, "", "yes", Consent.YES) == Named("W1")
    assert named_by_reply(order, several, "", "yes", Consent.YES) == Named()
    assert named_by_reply(order, only, "", "yes", Consent.UNCLEAR) == Named()  # something else was said since
    only_item = PendingInput("return-items", "items", {"SL-N1 notebook": "N1"}, {}, "What?", "All of them")
    assert named_by_reply(ITEMS, only_item, "", "yes", Consent.YES) == Named(("N1",))


@table(
    ("reply", "is_no", "value"),
    [
        ("12 Hill Road", False, "12 Hill Road"),
        ("  文三路\n218 号 ", False, "文三路 218 号"),
        *((none, False, "") for none in ("-", "none", "N/A", "没有")),
        ("None Street 5", False, "None Street 5"),
        ("x" * 40, False, "x" * 40),
        ("x" * 41, False, None),
        ("What do you need it for?", False, None),
        ("never mind", True, None),
    ],
)
def test_a_text_is_taken_word_for_word_and_neither_a_question_nor_a_no(
    reply: str, is_no: bool, value: str | None
) -> None:
    street = ActionInput("street", max_characters=40, questions={"en": "Where?"})
    assert named_by_reply(street, PendingInput("a", "street", {}), "", reply, Consent.NO if is_no else None) == Named(
        value
    )


def test_two_things_named_where_one_is_wanted_are_asked_about() -> None:
    order = ActionInput(
        "order", pattern="W[0-9]{3}", choice=Choice("orders", "orders", "id", {"en": "{{id}}"}, {"en": "Which?"})
    )
    pending = PendingInput("cancel-order", "order", {each: each for each in ("W001", "W002", "W003")}, {}, "Which?")
    assert named_by_reply(order, pending, "", "W001 and #W003 please") == Named(among=("W001", "W003"))
    assert named_by_reply(order, pending, "", "W002, not W999") == Named("W002")
