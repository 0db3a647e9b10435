"""
Tokens that say who a customer is, for a company's own server: made with a private key whose public half Kefu knows.

    key = Path("kefu-identity.pem").read_text()  # openssl ecparam -name prime256v1 -genkey -noout
    token = identity_token(key, issuer="https://shop.example.com", audience="kefu", sub="4711", claims={"name": "Anya"})

The page gives the token to the widget, kefu("identify", token). A program that asks with a key of its own sends it
along, `Client.ask(text, identity_token=token)`. A new token is made for each visit: it is good for the visitor who
brings it first. Beside what the client needs, this module needs PyJWT with `cryptography`.
"""

import time
import uuid
from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

DEFAULT_SECONDS = 300.0
"""Long enough for a page to load; Kefu gives the visitor a token of its own for it."""
_RESERVED = frozenset({"iss", "aud", "sub", "iat", "exp", "jti"})


def identity_token(
    private_key: str | bytes,
    *,
    issuer: str,
    audience: str,
    sub: str,
    claims: Mapping[str, str] | None = None,
    seconds: float = DEFAULT_SECONDS,
    key_id: str = "",
) -> str:
    """A signed token (JWT) for one customer.

    Args:
        private_key: PEM, unencrypted. A P-256 key signs with ES256, an RSA key with RS256.
        issuer: `issuer` of the tenant's identity settings.
        audience: `audience` of these settings.
        sub: the customer's id at the company, which stays the same.
        claims: what agents should know as well, such as name and email.
        seconds: how long the token is good.
        key_id: `kid` of the key in the company's JWKS; empty where Kefu knows one public key only.

    Raises ValueError for another kind of key, an empty `sub`, or claims that the token has already.
    """
    if not sub:
        raise ValueError("sub must not be empty: it says who the customer is")
    if reserved := _RESERVED.intersection(claims or ()):
        raise ValueError(f"claims must not name {', '.join(sorted(reserved))}")
    key = load_pem_private_key(private_key.encode() if isinstance(private_key, str) else private_key, password=None)
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        algorithm = "ES256"
    elif isinstance(key, RSAPrivateKey):
        algorithm = "RS256"
    else:
        raise ValueError("private_key must be a P-256 or an RSA key")
    now = time.time()
    payload = {
        **(claims or {}),
        "iss": issuer,
        "aud": audience,
        "sub": sub,
        "iat": int(now),
        "exp": int(now + seconds),
        "jti": uuid.uuid4().hex,
    }
    return jwt.encode(payload, key, algorithm=algorithm, headers={"kid": key_id} if key_id else None)
