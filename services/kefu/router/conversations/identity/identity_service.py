"""
Identity service: visitors become customers whose identity is verified.

Who a customer is stands in what the gateway signs for the visitor, and travels with each call: it is fixed for a turn.
The customer's conversations belong to a subject made of `sub`, the same on each device.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import structlog

from kefu.common.auth import Principal
from kefu.common.customers import VISITOR_PREFIX, Customer, Verification, customer_subject, is_visitor
from kefu.common.errors import BadRequest, IdentityNotVerified, IdentityOff, IdentityRequired, ServiceError
from kefu.common.redis.commands import RedisCommands
from kefu.router import metrics
from kefu.router.conversations.identity.email_codes import EmailCodes
from kefu.router.conversations.identity.token_verifier import TokenVerifier, VerifiedToken
from kefu.router.domain.turn_request import TurnRequest
from kefu.router.storage import keys
from kefu.router.storage.session_lua import BIND
from kefu.router.storage.session_owners import SessionOwners
from kefu.router.tenants.identity_settings import IdentityMode, IdentitySettings
from kefu.router.tenants.settings import SettingsStore
from kefu.text.language import AnswerLanguage

_log = structlog.stdlib.get_logger()


@dataclass(frozen=True)
class Identified:
    """A visitor who was identified."""

    customer: Customer
    subject: str
    """To which the customer's sessions belong."""
    sessions_moved: int


def check_known(principal: Principal, settings: IdentitySettings) -> None:
    """Raise IdentityRequired for a visitor who is nobody that is known, where the tenant wants to know."""
    is_unknown = is_visitor(principal.subject) and principal.customer is None
    if is_unknown and settings.mode is IdentityMode.REQUIRED:
        raise IdentityRequired("Please sign in first: only known customers are answered here.")


class IdentityService:
    """Verifies customers, and moves their sessions. Errors as in the contract."""

    def __init__(
        self,
        commands: RedisCommands,
        settings: SettingsStore,
        verifier: TokenVerifier,
        codes: EmailCodes,
        owners: SessionOwners,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._commands = commands
        self._settings = settings
        self._verifier = verifier
        self._codes = codes
        self._owners = owners
        self._clock = clock

    async def sign_in(self, tenant: str) -> tuple[IdentityMode, bool, bool]:
        """How customers sign in: the mode, whether tokens are taken, whether codes are sent."""
        settings = await self._identity(tenant)
        return settings.mode, settings.takes_tokens, settings.sends_codes and self._codes.can_send

    async def identify(self, principal: Principal, token: str) -> Identified:
        """Verify a token of the company's site that a visitor brings."""
        self._check_visitor(principal)
        return await self._identified(principal, await self._verified(principal, token))

    async def send_code(self, principal: Principal, email: str, language: AnswerLanguage) -> None:
        """Send a code to a mail address for a visitor."""
        self._check_visitor(principal)
        await self._check_codes(principal.tenant)
        await self._codes.send(principal.tenant, principal.subject, email, language)

    async def verify_code(self, principal: Principal, email: str, code: str) -> Identified:
        """Verify the code that a visitor was sent."""
        self._check_visitor(principal)
        await self._check_codes(principal.tenant)
        with _counted(Verification.EMAIL_CODE):
            address = await self._codes.verify(principal.tenant, principal.subject, email, code)
        customer = Customer(f"mailto:{address}", {"email": address}, Verification.EMAIL_CODE, self._clock())
        return await self._identified(principal, customer)

    async def of_turn(self, principal: Principal, request: TurnRequest) -> tuple[Principal, TurnRequest]:
        """The principal and request of a turn, with the customer that the request's token names.

        Raises IdentityRequired for a visitor who is nobody that is known, where the tenant wants to know.
        """
        if not request.identity_token:
            check_known(principal, await self._identity(principal.tenant))
            return principal, request
        if is_visitor(principal.subject):
            raise BadRequest("identity_token", "is brought to the gateway by a visitor: POST /api/identify.")
        customer = await self._verified(principal, request.identity_token)
        user = customer_subject(principal.tenant, customer.sub)
        return replace(principal, customer=customer), replace(request, identity_token="", user=user)

    async def _identity(self, tenant: str) -> IdentitySettings:
        return (await self._settings.effective(tenant)).identity

    async def _check_codes(self, tenant: str) -> None:
        if not (await self._identity(tenant)).sends_codes or not self._codes.can_send:
            raise IdentityOff("No codes are sent by mail here; see the tenant's identity settings.")

    @staticmethod
    def _check_visitor(principal: Principal) -> None:
        if not is_visitor(principal.subject):
            raise IdentityOff("Visitors of the pages are identified here; with a key, send identity_token in Converse.")

    async def _verified(self, principal: Principal, token: str) -> Customer:
        """The customer whom a token names, which is bound to who brings it."""
        settings = await self._identity(principal.tenant)
        with _counted(Verification.SHARED_SECRET if settings.shared_secret else Verification.TOKEN):
            verified = await self._verifier.verify(principal.tenant, settings, token)
            await self._bind(principal, verified)
        return verified.customer

    async def _bind(self, principal: Principal, verified: VerifiedToken) -> None:
        """Bind a token to who brings it first. Raises IdentityNotVerified for anybody else."""
        tenant, customer = principal.tenant, verified.customer
        life = max(1, round((verified.expires - self._clock() + 1) * 1000))
        name = keys.identity_token(tenant, verified.digest)
        bound = await self._commands.script(BIND, [name], (principal.subject, life))
        if bound not in (None, principal.subject) and principal.subject != customer_subject(tenant, customer.sub):
            _log.warning("identity.token_replayed", tenant=tenant, subject=principal.subject)
            raise IdentityNotVerified("This token was brought by somebody else before; ask the site for a new one.")

    async def _identified(self, principal: Principal, customer: Customer) -> Identified:
        subject = customer_subject(principal.tenant, customer.sub)
        moved = 0
        if principal.subject.startswith(VISITOR_PREFIX):
            moved = await self._owners.move(principal.tenant, principal.subject, subject, customer)
        _log.info("identity.verified", method=customer.method, moved=moved)
        return Identified(customer, subject, moved)


@contextmanager
def _counted(method: Verification) -> Iterator[None]:
    """Count whether the block verifies somebody."""
    try:
        yield
    except ServiceError as error:
        metrics.IDENTITIES.labels(method, error.reason.lower()).inc()
        raise
    metrics.IDENTITIES.labels(method, "verified").inc()
