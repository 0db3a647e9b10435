"""
A Redis client from KEFU_REDIS_URL, for one server, or for the primary that the Sentinels name.

    redis://[[user]:password@]host:6379/0          rediss://... with TLS
    redis+sentinel://[[user]:password@]host:26379,host:26379,host:26379/SERVICE[/0][?sentinel_password=PASSWORD]

User and password are the servers'. Sentinels are asked without a password, unless the URL has one for them.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, unquote

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection

from kefu.common.errors import StartupError
from kefu.common.redis.redis_tls import SYSTEM_AUTHORITIES, RedisTls

_SENTINEL_SCHEME = "redis+sentinel://"
_SENTINEL_PORT = 26379
_MAX_CONNECTIONS = 1_000
"""Beyond it redis-py raises an error at once; by default that is at 100. See `CommandBreaker` for what bounds them."""


class _ClosingPool(ConnectionPool):
    """A pool that leaves no connection open once it is closed.

    Who comes late, such as a call that was cancelled, is connected anew by redis-py's, and so is a command that was
    under way, at its second try. Nobody would close that.
    """

    is_closed = False

    async def get_connection(self, command_name: str | None = None, *keys: Any, **options: Any) -> AbstractConnection:
        if self.is_closed:
            raise NoConnection("This client is closed.")
        return await super().get_connection()  # pyright: ignore

    async def release(self, connection: AbstractConnection) -> None:
        if self.is_closed:
            await connection.disconnect()
        await super().release(connection)

    async def aclose(self) -> None:
        self.is_closed = True
        await super().aclose()


class _ClosingSentinelPool(_ClosingPool, SentinelConnectionPool):
    """The same, behind Sentinels."""


@asynccontextmanager
async def redis_client(
    url: str, timeout_seconds: float, tls: RedisTls = SYSTEM_AUTHORITIES, *, name: str = ""
) -> AsyncIterator[Redis]:
    """A client while the block runs; it connects at its first command. Raises StartupError for a wrong URL.

    `timeout_seconds` bounds each connection attempt and each answer. Behind Sentinels, a connection that is lost, or
    whose server was demoted, is made anew to the new primary. `name` is that of the connections in the server's list.
    """
    options: dict[str, Any] = {
        "socket_timeout": timeout_seconds,
        "socket_connect_timeout": timeout_seconds,
        "health_check_interval": 15,
        "max_connections": _MAX_CONNECTIONS,
        "retry": Retry(NoBackoff(), 1),  # one reconnect: a caller with a deadline gets its error sooner
        **tls.options(url),
    }
    if name:
        options["client_name"] = name
    try:
        if not url.startswith(_SENTINEL_SCHEME):
            client, sentinels = Redis.from_pool(_ClosingPool.from_url(url, **options)), list[Redis]()  # pyright: ignore
        else:
            client, sentinels = _behind_sentinels(url, timeout_seconds, options)
    except ValueError as exc:
        raise StartupError(
            f"KEFU_REDIS_URL is not a Redis URL ({exc}); write redis://host:6379/0, or "
            "redis+sentinel://host:26379,host:26379/service."
        ) from None
    try:
        yield client
    finally:
        for one in (client, *sentinels):
            await one.aclose()


def _behind_sentinels(url: str, timeout_seconds: float, options: dict[str, Any]) -> tuple[Redis, list[Redis]]:
    address, _, query = url.removeprefix(_SENTINEL_SCHEME).partition("?")
    of_sentinels = parse_qs(query).get("sentinel_password", [""])[0]
    authority, _, path = address.partition("/")
    login, _, hosts = authority.rpartition("@")
    user, _, password = login.partition(":")
    service, _, number = path.partition("/")
    if not service or not hosts or not (number or "0").isdecimal():
        raise ValueError("it names no service behind its Sentinels")
    sentinel = Sentinel(
        [_address(host) for host in hosts.split(",")],
        sentinel_kwargs={
            "socket_timeout": min(timeout_seconds, 1.0),
            "socket_connect_timeout": min(timeout_seconds, 1.0),
            "password": of_sentinels or None,
        },
    )
    client: Redis = sentinel.master_for(  # pyright: ignore[reportUnknownMemberType]
        service,
        db=int(number or "0"),
        username=unquote(user) or None,
        password=unquote(password) or None,
        connection_pool_class=_ClosingSentinelPool,
        **options,
    )
    return client, sentinel.sentinels


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon:
        return text, _SENTINEL_PORT
    if not host or not port.isdecimal():
        raise ValueError(f"{text!r} is no host:port")
    return host, int(port)
