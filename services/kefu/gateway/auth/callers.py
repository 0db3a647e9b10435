"""
The callers of the gateway, and the metadata with which it calls the services for them.

The value after `Bearer` says which of three kinds a caller is:
  a key (kefu_…)             the router says whether it is valid, once in a while; passed on unchanged to the services,
                             which check it at each call
  a visitor's token (HS256)  verified here; the services are called with their own key, for the visitor, with scope chat
                             and what was verified of a customer
  any other JWT              an operator's, verified by its issuer's keys; likewise, with the scopes of its roles
"""

import hmac
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum

import jwt

from kefu.common.audit import client_origin
from kefu.common.audit.client_origin import ClientOrigin
from kefu.common.auth import Principal, Scope, is_well_formed
from kefu.common.errors import AddressLimit, BackendUnavailable, ScopeMissing, Unauthenticated, VisitorLimit
from kefu.common.open_calls import OpenCalls
from kefu.common.rpc.interceptor import delegated_metadata, principal_metadata
from kefu.gateway.auth import visitor_policy
from kefu.gateway.auth.key_verifier import KeyVerifier
from kefu.gateway.auth.oidc import OperatorTokens
from kefu.gateway.auth.visitor_tokens import VisitorTokens
from kefu.gateway.config import GatewayConfig, comma_separated
from kefu.gateway.grpc_backends import Metadata
from kefu.gateway.rate_limit import REFUSED, SharedBucket, TokenBuckets, network_of, site_of

_CALLS_PER_MESSAGE = 10
"""Calls that visitors of one address may make for each message that they may send."""
_ADDRESSES_PER_SITE = 8
"""Addresses (/64) whose limits one /48 of IPv6 may use up."""
_ANSWERS_PER_WATCH = 2
"""Answers that a visitor may read at once for each watch that may be open."""
_STREAM_RETRY_SECONDS = 10.0


class CallerKind(StrEnum):
    """How a caller is authenticated."""

    KEY = "key"
    """By an API key."""
    VISITOR = "visitor"
    """By a visitor's token, signed by the gateway; a customer's whose identity was verified is one, too."""
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
    expires: float | None = None
    """When the token of a visitor or operator ends, in seconds since the epoch. None for a key, which the services
    check again and again."""


class CallerResolver:
    """Resolves callers from their `authorization`, and applies the limits of visitors and unknown callers.

    All of this happens before a request is read. `visitors` and `operators` are None where the configuration has none.
    """

    def __init__(
        self,
        config: GatewayConfig,
        keys: KeyVerifier,
        visitors: VisitorTokens | None,
        operators: OperatorTokens | None,
    ) -> None:
        self._internal_key = config.internal_key.get_secret_value()
        self._keys = keys
        self._visitors = visitors
        self._operators = operators
        self._collections = frozenset(comma_separated(config.visitor_collections)) or None
        self._anonymous = TokenBuckets("without_key", config.anonymous_per_minute)
        # Apart: whoever sends no key at all keeps nobody at the same address from having a key checked.
        self._key_checks = TokenBuckets("without_key", config.anonymous_per_minute)
        self._questions = TokenBuckets("visitor_messages", config.visitor_questions_per_minute, burst_seconds=30.0)
        self._calls = TokenBuckets("visitor_calls", config.visitor_calls_per_minute, burst_seconds=30.0)
        messages = config.address_questions_per_minute
        calls = messages * _CALLS_PER_MESSAGE
        self._address_questions = TokenBuckets("address_messages", messages, burst_seconds=30.0)
        self._site_questions = TokenBuckets("address_messages", messages * _ADDRESSES_PER_SITE, burst_seconds=30.0)
        self._address_calls = TokenBuckets("address_calls", calls, burst_seconds=30.0)
        self._site_calls = TokenBuckets("address_calls", calls * _ADDRESSES_PER_SITE, burst_seconds=30.0)
        self._all_questions = SharedBucket("all_visitors", config.all_visitors_questions_per_minute, burst_seconds=30.0)
        self._watches = OpenCalls(config.visitor_streams)
        self._answers = OpenCalls(config.visitor_streams * _ANSWERS_PER_WATCH)
        self._address_streams = OpenCalls(config.address_streams)

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
        """Count a visitor's call. Nobody else is limited here: keys and operators are, by the router.

        Raises ScopeMissing when visitors may not call the method, VisitorLimit or AddressLimit when not now.
        """
        if caller.kind is not CallerKind.VISITOR:
            return
        if not visitor_policy.may_call(service, method):
            raise ScopeMissing(f"A visitor may not call {method}; use a key.", metadata={"scope": "key"})
        asks = method in visitor_policy.QUESTION_METHODS
        what = "messages" if asks else "calls"
        if wait := (self._questions if asks else self._calls).take(caller.identity):
            raise VisitorLimit(f"More {what} came from this visitor than are taken; wait a little.", retry_after=wait)
        address = self._address_questions if asks else self._address_calls
        site = self._site_questions if asks else self._site_calls
        if wait := address.take(network_of(caller.address)) or site.take(site_of(caller.address)):
            raise AddressLimit(
                f"More {what} of visitors came from this address than are taken; wait a little, or use a key.",
                retry_after=wait,
            )
        if asks and (wait := self._all_questions.take(site_of(caller.address))):  # all visitors are of one tenant
            raise VisitorLimit("More messages came from all visitors than are taken; wait a little.", retry_after=wait)

    @contextmanager
    def open_stream(self, caller: Caller, *, watches: bool) -> Iterator[None]:
        """Count a visitor's stream while the block runs. `watches`: it lasts until one side ends it.

        Raises VisitorLimit or AddressLimit when as many are open as may be.
        """
        with ExitStack() as stack:
            if caller.kind is CallerKind.VISITOR:
                streams = self._watches if watches else self._answers
                if not stack.enter_context(streams.hold(caller.identity)):
                    REFUSED.labels("visitor_streams").inc()
                    raise VisitorLimit(
                        f"This visitor has {streams.most} streams of this kind open, and no more are taken; close one.",
                        retry_after=_STREAM_RETRY_SECONDS,
                    )
                if not stack.enter_context(self._address_streams.hold(network_of(caller.address))):
                    REFUSED.labels("address_streams").inc()
                    raise AddressLimit(
                        f"Visitors of this address have {self._address_streams.most} streams open, and no more are "
                        "taken; close one, or use a key.",
                        retry_after=_STREAM_RETRY_SECONDS,
                    )
            yield

    async def _resolve(self, authorization: str | None, address: str) -> Caller:
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Send a key or a token as `authorization: Bearer …`.")
        if token.startswith("kefu_"):
            return await self._key_caller(token, address)
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
        return self._principal_caller(CallerKind.OPERATOR, principal, address, operator.expires, operator.name)

    async def _key_caller(self, key: str, address: str) -> Caller:
        if hmac.compare_digest(key.encode(), self._internal_key.encode()):
            raise Unauthenticated("The services' own key is not for callers of the gateway.")
        if not (is_well_formed(key) and await self._is_valid(key, address)):
            raise Unauthenticated("This key is not valid, or was revoked.")
        credentials = ("authorization", f"Bearer {key}")
        identity = key.rpartition("_")[0]  # the id, without the secret
        origin = self._origin(address)
        return Caller(
            CallerKind.KEY, address, identity, lambda: (credentials, origin, *principal_metadata(None).items())
        )

    async def _is_valid(self, key: str, address: str) -> bool:
        """Whether a key is valid. Raises AddressLimit, or BackendUnavailable when nobody could say.

        A key that is not known is work for the router. Its check is counted before, so that many at once are bounded
        too, and given back when the key is valid.
        """
        known = self._keys.is_known(key)
        network = network_of(address)
        if not known and (wait := self._key_checks.take(network)):
            raise AddressLimit("Too many keys that are not known come from this address.", retry_after=wait)
        valid = await self._keys.is_valid(key)
        if valid is None:
            raise BackendUnavailable("No router answered that could check this key; try again.", retry_after=1.0)
        if valid and not known:
            self._key_checks.give_back(network)
        return valid

    def _visitor_caller(self, token: str, address: str) -> Caller:
        if self._visitors is None:
            raise Unauthenticated("There are no visitors here; use a key.")
        visitor = self._visitors.verify(token)
        principal = Principal(
            visitor.tenant,
            visitor.subject,
            frozenset({Scope.CHAT}),
            self._collections,
            customer=visitor.customer,  # as it was verified: it goes along with each call
        )
        return self._principal_caller(CallerKind.VISITOR, principal, address, visitor.expires)

    def _principal_caller(
        self, kind: CallerKind, principal: Principal, address: str, expires: float, name: str = ""
    ) -> Caller:
        key = self._internal_key
        identity = f"{principal.tenant}/{principal.subject}"
        origin = self._origin(address, name)
        return Caller(
            kind, address, identity, lambda: (*delegated_metadata(key, principal), origin), principal, name, expires
        )

    def _origin(self, address: str, name: str = "") -> tuple[str, str]:
        """The metadata that tells the services where a call comes from, for the audit log."""
        return client_origin.METADATA, client_origin.signed_origin(self._internal_key, ClientOrigin(address, name))
