"""The gateway's ASGI application: which path leads where, and what stands in front of all of them."""

from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp

from kefu.common.errors import ServiceError
from kefu.gateway.api import Api, told_error
from kefu.gateway.config import GatewayConfig
from kefu.gateway.forward import Forwarder
from kefu.gateway.importing import Importing
from kefu.gateway.observing import Observed
from kefu.gateway.pages import Pages
from kefu.gateway.protection import IMPORT_PATH, BodyDeadline, SecurityHeaders, across_origins
from kefu.gateway.server import Readiness


def application(
    config: GatewayConfig,
    forwarder: Forwarder,
    api: Api,
    importing: Importing,
    pages: Pages,
    readiness: Readiness,
) -> ASGIApp:
    """All of it, put together."""

    async def healthy(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(request: Request) -> Response:
        return PlainTextResponse("ready\n") if readiness.ready else PlainTextResponse("leaving\n", 503)

    services = forwarder.applications()
    routes = [
        *(Mount(f"/{service}", app) for service, app in services.items()),
        Route("/api/config", api.config),
        Route("/api/me", api.me),
        Route("/api/visitor", api.visitor, methods=["POST"]),
        Route(IMPORT_PATH, importing.__call__, methods=["POST"]),
        Route("/healthz", healthy),
        Route("/readyz", ready),
        Route("/{path:path}", pages.__call__),
    ]
    router = Router(routes, redirect_slashes=False)
    inner = ExceptionMiddleware(router, handlers={ServiceError: told_error})
    app: ASGIApp = BodyDeadline(inner, config.body_seconds)
    app = across_origins(app, config)
    app = SecurityHeaders(app, config)
    own = {"/api/config", "/api/me", "/api/visitor", IMPORT_PATH, "/healthz", "/readyz"}
    known = {*own, *forwarder.paths}
    return Observed(app, lambda path: path if path in known else "pages")
