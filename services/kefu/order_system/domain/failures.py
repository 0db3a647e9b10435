"""What can go wrong with an operation: the thing is not there, or the rules refuse it. Neither changes anything."""

from enum import StrEnum


class Missing(StrEnum):
    """What was not found."""

    CUSTOMER = "CUSTOMER_NOT_FOUND"
    ORDER = "ORDER_NOT_FOUND"
    """There is none, or it is another customer's: a caller cannot tell the two apart."""
    PRODUCT = "PRODUCT_NOT_FOUND"
    ITEM = "ITEM_NOT_FOUND"
    OPERATION = "OPERATION_NOT_FOUND"


class Refusal(StrEnum):
    """Why the rules refuse an operation."""

    ORDER_NOT_PENDING = "ORDER_NOT_PENDING"
    ORDER_NOT_DELIVERED = "ORDER_NOT_DELIVERED"
    RETURN_TIME_OVER = "RETURN_TIME_OVER"
    """The days in which a product may be returned or exchanged are over."""
    INVALID_REASON = "INVALID_REASON"
    ITEM_NOT_IN_ORDER = "ITEM_NOT_IN_ORDER"
    NEW_ITEM_UNAVAILABLE = "NEW_ITEM_UNAVAILABLE"
    """It does not exist, is of another product, or is sold out."""
    PAYMENT_METHOD_UNKNOWN = "PAYMENT_METHOD_UNKNOWN"
    PAYMENT_METHOD_UNCHANGED = "PAYMENT_METHOD_UNCHANGED"
    PAYMENT_METHOD_NOT_ALLOWED = "PAYMENT_METHOD_NOT_ALLOWED"
    """A refund goes to the order's payment method or to a gift card."""
    PAYMENT_CHANGED_BEFORE = "PAYMENT_CHANGED_BEFORE"
    GIFT_CARD_BALANCE_TOO_LOW = "GIFT_CARD_BALANCE_TOO_LOW"


class NotFound(Exception):
    """There is no such thing, or not for this customer."""

    def __init__(self, code: Missing, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Refused(Exception):
    """The rules do not allow the operation. The message is a sentence for the customer."""

    def __init__(self, code: Refusal, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
