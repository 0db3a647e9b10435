"""Bounded reading of request bodies."""

from starlette.requests import Request

from kefu.common.errors import RequestTooLarge


async def body_of_request(request: Request, max_bytes: int) -> bytes:
    """All of it; raises RequestTooLarge as soon as there are more than `max_bytes` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise RequestTooLarge(f"The request has more than {max_bytes} bytes; send less.")
    return bytes(body)
