"""gRPC calls to the services behind the gateway. The methods, by path, come from the services' descriptors."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from kefu.common.grpc_options import CLIENT_OPTIONS
from kefu.common.rpc.interceptor import principal_metadata
from kefu.common.rpc.renewed_channel import internal_channel
from kefu.common.tls import Tls
from kefu.gateway.config import GatewayConfig
from kefu.retrieval.v1 import draft_pb2, history_pb2, knowledge_pb2, source_pb2
from kefu.router.v1 import (
    action_pb2,
    admin_pb2,
    attachment_pb2,
    audit_pb2,
    chat_pb2,
    desk_pb2,
    experiment_pb2,
    golden_pb2,
    identity_pb2,
    insight_pb2,
    procedure_pb2,
    review_pb2,
    webhook_pb2,
)

Metadata = tuple[tuple[str, str], ...]
Call = grpc.aio.UnaryStreamCall[Any, Any]
UnaryCall = grpc.aio.UnaryUnaryCall[Any, Any]
CHAT = "kefu.router.v1.ChatService"
KNOWLEDGE = "kefu.retrieval.v1.KnowledgeService"
ATTACHMENTS = "kefu.router.v1.AttachmentService"
SOURCES = "kefu.retrieval.v1.SourceService"
IDENTITY = "kefu.router.v1.IdentityService"
_IDENTITY_SECONDS = 5.0
_ROUTER_FILES = (
    chat_pb2,
    desk_pb2,
    insight_pb2,
    review_pb2,
    webhook_pb2,
    admin_pb2,
    action_pb2,
    procedure_pb2,
    golden_pb2,
    audit_pb2,
    identity_pb2,
    experiment_pb2,
    attachment_pb2,
)
_RETRIEVAL_FILES = (knowledge_pb2, draft_pb2, history_pb2, source_pb2)
_OPTIONS = (
    *CLIENT_OPTIONS,
    ("grpc.lb_policy_name", "round_robin"),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1000),
)


@dataclass(frozen=True)
class Method:
    """A method of a service behind the gateway."""

    service: str
    name: str
    request: type[Message]
    response: type[Message]
    streams_requests: bool
    streams_responses: bool
    of_router: bool
    """True for the router, false for the retrieval service."""

    @property
    def path(self) -> str:
        """The path of the method over gRPC and Connect, /package.Service/Method."""
        return f"/{self.service}/{self.name}"


def methods() -> dict[str, Method]:
    """Every method of the contracts that the gateway serves, by path."""
    found = (
        _method(service, method, of_router=files is _ROUTER_FILES)
        for files in (_ROUTER_FILES, _RETRIEVAL_FILES)
        for service in _services(files)
        for method in service.methods
    )
    return {method.path: method for method in found}


class Backends:
    """Calls to the services behind the gateway. Failed ones raise grpc.aio.AioRpcError."""

    def __init__(self, router: grpc.aio.Channel, retrieval: grpc.aio.Channel) -> None:
        self._methods = methods()
        self._unary: dict[str, grpc.aio.UnaryUnaryMultiCallable[Any, Any]] = {}
        self._streams: dict[str, grpc.aio.UnaryStreamMultiCallable[Any, Any]] = {}
        for path, method in self._methods.items():
            channel = router if method.of_router else retrieval
            kind = channel.unary_stream if method.streams_responses else channel.unary_unary
            callables: dict[str, Any] = self._streams if method.streams_responses else self._unary
            if not method.streams_requests:
                callables[path] = kind(
                    path,
                    request_serializer=method.request.SerializeToString,
                    response_deserializer=method.response.FromString,
                )
        self._import = retrieval.stream_stream(
            f"/{KNOWLEDGE}/ImportDocuments",
            request_serializer=knowledge_pb2.ImportDocumentsRequest.SerializeToString,
            response_deserializer=knowledge_pb2.ImportDocumentsResponse.FromString,
        )

        self._upload = router.stream_unary(
            f"/{ATTACHMENTS}/UploadAttachment",
            request_serializer=attachment_pb2.UploadAttachmentRequest.SerializeToString,
            response_deserializer=attachment_pb2.UploadAttachmentResponse.FromString,
        )

    @property
    def methods(self) -> dict[str, Method]:
        """Every method, by path."""
        return self._methods

    async def call(self, path: str, request: Message, metadata: Metadata, seconds: float) -> Any:
        """The response of a unary method. `seconds` is the deadline."""
        call = self._unary[path](request, metadata=metadata, timeout=seconds)
        try:
            return await call
        finally:
            call.cancel()

    async def is_valid_key(self, key: str) -> bool | None:
        """Whether an API key is valid, by the router; None when it did not say."""
        metadata = (("authorization", f"Bearer {key}"), *principal_metadata(None).items())
        try:
            await self.call(f"/{IDENTITY}/GetIdentity", identity_pb2.GetIdentityRequest(), metadata, _IDENTITY_SECONDS)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                return False
            # Who is refused for another reason has a valid key.
            return True if error.code() is grpc.StatusCode.PERMISSION_DENIED else None
        return True

    def stream(self, path: str, request: Message, metadata: Metadata, seconds: float | None = None) -> Call:
        """A stream of responses. The caller cancels it in the end. `seconds` is the deadline; None: there is none."""
        return self._streams[path](request, metadata=metadata, timeout=seconds)

    async def upload_attachment(
        self, requests: AsyncIterator[attachment_pb2.UploadAttachmentRequest], metadata: Metadata, seconds: float
    ) -> attachment_pb2.UploadAttachmentResponse:
        """The response of UploadAttachment to all of its requests. `seconds` is the deadline."""
        call = self._upload(requests, metadata=metadata, timeout=seconds)
        try:
            return await call
        finally:
            call.cancel()

    def import_documents(self, metadata: Metadata) -> "grpc.aio.StreamStreamCall[Any, Any]":
        """A call of ImportDocuments, to be written to and read. The caller cancels it in the end."""
        return self._import(metadata=metadata)


@asynccontextmanager
async def open_backends(config: GatewayConfig) -> AsyncIterator[Backends]:
    """Channels to the services while the block runs. They connect at the first call."""
    async with _channel(config.router, config.tls) as router, _channel(config.retrieval, config.tls) as retrieval:
        yield Backends(router, retrieval)


def _channel(address: str, tls: Tls | None) -> grpc.aio.Channel:
    return internal_channel(address, tls, _OPTIONS)


def _services(files: tuple[Any, ...]) -> Iterator[ServiceDescriptor]:
    for file in files:
        yield from file.DESCRIPTOR.services_by_name.values()


def _method(service: ServiceDescriptor, method: MethodDescriptor, *, of_router: bool) -> Method:
    return Method(
        service=service.full_name,
        name=method.name,
        request=GetMessageClass(method.input_type),
        response=GetMessageClass(method.output_type),
        streams_requests=method.client_streaming,
        streams_responses=method.server_streaming,
        of_router=of_router,
    )
