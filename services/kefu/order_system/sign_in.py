"""The shop's page, its sessions, and identity tokens for the customer who is signed in.

The session is a cookie of the shop's own. Requests that change it, or that make a token, are taken from the shop's own
pages alone: the cookie is SameSite=Lax, and an Origin of another host is refused.
"""

import secrets
import time
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response

from kefu.order_system.domain.failures import NotFound
from kefu.order_system.domain.records import Customer
from kefu.order_system.identity_tokens import LIFETIME_SECONDS, IdentityTokens
from kefu.order_system.pages import ShopPage, preferred_language
from kefu.order_system.problems import ProblemError
from kefu.order_system.store import Store

COOKIE = "shop_session"
_SESSION_SECONDS = 12 * 3600
_MOST_CUSTOMERS = 12
_STATIC = Path(__file__).parent / "static"
_NO_STORE = {"cache-control": "no-store"}


def sign_in_routes(store: Store, tokens: IdentityTokens, kefu: str) -> APIRouter:
    """The routes of the page. `kefu` is the URL whose widget it shows."""
    shop = store.shop()
    routes = APIRouter(include_in_schema=False)
    headers = {**_NO_STORE, **_page_headers(kefu)}

    def signed_in(request: Request) -> Customer | None:
        customer_id = store.session(request.cookies.get(COOKIE, ""))
        if customer_id is None:
            return None
        with store.reading() as book:
            try:
                return book.customer(customer_id)
            except NotFound:  # of a session that is older than the database's data
                return None

    @routes.get("/")
    def page(  # pyright: ignore[reportUnusedFunction]
        request: Request, lang: str | None = None, unknown: Annotated[bool, Query()] = False
    ) -> HTMLResponse:
        language = preferred_language(lang, request.headers.get("accept-language", ""))
        customer = signed_in(request)
        with store.reading() as book:
            if customer is not None:
                orders = book.orders(customer.customer_id)
                shown = ShopPage(shop, language, kefu, customer=customer, orders=orders)
            else:
                first, count = store.customers(_MOST_CUSTOMERS), store.count_customers()
                shown = ShopPage(
                    shop,
                    language,
                    kefu,
                    customers=first,
                    further_customers=count - len(first),
                    products=book.products(),
                    is_unknown=unknown,
                )
        return HTMLResponse(shown.html(), headers=headers)

    @routes.post("/sign-in")
    def sign_in(  # pyright: ignore[reportUnusedFunction]
        request: Request, email: Annotated[str, Form(max_length=320)], lang: str | None = None
    ) -> Response:
        _check_own_page(request)
        with store.reading() as book:
            found = book.find_customers_by_email(email)
        if not found:
            return _to_page(lang, "unknown=true")
        token = secrets.token_urlsafe(32)
        store.begin_session(token, found[0].customer_id, time.time() + _SESSION_SECONDS)
        response = _to_page(lang)
        is_secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, token, _SESSION_SECONDS, httponly=True, samesite="lax", secure=is_secure)
        return response

    @routes.post("/sign-out")
    def sign_out(request: Request, lang: str | None = None) -> Response:  # pyright: ignore[reportUnusedFunction]
        _check_own_page(request)
        store.end_session(request.cookies.get(COOKIE, ""))
        response = _to_page(lang)
        response.delete_cookie(COOKIE)
        return response

    @routes.post("/identity-token")
    def identity_token(request: Request) -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """A token for Kefu that says who is signed in here."""
        _check_own_page(request)
        customer = signed_in(request)
        if customer is None:
            raise ProblemError(401, "NOT_SIGNED_IN", "Nobody is signed in; sign in on the shop's page first.")
        return JSONResponse({"token": tokens.sign(customer), "expires_in": LIFETIME_SECONDS}, headers=_NO_STORE)

    @routes.get("/.well-known/jwks.json")
    def jwks() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The key by which identity tokens are verified."""
        return JSONResponse(tokens.jwks(), headers={"cache-control": "public, max-age=300"})

    @routes.get("/shop.js")
    def script() -> FileResponse:  # pyright: ignore[reportUnusedFunction]
        return FileResponse(_STATIC / "shop.js", headers=_static_headers())

    @routes.get("/shop.css")
    def styles() -> FileResponse:  # pyright: ignore[reportUnusedFunction]
        return FileResponse(_STATIC / "shop.css", headers=_static_headers())

    return routes


def _to_page(lang: str | None, query: str = "") -> RedirectResponse:
    language = f"lang={lang}" if lang in ("en", "zh") else ""
    parts = "&".join(part for part in (language, query) if part)
    return RedirectResponse(f"/?{parts}" if parts else "/", 303, _NO_STORE)


def _check_own_page(request: Request) -> None:
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ProblemError(403, "FOREIGN_ORIGIN", "This is for the shop's own pages.")


def _page_headers(kefu: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; script-src 'self' {kefu}; style-src 'self'; connect-src 'self' {kefu}; "
        f"frame-src {kefu}; img-src 'self' {kefu} data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "strict-origin-when-cross-origin",
    }


def _static_headers() -> dict[str, str]:
    return {"cache-control": "no-cache", "x-content-type-options": "nosniff"}
