"""Pages of a list: `page_size` of at most 100, and a token that means nothing to its holder."""

import base64
import binascii

from kefu.common.errors import BadRequest

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 50


def page_size_of(requested: int) -> int:
    """The size to use: 0 means 50, more than 100 means 100; a negative one raises BadRequest."""
    if requested < 0:
        raise BadRequest("page_size", "must not be negative.")
    return min(requested or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)


def encode_token(position: str) -> str:
    """Hide a position (an offset, or the last id of a page) in a token; an empty position gives an empty token."""
    return base64.urlsafe_b64encode(position.encode()).decode()


def decode_token(token: str) -> str:
    """The position in a token, empty for an empty token; raises BadRequest for one that we did not make."""
    try:
        return base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise foreign_token() from None


def decode_number(token: str) -> int:
    """As `decode_token`, for a position that is a number; 0 for an empty token."""
    position = decode_token(token)
    if position and not (position.isascii() and position.isdigit() and len(position) < 10):
        raise foreign_token()
    return int(position or 0)


def foreign_token() -> BadRequest:
    """What a token comes to that we did not make, or made for another list."""
    return BadRequest("page_token", "is not one that this service gave.")
