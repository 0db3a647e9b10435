"""An order system that serves, and its callers."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from kefu.order_system.config import OrdersConfig
from kefu.order_system.service import order_system

API_KEY = "a key of the order system's tests"
NEW_ADDRESS = {"address1": "2 Oak Road", "city": "Shanghai", "country": "China", "zip": "200042"}


class Shop:
    """A running order system."""

    def __init__(self, origin: str, api: httpx.AsyncClient, browser: httpx.AsyncClient) -> None:
        self.origin = origin
        self.api = api
        """With the API key."""
        self.browser = browser
        """Without it, and with cookies."""

    async def write(self, method: str, path: str, body: Any, key: str | None = None, **more: Any) -> httpx.Response:
        """A write with an idempotency key: a new one, unless one is given."""
        headers = {"idempotency-key": key or str(uuid.uuid4())}
        return await self.api.request(method, path, json=body, headers=headers, **more)

    async def state(self, customer: str) -> tuple[Any, list[Any]]:
        """The customer, and all of the customer's orders."""
        found = (await self.api.get(f"/customers/{customer}")).json()
        orders = [(await self.api.get(order_path(customer, each))).json() for each in found["orders"]]
        return found, orders


def order_path(customer: str, order_id: str) -> str:
    """The path of an order."""
    return f"/customers/{customer}/orders/{order_id.replace('#', '%23')}"


def config_for(folder: Path, **fields: Any) -> OrdersConfig:
    """A configuration with its files in a folder, at a free port."""
    given: dict[str, Any] = {"listen": "127.0.0.1:0", "database": folder / "orders.db", "drain_seconds": 1, **fields}
    return OrdersConfig(api_key=SecretStr(API_KEY), **given)


@asynccontextmanager
async def open_shop(folder: Path, **fields: Any) -> AsyncIterator[Shop]:
    """An order system with the demo's data, in this process."""
    async with order_system(config_for(folder, **fields)) as port:
        origin = f"http://127.0.0.1:{port}"
        headers = {"authorization": f"Bearer {API_KEY}"}
        async with (
            httpx.AsyncClient(base_url=origin, headers=headers) as api,
            httpx.AsyncClient(base_url=origin) as browser,
        ):
            yield Shop(origin, api, browser)
