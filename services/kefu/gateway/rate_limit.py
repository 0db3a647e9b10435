"""Rate limits in this process's memory: a token bucket for each caller."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from prometheus_client import Counter

REFUSED = Counter(
    "kefu_gateway_refused_total",
    "Refused since too many came, by what is limited: visitor_messages, visitor_calls, new_visitors, without_key.",
    ("limit",),
)
_MAX_KEYS = 100_000


class TokenBuckets:
    """
    Token buckets, one for each key. At most 100,000 keys are kept; the longest unused ones are dropped.

    Args:
        name: what is limited, as a label of the metric of refusals.
        per_minute: tokens a minute for each key, greater than 0.
        burst_seconds: capacity of a bucket, as the time in which it fills; at least one token.
        clock: the time in seconds.
    """

    def __init__(
        self, name: str, per_minute: float, *, burst_seconds: float = 20.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._refused = REFUSED.labels(name)
        self._rate = per_minute / 60
        self._burst = max(1.0, self._rate * burst_seconds)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when

    def wait(self, key: str) -> float:
        """Seconds until `key` has a token; 0: now. Takes none."""
        return max(0.0, (1 - self._tokens(key)) / self._rate)

    def take(self, key: str) -> float:
        """Take a token of `key`: 0, or the seconds until there is one, and then none is taken."""
        tokens = self._tokens(key)
        if tokens < 1:
            self._refused.inc()
            return (1 - tokens) / self._rate
        self._buckets[key] = (tokens - 1, self._clock())
        self._buckets.move_to_end(key)
        if len(self._buckets) > _MAX_KEYS:
            self._buckets.popitem(last=False)
        return 0.0

    def _tokens(self, key: str) -> float:
        tokens, since = self._buckets.get(key, (self._burst, 0.0))
        return min(self._burst, tokens + (self._clock() - since) * self._rate)


def network_of(address: str) -> str:
    """The unit that counts as one address: an IPv4 address, or the /64 of an IPv6 address, which one customer has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0].strip("[]"))
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
