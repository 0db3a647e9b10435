"""IdentityService: proto in, proto out."""

from typing import Any

import grpc.aio

from kefu.common.auth import caller
from kefu.common.permissions import roles_of
from kefu.router.messages.chat import timestamp
from kefu.router.v1 import identity_pb2 as pb
from kefu.router.v1 import identity_pb2_grpc as rpc

SERVICE = "kefu.router.v1.IdentityService"
Context = grpc.aio.ServicerContext[Any, Any]


class IdentityServicer(rpc.IdentityServiceServicer):
    """See the contract."""

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
