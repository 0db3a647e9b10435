"""
Tokens of visitors: customers on a public page, who have no key.

A token is a JWT (HS256) of one hour. The token itself is exchanged for a fresh one of the same visitor, also for some
days after its expiry. The gateway stores nothing. An exchanged token stays valid until its own expiry: everyone who has
a token is its visitor. Each token carries the time of the first one, so that a chain of refreshes ends after
`visitor_days`.

A customer whose identity was verified has a token of the same kind, which carries what was verified, as it was then. It
ends, with all that it was exchanged for, `customer_hours` after that. Such a token never becomes a visitor's again.
"""

import json
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jwt
import pydantic

from kefu.common.customers import CUSTOMER_PREFIX, VISITOR_PREFIX, Customer
from kefu.common.errors import BadRequest, Unauthenticated

AUDIENCE = "kefu-visitor"
_ISSUER = "kefu-gateway"
_ALGORITHM = "HS256"
_REQUIRED = ["exp", "iat", "sub", "aud", "iss", "tenant", "since"]
_SECONDS_PER_HOUR = 3_600.0
_SECONDS_PER_DAY = 86_400.0
_MAX_TOKEN_CHARACTERS = 7_500
"""Proxies take 8 KiB for a line of a header, gRPC as much for all metadata of a call."""


@dataclass(frozen=True)
class Visitor:
    """The visitor that a token names."""

    tenant: str
    subject: str
    """`visitor-` and a UUID, or `customer-` and a hash."""
    since: float
    """The time of the visitor's first token, in seconds since the epoch."""
    expires: float = field(compare=False)
    """When the token ends, in seconds since the epoch. A visitor is the same with each token."""
    customer: Customer | None = None
    """Who it is, as verified; None: nobody that is known."""


class VisitorTokens:
    """Issues, verifies and refreshes visitors' tokens.

    Args:
        secrets: at least one, of 32 characters or more. The first one signs; all are accepted.
        tenant: the tenant of all visitors.
        minutes: life of a token.
        refresh_days: how long after its expiry a token can be exchanged.
        days: life of a visitor, over all refreshes.
        customer_hours: life of a verified identity, over all refreshes.
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
        customer_hours: float = 12.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._secrets = secrets
        self._tenant = tenant
        self._token_seconds = minutes * 60
        self._refresh_seconds = refresh_days * _SECONDS_PER_DAY
        self._max_visitor_seconds = days * _SECONDS_PER_DAY
        self._max_customer_seconds = customer_hours * _SECONDS_PER_HOUR
        self._clock = clock

    def issue(self) -> str:
        """A token for a new visitor."""
        return self._token(f"{VISITOR_PREFIX}{uuid.uuid4()}", self._clock(), None)

    def issue_to_customer(self, subject: str, customer: Customer) -> str:
        """A token for a customer whose identity was verified; `subject` is the customer's.

        Raises BadRequest when the claims are too long for a token, and Unauthenticated for an old verification.
        """
        self._check_verification(customer)
        return self._token(subject, self._clock(), customer)

    def life_of(self, token: str) -> int:
        """The seconds for which a token is good, from its issue on. Raises Unauthenticated."""
        claims = self._claims(token)
        return claims["exp"] - claims["iat"]

    def verify(self, token: str) -> Visitor:
        """The visitor that a token names. Raises Unauthenticated."""
        visitor = self._visitor(token)
        if visitor.expires <= self._clock():
            raise Unauthenticated("This visitor's token has expired; exchange it at /api/visitor.")
        return visitor

    def refresh(self, token: str) -> str:
        """A fresh token for the visitor of an old one. Raises Unauthenticated for one that is too old or not valid.

        What was verified of a customer is kept, and so is the time at which the customer has to sign in again.
        """
        visitor, now = self._visitor(token), self._clock()
        if visitor.customer is not None:
            self._check_verification(visitor.customer)
        if visitor.expires + self._refresh_seconds <= now or visitor.since + self._max_visitor_seconds <= now:
            raise Unauthenticated("This visitor's token is too old; ask for a new visitor's.")
        return self._token(visitor.subject, visitor.since, visitor.customer)

    def _check_verification(self, customer: Customer) -> None:
        if customer.verify_time + self._max_customer_seconds <= self._clock():
            raise Unauthenticated("This customer's identity was verified too long ago; sign in again.")

    def _token(self, subject: str, since: float, customer: Customer | None) -> str:
        now = self._clock()
        claims: dict[str, Any] = {
            "iss": _ISSUER,
            "aud": AUDIENCE,
            "tenant": self._tenant,
            "sub": subject,
            "iat": int(now),
            "exp": int(now + self._token_seconds),
            "since": int(since),
            "jti": uuid.uuid4().hex,
        }
        if customer is not None:
            claims["customer"] = json.loads(customer.to_json())
            claims["exp"] = min(claims["exp"], int(customer.verify_time + self._max_customer_seconds))
        token = jwt.encode(claims, self._secrets[0], algorithm=_ALGORITHM)
        if len(token) > _MAX_TOKEN_CHARACTERS:
            raise BadRequest("token", "has claims that are too long to be kept; ask for fewer or shorter ones.")
        return token

    def _visitor(self, token: str) -> Visitor:
        claims = self._claims(token)
        try:
            customer = Customer.from_json(json.dumps(claims["customer"])) if "customer" in claims else None
        except pydantic.ValidationError:
            raise _not_valid() from None
        # A subject of one kind in a token of the other would be anybody's, or lose what was verified.
        if not str(claims["sub"]).startswith(VISITOR_PREFIX if customer is None else CUSTOMER_PREFIX):
            raise _not_valid()
        return Visitor(claims["tenant"], claims["sub"], claims["since"], claims["exp"], customer)

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
            if claims["tenant"] != self._tenant:
                break
            return claims
        raise _not_valid()


def _not_valid() -> Unauthenticated:
    return Unauthenticated("This is no valid token of a visitor.")
