"""nginx's own refusals, in the form of the services: to gRPC a status, to a browser JSON."""

import base64
import json
from dataclasses import dataclass
from urllib.parse import quote

from google.rpc import status_pb2

from kefu.common.errors import (
    AddressLimit,
    BackendUnavailable,
    BadRequest,
    DeadlineExceeded,
    MethodUnknown,
    RequestTooLarge,
    ServiceError,
)
from kefu.common.rpc.status import trailers_of
from kefu.edge.templates import fill


@dataclass(frozen=True)
class _Refusal:
    """One refusal. `status` is HTTP's, for callers that do not speak gRPC."""

    name: str
    status: int
    error: ServiceError


_REFUSALS = (
    _Refusal("unavailable", 503, BackendUnavailable("No router or service behind this address answered; try again.")),
    _Refusal(
        "too_large",
        413,
        RequestTooLarge("The request is larger than this method takes (64 KiB for a turn); send less at once."),
    ),
    _Refusal(
        "keyless",
        429,
        AddressLimit(
            "Too many calls come from this address; slow down, or send a key if you have one.",
            retry_after=1.0,
        ),
    ),
    _Refusal("too_slow", 408, DeadlineExceeded("The request did not arrive in time; send it again.")),
    _Refusal("unknown", 404, MethodUnknown("There is no such method at this address.")),
    _Refusal("malformed", 400, BadRequest("request", "is not one that can be read here.")),
)


def refusals(*, web: bool) -> str:
    """The locations for nginx's own errors; with `web` also those for callers that do not speak gRPC."""
    texts = [_to_grpc(refusal) for refusal in _REFUSALS]
    if web:
        texts += [_to_web(refusal) for refusal in _REFUSALS]
    return "\n".join(texts)


def _to_grpc(refusal: _Refusal) -> str:
    """Status, message and details as Kefu's services send them, without a body."""
    [(_, details)] = trailers_of(refusal.error)
    return fill(
        "refusal",
        name=f"@{refusal.name}",
        status=refusal.error.code.value[0],
        # https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md: messages are percent-encoded, binary is base64
        message=quote(refusal.error.message, safe=" !#&'()*+,-./:;<=>?@[]^_`{|}~"),
        details=base64.b64encode(details).decode().rstrip("="),
    )


def _to_web(refusal: _Refusal) -> str:
    """One object that Connect clients and OpenAI clients both read: each ignores the other's fields."""
    error = refusal.error
    [(_, packed)] = trailers_of(error)
    details = [
        {"type": detail.TypeName(), "value": base64.b64encode(detail.value).decode().rstrip("=")}
        for detail in status_pb2.Status.FromString(packed).details
    ]
    body = {
        "code": error.code.name.lower(),
        "message": error.message,
        "details": details,
        "error": {"message": error.message, "type": error.code.name.lower(), "code": error.reason},
    }
    headers = ['add_header Cache-Control "no-store" always;']
    if error.retry_after is not None:
        headers.append(f"add_header Retry-After {round(error.retry_after)} always;")
    return fill(
        "refusal-web",
        name=f"@{refusal.name}_web",
        status=refusal.status,
        headers="\n            ".join(headers),
        body=json.dumps(body, separators=(",", ":")).replace("'", "\\'"),
    )
