"""
How customers sign in: the gateway brings what proves an identity to the router, and makes a token of the answer.

The router verifies. The gateway holds who brought the proof: an anonymous visitor, whose conversations go along. A
customer who is signed in already proves nothing here again: the conversations of one account would become another's.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc.aio
import structlog
from google.protobuf.message import Message

from kefu.common.auth import Principal, Scope
from kefu.common.customers import VISITOR_PREFIX, Customer, Verification
from kefu.common.errors import BadRequest, ScopeMissing
from kefu.common.rpc.interceptor import delegated_metadata
from kefu.gateway.auth.callers import Caller, CallerKind, CallerResolver
from kefu.gateway.auth.visitor_tokens import VisitorTokens
from kefu.gateway.config import GatewayConfig
from kefu.gateway.grpc_backends import IDENTITY, Backends
from kefu.router.v1 import identity_pb2 as pb

_REMEMBERED_SECONDS = 5.0
_ASK_SECONDS = 1.0
"""A page waits for the configuration; it is shown without the sign-in when the router is slow."""
_NOBODY = f"{VISITOR_PREFIX}nobody"
_METHODS = {
    pb.VerifiedCustomer.METHOD_TOKEN: Verification.TOKEN,
    pb.VerifiedCustomer.METHOD_SHARED_SECRET: Verification.SHARED_SECRET,
    pb.VerifiedCustomer.METHOD_EMAIL_CODE: Verification.EMAIL_CODE,
}
_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class SignedIn:
    """A customer who has just signed in."""

    token: str
    """The customer's token, in place of the visitor's."""
    customer: Customer
    sessions_moved: int
    """Sessions of the visitor that are the customer's now."""


class CustomerSignIn:
    """Signs customers in. Failed calls of the router raise grpc.aio.AioRpcError, all others ServiceError."""

    def __init__(
        self, config: GatewayConfig, backends: Backends, callers: CallerResolver, visitors: VisitorTokens
    ) -> None:
        self._call_seconds = config.call_seconds
        self._backends = backends
        self._callers = callers
        self._visitors = visitors

    async def identify(self, authorization: str | None, address: str, token: str) -> SignedIn:
        """Have a token of the company's site verified, for the visitor of `authorization`; None: for a new one."""
        visitor = await self._visitor(authorization or f"Bearer {self._visitors.issue()}", address)
        return await self._signed_in(visitor, "IdentifyCustomer", pb.IdentifyCustomerRequest(token=token))

    async def send_email_code(self, authorization: str | None, address: str, email: str, language: str) -> None:
        """Have a code sent, which is for this visitor alone."""
        visitor = await self._visitor(authorization, address)
        await self._call(visitor, "SendEmailCode", pb.SendEmailCodeRequest(email=email, language=language))

    async def verify_email_code(self, authorization: str | None, address: str, email: str, code: str) -> SignedIn:
        """Have a code verified that was sent for this visitor."""
        visitor = await self._visitor(authorization, address)
        return await self._signed_in(visitor, "VerifyEmailCode", pb.VerifyEmailCodeRequest(email=email, code=code))

    async def _visitor(self, authorization: str | None, address: str) -> Caller:
        caller = await self._callers.caller(authorization, address)
        if caller.kind is not CallerKind.VISITOR or caller.principal is None:
            raise ScopeMissing("Visitors alone sign in here; send a visitor's token.", metadata={"scope": "visitor"})
        if caller.principal.customer is not None:
            raise BadRequest(
                "authorization", "is a customer's, who is signed in; sign in with the token of an anonymous visitor."
            )
        return caller

    async def _signed_in(self, visitor: Caller, method: str, request: Message) -> SignedIn:
        answer: pb.IdentifyCustomerResponse = await self._call(visitor, method, request)
        verified = answer.customer
        customer = Customer(
            verified.sub, dict(verified.claims), _METHODS[verified.method], verified.verify_time.ToNanoseconds() / 1e9
        )
        return SignedIn(self._visitors.issue_to_customer(answer.subject, customer), customer, answer.sessions_moved)

    async def _call(self, visitor: Caller, method: str, request: Message) -> Any:
        return await self._backends.call(f"/{IDENTITY}/{method}", request, visitor.metadata(), self._call_seconds)


class SignInSettings:
    """How customers of the visitors' tenant sign in, as the router says: asked again after some seconds.

    Args:
        clock: the time in seconds.
    """

    def __init__(
        self, config: GatewayConfig, backends: Backends, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._internal_key = config.internal_key.get_secret_value()
        self._principal = Principal(config.visitor_tenant, _NOBODY, frozenset({Scope.CHAT}))
        self._backends = backends
        self._clock = clock
        self._known: dict[str, Any] | None = None
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def current(self) -> dict[str, Any] | None:
        """`mode`, `tokens` and `email_codes` of GetSignInResponse. While no router answers, the last known ones.

        None: never known.
        """
        async with self._asking:  # once, however many pages are opened
            if self._clock() - self._asked_at >= _REMEMBERED_SECONDS:
                await self._ask()
                self._asked_at = self._clock()
        return self._known

    async def _ask(self) -> None:
        metadata = delegated_metadata(self._internal_key, self._principal)
        try:
            found: pb.GetSignInResponse = await self._backends.call(
                f"/{IDENTITY}/GetSignIn", pb.GetSignInRequest(), metadata, _ASK_SECONDS
            )
        except grpc.aio.AioRpcError as error:
            _log.warning("sign_in.unknown", code=error.code().name)
            return
        self._known = {"mode": found.mode, "tokens": found.tokens, "email_codes": found.email_codes}
