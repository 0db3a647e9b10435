"""The gateway's ASGI application: its routes, and the middleware in front of all of them."""

from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp

from kefu.common.errors import ServiceError
from kefu.gateway.attachments import AttachmentEndpoint
from kefu.gateway.config import GatewayConfig
from kefu.gateway.connect_proxy import ConnectProxy
from kefu.gateway.http_server import Readiness
from kefu.gateway.mcp_server.endpoint import MCP_PATH, McpEndpoint
from kefu.gateway.middleware.browser_security import (
    ATTACHMENTS_PATH,
    IMPORT_PATH,
    BodyDeadline,
    SecurityHeaders,
    with_cors,
)
from kefu.gateway.middleware.lingering_close import LingeringClose
from kefu.gateway.middleware.request_log import RequestLog
from kefu.gateway.openai_api.chat import ChatCompletions
from kefu.gateway.openai_api.errors import PATHS_WITHOUT_VERSION, unknown_endpoint
from kefu.gateway.openai_api.models import ModelEndpoints
from kefu.gateway.site_api import SiteApi, handle_service_error
from kefu.gateway.static_pages import StaticPages
from kefu.gateway.upload import ImportEndpoint

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def application(
    config: GatewayConfig,
    proxy: ConnectProxy,
    api: SiteApi,
    import_endpoint: ImportEndpoint,
    attachments: AttachmentEndpoint,
    chat: ChatCompletions,
    models: ModelEndpoints,
    mcp: McpEndpoint,
    pages: StaticPages,
    readiness: Readiness,
) -> ASGIApp:
    """The application of all endpoints, with middleware: request log, security headers, CORS, body deadline."""

    async def healthy(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(request: Request) -> Response:
        return PlainTextResponse("ready\n") if readiness.ready else PlainTextResponse("leaving\n", 503)

    async def openai_unknown(request: Request) -> Response:
        return unknown_endpoint(request.method, request.url.path)

    services = proxy.applications()
    routes = [
        *(Mount(f"/{service}", app) for service, app in services.items()),
        Route("/api/config", api.config),
        Route("/api/me", api.me),
        Route("/api/visitor", api.visitor, methods=["POST"]),
        Route("/api/identify", api.identify, methods=["POST"]),
        Route("/api/email-code", api.email_code, methods=["POST"]),
        Route("/api/email-code/verify", api.verify_email_code, methods=["POST"]),
        Route("/api/sources/{source}/push", api.push_source, methods=["POST"]),
        Route(IMPORT_PATH, import_endpoint.__call__, methods=["POST"]),
        Route(ATTACHMENTS_PATH, attachments.upload, methods=["POST"]),
        Route(f"{ATTACHMENTS_PATH}/{{name:path}}", attachments.download),
        Route("/v1/chat/completions", chat.__call__, methods=["POST"]),
        Route("/v1/models", models.models),
        Route("/v1/models/{model:path}", models.model),
        Route("/v1/embeddings", models.embeddings, methods=["POST"]),
        Route("/v1/{path:path}", openai_unknown, methods=_METHODS),
        *(Route(path, openai_unknown, methods=_METHODS) for path in PATHS_WITHOUT_VERSION),
        Route(MCP_PATH, mcp),
        Route("/healthz", healthy),
        Route("/readyz", ready),
        Route("/{path:path}", pages.__call__),
    ]
    router = Router(routes, redirect_slashes=False)
    inner = ExceptionMiddleware(router, handlers={ServiceError: handle_service_error})
    app: ASGIApp = BodyDeadline(LingeringClose(inner), config.body_seconds)
    app = with_cors(app, config)
    app = SecurityHeaders(app, config)
    known = {*proxy.paths, *(route.path for route in routes if isinstance(route, Route))}
    return RequestLog(app, lambda path: path if path in known else "pages")
