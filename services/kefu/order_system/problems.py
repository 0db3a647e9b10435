"""Failures of the API as problem details (RFC 9457), the limit of a request's size, and the log."""

import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from kefu.order_system.domain.failures import NotFound, Refused
from kefu.order_system.store import KeyReused, OperationInProgress

PROBLEM_JSON = "application/problem+json"
MAX_BODY_BYTES = 64 * 1024
HEALTH_PATH = "/readyz"
"""Answers ok while the server serves; not logged."""
_TYPE = "tag:orders.example,2026:"
_RETRY_SECONDS = "1"
_log = structlog.stdlib.get_logger()


class Problem(BaseModel):
    """Why a request failed. `code` tells programs, `detail` people."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: str
    """A URI of this kind of problem; it leads nowhere."""
    title: str
    """The HTTP status in words."""
    status: int
    detail: str
    """What happened, and what to do."""
    code: str
    """Such as ORDER_NOT_PENDING."""


class ProblemError(Exception):
    """A failure of the API itself."""

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.headers = headers or {}


def problem_response(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    """The response of a failure."""
    problem = Problem(
        type=_TYPE + code.lower().replace("_", "-"),
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
    )
    return Response(
        problem.model_dump_json(), status, {"cache-control": "no-store", **(headers or {})}, media_type=PROBLEM_JSON
    )


def handle_problems(app: FastAPI) -> None:
    """Answer every failure of the application with problem details."""

    @app.middleware("http")
    async def bounded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:  # pyright: ignore[reportUnusedFunction]
        began = time.monotonic()
        response = _too_large(request) or await call_next(request)
        route = _route(request)
        if route != HEALTH_PATH:
            milliseconds = round((time.monotonic() - began) * 1000, 1)
            _log.info("http", route=route, verb=request.method, status=response.status_code, ms=milliseconds)
        return response

    async def api_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)  # noqa: S101 - registered for it
        return problem_response(error.status, error.code, str(error), error.headers)

    async def not_found(request: Request, error: Exception) -> Response:
        assert isinstance(error, NotFound)  # noqa: S101 - registered for it
        return problem_response(404, error.code, str(error))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)  # noqa: S101 - registered for it
        return problem_response(409, error.code, str(error))

    async def key_reused(request: Request, error: Exception) -> Response:
        detail = "This Idempotency-Key was used for another request; make a new key for a new request."
        return problem_response(422, "IDEMPOTENCY_KEY_REUSED", detail)

    async def in_progress(request: Request, error: Exception) -> Response:
        detail = "A request with this Idempotency-Key is being worked on; send it again in a moment."
        return problem_response(409, "OPERATION_IN_PROGRESS", detail, {"retry-after": _RETRY_SECONDS})

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
        problems = (f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors())
        return problem_response(400, "INVALID_REQUEST", "; ".join(problems) + ".")

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
        code = HTTPStatus(error.status_code).name
        headers = dict(error.headers or {})
        return problem_response(
            error.status_code, code, f"{error.detail}: {request.method} {request.url.path}", headers
        )

    async def unexpected(request: Request, error: Exception) -> Response:
        _log.error("http.unexpected", route=_route(request), exc_info=error)
        return problem_response(500, "INTERNAL", "Something failed here; the operator finds it in the log.")

    app.add_exception_handler(ProblemError, api_problem)
    app.add_exception_handler(NotFound, not_found)
    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(KeyReused, key_reused)
    app.add_exception_handler(OperationInProgress, in_progress)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Exception, unexpected)


def _route(request: Request) -> str:
    """For the log: a path holds ids of customers, a route does not."""
    return getattr(request.scope.get("route"), "path", "none")


def _too_large(request: Request) -> Response | None:
    """The response to a request whose body is too large, or of unknown length; None for all others."""
    length = request.headers.get("content-length")
    if length is None and "transfer-encoding" in request.headers:
        return problem_response(411, "LENGTH_REQUIRED", "Send the body with its Content-Length.")
    if length is not None and int(length) > MAX_BODY_BYTES:  # uvicorn's parser lets nothing but digits pass
        return problem_response(413, "REQUEST_TOO_LARGE", f"A body may have {MAX_BODY_BYTES} bytes.")
    return None
