"""The Redis that tests share."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SharedRedis:
    """A running Redis with the data of other tests. Tenants keep them apart; none may stop, fill or configure it."""

    url: str
    admin_url: str
