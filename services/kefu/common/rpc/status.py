"""ServiceErrors on the wire: encoded as `google.rpc.Status` in a call's trailers, and decoded again."""

from typing import NamedTuple

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2

from kefu.common.errors import (
    DOMAIN,
    BackendUnavailable,
    BadRequest,
    DeadlineExceeded,
    MethodUnknown,
    PromptTooLong,
    RequestTooLarge,
    ScopeMissing,
    ServiceError,
    Unauthenticated,
)

_DETAILS = "grpc-status-details-bin"  # https://grpc.io/docs/guides/error/: the richer error model


def trailers_of(error: ServiceError) -> tuple[tuple[str, bytes], ...]:
    """The trailing metadata of an error, with ErrorInfo and, where they apply, RetryInfo and BadRequest."""
    details: list[any_pb2.Any] = []

    def add(
        message: error_details_pb2.ErrorInfo | error_details_pb2.RetryInfo | error_details_pb2.BadRequest,
    ) -> None:
        packed = any_pb2.Any()
        packed.Pack(message)
        details.append(packed)

    add(error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata))
    if error.retry_after is not None:
        delay = duration_pb2.Duration()
        delay.FromNanoseconds(round(error.retry_after * 1e9))
        add(error_details_pb2.RetryInfo(retry_delay=delay))
    if isinstance(error, BadRequest):
        violation = error_details_pb2.BadRequest.FieldViolation(field=error.field, description=error.description)
        add(error_details_pb2.BadRequest(field_violations=[violation]))
    number: int = error.code.value[0]
    status = status_pb2.Status(code=number, message=error.message, details=details)
    return ((_DETAILS, status.SerializeToString()),)


class RpcFailure(NamedTuple):
    """The status of a failed call, decoded."""

    code: grpc.StatusCode
    reason: str
    """Reason of the ErrorInfo; empty when the server sent none, as for a lost connection."""
    message: str
    metadata: dict[str, str]
    """Metadata of the ErrorInfo."""
    retry_after: float | None
    """Seconds of the RetryInfo; None without one."""


def failure_of(error: grpc.RpcError) -> RpcFailure:
    """The status of a failed call of `grpc.aio` or `grpc`."""
    code = getattr(error, "code", lambda: grpc.StatusCode.UNKNOWN)()
    message = getattr(error, "details", lambda: "")() or ""
    reason, metadata, retry_after = "", dict[str, str](), None
    for key, value in getattr(error, "trailing_metadata", lambda: ())() or ():
        if key != _DETAILS:
            continue
        for detail in status_pb2.Status.FromString(value).details:
            info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
            if detail.Unpack(info):
                reason, metadata = info.reason, dict(info.metadata)
            elif detail.Unpack(retry):
                retry_after = retry.retry_delay.ToNanoseconds() / 1e9
    return RpcFailure(code, reason, message, metadata, retry_after)


_CODES_WITHOUT_REASON = {grpc.StatusCode.INTERNAL, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN}


def is_connection_lost(error: grpc.RpcError) -> bool:
    """Whether a call ended because its server, or the connection to it, is gone. What the call did is then not known.

    UNAVAILABLE means that from any sender. A stream whose server died in the middle is reset by nginx. gRPC reports
    that as INTERNAL or the like, without the ErrorInfo that errors of Kefu's services have.
    """
    failure = failure_of(error)
    return failure.code is grpc.StatusCode.UNAVAILABLE or (not failure.reason and failure.code in _CODES_WITHOUT_REASON)


_BY_REASON = {kind.reason: kind for kind in ServiceError.__subclasses__()}
_BY_CODE = {
    kind.code: kind for kind in (DeadlineExceeded, MethodUnknown, RequestTooLarge, ScopeMissing, Unauthenticated)
}


def error_of(error: grpc.RpcError) -> ServiceError:
    """The ServiceError that the server of a failed call raised.

    An error without a reason is gRPC's own: BackendUnavailable, unless the code says more. A reason that this release
    does not know gives a plain ServiceError with its `code` and `reason`.
    """
    failure = failure_of(error)
    kind = _BY_REASON.get(failure.reason)
    if kind is BadRequest:
        field, _, description = failure.message.partition(": ")
        return BadRequest(field, description)
    if kind is PromptTooLong:
        return PromptTooLong(*(int(failure.metadata.get(name, 0)) for name in ("prompt_tokens", "max_prompt_tokens")))
    fallback = ServiceError if failure.reason else _BY_CODE.get(failure.code, BackendUnavailable)
    result = (kind or fallback)(failure.message, metadata=failure.metadata, retry_after=failure.retry_after)
    if kind is None and failure.reason:
        result.code, result.reason = failure.code, failure.reason
    return result
