"""Tokens of a company's site, as tests sign them."""

import json
import time
import uuid
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm

ISSUER, AUDIENCE = "https://shop.example.com", "kefu-shop"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def public_pem(key: Any = EC_KEY) -> str:
    """The public half of a key."""
    made = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return made.decode()


def jwks(key: Any = EC_KEY, kid: str = "one") -> dict[str, Any]:
    """The public half of an EC key as a key set."""
    return {"keys": [{**json.loads(ECAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}]}


def identity_token(
    sub: str = "c-1", *, key: Any = EC_KEY, algorithm: str = "ES256", kid: str | None = None, **claims: Any
) -> str:
    """A token of the site for one customer. A claim that is None is left out."""
    now = int(time.time())
    whole = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": sub,
        "iat": now,
        "exp": now + 300,
        "jti": uuid.uuid4().hex,
        **claims,
    }
    sent = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode(sent, key, algorithm, headers={"kid": kid} if kid else None)
