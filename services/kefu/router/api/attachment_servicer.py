"""AttachmentService: proto in, proto out."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc.aio

from kefu.common.auth import caller
from kefu.common.errors import BadRequest
from kefu.common.resource_names import parse_name
from kefu.router.api.requests import check_short, parse_session_id
from kefu.router.api.server_stream import StreamLimits, stream_messages
from kefu.router.conversations.attachments.attachment_service import AttachmentService
from kefu.router.domain.attachment import MEDIA_TYPES, MOST_OF_MESSAGE
from kefu.router.messages.attachment_messages import attachment_message
from kefu.router.v1 import attachment_pb2 as pb
from kefu.router.v1 import attachment_pb2_grpc as rpc

SERVICE = "kefu.router.v1.AttachmentService"
MAX_PART_BYTES = 1024 * 1024
_SENT_PART_BYTES = 256 * 1024
_MAX_NAME_CHARACTERS = 300
Context = grpc.aio.ServicerContext[Any, Any]


class AttachmentServicer(rpc.AttachmentServiceServicer):
    """See the contract."""

    def __init__(self, attachments: AttachmentService, limits: StreamLimits) -> None:
        self._attachments = attachments
        self._limits = limits

    def register(self, server: grpc.aio.Server) -> None:
        """Add this service to a server."""
        rpc.add_AttachmentServiceServicer_to_server(self, server)

    async def GetAttachmentLimits(
        self, request: pb.GetAttachmentLimitsRequest, context: Context
    ) -> pb.GetAttachmentLimitsResponse:
        """See the contract."""
        limits = self._attachments.limits
        return pb.GetAttachmentLimitsResponse(
            enabled=await self._attachments.is_on(caller()),
            max_bytes=limits.max_bytes,
            max_per_session=limits.per_session,
            max_per_message=MOST_OF_MESSAGE,
            media_types=MEDIA_TYPES,
        )

    async def UploadAttachment(
        self, request_iterator: AsyncIterator[pb.UploadAttachmentRequest], context: Context
    ) -> pb.UploadAttachmentResponse:
        """See the contract."""
        requests = aiter(request_iterator)
        first = await anext(requests, None)
        if first is None or first.WhichOneof("part") != "start":
            raise BadRequest("start", "must be the first message.")
        session_id = parse_session_id(first.start.session)
        file_name = check_short("start.file_name", first.start.file_name, _MAX_NAME_CHARACTERS)
        session_id, attachment = await self._attachments.upload(caller(), session_id, file_name, _data_of(requests))
        return pb.UploadAttachmentResponse(attachment=attachment_message(session_id, attachment))

    async def ListAttachments(self, request: pb.ListAttachmentsRequest, context: Context) -> pb.ListAttachmentsResponse:
        """See the contract."""
        [session_id] = parse_name("session", request.session, "sessions")
        found = await self._attachments.list(caller(), session_id)
        return pb.ListAttachmentsResponse(attachments=[attachment_message(session_id, each) for each in found])

    async def GetAttachment(
        self, request: pb.GetAttachmentRequest, context: Context
    ) -> AsyncIterator[pb.GetAttachmentResponse]:
        """See the contract."""
        session_id, attachment_id = parse_name("name", request.name, "sessions", "attachments")
        attachment, data = await self._attachments.content(caller(), session_id, attachment_id, preview=request.preview)
        described = pb.GetAttachmentResponse(attachment=attachment_message(session_id, attachment))
        messages = stream_messages(_messages(described, data), context, lambda each: each, self._limits)
        async with aclosing(messages):
            async for message in messages:
                yield message

    async def DeleteAttachment(
        self, request: pb.DeleteAttachmentRequest, context: Context
    ) -> pb.DeleteAttachmentResponse:
        """See the contract."""
        session_id, attachment_id = parse_name("name", request.name, "sessions", "attachments")
        await self._attachments.delete(caller(), session_id, attachment_id)
        return pb.DeleteAttachmentResponse()


async def _data_of(requests: AsyncIterator[pb.UploadAttachmentRequest]) -> AsyncIterator[bytes]:
    async for request in requests:
        if request.WhichOneof("part") != "data":
            raise BadRequest("part", "must be data: the start is sent once, as the first message.")
        if not 1 <= len(request.data) <= MAX_PART_BYTES:
            raise BadRequest("data", "must have 1 byte to 1 MiB.")
        yield request.data


async def _messages(described: pb.GetAttachmentResponse, data: bytes) -> AsyncGenerator[pb.GetAttachmentResponse, None]:
    yield described
    for at in range(0, len(data), _SENT_PART_BYTES):
        yield pb.GetAttachmentResponse(data=data[at : at + _SENT_PART_BYTES])
