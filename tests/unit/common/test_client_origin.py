"""Where a call comes from: taken from the gateway alone."""

from kefu.common.audit.client_origin import ClientOrigin, peer_address, read_origin, signed_origin
from tests.support.grpc_calls import BOOTSTRAP_KEY, INTERNAL_KEY
from tests.support.table import table


def test_an_origin_is_read_only_when_the_services_own_key_signed_it() -> None:
    origin = ClientOrigin("203.0.113.7", "李梅")
    value = signed_origin(INTERNAL_KEY, origin)
    assert value.isascii()
    assert INTERNAL_KEY not in value
    assert read_origin(INTERNAL_KEY, value) == origin
    assert read_origin(INTERNAL_KEY, signed_origin(BOOTSTRAP_KEY, origin)) is None
    other = signed_origin(INTERNAL_KEY, ClientOrigin("198.51.100.1"))
    assert read_origin(INTERNAL_KEY, f"{other.partition('.')[0]}.{value.partition('.')[2]}") is None


@table("value", ["", ".", "203.0.113.7", "é.é", "a" * 10_000])
def test_any_other_value_is_no_origin(value: str) -> None:
    assert read_origin(INTERNAL_KEY, value) is None


@table(
    ("peer", "address"),
    [
        ("ipv4:203.0.113.7:50312", "203.0.113.7"),
        ("ipv6:%5B2001:db8::1%5D:50312", "2001:db8::1"),
        ("ipv6:[::1]:1", "::1"),
        ("unix:", "unix"),
        ("", ""),
    ],
)
def test_the_other_end_of_a_connection_is_named_by_its_address_alone(peer: str, address: str) -> None:
    assert peer_address(peer) == address
