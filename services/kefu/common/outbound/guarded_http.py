"""Guarded HTTP: calls to addresses that a tenant chose, behind the SSRF guard. No redirects, no proxies."""

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import httpcore

from kefu.common.outbound.ssrf import Address, AddressNotAllowed, AddressNotPublic, PinnedBackend, is_public

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_CONNECT_SECONDS = 5.0
_USER_AGENT = f"kefu/{version('kefu')}"


class CallFailed(OSError):
    """A call without an answer that could be read. The message is a sentence without its full stop."""


class CallNotAllowed(CallFailed):
    """A call that is not made, whenever it is tried: its address lies within a private network."""


class AnswerTooLong(CallFailed):
    """A call whose answer is longer than it may be."""


@dataclass(frozen=True)
class HttpAnswer:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name; of several of one name the last."""
    body: bytes


class GuardedHttp:
    """Makes the calls. One for each process; see `open_guarded_http`."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        seconds: float,
        most_bytes: int | None,
        cut: bool = False,
    ) -> HttpAnswer:
        """The answer to a call; its body is left empty, unread, where `most_bytes` is None. Redirects are answers too.

        `cut`: of a longer body the first `most_bytes` are enough.

        Raises CallFailed when the address may not be called, nobody answers within `seconds`, or the answer is longer
        than `most_bytes` or packed. Whether the other side took the call is not known then.
        """
        sent = {"user-agent": _USER_AGENT, "accept-encoding": "identity", **(headers or {})}
        if body or method in ("POST", "PUT", "PATCH"):
            sent["content-length"] = str(len(body))
        timeouts = {"connect": min(_CONNECT_SECONDS, seconds), "read": seconds, "write": seconds, "pool": seconds}
        try:
            async with (
                asyncio.timeout(seconds),
                self._pool.stream(
                    method, url, headers=list(sent.items()), content=body, extensions={"timeout": timeouts}
                ) as answer,
            ):
                found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
                if most_bytes is None:
                    return HttpAnswer(answer.status, found, b"")
                if found.get("content-encoding", "identity") != "identity":
                    raise CallFailed("it answered packed, although it was asked not to")
                too_long = AnswerTooLong(f"its answer is longer than {most_bytes} bytes")
                declared = found.get("content-length", "")
                if not cut and declared.isdecimal() and len(declared) < 20 and int(declared) > most_bytes:
                    raise too_long
                parts, length = list[bytes](), 0
                async for part in answer.aiter_stream():
                    length += len(part)
                    parts.append(part)
                    if length > most_bytes:
                        if not cut:
                            raise too_long
                        break
                body = b"".join(parts)
                return HttpAnswer(answer.status, found, body[:most_bytes] if cut else body)
        except CallFailed:
            raise
        except AddressNotPublic as error:
            raise CallNotAllowed(str(error)) from None
        except AddressNotAllowed as error:
            raise CallFailed(str(error)) from None
        except (TimeoutError, httpcore.TimeoutException):
            raise CallFailed(f"it did not answer within {seconds:g} s") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError) as error:
            raise CallFailed(f"it could not be reached ({type(error).__name__})") from error

    async def json(self, url: str, *, seconds: float, most_bytes: int) -> Any:
        """The JSON document at an address. Raises CallFailed, or ValueError when there is something else."""
        answer = await self.call("GET", url, seconds=seconds, most_bytes=most_bytes)
        if answer.status != 200:
            raise CallFailed(f"it answered with status {answer.status}")
        return json.loads(answer.body)


def networks(names: str) -> tuple[Network, ...]:
    """Networks or addresses with commas between, such as "10.0.5.0/24, 127.0.0.1". Raises ValueError."""
    return tuple(ipaddress.ip_network(name) for each in names.split(",") if (name := each.strip()))


def permits(private: Sequence[Network]) -> Callable[[Address], bool]:
    """Which addresses may be called: public ones, and those in `private`."""

    def permitted(address: Address) -> bool:
        return is_public(address) or any(address in network for network in private)

    return permitted


@asynccontextmanager
async def open_guarded_http(permitted: Callable[[Address], bool] = is_public) -> AsyncIterator[GuardedHttp]:
    """Guarded HTTP while the block runs. `permitted` decides on each address of a host."""
    async with httpcore.AsyncConnectionPool(
        network_backend=PinnedBackend(permitted), max_connections=100, keepalive_expiry=30.0
    ) as pool:
        yield GuardedHttp(pool)
