"""IdentityService: proto in, proto out."""

from typing import Any

import grpc.aio

from kefu.common.auth import caller
from kefu.common.errors import BadRequest
from kefu.common.permissions import roles_of
from kefu.router.conversations.identity.identity_service import Identified, IdentityService
from kefu.router.messages.chat import customer_message, timestamp
from kefu.router.v1 import identity_pb2 as pb
from kefu.router.v1 import identity_pb2_grpc as rpc

SERVICE = "kefu.router.v1.IdentityService"
Context = grpc.aio.ServicerContext[Any, Any]


class IdentityServicer(rpc.IdentityServiceServicer):
    """See the contract."""

    def __init__(self, identity: IdentityService) -> None:
        self._identity = identity

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        rpc.add_IdentityServiceServicer_to_server(self, server)

    async def GetIdentity(self, request: pb.GetIdentityRequest, context: Context) -> pb.GetIdentityResponse:
        """See the contract."""
        principal = caller()
        return pb.GetIdentityResponse(
            tenant=principal.tenant,
            subject=principal.subject,
            scopes=sorted(principal.scopes),
            collections=[f"collections/{name}" for name in sorted(principal.collections or ())],
            roles=roles_of(principal.scopes),
            expire_time=timestamp(principal.expire_time) if principal.expire_time is not None else None,
        )

    async def GetSignIn(self, request: pb.GetSignInRequest, context: Context) -> pb.GetSignInResponse:
        """See the contract."""
        mode, tokens, email_codes = await self._identity.sign_in(caller().tenant)
        return pb.GetSignInResponse(mode=mode, tokens=tokens, email_codes=email_codes)

    async def IdentifyCustomer(
        self, request: pb.IdentifyCustomerRequest, context: Context
    ) -> pb.IdentifyCustomerResponse:
        """See the contract."""
        return _identified(await self._identity.identify(caller(), request.token))

    async def SendEmailCode(self, request: pb.SendEmailCodeRequest, context: Context) -> pb.SendEmailCodeResponse:
        """See the contract."""
        match request.language:
            case "" | "en":
                await self._identity.send_code(caller(), request.email, "en")
            case "zh":
                await self._identity.send_code(caller(), request.email, "zh")
            case _:
                raise BadRequest("language", 'must be "zh" or "en".')
        return pb.SendEmailCodeResponse()

    async def VerifyEmailCode(
        self, request: pb.VerifyEmailCodeRequest, context: Context
    ) -> pb.IdentifyCustomerResponse:
        """See the contract."""
        return _identified(await self._identity.verify_code(caller(), request.email, request.code))


def _identified(found: Identified) -> pb.IdentifyCustomerResponse:
    return pb.IdentifyCustomerResponse(
        customer=customer_message(found.customer), subject=found.subject, sessions_moved=found.sessions_moved
    )
