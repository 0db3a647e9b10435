"""Identity tokens: the shop's word for who is signed in, which Kefu verifies by the key that the shop publishes."""

import hashlib
import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from kefu.client.identity import identity_token
from kefu.common.errors import StartupError
from kefu.order_system.domain.records import Customer

AUDIENCE = "kefu"
"""The `aud` of the tokens."""
LIFETIME_SECONDS = 300
"""From `iat` to `exp`."""
_ALGORITHM = "ES256"


class IdentityTokens:
    """Signs tokens (ES256, RFC 7518) with a key of its own, made at the first start and kept in `key_file`.

    Raises StartupError when the file cannot be made, or holds no such key. `issuer` is the shop's URL.
    """

    def __init__(self, key_file: Path, issuer: str) -> None:
        self._pem, public = _key_in(key_file)
        self._issuer = issuer
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self._key_id = hashlib.sha256(der).hexdigest()[:16]
        self._jwk: dict[str, Any] = ECAlgorithm.to_jwk(public, as_dict=True)

    def sign(self, customer: Customer) -> str:
        """A token that this customer is signed in; it holds their name and address, and is good for five minutes."""
        return identity_token(
            self._pem,
            issuer=self._issuer,
            audience=AUDIENCE,
            sub=customer.customer_id,
            claims={"email": customer.email, "name": customer.name.display},
            seconds=LIFETIME_SECONDS,
            key_id=self._key_id,
        )

    def jwks(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set (RFC 7517)."""
        return {"keys": [{**self._jwk, "kid": self._key_id, "alg": _ALGORITHM, "use": "sig"}]}


def _key_in(file: Path) -> tuple[bytes, ec.EllipticCurvePublicKey]:
    """The key as PEM, and its public half."""
    try:
        if not file.exists():
            _make_key(file)
        pem = file.read_bytes()
        key = serialization.load_pem_private_key(pem, None)
    except (OSError, ValueError, TypeError) as error:
        raise StartupError(f"The key of identity tokens in {file} cannot be used: {error}.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise StartupError(f"The key of identity tokens in {file} is none on the curve P-256; remove the file.")
    return pem, key.public_key()


def _make_key(file: Path) -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(pem)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.rename(file)
