"""IdentityService: proto in, proto out."""

from typing import Any

import grpc.aio

from kefu.common.auth import Scope, caller
from kefu.router.v1 import identity_pb2 as pb
from kefu.router.v1 import identity_pb2_grpc as rpc

SERVICE = "kefu.router.v1.IdentityService"
SCOPES = tuple(Scope)
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
        )
