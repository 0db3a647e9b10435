"""Failed calls in every form that the gateway answers with: HTTP status and headers, Connect, JSON."""

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from connectrpc.code import Code
from connectrpc.errors import ConnectError, ErrorDetail
from google.protobuf.any_pb2 import Any as PackedAny
from google.rpc import error_details_pb2, status_pb2
from protobuf.wkt import Any as ConnectAny

from kefu.common.errors import BackendUnavailable, DeadlineExceeded, MethodUnknown, RequestTooLarge, ServiceError
from kefu.common.rpc.status import trailers_of

T = TypeVar("T", error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo, error_details_pb2.BadRequest)
_DETAILS = "grpc-status-details-bin"
_RETRY_SECONDS = 1.0
_STATUSES = {
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.UNAUTHENTICATED: 401,
}
"""HTTP statuses as the Connect protocol maps them; all other codes are 500."""


@dataclass(frozen=True)
class Failure:
    """A failed call with all its google.rpc details, of a service behind the gateway or of the gateway itself."""

    code: grpc.StatusCode
    message: str
    details: tuple[PackedAny, ...] = ()

    @classmethod
    def of(cls, error: ServiceError | grpc.RpcError) -> "Failure":
        """The failure of an exception. gRPC's own message about a lost connection names addresses, and is replaced."""
        if isinstance(error, ServiceError):
            ((_, status),) = trailers_of(error)
            return cls(error.code, error.message, tuple(status_pb2.Status.FromString(status).details))
        code: grpc.StatusCode = getattr(error, "code", lambda: grpc.StatusCode.UNKNOWN)()
        message = str(getattr(error, "details", lambda: "")() or "")
        for name, value in getattr(error, "trailing_metadata", lambda: ())() or ():
            if name == _DETAILS:
                return cls(code, message, tuple(status_pb2.Status.FromString(value).details))
        return cls.of(_error_without_details(code))

    @property
    def info(self) -> error_details_pb2.ErrorInfo:
        """The ErrorInfo; empty without one."""
        return self._detail(error_details_pb2.ErrorInfo())

    @property
    def field(self) -> str:
        """The name of the field that is wrong; empty without a BadRequest."""
        violations = self._detail(error_details_pb2.BadRequest()).field_violations
        return violations[0].field if violations else ""

    @property
    def retry_after(self) -> float | None:
        """The seconds of the RetryInfo; None without one."""
        retry = self._detail(error_details_pb2.RetryInfo())
        return retry.retry_delay.ToNanoseconds() / 1e9 if retry.HasField("retry_delay") else None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return 413 if self.info.reason == RequestTooLarge.reason else _STATUSES.get(self.code, 500)

    @property
    def headers(self) -> dict[str, str]:
        """The HTTP headers of the failure: retry-after and www-authenticate, where they apply."""
        headers: dict[str, str] = {}
        if self.retry_after is not None:
            headers["retry-after"] = str(max(1, round(self.retry_after + 0.5)))
        if self.code is grpc.StatusCode.UNAUTHENTICATED:
            headers["www-authenticate"] = "Bearer"
        return headers

    def connect(self) -> ConnectError:
        """The failure as connectrpc's exception."""
        details = [ErrorDetail(ConnectAny(type_url=each.type_url, value=each.value)) for each in self.details]
        return ConnectError(_connect_code(self.code), self.message, details)

    def json(self) -> dict[str, Any]:
        """The failure in the JSON form of the Connect protocol."""
        details = [
            {"type": each.type_url.rpartition("/")[2], "value": b64encode(each.value).decode().rstrip("=")}
            for each in self.details
        ]
        return {"code": _connect_code(self.code).value, "message": self.message, "details": details}

    def json_bytes(self) -> bytes:
        """The JSON form in UTF-8."""
        return json.dumps(self.json(), ensure_ascii=False).encode()

    def _detail(self, empty: T) -> T:
        for each in self.details:
            if each.Unpack(empty):
                break
        return empty


def _connect_code(code: grpc.StatusCode) -> Code:
    return Code.CANCELED if code is grpc.StatusCode.CANCELLED else Code[code.name]


def _error_without_details(code: grpc.StatusCode) -> ServiceError:
    """The ServiceError for an error without ErrorInfo, which is gRPC's own."""
    match code:
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            return DeadlineExceeded("The call took longer than its deadline allowed.")
        case grpc.StatusCode.UNIMPLEMENTED:
            return MethodUnknown("The service behind the gateway does not have this method.")
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            return RequestTooLarge("A message is larger than the services take; send less in one call.")
        case _:
            return BackendUnavailable(
                "A service behind the gateway did not answer; try again.", retry_after=_RETRY_SECONDS
            )
