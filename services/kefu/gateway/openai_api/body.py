"""A request's body, read up to a bound."""

from starlette.requests import Request

from kefu.common.errors import RequestTooLarge


async def body_of_request(request: Request, most: int) -> bytes:
    """All of it; raises RequestTooLarge as soon as there are more than `most` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise RequestTooLarge(f"The request has more than {most} bytes; send less.")
    return bytes(body)
