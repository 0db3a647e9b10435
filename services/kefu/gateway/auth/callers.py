"""
The callers of the gateway, and the metadata with which it calls the services for them.

The value after `Bearer` says which of three kinds a caller is:
  a key (kefu_…)             passed on unchanged: the services check it
  a visitor's token (HS256)  verified here; the services are called with their own key, for the visitor, with scope chat
  any other JWT              an operator's, verified by its issuer's keys; likewise, with the scopes of its roles
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import jwt

from kefu.common.audit import client_origin
from kefu.common.audit.client_origin import ClientOrigin
from kefu.common.auth import Principal, Scope
from kefu.common.errors import AddressLimit, ScopeMissing, Unauthenticated, VisitorLimit
from kefu.common.rpc.interceptor import delegated_metadata, principal_metadata
from kefu.gateway.auth import visitor_policy
from kefu.gateway.auth.oidc import OperatorTokens
from kefu.gateway.auth.visitor_tokens import VisitorTokens
from kefu.gateway.config import GatewayConfig, comma_separated
from kefu.gateway.grpc_backends import Metadata
from kefu.gateway.rate_limit import TokenBuckets, network_of


class CallerKind(StrEnum):
    """How a caller is authenticated."""

    KEY = "key"
    """By an API key."""
    VISITOR = "visitor"
    """By a visitor's token, signed by the gateway."""
    OPERATOR = "operator"
    """By a token of the OpenID Connect issuer."""


@dataclass(frozen=True)
class Caller:
    """A caller of the gateway."""

    kind: CallerKind
    address: str
    """IP address of the client."""
    identity: str
    """A name for each caller, without a secret."""
    metadata: Callable[[], Metadata]
    """Makes the metadata of a call to a service. Call it anew for each one, because it names the current trace."""
    principal: Principal | None = None
    """None for a key: only the services know its principal."""
    name: str = ""
    """Name of an operator, for people; else empty."""


class CallerResolver:
    """Resolves callers from their `authorization`, and applies the rate limits of visitors and unknown callers.

    `visitors` and `operators` are None where the configuration has none.
    """

    def __init__(self, config: GatewayConfig, visitors: VisitorTokens | None, operators: OperatorTokens | None) -> None:
        self._internal_key = config.internal_key.get_secret_value()
        self._visitors = visitors
        self._operators = operators
        self._collections = frozenset(comma_separated(config.visitor_collections)) or None
        self._anonymous = TokenBuckets("without_key", config.anonymous_per_minute)
        self._questions = TokenBuckets("visitor_messages", config.visitor_questions_per_minute, burst_seconds=30.0)
        self._calls = TokenBuckets("visitor_calls", config.visitor_calls_per_minute, burst_seconds=30.0)

    async def caller(self, authorization: str | None, address: str) -> Caller:
        """The caller with this `authorization` and IP address.

        Raises Unauthenticated, or AddressLimit when too many such calls came from the address.
        """
        try:
            return await self._resolve(authorization, address)
        except Unauthenticated:
            self.count_refusal(address)
            raise

    def count_refusal(self, address: str) -> None:
        """Count a call without a valid key or token from this address. Raises AddressLimit when there are too many."""
        if wait := self._anonymous.take(network_of(address)):
            raise AddressLimit(
                "Too many calls without a valid key come from this address; send one, or ask less often.",
                retry_after=wait,
            )

    def admit(self, caller: Caller, service: str, method: str) -> None:
        """Raise ScopeMissing when a visitor may not call this method, and VisitorLimit when not now."""
        if caller.kind is not CallerKind.VISITOR:
            return
        if not visitor_policy.may_call(service, method):
            raise ScopeMissing(f"A visitor may not call {method}; use a key.", metadata={"scope": "key"})
        asks = method in visitor_policy.QUESTION_METHODS
        if wait := (self._questions if asks else self._calls).take(caller.identity):
            what = "messages" if asks else "calls"
            raise VisitorLimit(f"More {what} came from this visitor than are taken; wait a little.", retry_after=wait)

    async def _resolve(self, authorization: str | None, address: str) -> Caller:
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Send a key or a token as `authorization: Bearer …`.")
        if token.startswith("kefu_"):
            return self._key_caller(token, address)
        try:
            algorithm = jwt.get_unverified_header(token).get("alg")
        except jwt.InvalidTokenError:
            raise Unauthenticated("This is neither a key nor a token.") from None
        if algorithm == "HS256":  # which says who is to verify it, and no more
            return self._visitor_caller(token, address)
        if self._operators is None:
            raise Unauthenticated("Tokens of this kind are not taken here; use a key.")
        operator = await self._operators.operator(token)
        principal = Principal(operator.tenant, operator.subject, operator.scopes)
        return self._principal_caller(CallerKind.OPERATOR, principal, address, operator.name)

    def _key_caller(self, key: str, address: str) -> Caller:
        if hmac.compare_digest(key.encode(), self._internal_key.encode()):
            raise Unauthenticated("The services' own key is not for callers of the gateway.")
        credentials = ("authorization", f"Bearer {key}")
        identity = key.rpartition("_")[0]  # the id, without the secret
        origin = self._origin(address)
        return Caller(
            CallerKind.KEY, address, identity, lambda: (credentials, origin, *principal_metadata(None).items())
        )

    def _visitor_caller(self, token: str, address: str) -> Caller:
        if self._visitors is None:
            raise Unauthenticated("There are no visitors here; use a key.")
        visitor = self._visitors.verify(token)
        principal = Principal(visitor.tenant, visitor.subject, frozenset({Scope.CHAT}), self._collections)
        return self._principal_caller(CallerKind.VISITOR, principal, address)

    def _principal_caller(self, kind: CallerKind, principal: Principal, address: str, name: str = "") -> Caller:
        key = self._internal_key
        identity = f"{principal.tenant}/{principal.subject}"
        origin = self._origin(address, name)
        return Caller(kind, address, identity, lambda: (*delegated_metadata(key, principal), origin), principal, name)

    def _origin(self, address: str, name: str = "") -> tuple[str, str]:
        """The metadata that tells the services where a call comes from, for the audit log."""
        return client_origin.METADATA, client_origin.signed_origin(self._internal_key, ClientOrigin(address, name))
