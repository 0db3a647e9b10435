"""Pagination of lists: a `page_size` of at most 100, and opaque page tokens."""

import base64
import binascii

from kefu.common.errors import BadRequest

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 50


def page_size_of(requested: int) -> int:
    """The page size to use: 0 means 50, and more than 100 means 100. Raises BadRequest for a negative one."""
    if requested < 0:
        raise BadRequest("page_size", "must not be negative.")
    return min(requested or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)


def encode_token(position: str) -> str:
    """The page token of a position (an offset, or the last id of a page). An empty position gives an empty token."""
    return base64.urlsafe_b64encode(position.encode()).decode()


def decode_token(token: str) -> str:
    """The position in a page token; empty for an empty token. Raises BadRequest for a token of another maker."""
    try:
        return base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise invalid_token() from None


def decode_number(token: str) -> int:
    """The position in a page token, as a number of at most nine digits; 0 for an empty token. See `decode_token`."""
    position = decode_token(token)
    if position and not (position.isascii() and position.isdigit() and len(position) < 10):
        raise invalid_token()
    return int(position or 0)


def invalid_token() -> BadRequest:
    """The error for a page token of another maker, or of another list."""
    return BadRequest("page_token", "is not one that this service gave.")
