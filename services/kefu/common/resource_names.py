"""Resource names and ids: their shapes, and the checks of those that callers send."""

import re
import uuid
from contextlib import suppress
from datetime import date

import uuid_utils

from kefu.common.errors import BadRequest

_ID = re.compile(r"[a-z][a-z0-9-]{0,62}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PART = re.compile(r"[A-Za-z0-9_-]{1,64}")


def parse_name(field: str, name: str, *kinds: str) -> tuple[str, ...]:
    """The ids in a resource name: `parse_name("turn", "sessions/s1/turns/t1", "sessions", "turns")` is `("s1", "t1")`.

    `kinds` are the collection segments, in order. Raises BadRequest, naming `field`, for a name of another shape.
    """
    parts = name.split("/")
    if len(parts) == 2 * len(kinds) and all(
        parts[2 * i] == kind and _PART.fullmatch(parts[2 * i + 1]) for i, kind in enumerate(kinds)
    ):
        return tuple(parts[1::2])
    shape = "/".join(f"{kind}/{{{kind.rstrip('s')}}}" for kind in kinds)
    raise BadRequest(field, f'must look like "{shape}".')


def check_id(field: str, value: str) -> str:
    """An id that a person chose, such as a tenant's or a collection's. Raises BadRequest, naming `field`."""
    if not _ID.fullmatch(value):
        raise BadRequest(field, "must be 1 to 63 of a-z, 0-9 and -, and begin with a letter.")
    return value


def check_day(field: str, value: str) -> date | None:
    """A day such as "2026-11-25"; None for an empty text. Raises BadRequest, naming `field`."""
    if not value:
        return None
    if _DAY.fullmatch(value):
        with suppress(ValueError):  # no calendar has a 31st of April: refused below like any other
            return date.fromisoformat(value)
    raise BadRequest(field, 'must be a day such as "2026-11-25".')


def check_validity(valid_from: str, valid_until: str) -> None:
    """Raise BadRequest unless both are days or empty, and the second is not before the first."""
    first, last = check_day("valid_from", valid_from), check_day("valid_until", valid_until)
    if first is not None and last is not None and last < first:
        raise BadRequest("valid_until", f"must not be before valid_from, {first.isoformat()}.")


def new_session_id() -> str:
    """A random UUIDv4, which nobody guesses."""
    return str(uuid.uuid4())


def new_turn_id() -> str:
    """A UUIDv7, which sorts by time (RFC 9562)."""
    return str(uuid_utils.uuid7())
