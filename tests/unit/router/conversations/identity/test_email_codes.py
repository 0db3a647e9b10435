"""What is taken for a mail address, and what a mail server's URL says."""

import pytest

from kefu.common.errors import BadRequest
from kefu.router.conversations.identity.email_codes import checked_address
from kefu.router.conversations.identity.mailer import SmtpServer
from tests.support.table import table


@pytest.mark.parametrize(
    ("given", "address"),
    [("Anya@Example.com", "anya@example.com"), ("  a+b@b.co ", "a+b@b.co"), ("a.b@x-y.example", "a.b@x-y.example")],
)
def test_an_address_is_taken_in_lower_case(given: str, address: str) -> None:
    assert checked_address(given).addr_spec == address


@table(
    "given",
    [
        "",
        "anya",
        "@b.co",
        "a@",
        "a@b",
        "a@b.co, c@d.co",
        "a@b.co\r\nBcc: c@d.co",
        "A <a@b.co>",
        "a b@c.co",
        "a@b.co" * 60,
        "李@例子.中国",
        "a@@b.co",
        "a@b..co\x00",
        "a.a.a@[",
    ],
)
def test_everything_else_is_none(given: str) -> None:
    with pytest.raises(BadRequest):
        checked_address(given)


def test_a_mail_servers_url_is_read() -> None:
    server = SmtpServer.of("smtp+starttls://kefu:p%40ss@mail.example.com")
    assert (server.host, server.port, server.user, server.password) == ("mail.example.com", 587, "kefu", "p@ss")
    assert "p@ss" not in repr(server)
    with pytest.raises(ValueError, match="must look like"):
        SmtpServer.of("mail.example.com:25")
