"""How failures stand in the OpenAPI document."""

from typing import Any

from fastapi import FastAPI

from kefu.order_system.problems import PROBLEM_JSON, Problem

_FASTAPI_INVALID = "#/components/schemas/HTTPValidationError"
FAILURES: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request is malformed, or a write has no Idempotency-Key."},
    401: {"model": Problem, "description": "The API key is missing or wrong."},
    404: {"model": Problem, "description": "There is no such thing, or not for this customer."},
}
"""Failures of every route."""
WRITE_FAILURES: dict[int | str, dict[str, Any]] = {
    409: {"model": Problem, "description": "The shop's rules refuse it (see code), or it is being worked on."},
    422: {"model": Problem, "description": "The Idempotency-Key was used for another request."},
}
"""Failures of writes beside those."""


def describe_problems(app: FastAPI) -> None:
    """Say in the OpenAPI document that failures are problem+json.

    FastAPI knows one media type a route, and takes for granted that what is invalid is answered with its own 422.
    """
    describe = app.openapi

    def described() -> dict[str, Any]:
        document = describe()
        for operations in document["paths"].values():
            for operation in operations.values():
                responses: dict[str, Any] = operation["responses"]
                for status in [status for status in responses if int(status) >= 400]:
                    content: dict[str, Any] = responses[status]["content"]
                    if content.get("application/json", {}).get("schema", {}).get("$ref") == _FASTAPI_INVALID:
                        del responses[status]
                    elif "application/json" in content:
                        content[PROBLEM_JSON] = content.pop("application/json")
        for unused in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(unused, None)
        return document

    app.openapi = described
