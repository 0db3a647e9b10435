"""The order system's configuration."""

import pytest

from kefu.order_system.config import OrdersConfig
from tests.support.table import table


@table(
    ("fields", "said"),
    [
        ({"api_key": "short"}, "16 characters"),
        ({"kefu": "javascript:alert(1)"}, "KEFU_ORDERS_KEFU"),
        ({"kefu": "https://kefu.example.com; script-src *"}, "KEFU_ORDERS_KEFU"),
        ({"kefu": "https://kefu.example.com/path"}, "KEFU_ORDERS_KEFU"),
        ({"origin": "shop.example.com"}, "KEFU_ORDERS_ORIGIN"),
    ],
)
def test_a_configuration_that_would_not_do_is_refused(fields: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        OrdersConfig.model_validate({"api_key": "a key of the tests", **fields})


@pytest.mark.parametrize(
    ("listen", "origin", "expected"),
    [
        ("127.0.0.1:0", "", "http://127.0.0.1:81"),
        ("0.0.0.0:0", "", "http://localhost:81"),
        ("127.0.0.1:0", "https://shop.example.com/", "https://shop.example.com"),
    ],
)
def test_the_issuer_of_tokens_is_where_browsers_find_the_shop(listen: str, origin: str, expected: str) -> None:
    config = OrdersConfig.model_validate({"api_key": "a key of the tests", "listen": listen, "origin": origin})
    assert config.origin_at(81) == expected
