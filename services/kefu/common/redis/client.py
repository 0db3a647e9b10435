"""Redis, opened the same way by every service, and its errors turned into ours."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import redis.exceptions
import structlog
from redis.asyncio import Redis
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential_jitter

from kefu.common.errors import BackendUnavailable, StartupError
from kefu.common.redis.url import redis_client

SCHEMA = 1
"""Version of the keys, the 1 in `kefu:1:…`."""
SCHEMA_KEY = "kefu:schema"
RETRY_SECONDS = 2.0
"""What a caller is advised to wait when Redis does not answer."""
REDIS_FAILURES = (BackendUnavailable, redis.exceptions.RedisError)
"""What a task that goes on for ever survives: Redis did not answer, or refused."""
_MINIMUM = (7, 2)
_COMMAND_SECONDS = 6.0
_SILENCE_SECONDS = 1.0
_log = structlog.stdlib.get_logger()


@contextmanager
def redis_errors() -> Iterator[None]:
    """Let nothing of redis-py escape that says only "not now": it becomes BackendUnavailable."""
    try:
        yield
    except (
        redis.exceptions.ConnectionError,
        redis.exceptions.TimeoutError,
        redis.exceptions.BusyLoadingError,
        redis.exceptions.ReadOnlyError,
        OSError,
    ) as exc:
        raise BackendUnavailable(
            "The store behind this service did not answer; try again.", retry_after=RETRY_SECONDS
        ) from exc


class Silence:
    """
    Bounds the wait for a Redis that is there and says nothing: frozen, loading on a full machine, gone with its host.

    A command fails after 6 s: time for one that is not answered (`open_redis` waits 5 s) and for a connection made anew
    to another server, not for all of redis-py's waits, which are 20 s. For a second after that none is sent: whoever
    needs several in a row would wait for each of them.
    """

    def __init__(self) -> None:
        self._until = 0.0

    @asynccontextmanager
    async def asking(self, block_seconds: float = 0.0) -> AsyncIterator[None]:
        """Send commands in the block; as `redis_errors`. `block_seconds`: Redis may take so long on purpose."""
        if time.monotonic() < self._until:
            raise BackendUnavailable(
                "The store behind this service did not answer a moment ago; try again.", retry_after=RETRY_SECONDS
            )
        try:
            with redis_errors():
                async with asyncio.timeout(_COMMAND_SECONDS + block_seconds):
                    yield
        except BackendUnavailable as error:
            if isinstance(error.__cause__, (TimeoutError, redis.exceptions.TimeoutError)):
                self._until = time.monotonic() + _SILENCE_SECONDS
            raise
        self._until = 0.0


@asynccontextmanager
async def open_redis(url: str, *, timeout: float = 5.0, advise_after: float = 30.0) -> AsyncIterator[Redis]:
    """A client of the server at `url`, once it answers: waits with backoff, one log line a cause, then an advice.

    Values come back as bytes. Raises StartupError for a server that is too old, or whose data is of a newer schema.
    """
    async with redis_client(url, timeout) as client:
        await _wait_until_ready(client, _without_password(url), advise_after)
        await _check_server(client)
        yield client


async def _wait_until_ready(client: Redis, address: str, advise_after: float) -> None:
    began = time.monotonic()
    last_cause, advised = "", False

    def tell(state: RetryCallState) -> None:
        nonlocal last_cause, advised
        cause = str(state.outcome.exception()) if state.outcome else ""
        if cause != last_cause:
            last_cause = cause
            _log.warning("redis.waiting", address=address, cause=cause)
        if not advised and time.monotonic() - began >= advise_after:
            advised = True
            _log.error(
                "redis.still_waiting",
                address=address,
                advice="Is Redis running there, and may this machine reach it? See KEFU_REDIS_URL.",
            )

    async for attempt in AsyncRetrying(
        wait=wait_exponential_jitter(multiplier=0.1, max=3.0),
        retry=retry_if_exception(_may_pass),
        before_sleep=tell,
        reraise=True,
    ):
        with attempt:
            try:
                await client.ping()  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues]
            except redis.exceptions.AuthenticationError as exc:
                raise StartupError(f"Redis at {address} refused the password in KEFU_REDIS_URL ({exc}).") from None
    if last_cause:
        _log.info("redis.ready", address=address, waited_seconds=round(time.monotonic() - began, 1))


async def _check_server(client: Redis) -> None:
    info: dict[str, object] = await client.info()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if "valkey_version" not in info:  # every Valkey is new enough; it reports redis_version 7.2.4
        version = str(info.get("redis_version", "0"))
        if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < _MINIMUM:
            raise StartupError(f"Redis {version} is too old: Kefu needs 7.2 or later, or Valkey.")
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        _log.warning(
            "redis.evicts",
            policy=policy,
            advice="Set maxmemory-policy noeviction, or Redis may drop knowledge.",
        )
    await client.set(SCHEMA_KEY, SCHEMA, nx=True)
    found = int(await client.get(SCHEMA_KEY) or SCHEMA)
    if found > SCHEMA:
        raise StartupError(
            f"The data in Redis is of schema {found} and this release knows {SCHEMA}: run a newer release of Kefu."
        )


def _may_pass(error: BaseException) -> bool:
    waiting = (
        redis.exceptions.ConnectionError,
        redis.exceptions.TimeoutError,
        redis.exceptions.BusyLoadingError,
        OSError,
    )
    return isinstance(error, waiting)


def _without_password(url: str) -> str:
    return re.sub(r"://[^@/]*@", "://***@", url)
