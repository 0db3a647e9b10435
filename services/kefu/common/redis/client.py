"""The Redis client of every service: opened with checks, its errors mapped to Kefu's, its waits bounded."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from functools import partial

import redis.exceptions
import structlog
from redis.asyncio import Redis
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_exponential_jitter

from kefu.common.errors import BackendUnavailable, StartupError, StorageFull
from kefu.common.redis.redis_tls import SYSTEM_AUTHORITIES, RedisTls
from kefu.common.redis.schema.check import check_schema
from kefu.common.redis.schema.version import SCHEMA
from kefu.common.redis.url import redis_client

RETRY_SECONDS = 2.0
"""`retry_after` of the error that callers get while Redis does not answer."""
STORAGE_RETRY_SECONDS = 30.0
"""`retry_after` of the error that callers get while Redis' memory is full."""
REDIS_FAILURES = (BackendUnavailable, StorageFull, redis.exceptions.RedisError)
"""Exceptions that a background task survives: Redis did not answer, or refused."""
COMMAND_SECONDS = 6.0
OPEN_SECONDS = 1.0
COMMANDS_AT_ONCE = 64
_PATIENCE_SECONDS = 30.0
_MIN_VERSION = (7, 2)
_ERROR_WORD = re.compile(r"""(?:^|caused error: (?:\(['"])?)([A-Z]{2,20}) """)
_log = structlog.stdlib.get_logger()


@contextmanager
def redis_errors() -> Iterator[None]:
    """Errors of redis-py that may pass (no connection or answer, loading, read-only, alone) become BackendUnavailable.

    A write that Redis refuses for want of memory, or because it cannot write to its disk, becomes StorageFull.
    """
    try:
        yield
    except redis.exceptions.OutOfMemoryError as exc:
        raise StorageFull(
            "The storage is full, so this was not kept. Try again later; operators give Redis more memory.",
            metadata={"what": "write", "limit": "maxmemory"},
            retry_after=STORAGE_RETRY_SECONDS,
        ) from exc
    except redis.exceptions.ResponseError as exc:
        if _lacks_replicas(exc):
            raise _unavailable() from exc
        if _error_word(exc) != "MISCONF":  # it could not write to its disk, and says so until it can
            raise
        raise StorageFull(
            "The storage cannot write to its disk, so this was not kept. Try again later; operators make room on "
            "Redis' volume.",
            metadata={"what": "write", "limit": "disk"},
            retry_after=STORAGE_RETRY_SECONDS,
        ) from exc
    except (
        redis.exceptions.ConnectionError,
        redis.exceptions.TimeoutError,
        redis.exceptions.BusyLoadingError,
        redis.exceptions.ReadOnlyError,
        OSError,
    ) as exc:
        raise _unavailable() from exc


def _unavailable() -> BackendUnavailable:
    return BackendUnavailable("The store behind this service did not answer; try again.", retry_after=RETRY_SECONDS)


def _error_word(error: redis.exceptions.ResponseError) -> str:
    """The word with which Redis refused, where redis-py has no class for it; a pipeline puts its command before it."""
    match = _ERROR_WORD.search(str(error))
    return match[1] if match else ""


def _lacks_replicas(error: BaseException) -> bool:
    """Whether a primary takes no writes because no replica follows it: right after its start, or cut off."""
    return isinstance(error, redis.exceptions.ResponseError) and _error_word(error) == "NOREPLICAS"


class CommandBreaker:
    """
    A circuit breaker for commands to a Redis that accepts connections and does not answer.

    Such a Redis is frozen, loads its data on a full machine, or is gone with its host. A command fails after
    `command_seconds`. The default of 6 s covers one command without an answer (`open_redis` waits 5 s) and a new
    connection to another server. It does not cover all of redis-py's waits, which are 20 s. For `open_seconds` after
    that no command is sent: a caller that needs several in a row would wait for each of them.

    At most `at_once` commands are under way, each on a connection of its own, and further ones wait for their turn
    within the same time. Redis runs one at a time; a burst must not meet the pool's bound, which is an error at once.
    """

    def __init__(
        self,
        *,
        command_seconds: float = COMMAND_SECONDS,
        open_seconds: float = OPEN_SECONDS,
        at_once: int = COMMANDS_AT_ONCE,
    ) -> None:
        self._command_seconds = command_seconds
        self._open_seconds = open_seconds
        self._open_until = 0.0
        self._slots = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def sending(self, block_seconds: float = 0.0) -> AsyncIterator[None]:
        """A block that sends commands; errors as from `redis_errors`.

        `block_seconds`: how much longer a command may take on purpose, as a blocking read does.
        """
        if time.monotonic() < self._open_until:
            raise BackendUnavailable(
                "The store behind this service did not answer a moment ago; try again.", retry_after=RETRY_SECONDS
            )
        try:
            with redis_errors():
                async with asyncio.timeout(self._command_seconds + block_seconds):
                    async with nullcontext() if block_seconds else self._slots:  # what waits on purpose takes no turn
                        yield
        except BackendUnavailable as error:
            if isinstance(error.__cause__, (TimeoutError, redis.exceptions.TimeoutError)):
                self._open_until = time.monotonic() + self._open_seconds
            raise
        self._open_until = 0.0


@asynccontextmanager
async def open_redis(
    url: str,
    *,
    tls: RedisTls = SYSTEM_AUTHORITIES,
    timeout_seconds: float = 5.0,
    advice_after_seconds: float = 30.0,
    schema: int = SCHEMA,
) -> AsyncIterator[Redis]:
    """A client while the block runs, opened once the server answers. Values come back as bytes.

    The wait has no end; its attempts back off to 3 s, and each new cause is logged once.

    Args:
        url: redis://, rediss:// or redis+sentinel://, see `kefu.common.redis.url`.
        tls: whose certificate a server at rediss:// has to show.
        timeout_seconds: how long a connection attempt and the answer to a command may take.
        advice_after_seconds: after this long without an answer, the log says what to check.
        schema: version of the data that the caller reads; another one than the release's own is for tests.

    Raises StartupError for a wrong URL, password or file, a server older than 7.2, and data of another schema.
    """
    async with redis_client(url, timeout_seconds, tls) as client:
        address = without_secrets(url)
        await _wait_until_ready(client, address, advice_after_seconds)
        await _check_server(client)
        await _retrying(partial(check_schema, client, schema), address, advice_after_seconds)
        yield client


@asynccontextmanager
async def open_unchecked_redis(url: str, *, name: str, tls: RedisTls = SYSTEM_AUTHORITIES) -> AsyncIterator[Redis]:
    """As `open_redis`, whatever the data's schema is; for what migrates it. `name` is that of its connections.

    Raises StartupError for a wrong URL or password, a server older than 7.2, and one that does not answer within
    `_PATIENCE_SECONDS`.
    """
    async with redis_client(url, _PATIENCE_SECONDS, tls, name=name) as client:
        address = without_secrets(url)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await _wait_until_ready(client, address, _PATIENCE_SECONDS)
        except TimeoutError:
            raise StartupError(
                f"Redis at {address} does not answer: is it running, and may this machine reach it?"
            ) from None
        await _check_server(client)
        yield client


async def _wait_until_ready(client: Redis, address: str, advice_after_seconds: float) -> None:
    async def ping() -> None:
        try:
            await client.ping()  # pyright: ignore[reportUnknownMemberType, reportGeneralTypeIssues]
        except redis.exceptions.AuthenticationError as exc:
            raise StartupError(f"Redis at {address} refused the password in KEFU_REDIS_URL ({exc}).") from None

    await _retrying(ping, address, advice_after_seconds)


async def _retrying(ask: Callable[[], Awaitable[None]], address: str, advice_after_seconds: float) -> None:
    """Ask until no passing error comes back."""
    began = time.monotonic()
    last_cause, advised = "", False

    def log_wait(state: RetryCallState) -> None:
        nonlocal last_cause, advised
        cause = str(state.outcome.exception()) if state.outcome else ""
        if cause != last_cause:
            last_cause = cause
            _log.warning("redis.waiting", address=address, cause=cause)
        if not advised and time.monotonic() - began >= advice_after_seconds:
            advised = True
            _log.error(
                "redis.still_waiting",
                address=address,
                advice=_advice(last_cause),
            )

    async for attempt in AsyncRetrying(
        wait=wait_exponential_jitter(multiplier=0.1, max=3.0),
        retry=retry_if_exception(_is_transient),
        before_sleep=log_wait,
        reraise=True,
    ):
        with attempt:
            await ask()
    if last_cause:
        _log.info("redis.ready", address=address, waited_seconds=round(time.monotonic() - began, 1))


def _advice(cause: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in cause:
        return (
            "Is its certificate of the authority in KEFU_REDIS_AUTHORITY, or else of one that this system "
            "knows, and for the name in KEFU_REDIS_URL?"
        )
    if "NOREPLICAS" in cause:
        return "Its primary takes no writes while no replica follows it: are the other pods of Redis there?"
    if "AuthenticationError" in cause:  # Redis' own ends the program at once
        return "The Sentinels want a password, or another one: end KEFU_REDIS_URL with ?sentinel_password=PASSWORD."
    return "Is Redis running there, and may this machine reach it? See KEFU_REDIS_URL."


async def _check_server(client: Redis) -> None:
    info: dict[str, object] = await client.info()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if "valkey_version" not in info:  # every Valkey is new enough; it reports redis_version 7.2.4
        version = str(info.get("redis_version", "0"))
        if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < _MIN_VERSION:
            raise StartupError(f"Redis {version} is too old: Kefu needs 7.2 or later, or Valkey.")
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        _log.warning(
            "redis.evicts",
            policy=policy,
            advice="Set maxmemory-policy noeviction, or Redis may drop knowledge.",
        )


def _is_transient(error: BaseException) -> bool:
    transient = (
        redis.exceptions.ConnectionError,
        redis.exceptions.TimeoutError,
        redis.exceptions.BusyLoadingError,
        OSError,
    )
    return isinstance(error, transient) or _lacks_replicas(error)


def without_secrets(url: str) -> str:
    """A URL for the log: without its passwords, of which Sentinels have theirs in the query."""
    return re.sub(r"://[^@/]*@", "://***@", url.partition("?")[0])
