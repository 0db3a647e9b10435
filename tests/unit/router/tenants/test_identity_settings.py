"""Which identity settings fit together."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from kefu.router.tenants.identity_settings import IdentityMode, IdentitySettings, check
from tests.support.identity_tokens import public_pem
from tests.support.table import table

GOOD = IdentitySettings(IdentityMode.REQUIRED, "https://shop.example.com", "kefu", public_key=public_pem())


@table(
    "settings",
    [
        IdentitySettings(),
        GOOD,
        replace(GOOD, public_key="", jwks_url="https://shop.example.com/jwks"),
        replace(GOOD, public_key="", shared_secret="site", claims=("email",)),
        replace(GOOD, public_key=public_pem(ed25519.Ed25519PrivateKey.generate())),
        IdentitySettings(IdentityMode.OPTIONAL, email_codes=True),
        IdentitySettings(IdentityMode.REQUIRED, email_codes=True),
    ],
)
def test_these_do(settings: IdentitySettings) -> None:
    check(settings)
    assert settings.mode in IdentityMode


@table(
    ("settings", "field"),
    [
        (replace(GOOD, jwks_url="https://shop.example.com/jwks"), "public_key"),
        (replace(GOOD, audience=""), "audience"),
        (replace(GOOD, issuer=" "), "issuer"),
        (replace(GOOD, issuer="x" * 201), "issuer"),
        (replace(GOOD, public_key="", jwks_url="http://shop.example.com/jwks"), "jwks_url"),
        (replace(GOOD, public_key="-----BEGIN PUBLIC KEY-----"), "public_key"),
        (replace(GOOD, public_key="x" * 9_000), "public_key"),
        (replace(GOOD, public_key=public_pem(rsa.generate_private_key(65537, 1024))), "public_key"),
        (replace(GOOD, public_key=public_pem(ec.generate_private_key(ec.SECP384R1()))), "public_key"),
        (replace(GOOD, claims=("email", "")), "claims"),
        (replace(GOOD, claims=tuple(map(str, range(11)))), "claims"),
        (IdentitySettings(IdentityMode.REQUIRED), "mode"),
    ],
)
def test_these_do_not_and_the_field_is_named(settings: IdentitySettings, field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        check(settings)
