"""POST /api/import: documents from a browser, which can neither stream in both directions nor speak gRPC."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from kefu.common.errors import BadRequest, DeadlineExceeded, ServiceError
from kefu.gateway.auth.callers import Caller, CallerResolver
from kefu.gateway.failures import Failure
from kefu.gateway.grpc_backends import KNOWLEDGE, Backends
from kefu.gateway.site_api import client_address, count_unauthenticated, failure_response
from kefu.retrieval.v1 import knowledge_pb2 as pb

_MAX_OPTIONS_BYTES = 64 * 1024
_MAX_PART_BYTES = 512 * 1024
_MAX_DRAINED_BYTES = 16 * 1024 * 1024
_LOOKUP_SECONDS = 10.0


@dataclass(frozen=True)
class Options:
    """The form's field `options`, as JSON: fields of DocumentStart without `path`; `create`, `draft` of ImportStart."""

    create: bool = False
    document: pb.DocumentStart = field(default_factory=pb.DocumentStart)
    draft: str = ""

    @classmethod
    def read(cls, text: bytes) -> "Options":
        """The options in a form's field. Raises BadRequest."""
        try:
            parsed: Any = json.loads(text or b"{}")
            if not isinstance(parsed, dict):
                raise ValueError("it is no object")
            fields: dict[str, Any] = dict(parsed)  # pyright: ignore[reportUnknownArgumentType]
            create = fields.pop("create", False)
            if not isinstance(create, bool):
                raise ValueError("`create` is true or false")
            draft = fields.pop("draft", "")
            if not isinstance(draft, str):
                raise ValueError("`draft` is the name of a draft")
            return cls(create, ParseDict(fields, pb.DocumentStart()), draft)
        except (ValueError, ParseError) as error:
            raise BadRequest("options", f"must be JSON with fields of DocumentStart ({error}).") from None


class ImportForm:
    """A streaming parser of multipart/form-data that gives the messages of an import. No file is kept in memory.

    Raises BadRequest for another `content_type`.
    """

    def __init__(self, collection: str, content_type: str) -> None:
        kind, parameters = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not parameters.get(b"boundary"):
            raise BadRequest("content-type", "must be multipart/form-data.")
        self._parser = MultipartParser(
            parameters[b"boundary"],
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": self._on_header_name,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_part_headers,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_form_end,
            },
        )
        self._collection = collection
        self._options = Options()
        self._messages: list[pb.ImportDocumentsRequest] = []
        self._import_started = self._form_complete = False
        self._header_name = self._header_value = b""
        self._disposition: dict[bytes, bytes] = {}
        self._options_text: bytearray | None = None
        self._in_file = False

    @property
    def file_started(self) -> bool:
        """Whether a file has begun, so that all options are known."""
        return self._import_started

    @property
    def creates_collection(self) -> bool:
        """Whether a missing collection is to be created."""
        return self._options.create

    def messages(self, chunk: bytes) -> list[pb.ImportDocumentsRequest]:
        """The messages that the next bytes complete. Raises BadRequest."""
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise BadRequest("body", f"is no multipart/form-data ({error}).") from None
        messages, self._messages = self._messages, []
        return messages

    def final_messages(self) -> list[pb.ImportDocumentsRequest]:
        """The remaining messages at the end of the form. Raises BadRequest for a form that was cut off."""
        if not self._form_complete:
            raise BadRequest("body", "was cut off.")
        self._start_import()
        messages, self._messages = self._messages, []
        return messages

    def _on_form_end(self) -> None:
        self._form_complete = True

    def _on_part_begin(self) -> None:
        self._disposition, self._in_file, self._options_text = {}, False, None
        self._header_name = self._header_value = b""

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            _, self._disposition = parse_options_header(self._header_value)
        self._header_name = self._header_value = b""

    def _on_part_headers(self) -> None:
        name, filename = self._disposition.get(b"name", b""), self._disposition.get(b"filename")
        if filename is not None:
            self._start_import()
            start = pb.DocumentStart()
            start.CopyFrom(self._options.document)
            start.path = filename.decode("utf-8", "replace")
            self._messages.append(pb.ImportDocumentsRequest(document=start))
            self._in_file = True
        elif name == b"options":
            if self._import_started:
                raise BadRequest("options", "must come before the files.")
            self._options_text = bytearray()

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            for at in range(start, end, _MAX_PART_BYTES):
                self._messages.append(pb.ImportDocumentsRequest(data=data[at : min(end, at + _MAX_PART_BYTES)]))
        elif self._options_text is not None:
            self._options_text += data[start:end]
            if len(self._options_text) > _MAX_OPTIONS_BYTES:
                raise BadRequest("options", f"must have at most {_MAX_OPTIONS_BYTES} bytes.")

    def _on_part_end(self) -> None:
        if self._options_text is not None:
            self._options = Options.read(bytes(self._options_text))
            self._options_text = None
        self._in_file = False

    def _start_import(self) -> None:
        if not self._import_started:
            self._import_started = True
            start = pb.ImportStart(collection=self._collection, create=self._options.create, draft=self._options.draft)
            self._messages.append(pb.ImportDocumentsRequest(start=start))


class ImportEndpoint:
    """The endpoint of imports. It answers with a line of JSON for each ImportDocumentsResponse.

    The answer begins once the whole form is there. A browser that sends does not read, and would hold up the import
    whose reports it does not take.
    """

    def __init__(self, backends: Backends, callers: CallerResolver) -> None:
        self._backends = backends
        self._callers = callers

    async def __call__(self, request: Request) -> Response:
        """Import the documents of one request."""
        try:
            return await self._import(request)
        except ServiceError as error:
            await _drain_body(request)
            return failure_response(Failure.of(error))
        except grpc.aio.AioRpcError as error:
            await _drain_body(request)
            return failure_response(Failure.of(error))

    async def _import(self, request: Request) -> Response:
        caller = await self._callers.caller(request.headers.get("authorization"), client_address(request))
        self._callers.admit(caller, KNOWLEDGE, "ImportDocuments")
        collection = request.query_params.get("collection", "")
        if not collection:
            raise BadRequest("collection", "is missing: the address names it, such as /api/import?collection=help.")
        name = collection if "/" in collection else f"collections/{collection}"
        form = ImportForm(name, request.headers.get("content-type", ""))
        missing = await self._collection_missing(caller, name)
        call = self._backends.import_documents(caller.metadata())
        reports = _ImportReports(call)
        try:
            async for chunk in request.stream():
                if missing is not None and form.file_started and not form.creates_collection:
                    raise missing
                await _write(call, form.messages(chunk))
            await _write(call, form.final_messages())
            if missing is not None and not form.creates_collection:
                raise missing
            await call.done_writing()
            reports.start_reading()
            first = await reports.next()
        except BaseException:
            call.cancel()
            reports.cancel()
            raise
        return StreamingResponse(_lines(first, reports, call), media_type="application/x-ndjson")

    async def _collection_missing(self, caller: Caller, name: str) -> grpc.aio.AioRpcError | None:
        """The NOT_FOUND error when the collection is missing, else None. Raises every other error.

        The lookup comes first, because a stream that is refused while it is written to does not say why.
        """
        request = pb.GetCollectionRequest(name=name)
        try:
            await self._backends.call(f"/{KNOWLEDGE}/GetCollection", request, caller.metadata(), _LOOKUP_SECONDS)
        except grpc.aio.AioRpcError as error:
            count_unauthenticated(self._callers, caller.address, error)
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            return error
        return None


class _ImportReports:
    """The responses of an import, read as they come. Results are always kept, progress only after `start_reading`."""

    def __init__(self, call: "grpc.aio.StreamStreamCall[Any, Any]") -> None:
        self._call = call
        self._queue: asyncio.Queue[pb.ImportDocumentsResponse | None] = asyncio.Queue()
        self._reading = False
        self._read_task = asyncio.create_task(self._read(), name="import reports")

    def start_reading(self) -> None:
        """Keep progress reports too, from now on."""
        self._reading = True

    def cancel(self) -> None:
        """Stop reading."""
        self._read_task.cancel()

    async def next(self) -> pb.ImportDocumentsResponse | None:
        """The next response; None at the end. Raises the error of a failed call."""
        response = await self._queue.get()
        if response is None:
            await self._read_task
        return response

    async def _read(self) -> None:
        try:
            async for response in self._call:
                if self._reading or response.HasField("result"):
                    self._queue.put_nowait(response)
        finally:
            self._queue.put_nowait(None)


async def _write(call: "grpc.aio.StreamStreamCall[Any, Any]", messages: list[pb.ImportDocumentsRequest]) -> None:
    for message in messages:
        try:
            await call.write(message)
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            return  # the call has ended: its reports say how


async def _drain_body(request: Request) -> None:
    """Read the rest of a refused form: a browser that has not finished sending does not see the answer."""
    remaining = _MAX_DRAINED_BYTES
    with suppress(ClientDisconnect, RuntimeError, DeadlineExceeded):  # gone; read already; late: then there is no rest
        async for chunk in request.stream():
            remaining -= len(chunk)
            if remaining < 0:
                return


async def _lines(
    first: pb.ImportDocumentsResponse | None, reports: _ImportReports, call: "grpc.aio.StreamStreamCall[Any, Any]"
) -> AsyncIterator[bytes]:
    try:
        report = first
        while report is not None:
            yield _line(MessageToDict(report))
            report = await reports.next()
    except grpc.aio.AioRpcError as error:
        yield _line({"error": Failure.of(error).json()})
    finally:
        call.cancel()
        reports.cancel()


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode() + b"\n"
