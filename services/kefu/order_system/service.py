"""The order system's wiring: database, keys, API, page, and the server in front of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from kefu.order_system.api import application
from kefu.order_system.config import OrdersConfig
from kefu.order_system.http_server import listening, serving_http
from kefu.order_system.identity_tokens import IdentityTokens
from kefu.order_system.seed import read_folder
from kefu.order_system.sign_in import sign_in_routes
from kefu.order_system.store import Store


@asynccontextmanager
async def order_system(config: OrdersConfig) -> AsyncIterator[int]:
    """The order system while the block runs; yields its port. Raises StartupError when it cannot start."""
    with closing(listening(config.listen)) as listener:
        port: int = listener.getsockname()[1]
        with closing(Store.open(config.database, lambda: read_folder(config.data))) as store:
            tokens = IdentityTokens(config.database.with_suffix(".identity.pem"), config.origin_at(port))
            app = application(store, config.api_key.get_secret_value())
            app.include_router(sign_in_routes(store, tokens, config.kefu.rstrip("/")))
            async with serving_http(listener, app, config.drain_seconds):
                yield port
