"""The gateway's wiring: all its parts, opened in order and closed in reverse."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx

from kefu.gateway.attachments import AttachmentEndpoint, AttachmentLimits
from kefu.gateway.auth.callers import CallerResolver
from kefu.gateway.auth.key_verifier import KeyVerifier
from kefu.gateway.auth.oidc import OperatorTokens, issuer_keys
from kefu.gateway.auth.visitor_tokens import VisitorTokens
from kefu.gateway.config import GatewayConfig
from kefu.gateway.connect_proxy import ConnectProxy
from kefu.gateway.edge_refusals import counting_edge_refusals
from kefu.gateway.grpc_backends import open_backends
from kefu.gateway.http_server import Readiness, serving_http
from kefu.gateway.mcp_server.endpoint import McpEndpoint
from kefu.gateway.openai_api.chat import ChatCompletions
from kefu.gateway.openai_api.models import ModelEndpoints
from kefu.gateway.routes import application
from kefu.gateway.site_api import SiteApi
from kefu.gateway.static_pages import FOLDER, StaticPages
from kefu.gateway.upload import ImportEndpoint


@asynccontextmanager
async def gateway(config: GatewayConfig, folder: Path = FOLDER) -> AsyncIterator[int]:
    """A gateway while the block runs; yields its port. `folder` holds the pages."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        await enter(counting_edge_refusals(config.edge_refusals_listen))
        backends = await enter(open_backends(config))
        visitors = None
        if config.visitor_secrets:
            visitors = VisitorTokens(
                config.visitor_secrets,
                config.visitor_tenant,
                minutes=config.visitor_minutes,
                refresh_days=config.visitor_refresh_days,
                days=config.visitor_days,
                customer_hours=config.customer_hours,
            )
        operators = None
        if config.oidc_issuer:
            client = await enter(httpx.AsyncClient())
            operators = OperatorTokens(config, issuer_keys(client, config.oidc_issuer, config.oidc_jwks_url))
        callers = CallerResolver(config, KeyVerifier(backends.is_valid_key), visitors, operators)
        proxy = ConnectProxy(backends, callers, call_seconds=config.call_seconds)
        readiness = Readiness()
        app = application(
            config,
            proxy,
            SiteApi(config, backends, callers, visitors, AttachmentLimits(config, backends).current),
            ImportEndpoint(backends, callers),
            AttachmentEndpoint(config, backends, callers),
            ChatCompletions(backends, callers),
            ModelEndpoints(backends, callers),
            McpEndpoint(config, backends, callers),
            StaticPages(folder),
            readiness,
        )
        yield await enter(serving_http(config, app, readiness, proxy.end_watches))
