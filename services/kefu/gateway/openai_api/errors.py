"""Failures in OpenAI's form, which OpenAI's clients map to exceptions by status."""

from typing import Any

from starlette.responses import JSONResponse, Response

from kefu.gateway.failures import Failure

_TYPES = {
    400: "invalid_request_error",
    401: "invalid_request_error",
    403: "permission_error",
    404: "invalid_request_error",
    409: "conflict_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
}
_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}


class InvalidRequest(Exception):
    """A request that is wrong in itself.

    `param` is the name of the parameter, `code` one of OpenAI's codes or Kefu's, `status` the HTTP status.
    """

    def __init__(self, message: str, param: str | None = None, *, code: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code
        self.status = status


def error_body(error: Failure | InvalidRequest) -> dict[str, Any]:
    """The body {"error": {message, type, param, code}}. `code` is the ErrorInfo's reason where OpenAI has no code."""
    code = error.code if isinstance(error, InvalidRequest) else _CODES.get(error.status) or error.info.reason or None
    param = error.param if isinstance(error, InvalidRequest) else error.field or None
    kind = _TYPES.get(error.status, "server_error")
    return {"error": {"message": error.message, "type": kind, "param": param, "code": code}}


PATHS_WITHOUT_VERSION = ("/chat/completions", "/embeddings", "/models", "/models/{model}", "/responses", "/completions")
"""Where OpenAI's clients call whose base URL lacks the /v1."""


def unknown_endpoint(method: str, path: str) -> Response:
    """The response to a call of OpenAI's API that Kefu does not serve; OpenAI's clients print its message."""
    if path.startswith("/v1/"):
        served = "POST /v1/chat/completions, POST /v1/embeddings and GET /v1/models"
        message = f"Kefu does not serve {method} {path[:100]}; it has {served}."
    else:
        message = f"There is no {path[:100]} here: add /v1 to the client's base URL."
    return error_response(InvalidRequest(message, code="unknown_url", status=404))


def error_response(error: Failure | InvalidRequest) -> Response:
    """The response of a failure, with Retry-After where the failure has one."""
    return JSONResponse(error_body(error), error.status, headers=error.headers if isinstance(error, Failure) else None)
