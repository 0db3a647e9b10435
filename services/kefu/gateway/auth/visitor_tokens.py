"""
Tokens of visitors: customers on a public page, who have no key.

A token is a JWT (HS256) of one hour. The token itself is exchanged for a fresh one of the same visitor, also for some
days after its expiry. The gateway stores nothing. An exchanged token stays valid until its own expiry: everyone who has
a token is its visitor. Each token carries the time of the first one, so that a chain of refreshes ends after
`visitor_days`.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jwt

from kefu.common.auth import VISITOR_PREFIX
from kefu.common.errors import Unauthenticated

AUDIENCE = "kefu-visitor"
_ISSUER = "kefu-gateway"
_ALGORITHM = "HS256"
_REQUIRED = ["exp", "iat", "sub", "aud", "iss", "tenant", "since"]
_SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True)
class Visitor:
    """The visitor that a token names."""

    tenant: str
    subject: str
    """`visitor-` and a UUID."""
    since: float
    """The time of the visitor's first token, in seconds since the epoch."""
    expires: float = field(compare=False)
    """When the token ends, in seconds since the epoch. A visitor is the same with each token."""


class VisitorTokens:
    """Issues, verifies and refreshes visitors' tokens.

    Args:
        secrets: at least one, of 32 characters or more. The first one signs; all are accepted.
        tenant: the tenant of all visitors.
        minutes: life of a token.
        refresh_days: how long after its expiry a token can be exchanged.
        days: life of a visitor, over all refreshes.
        clock: the time in seconds since the epoch.
    """

    def __init__(
        self,
        secrets: Sequence[str],
        tenant: str,
        *,
        minutes: float = 60.0,
        refresh_days: float = 7.0,
        days: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secrets = secrets
        self._tenant = tenant
        self._token_seconds = minutes * 60
        self._refresh_seconds = refresh_days * _SECONDS_PER_DAY
        self._max_visitor_seconds = days * _SECONDS_PER_DAY
        self._clock = clock

    @property
    def token_seconds(self) -> float:
        """The life of a token, in seconds."""
        return self._token_seconds

    def issue(self) -> str:
        """A token for a new visitor."""
        return self._token(f"{VISITOR_PREFIX}{uuid.uuid4()}", self._clock())

    def verify(self, token: str) -> Visitor:
        """The visitor that a token names. Raises Unauthenticated."""
        claims = self._claims(token)
        if claims["exp"] <= self._clock():
            raise Unauthenticated("This visitor's token has expired; exchange it at /api/visitor.")
        return Visitor(claims["tenant"], claims["sub"], claims["since"], claims["exp"])

    def refresh(self, token: str) -> str:
        """A fresh token for the visitor of an old one. Raises Unauthenticated for one that is too old or not valid."""
        claims, now = self._claims(token), self._clock()
        if claims["exp"] + self._refresh_seconds <= now or claims["since"] + self._max_visitor_seconds <= now:
            raise Unauthenticated("This visitor's token is too old; ask for a new visitor's.")
        return self._token(claims["sub"], claims["since"])

    def _token(self, subject: str, since: float) -> str:
        now = self._clock()
        claims = {
            "iss": _ISSUER,
            "aud": AUDIENCE,
            "tenant": self._tenant,
            "sub": subject,
            "iat": int(now),
            "exp": int(now + self._token_seconds),
            "since": int(since),
            "jti": uuid.uuid4().hex,
        }
        return jwt.encode(claims, self._secrets[0], algorithm=_ALGORITHM)

    def _claims(self, token: str) -> dict[str, Any]:
        for secret in self._secrets:
            try:
                claims = jwt.decode(
                    token,
                    secret,
                    algorithms=[_ALGORITHM],
                    audience=AUDIENCE,
                    issuer=_ISSUER,
                    # By our own clock, and an expired one may still be refreshed.
                    options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
                )
            except jwt.InvalidSignatureError:
                continue
            except jwt.InvalidTokenError:
                break
            if claims["tenant"] != self._tenant or not str(claims["sub"]).startswith(VISITOR_PREFIX):
                break
            return claims
        raise Unauthenticated("This is no valid token of a visitor.")
