"""Availability of a server of chat completions: it is asked for its models, at the start and again and again."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

import openai
import structlog

_log = structlog.stdlib.get_logger()
_AWAY_AFTER = 2
"""Checks in a row that fail before a server that answered is called away: a busy one may miss one."""
_TIMEOUT_SECONDS = 5.0
_REFUSED = (401, 403)


async def availability(
    client: openai.AsyncOpenAI, seconds: float, begin: Callable[[], Awaitable[None]]
) -> AsyncGenerator[bool, None]:
    """Whether the server can be used: first as it is now, then each change.

    Args:
        client: asks the server.
        seconds: between two checks.
        begin: called when the server is there, at first or again, before that is told; what it raises means away.
    """
    there: bool | None = None
    failures = 0
    while True:
        why = await _why_away(client, None if there else begin)
        failures = failures + 1 if why else 0
        if not why and there is not True:
            there = True
            _log.info("openai.server_answers", url=str(client.base_url))
            yield True
        elif why and (there is None or (there and failures >= _AWAY_AFTER)):
            there = False
            _log.error("openai.server_away", url=str(client.base_url), why=why)
            yield False
        await asyncio.sleep(seconds)


async def _why_away(client: openai.AsyncOpenAI, begin: Callable[[], Awaitable[None]] | None) -> str:
    """Why the server cannot be used; empty: it can. One that has no list of models, or limits calls, is there."""
    try:
        await client.with_options(timeout=_TIMEOUT_SECONDS, max_retries=0).models.list()
    except openai.APIStatusError as error:
        if error.status_code in _REFUSED or error.status_code >= 500:
            return f"HTTP {error.status_code}: {error.message}"
    except Exception as error:  # the client lets the errors of its transport and of JSON through
        return repr(error)
    if begin is not None:
        try:
            await begin()
        except Exception as error:
            return f"it is there, and did not answer a question: {error!r}"
    return ""
