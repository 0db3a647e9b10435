"""Values of inputs from a customer's own data: one for each that was chosen, and what is asked where one is missing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from kefu.common.auth import Principal
from kefu.common.customers import Customer, Verification
from kefu.router.actions.action import Action, ActionInput, Choice, HttpCall
from kefu.router.actions.http_call import ActionFailed, ActionResult
from kefu.router.actions.inputs import InputReader
from kefu.router.actions.request import ActionReply, ActionRequest, InputAsked, Missing, WantedAction
from kefu.router.domain.risk import Risk
from kefu.router.domain.turn import InputValue, PendingInput
from tests.support.table import table

CALL = HttpCall("https://shop.example.com/")
ORDERS = Choice("orders", "orders", "id", {"en": "{{id}}"}, {"en": "Which order?"}, nothing={"en": "No orders."})
ITEMS = Choice("items", "items", "id", {"en": "{{id}}"}, {"en": "Which items?"}, many=True)
VARIANTS = Choice(
    "variants", "variants", "id", {"en": "{{id}}"}, {"en": "{{of}}: which one?"}, nothing={"en": "No {{of}}."}
)
EXCHANGE = Action(
    "exchange",
    CALL,
    {},
    {"en": "Done."},
    inputs=(
        ActionInput("customer", "customer.sub"),
        ActionInput("item", choice=ITEMS),
        ActionInput("new_item", choice=VARIANTS, for_each="item"),
    ),
)
OTHERS = {
    "orders": Action("orders", CALL, {}, {}, inputs=(ActionInput("customer", "customer.sub"),)),
    "items": Action("items", CALL, {}, {}, inputs=(ActionInput("customer", "customer.sub"),)),
    "variants": Action("variants", CALL, {}, {}, inputs=(ActionInput("item", choice=ITEMS),)),
}
VARIANTS_OF = {"lamp": ["white", "black"], "cup": ["small", "large", "tiny"], "bed": ["oak"], "rug": []}


class OwnData:
    """What the customer has; `asked`: the inputs of each call."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, InputValue]] = []

    async def look_up(
        self, tenant: str, call: HttpCall, result: Mapping[str, str], inputs: Mapping[str, Any], seconds: float
    ) -> ActionResult:
        self.asked.append(inputs)
        of = inputs.get("item", "")
        values = {"orders": [], "items": [{"id": each} for each in VARIANTS_OF], "of": of}
        return ActionResult(200, {**values, "variants": [{"id": each} for each in VARIANTS_OF.get(of, [])]})


def request(text: str = "") -> ActionRequest:
    ada = Customer("ada", {}, Verification.TOKEN, 1.0)
    principal = Principal("acme", "subject", frozenset(), customer=ada)
    return ActionRequest(principal, "s-1", text, "en", 0.0, Risk.MONEY, ("Yes", "No"), "All of them")


async def asked(action: Action, data: OwnData, **given: Any) -> ActionReply:
    wanted = WantedAction(action, OTHERS, given.pop("given", {}), **given)
    with pytest.raises(InputAsked) as caught:
        await InputReader(data).values(wanted, request())  # pyright: ignore[reportArgumentType]
    return caught.value.reply


async def test_each_that_was_chosen_is_asked_about_in_turn_and_what_is_known_is_kept() -> None:
    data = OwnData()
    first = await asked(EXCHANGE, data, given={"item": ("lamp", "bed", "cup")})
    assert (first.text, first.choices) == ("lamp: which one?", ("white", "black"))
    assert data.asked == [{"item": "lamp"}]
    then = await asked(EXCHANGE, data, given={"item": ("lamp", "bed", "cup"), "new_item": ("black",)})
    assert then.text == "cup: which one?"  # of the bed there is one
    assert isinstance(then.pending, PendingInput)
    assert then.pending.given == {"item": ("lamp", "bed", "cup"), "new_item": ("black", "oak")}
    reader = InputReader(data)  # pyright: ignore[reportArgumentType]
    given = {"item": ("lamp", "cup"), "new_item": ("black", "tiny")}
    assert await reader.values(WantedAction(EXCHANGE, OTHERS, given), request()) == {"customer": "ada", **given}


async def test_what_a_reply_left_over_is_asked_about_alone() -> None:
    some = await asked(EXCHANGE, OwnData(), given={"item": ("cup",)}, among=("small", "tiny"))
    assert some.choices == ("small", "tiny")


async def test_an_empty_list_is_told_in_the_tenants_words_or_as_not_there() -> None:
    sold_out = await asked(EXCHANGE, OwnData(), given={"item": ("rug",)})
    assert (sold_out.text, sold_out.missing, sold_out.pending) == ("No rug.", None, None)
    cancel = Action("cancel", CALL, {}, {}, inputs=(ActionInput("order", choice=ORDERS),))
    assert (await asked(cancel, OwnData())).text == "No orders."
    silent = Action("c", CALL, {}, {}, inputs=(ActionInput("order", choice=Choice("orders", "orders", "id", {}, {})),))
    assert (await asked(silent, OwnData())).missing is Missing.NOT_THERE


async def test_a_text_is_no_value_that_another_list_may_be_read_with() -> None:
    free = ActionInput("item", max_characters=20, questions={"en": "Which?"})
    wrong = Action("wrong", CALL, {}, {}, inputs=(free, ActionInput("new_item", choice=VARIANTS)))
    with pytest.raises(ActionFailed, match="was not chosen before"):
        await InputReader(OwnData()).values(  # pyright: ignore[reportArgumentType]
            WantedAction(wrong, OTHERS, {"item": "lamp"}), request()
        )


OWN_ORDERS = (
    {"id": "W1", "items": "SL-H3 humidifier, SL-K3 kettle", "items_zh": "加湿器、电水壶", "status": "pending"},
    {"id": "W2", "items": "SL-A1 air purifier, desk lamp", "items_zh": "空气净化器、台灯", "status": "delivered"},
    {"id": "W3", "items": "SL-M6 mattress, bed", "items_zh": "床垫、床", "status": "delivered"},
)
ORDER = Choice("orders", "orders", "id", {"en": "{{id}}"}, {"en": "Which?"}, only="status == 'delivered'")
RETURN = Action("return", CALL, {}, {}, inputs=(ActionInput("order", pattern="W[0-9]", choice=ORDER),))


class OwnOrders:
    """What Ada has ordered."""

    async def look_up(self, *_: Any) -> ActionResult:
        return ActionResult(200, {"orders": list(OWN_ORDERS)})


async def order_of(text: str, *, wish: str = "", shown: str = "") -> str | tuple[str, ...]:
    """The order that a message means, or those among which it is asked."""
    others = {"orders": Action("orders", CALL, {}, {}, words={"delivered": {"en": "with you"}})}
    wanted = WantedAction(RETURN, others, {}, wish=wish or text)
    reader = InputReader(OwnOrders())  # pyright: ignore[reportArgumentType]
    try:
        return str((await reader.values(wanted, replace(request(text), shown=shown)))["order"])
    except InputAsked as asked:
        return asked.reply.missing.name if asked.reply.missing else asked.reply.choices


@table(
    ("text", "order"),
    [
        ("return the lamp", "W2"),
        ("我想退台灯", "W2"),
        ("the beds are too hard, take them back", ("W2", "W3")),  # "beds" is no word of it
        ("send the kettle back", "W1"),  # not offered, and named: the system says why not
        ("return something", ("W2", "W3")),
        ("return the purifier and the mattress", ("W2", "W3")),
        ("return all but the lamp", ("W2", "W3")),
        ("the one that was delivered", ("W2", "W3")),  # a status is no name
        ("return W1", "W1"),
        ("return W9", "NOT_THERE"),
        ("return W2 or W3", ("W2", "W3")),
    ],
)
async def test_a_wish_names_by_its_words_and_what_cannot_be_done_is_not_offered(text: str, order: object) -> None:
    assert await order_of(text) == order


OWN_ITEMS = (
    {"id": "P", "en": "SL-A1 air purifier", "zh": "空气净化器"},
    {"id": "L", "en": "desk lamp, white", "zh": "白色台灯"},
    {"id": "B", "en": "desk lamp, black", "zh": "黑色台灯"},
    {"id": "K", "en": "kettle", "zh": "电水壶"},
)


@table(
    ("text", "items"),
    [
        ("return the kettle and the air purifier", ("P", "K")),
        ("I want to return both the air purifier and the white lamp", ("P", "L")),
        ("我要退空气净化器和电水壶", ("P", "K")),
        ("return the air purifier", ("P",)),
        ("return the lamp and the air purifier", ["P", "L", "B", "All of them"]),  # which lamp?
        ("return everything but the kettle", ["P", "L", "B", "K", "All of them"]),
        ("return everything but the lamp and the kettle", ["P", "L", "B", "K", "All of them"]),
        ("除了电水壶和空气净化器都退", ["P", "L", "B", "K", "All of them"]),
        ("return something", ["P", "L", "B", "K", "All of them"]),
    ],
)
async def test_of_several_things_that_a_wish_names_none_is_left_out(text: str, items: object) -> None:
    choice = Choice("items", "items", "id", {"en": "{{id}}"}, {"en": "Which?"}, many=True)
    action = Action("return", CALL, {}, {}, inputs=(ActionInput("items", choice=choice),))

    class OwnItems:
        async def look_up(self, *_: Any) -> ActionResult:
            return ActionResult(200, {"items": list(OWN_ITEMS)})

    others = {"items": Action("items", CALL, {}, {})}
    try:
        chosen: object = (
            await InputReader(OwnItems()).values(  # pyright: ignore[reportArgumentType]
                WantedAction(action, others, {}, wish=text), request(text)
            )
        )["items"]
    except InputAsked as asked:
        chosen = list(asked.reply.choices)
    assert chosen == items


async def test_the_words_of_a_reply_are_for_what_it_replies_to() -> None:
    assert await order_of("the lamp", wish="return something") == ("W2", "W3")


async def test_what_the_answer_before_showed_is_meant_where_it_is_offered() -> None:
    assert await order_of("send it back", shown="Your order **W3** was delivered.") == "W3"
    assert await order_of("send it back", shown="Your order **W1** is not packed yet.") == ("W2", "W3")
    assert await order_of("send it back", shown="- W2: delivered\n- W3: delivered") == ("W2", "W3")
    assert await order_of("send the lamp back", shown="Your order **W3** was delivered.") == "W2"
