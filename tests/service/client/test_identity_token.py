"""Tokens that a company's server makes for its customers."""

import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from kefu.client.identity import identity_token

AUDIENCE = "kefu"
ISSUER = "https://shop.example.com"
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def pem_of(key: PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (rsa.generate_private_key(public_exponent=65537, key_size=2048), "RS256"),
    ],
)
def test_a_token_is_signed_as_the_key_asks_for(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, algorithm: str
) -> None:
    token = identity_token(
        pem_of(key),
        issuer=ISSUER,
        audience=AUDIENCE,
        sub="4711",
        claims={"name": "Anya Garcia"},
        seconds=60,
        key_id="k1",
    )
    assert jwt.get_unverified_header(token) == {"alg": algorithm, "typ": "JWT", "kid": "k1"}
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = jwt.decode(token, public, algorithms=[algorithm], audience=AUDIENCE, issuer=ISSUER)
    assert (claims["sub"], claims["name"]) == ("4711", "Anya Garcia")
    assert claims["exp"] - claims["iat"] == 60
    assert abs(claims["iat"] - time.time()) < 60


def test_each_token_is_another() -> None:
    key = pem_of(ec.generate_private_key(ec.SECP256R1()))
    made = {identity_token(key.encode(), issuer=ISSUER, audience=AUDIENCE, sub="4711") for _ in range(2)}
    assert len(made) == 2


def test_what_could_say_two_things_is_not_signed() -> None:
    key = pem_of(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(ValueError, match="sub"):
        identity_token(key, issuer=ISSUER, audience=AUDIENCE, sub="")
    with pytest.raises(ValueError, match="exp, iss"):
        identity_token(key, issuer=ISSUER, audience=AUDIENCE, sub="4711", claims={"iss": "x", "exp": "never"})
    for other in (ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()):
        with pytest.raises(ValueError, match="P-256"):
            identity_token(pem_of(other), issuer=ISSUER, audience=AUDIENCE, sub="4711")
