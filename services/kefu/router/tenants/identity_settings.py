"""How a tenant's customers are identified. Plain values, and the check that they fit together."""

from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from kefu.common.outbound.jwks import is_secure_url

MAX_CLAIMS = 10
_MAX_CHARACTERS = 200
_MAX_PEM_CHARACTERS = 8_192
_MIN_RSA_BITS = 2048


class IdentityMode(StrEnum):
    """Whether visitors of the pages are identified."""

    OFF = "off"
    """They are not."""
    OPTIONAL = "optional"
    """They may be."""
    REQUIRED = "required"
    """A visitor who is not gets no answer."""


@dataclass(frozen=True)
class IdentitySettings:
    """See the contract's message of this name."""

    mode: IdentityMode = IdentityMode.OFF
    issuer: str = ""
    audience: str = ""
    jwks_url: str = ""
    public_key: str = ""
    """PEM."""
    shared_secret: str = ""
    """Name of a secret."""
    claims: tuple[str, ...] = ()
    email_codes: bool = False

    @property
    def takes_tokens(self) -> bool:
        """Whether tokens of the company's site are taken."""
        return self.mode is not IdentityMode.OFF and bool(self.jwks_url or self.public_key or self.shared_secret)

    @property
    def sends_codes(self) -> bool:
        """Whether codes are sent by mail."""
        return self.mode is not IdentityMode.OFF and self.email_codes


def check(settings: IdentitySettings) -> None:
    """Raise ValueError("field: what is wrong") for settings that do not fit together."""
    verified_by = [name for name in ("jwks_url", "public_key", "shared_secret") if getattr(settings, name)]
    if len(verified_by) > 1:
        raise ValueError(f"{verified_by[1]}: cannot be given with {verified_by[0]}; tokens are verified in one way")
    for name in ("issuer", "audience", "jwks_url", "shared_secret"):
        if len(getattr(settings, name)) > _MAX_CHARACTERS:
            raise ValueError(f"{name}: must have at most {_MAX_CHARACTERS} characters")
        if verified_by and name in ("issuer", "audience") and not getattr(settings, name).strip():
            raise ValueError(f"{name}: must be set where tokens are taken")
    if settings.jwks_url and not is_secure_url(settings.jwks_url):
        raise ValueError("jwks_url: must begin with https://")
    if settings.public_key:
        _check_public_key(settings.public_key)
    if len(settings.claims) > MAX_CLAIMS or any(not 0 < len(name) <= _MAX_CHARACTERS for name in settings.claims):
        raise ValueError(f"claims: must be at most {MAX_CLAIMS} names")
    if settings.mode is IdentityMode.REQUIRED and not (verified_by or settings.email_codes):
        raise ValueError("mode: required needs a way to verify customers: tokens, or codes by mail")


def _check_public_key(pem: str) -> None:
    if len(pem) > _MAX_PEM_CHARACTERS:
        raise ValueError(f"public_key: must have at most {_MAX_PEM_CHARACTERS} characters")
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError):
        raise ValueError("public_key: must be a public key in PEM (-----BEGIN PUBLIC KEY-----)") from None
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < _MIN_RSA_BITS:
            raise ValueError(f"public_key: an RSA key must have at least {_MIN_RSA_BITS} bits")
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name != "secp256r1":
            raise ValueError("public_key: an EC key must be on the curve P-256")
    elif not isinstance(key, ed25519.Ed25519PublicKey):
        raise ValueError("public_key: must be an RSA, EC (P-256) or Ed25519 key")
