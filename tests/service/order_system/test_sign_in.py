"""The shop's page: signing in and out, and what a token for Kefu says."""

import time
from typing import Any

import httpx
import jwt
import pytest

from tests.service.order_system.harness import Shop

EMMA = {"email": "emma.clarke@mail.example"}


async def signed_in(shop: Shop) -> httpx.Response:
    return await shop.browser.post("/sign-in", params={"lang": "zh"}, data=EMMA)


async def test_a_visitor_signs_in_sees_their_orders_and_signs_out(shop: Shop) -> None:
    before = await shop.browser.get("/")
    assert "Sign in as Emma Clarke" in before.text
    response = await signed_in(shop)
    assert (response.status_code, response.headers["location"]) == (303, "/?lang=zh")
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = await shop.browser.get("/")
    assert 'data-customer="emma_clarke"' in page.text
    assert "SL700412697734" in page.text
    assert "SL700412650183" not in page.text  # another customer's
    await shop.browser.post("/sign-out")
    assert 'data-customer=""' in (await shop.browser.get("/")).text


async def test_a_session_that_has_ended_is_not_brought_back_by_its_cookie(shop: Shop) -> None:
    await signed_in(shop)
    cookies = dict(shop.browser.cookies)
    await shop.browser.post("/sign-out")
    kept = await shop.browser.post("/identity-token", headers={"cookie": f"shop_session={cookies['shop_session']}"})
    assert (kept.status_code, kept.json()["code"]) == (401, "NOT_SIGNED_IN")


async def test_an_email_address_of_nobody_signs_nobody_in(shop: Shop) -> None:
    response = await shop.browser.post("/sign-in", data={"email": "nobody@mail.example"}, follow_redirects=True)
    assert "There is no customer with this email address." in response.text
    assert shop.browser.cookies == {}


async def test_the_page_speaks_the_browsers_language(shop: Shop) -> None:
    page = await shop.browser.get("/", headers={"accept-language": "zh-CN,zh;q=0.9"})
    assert '<html lang="zh-CN">' in page.text
    assert "松鹿家居" in page.text


async def test_the_token_is_the_shops_word_for_who_is_signed_in(shop: Shop) -> None:
    await signed_in(shop)
    response = await shop.browser.post("/identity-token")
    assert response.json()["expires_in"] == 300
    token = response.json()["token"]
    (key,) = (await shop.browser.get("/.well-known/jwks.json")).json()["keys"]
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "typ": "JWT", "kid": key["kid"]}
    assert "d" not in key  # the private part
    claims: dict[str, Any] = jwt.decode(
        token, jwt.PyJWK(key), algorithms=["ES256"], audience="kefu", issuer=shop.origin
    )
    assert (claims["sub"], claims["email"], claims["name"]) == ("emma_clarke", EMMA["email"], "Emma Clarke")
    assert claims["exp"] - claims["iat"] == 300
    assert abs(claims["iat"] - time.time()) < 60
    other = (await shop.browser.post("/identity-token")).json()["token"]
    assert jwt.decode(other, options={"verify_signature": False})["jti"] != claims["jti"]


async def test_nobody_signed_in_gets_no_token(shop: Shop) -> None:
    response = await shop.browser.post("/identity-token")
    assert (response.status_code, response.json()["code"]) == (401, "NOT_SIGNED_IN")


@pytest.mark.parametrize("path", ["/identity-token", "/sign-in", "/sign-out"])
@pytest.mark.parametrize("origin", ["https://evil.example.com", "null"])
async def test_other_sites_pages_are_refused(shop: Shop, path: str, origin: str) -> None:
    await signed_in(shop)
    response = await shop.browser.post(path, data=EMMA, headers={"origin": origin})
    assert (response.status_code, response.json()["code"]) == (403, "FOREIGN_ORIGIN")
    own = await shop.browser.post("/identity-token", headers={"origin": shop.origin})
    assert own.status_code == 200


async def test_the_page_loads_from_itself_and_from_kefu_alone(shop: Shop) -> None:
    headers = (await shop.browser.get("/")).headers
    policy = dict(each.strip().split(" ", 1) for each in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' https://kefu.example.com"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["cache-control"] == "no-store"
    for path, kind in (("/shop.js", "javascript"), ("/shop.css", "css")):
        assert kind in (await shop.browser.get(path)).headers["content-type"]
