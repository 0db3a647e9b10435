"""Rate limits in this process's memory: a token bucket for each caller."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from prometheus_client import Counter

REFUSED = Counter(
    "kefu_gateway_refused_total",
    "Refused since too many came, by what is limited: visitor_messages, visitor_calls, visitor_streams, "
    "address_messages, address_calls, address_streams, all_visitors, new_visitors, sign_ins, email_codes, "
    "all_email_codes, visitor_uploads, address_uploads, address_bytes, all_bytes, pushes, without_key.",
    ("limit",),
)
_MAX_KEYS = 100_000
_SEEN_SECONDS = 60.0


class _Limit:
    """
    What a token bucket is made of.

    Args:
        name: what is limited, as a label of the metric of refusals.
        per_minute: tokens a minute, 0 or more; 0: no limit.
        burst_seconds: capacity of a bucket, as the time in which it fills; at least one token.
        clock: the time in seconds.
    """

    def __init__(
        self, name: str, per_minute: float, *, burst_seconds: float = 20.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._refused = REFUSED.labels(name)
        self._rate = per_minute / 60
        self._seconds = burst_seconds
        self._burst = max(1.0, self._rate * burst_seconds)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when


class TokenBuckets(_Limit):
    """Token buckets, one for each key. At most 100,000 keys are kept; the longest unused ones are dropped."""

    def take(self, key: str, count: float = 1) -> float:
        """Take tokens of `key`: 0, or the seconds until there are so many, and then none is taken. More than a bucket
        holds are taken where it is full.
        """
        if not self._rate:
            return 0.0
        tokens, needed = self._tokens(key), min(count, self._burst)
        if tokens < needed:
            self._refused.inc()
            return (needed - tokens) / self._rate
        self._buckets[key] = (tokens - count, self._clock())
        self._buckets.move_to_end(key)
        if len(self._buckets) > _MAX_KEYS:
            self._buckets.popitem(last=False)
        return 0.0

    def give_back(self, key: str) -> None:
        """Give back a token that was taken of `key`."""
        if key in self._buckets:
            self._buckets[key] = (min(self._burst, self._tokens(key) + 1), self._clock())

    def _tokens(self, key: str) -> float:
        tokens, since = self._buckets.get(key, (self._burst, 0.0))
        return min(self._burst, tokens + (self._clock() - since) * self._rate)


class SharedBucket(_Limit):
    """One token bucket for all, of which no network takes more than its share once half of it is gone.

    A network's share is the rate divided by the networks that came in the last minute. A new one has a token.
    """

    _all: tuple[float, float] | None = None
    """Tokens, when. None: none was taken."""

    def take(self, network: str) -> float:
        """Take a token: 0, or the seconds until there is one for this network, and then none is taken."""
        if not self._rate:
            return 0.0
        now = self._clock()
        left, since = self._all or (self._burst, now)
        left = min(self._burst, left + (now - since) * self._rate)
        own, share = self._own(network, now)
        taken = left >= 1 and (left >= self._burst / 2 or own >= 1)
        self._all = left - taken, now
        self._buckets[network] = (own - taken, now)
        self._buckets.move_to_end(network)
        if taken:
            return 0.0
        self._refused.inc()
        return max((1 - left) / self._rate, (1 - own) / share if left < self._burst / 2 else 0.0)

    def _own(self, network: str, now: float) -> tuple[float, float]:
        """A network's tokens, at least none, and its share of the rate."""
        known = self._buckets.pop(network, None)
        while self._buckets:
            eldest, (_, seen) = next(iter(self._buckets.items()))
            if now - seen < _SEEN_SECONDS and len(self._buckets) < _MAX_KEYS:
                break
            del self._buckets[eldest]
        share = self._rate / (len(self._buckets) + 1)
        tokens, since = known or (1.0, now)
        return max(0.0, min(max(1.0, share * self._seconds), tokens + (now - since) * share)), share


def network_of(address: str) -> str:
    """The unit that counts as one address: an IPv4 address, or the /64 of an IPv6 address, which one customer has."""
    return _network_of(address, 64)


def site_of(address: str) -> str:
    """The /48 of an IPv6 address, which one customer may have whole; an IPv4 address as it is."""
    return _network_of(address, 48)


def _network_of(address: str, prefix: int) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0].strip("[]"))
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, prefix), strict=False))
    return str(parsed)
