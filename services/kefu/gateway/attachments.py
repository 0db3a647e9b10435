"""
/api/attachments: files of customers, from and to browsers, which cannot stream requests.

A file is the whole body of a POST: what it is, its content tells. Its name comes in a header, since addresses are
logged and names are the customer's. What is given back is never shown as a page: it comes as a download, of a type that
was checked.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import quote, unquote

import grpc
import grpc.aio
import structlog
from google.protobuf.json_format import MessageToDict
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from kefu.common.aio import KeyedSemaphores
from kefu.common.auth import Principal, Scope
from kefu.common.customers import VISITOR_PREFIX
from kefu.common.errors import (
    AddressLimit,
    BackendUnavailable,
    BadRequest,
    RequestTooLarge,
    ServiceError,
    VisitorLimit,
)
from kefu.common.rpc.interceptor import delegated_metadata
from kefu.gateway.auth.callers import Caller, CallerKind, CallerResolver
from kefu.gateway.config import GatewayConfig
from kefu.gateway.failures import Failure
from kefu.gateway.grpc_backends import ATTACHMENTS, Backends
from kefu.gateway.rate_limit import TokenBuckets, network_of, site_of
from kefu.gateway.site_api import client_address, count_unauthenticated, failure_response
from kefu.router.v1 import attachment_pb2 as pb
from kefu.text.linear_pattern import LinearPattern

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Of any file: the router says which are too large for it."""
_PART_BYTES = 512 * 1024
_UPLOAD_SECONDS = 180.0
_MOST_UPLOADS = 32
"""Files that this gateway passes on at once, of all callers: a router holds each in memory. More wait, unread."""
_TURN_SECONDS = 30.0
_REMEMBERED_SECONDS = 5.0
_ASK_SECONDS = 1.0
_UPLOADS_PER_ADDRESS = 5
"""Files that all visitors of one address may send for each that one visitor may send."""
_AT_ONCE_OF_VISITOR, _AT_ONCE_OF_ADDRESS = 1, 2
"""Files that are passed on at once: one process reads all of them, one after the other. More wait, unread."""
_BYTES_PER_MINUTE_OF_ADDRESS, _BYTES_PER_MINUTE_OF_ALL = 8 * 2**20, 128 * 2**20
"""What visitors may have stored: of one address at first 256 MiB, then half a GiB an hour."""
_NAME = LinearPattern(r"sessions/[A-Za-z0-9_-]{1,64}/attachments/[A-Za-z0-9_-]{1,64}")
_NOT_SHOWN = {
    "cache-control": "private, no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
}
_SHOWN_TYPES = frozenset({"image/jpeg", "image/png", "application/pdf"})
_log = structlog.stdlib.get_logger()


class AttachmentEndpoint:
    """Uploads and downloads of attachments."""

    def __init__(self, config: GatewayConfig, backends: Backends, callers: CallerResolver) -> None:
        self._backends = backends
        self._callers = callers
        self._turns = asyncio.Semaphore(_MOST_UPLOADS)
        self._visitors_turns = KeyedSemaphores(_AT_ONCE_OF_VISITOR)
        self._addresses_turns = KeyedSemaphores(_AT_ONCE_OF_ADDRESS)
        burst = 32 * 60.0
        self._address_bytes = TokenBuckets("address_bytes", _BYTES_PER_MINUTE_OF_ADDRESS, burst_seconds=burst)
        self._all_bytes = TokenBuckets("all_bytes", _BYTES_PER_MINUTE_OF_ALL, burst_seconds=burst)
        per_minute = config.visitor_uploads_per_minute
        self._uploads = TokenBuckets("visitor_uploads", per_minute, burst_seconds=30.0)
        self._address_uploads = TokenBuckets("address_uploads", per_minute * _UPLOADS_PER_ADDRESS, burst_seconds=30.0)

    async def upload(self, request: Request) -> Response:
        """POST /api/attachments: the Attachment, as JSON."""
        caller = await self._caller(request, "UploadAttachment")
        # Without a length, as the largest: a page of a browser names it.
        size = int(request.headers.get("content-length") or MAX_BODY_BYTES)
        if size > MAX_BODY_BYTES:
            raise RequestTooLarge(f"The file has more than {MAX_BODY_BYTES // 2**20} MiB; send a smaller one.")
        self._count(caller, size)
        start = pb.UploadAttachmentRequest.Start(
            session=request.headers.get("x-kefu-session") or "sessions/-",
            file_name=unquote(request.headers.get("x-kefu-file-name", ""))[:300],
        )
        broken: list[BaseException] = []

        async def parts() -> AsyncIterator[pb.UploadAttachmentRequest]:
            try:
                yield pb.UploadAttachmentRequest(start=start)
                async for chunk in request.stream():
                    for at in range(0, len(chunk), _PART_BYTES):
                        yield pb.UploadAttachmentRequest(data=chunk[at : at + _PART_BYTES])
            except (ClientDisconnect, ServiceError) as error:  # a file that was cut off is no shorter file
                broken.append(error)
                raise

        try:
            with self._callers.open_stream(caller, watches=False):
                async with self._turn(caller):
                    uploaded = await self._backends.upload_attachment(parts(), caller.metadata(), _UPLOAD_SECONDS)
        except grpc.aio.AioRpcError as error:
            if broken:
                raise broken[0] from None
            count_unauthenticated(self._callers, caller.address, error)
            return failure_response(Failure.of(error))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not broken or task is None or task.cancelling():
                raise
            raise broken[0] from None  # gRPC cancels a call whose requests end by an error
        return JSONResponse(MessageToDict(uploaded.attachment), headers={"cache-control": "no-store"})

    async def download(self, request: Request) -> Response:
        """GET /api/attachments/{name}, with ?preview=1 its preview: the bytes."""
        name = request.path_params["name"]
        if not _NAME.fullmatch(name):
            raise BadRequest("name", 'must look like "sessions/{session}/attachments/{attachment}".')
        caller = await self._caller(request, "GetAttachment")
        preview = request.query_params.get("preview", "") not in ("", "0")
        asked = pb.GetAttachmentRequest(name=name, preview=preview)
        call = self._backends.stream(f"/{ATTACHMENTS}/GetAttachment", asked, caller.metadata(), _UPLOAD_SECONDS)
        responses = aiter(call)
        try:
            first: pb.GetAttachmentResponse = await anext(responses)
        except grpc.aio.AioRpcError as error:
            call.cancel()
            count_unauthenticated(self._callers, caller.address, error)
            return failure_response(Failure.of(error))
        media_type = "image/jpeg" if preview else first.attachment.media_type
        if media_type not in _SHOWN_TYPES:
            media_type = "application/octet-stream"
        file_name = quote(first.attachment.file_name or "file", safe="")
        headers = {**_NOT_SHOWN, "content-disposition": f"attachment; filename*=UTF-8''{file_name}"}
        return StreamingResponse(_data(responses, call), media_type=media_type, headers=headers)

    @asynccontextmanager
    async def _turn(self, caller: Caller) -> AsyncIterator[None]:
        """One of the uploads that go on at once. Raises BackendUnavailable where none ends for long."""
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(_TURN_SECONDS):
                    if caller.kind is CallerKind.VISITOR:
                        await held.enter_async_context(self._visitors_turns.hold(caller.identity))
                        await held.enter_async_context(self._addresses_turns.hold(network_of(caller.address)))
                    await held.enter_async_context(self._turns)
            except TimeoutError:
                raise BackendUnavailable(
                    "More files come than are taken at once; send it again.", retry_after=5
                ) from None
            yield

    async def _caller(self, request: Request, method: str) -> Caller:
        caller = await self._callers.caller(request.headers.get("authorization"), client_address(request))
        self._callers.admit(caller, ATTACHMENTS, method)
        return caller

    def _count(self, caller: Caller, size: int) -> None:
        """Count a visitor's file, and its bytes. Raises VisitorLimit, or AddressLimit."""
        if caller.kind is not CallerKind.VISITOR:
            return
        if wait := self._uploads.take(caller.identity):
            raise VisitorLimit("More files came from this visitor than are taken; wait a little.", retry_after=wait)
        if wait := self._address_uploads.take(network_of(caller.address)):
            raise AddressLimit("More files of visitors came from this address than are taken; wait.", retry_after=wait)
        if wait := self._address_bytes.take(site_of(caller.address), size) or self._all_bytes.take("", size):
            raise AddressLimit("More bytes of visitors' files came than are taken; wait.", retry_after=wait)


async def _data(responses: AsyncIterator[Any], call: Any) -> AsyncIterator[bytes]:
    try:
        async for response in responses:
            yield response.data
    finally:
        call.cancel()


class AttachmentLimits:
    """What the visitors' tenant takes, as the router says: asked again after some seconds.

    Args:
        clock: the time in seconds.
    """

    def __init__(
        self, config: GatewayConfig, backends: Backends, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._internal_key = config.internal_key.get_secret_value()
        self._principal = Principal(config.visitor_tenant, f"{VISITOR_PREFIX}nobody", frozenset({Scope.CHAT}))
        self._backends = backends
        self._clock = clock
        self._known: dict[str, Any] | None = None
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def current(self) -> dict[str, Any] | None:
        """Fields of GetAttachmentLimitsResponse, for a page; None where none are taken, or that is not known."""
        async with self._asking:  # once, however many pages are opened
            if self._clock() - self._asked_at >= _REMEMBERED_SECONDS:
                await self._ask()
                self._asked_at = self._clock()
        return self._known

    async def _ask(self) -> None:
        metadata = delegated_metadata(self._internal_key, self._principal)
        path = f"/{ATTACHMENTS}/GetAttachmentLimits"
        try:
            found: pb.GetAttachmentLimitsResponse = await self._backends.call(
                path, pb.GetAttachmentLimitsRequest(), metadata, _ASK_SECONDS
            )
        except grpc.aio.AioRpcError as error:
            _log.warning("attachments.unknown", code=error.code().name)
            return
        self._known = (
            {
                "max_bytes": found.max_bytes,
                "max_per_message": found.max_per_message,
                "media_types": list(found.media_types),
            }
            if found.enabled
            else None
        )
