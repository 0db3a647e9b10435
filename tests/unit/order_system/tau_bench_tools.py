"""What tau-bench's retail tools do (Sierra Research, MIT licence), written down once more over plain dictionaries.

The order book is compared with it. Amounts are floats here, as there.
"""

from typing import Any

Data = dict[str, dict[str, Any]]
"""users, orders and products, each by id."""


def call(data: Data, name: str, **arguments: Any) -> str | None:
    """Call a tool, which changes `data`. Returns None, or why it was refused."""
    order = data["orders"][arguments["order_id"]]
    return _TOOLS[name](data, order, **{key: value for key, value in arguments.items() if key != "order_id"})


def _methods(data: Data, order: dict[str, Any]) -> dict[str, Any]:
    return data["users"][order["user_id"]]["payment_methods"]


def _add_to_balance(method: dict[str, Any], amount: float) -> None:
    if method["source"] == "gift_card":
        method["balance"] = round(method["balance"] + amount, 2)


def _cancel(data: Data, order: dict[str, Any], reason: str) -> str | None:
    if order["status"] != "pending":
        return "not pending"
    if reason not in ("no longer needed", "ordered by mistake"):
        return "invalid reason"
    refunds: list[dict[str, Any]] = []
    for payment in order["payment_history"]:
        refunds.append({**payment, "transaction_type": "refund"})
        _add_to_balance(_methods(data, order)[payment["payment_method_id"]], payment["amount"])
    order.update(status="cancelled", cancel_reason=reason)
    order["payment_history"] += refunds
    return None


def _change_address(data: Data, order: dict[str, Any], **address: str) -> str | None:
    if order["status"] != "pending":
        return "not pending"
    order["address"] = address
    return None


def _change_payment(data: Data, order: dict[str, Any], payment_method_id: str) -> str | None:
    if order["status"] != "pending":
        return "not pending"
    methods, history = _methods(data, order), order["payment_history"]
    if payment_method_id not in methods:
        return "payment method not found"
    if len(history) > 1 or history[0]["transaction_type"] != "payment":
        return "not exactly one payment"
    if history[0]["payment_method_id"] == payment_method_id:
        return "the same payment method"
    amount, new = history[0]["amount"], methods[payment_method_id]
    if new["source"] == "gift_card" and new["balance"] < amount:
        return "insufficient balance"
    old_id = history[0]["payment_method_id"]
    history += [
        {"transaction_type": "payment", "amount": amount, "payment_method_id": payment_method_id},
        {"transaction_type": "refund", "amount": amount, "payment_method_id": old_id},
    ]
    _add_to_balance(new, -amount)
    _add_to_balance(methods[old_id], amount)
    return None


def _difference(data: Data, order: dict[str, Any], item_ids: list[str], new_item_ids: list[str]) -> float | str:
    held = [item["item_id"] for item in order["items"]]
    if any(item_ids.count(each) > held.count(each) for each in item_ids):
        return "item not found"
    if len(item_ids) != len(new_item_ids):
        return "numbers differ"
    difference = 0.0
    for old_id, new_id in zip(item_ids, new_item_ids, strict=True):
        old = next(item for item in order["items"] if item["item_id"] == old_id)
        new = data["products"][old["product_id"]]["variants"].get(new_id)
        if new is None or not new["available"]:
            return "new item not available"
        difference += new["price"] - old["price"]
    return round(difference, 2)


def _payer(data: Data, order: dict[str, Any], method_id: str, amount: float) -> dict[str, Any] | str:
    method = _methods(data, order).get(method_id)
    if method is None:
        return "payment method not found"
    if method["source"] == "gift_card" and method["balance"] < amount:
        return "insufficient balance"
    return method


def _modify_items(
    data: Data, order: dict[str, Any], item_ids: list[str], new_item_ids: list[str], payment_method_id: str
) -> str | None:
    if order["status"] != "pending":
        return "not pending"
    difference = _difference(data, order, item_ids, new_item_ids)
    if isinstance(difference, str):
        return difference
    method = _payer(data, order, payment_method_id, difference)
    if isinstance(method, str):
        return method
    kind = "payment" if difference > 0 else "refund"
    order["payment_history"].append(
        {"transaction_type": kind, "amount": abs(difference), "payment_method_id": payment_method_id}
    )
    _add_to_balance(method, -difference)
    for old_id, new_id in zip(item_ids, new_item_ids, strict=True):
        item = next(item for item in order["items"] if item["item_id"] == old_id)
        new = data["products"][item["product_id"]]["variants"][new_id]
        item.update(item_id=new_id, price=new["price"], options=new["options"])
    order["status"] = "pending (item modified)"
    return None


def _return(data: Data, order: dict[str, Any], item_ids: list[str], payment_method_id: str) -> str | None:
    if order["status"] != "delivered":
        return "not delivered"
    method = _methods(data, order).get(payment_method_id)
    if method is None:
        return "payment method not found"
    if method["source"] != "gift_card" and payment_method_id != order["payment_history"][0]["payment_method_id"]:
        return "neither the first payment method nor a gift card"
    held = [item["item_id"] for item in order["items"]]
    if any(item_ids.count(each) > held.count(each) for each in item_ids):
        return "item not found"
    order.update(status="return requested", return_items=sorted(item_ids), return_payment_method_id=payment_method_id)
    return None


def _exchange(
    data: Data, order: dict[str, Any], item_ids: list[str], new_item_ids: list[str], payment_method_id: str
) -> str | None:
    if order["status"] != "delivered":
        return "not delivered"
    difference = _difference(data, order, item_ids, new_item_ids)
    if isinstance(difference, str):
        return difference
    method = _payer(data, order, payment_method_id, difference)
    if isinstance(method, str):
        return method
    order.update(
        status="exchange requested",
        exchange_items=sorted(item_ids),
        exchange_new_items=sorted(new_item_ids),
        exchange_payment_method_id=payment_method_id,
        exchange_price_difference=difference,
    )
    return None


_TOOLS: dict[str, Any] = {
    "cancel_pending_order": _cancel,
    "modify_pending_order_address": _change_address,
    "modify_pending_order_payment": _change_payment,
    "modify_pending_order_items": _modify_items,
    "return_delivered_order_items": _return,
    "exchange_delivered_order_items": _exchange,
}
