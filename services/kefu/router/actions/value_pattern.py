"""How a value looks in a message: a pattern of a tenant, searched in linear time (RE2)."""

from typing import Any

import re2

_re2: Any = re2  # it is not typed
_MOST_CHARACTERS = 4_000


def check_pattern(pattern: str) -> None:
    """Raise ValueError for what RE2 does not take."""
    options = _re2.Options()
    options.log_errors = False
    try:
        _re2.compile(pattern, options)
    except _re2.error:
        raise ValueError("it is no RE2 pattern") from None


def values_in(pattern: str, text: str) -> list[str]:
    """The values in a message that look as a pattern says, in their order, each once."""
    found = [str(match[0]) for match in _re2.finditer(pattern, text[:_MOST_CHARACTERS]) if match[0]]
    return list(dict.fromkeys(found))
