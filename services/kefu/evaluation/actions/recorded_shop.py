"""The shop of a measurement: an order system in this process that notes every call which is made of it."""

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from kefu.evaluation.actions.tasks import State, state_in
from kefu.order_system.api import application
from kefu.order_system.http_server import listening, serving_http
from kefu.order_system.identity_tokens import IdentityTokens
from kefu.order_system.seed import Seed
from kefu.order_system.sign_in import sign_in_routes
from kefu.order_system.store import Store

_CUSTOMER = re.compile(r"/customers/([^/]+)(/.*)?")
_DRAIN_SECONDS = 1.0
_Message = MutableMapping[str, Any]


@dataclass(frozen=True)
class ShopCall:
    """A call that was made of the shop for a customer."""

    time: float
    """When it was answered, in seconds of `time.monotonic`."""
    customer: str
    method: str
    path: str
    """Behind the customer."""
    body: bytes
    is_trial: bool
    """With `dry_run`: it changes nothing."""
    is_replay: bool
    """It took place before, under the same key."""
    status: int
    answer: str

    @property
    def is_done(self) -> bool:
        """Whether it was answered with what was asked for."""
        return 200 <= self.status < 300

    @property
    def is_write(self) -> bool:
        """Whether it changed something."""
        return self.method != "GET" and self.is_done and not self.is_trial and not self.is_replay


class RecordedShop:
    """The shop while it serves. `calls`: those since they were last taken, in the order of their answers."""

    def __init__(self, seed: Seed, store: Store, tokens: IdentityTokens, origin: str) -> None:
        self.seed = seed
        self.origin = origin
        self.calls: list[ShopCall] = []
        self.before_write: Callable[[], Awaitable[None]] | None = None
        """Is awaited once, when a call that would change something arrives, and before the shop sees it."""
        self._store = store
        self._tokens = tokens

    def token(self, customer: str) -> str:
        """A token that this customer is signed in."""
        return self._tokens.sign(self.state(customer).customer)

    def state(self, customer: str) -> State:
        """The present records of a customer."""
        with self._store.reading() as book:
            return state_in(book, customer)

    def take_calls(self) -> list[ShopCall]:
        """The calls since this was last asked, each once."""
        taken, self.calls = self.calls, []
        return taken

    def reset(self, customer: str) -> None:
        """Put the customer's records back to what they were in the beginning."""
        self._store.put(
            [each for each in self.seed.customers if each.customer_id == customer],
            [each for each in self.seed.orders if each.customer_id == customer],
        )


@asynccontextmanager
async def open_recorded_shop(seed: Seed, folder: Path, api_key: str) -> AsyncIterator[RecordedShop]:
    """The shop with these records while the block runs, at a free port; its files are in `folder`."""
    with closing(listening("127.0.0.1:0")) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with closing(Store.open(folder / "orders.db", lambda: seed)) as store:
            tokens = IdentityTokens(folder / "identity.pem", origin)
            shop = RecordedShop(seed, store, tokens, origin)
            app = application(store, api_key)
            app.include_router(sign_in_routes(store, tokens, origin))
            app.add_middleware(_Recorder, shop=shop)
            async with serving_http(listener, app, _DRAIN_SECONDS):
                yield shop


class _Recorder:
    """ASGI middleware that notes the calls for customers."""

    def __init__(self, app: Any, shop: RecordedShop) -> None:
        self._app = app
        self._shop = shop

    async def __call__(self, scope: _Message, receive: Callable[[], Awaitable[_Message]], send: Any) -> None:
        found = _CUSTOMER.fullmatch(scope.get("path", "")) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        is_trial = b"dry_run=true" in scope["query_string"]
        interrupt = self._shop.before_write
        if scope["method"] != "GET" and not is_trial and interrupt is not None:
            self._shop.before_write = None
            await interrupt()
        asked, answered = bytearray(), bytearray()
        head: _Message = {"status": 0, "headers": []}

        async def receive_and_note() -> _Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def send_and_note(message: _Message) -> None:
            if message["type"] == "http.response.start":
                head.update(message)
            answered.extend(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive_and_note, send_and_note)
        finally:
            call = ShopCall(
                time.monotonic(),
                unquote(found[1]),
                scope["method"],
                found[2] or "",
                bytes(asked),
                is_trial,
                any(name.lower() == b"idempotency-replayed" for name, _ in head["headers"]),
                head["status"],
                answered.decode("utf-8", "replace"),
            )
            self._shop.calls.append(call)
