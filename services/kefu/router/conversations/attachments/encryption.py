"""
Encryption of customers' files: AES-256-GCM, with a key of each object's own.

The keys come from the passphrases that encrypt tenants' secrets (`KEFU_ROUTER_SECRETS_KEY`): the first one encrypts,
all decrypt. What the object is (tenant, session, attachment, part) is authenticated with it: bytes that were copied to
another place do not open there.
"""

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"kefu1"
_SALT_BYTES, _NONCE_BYTES = 16, 12


class WrongKey(Exception):
    """None of the passphrases opens these bytes as the object that they are said to be."""


class FileCipher:
    """Seals and opens the bytes of objects."""

    def __init__(self, passphrases: Sequence[str]) -> None:
        self._passphrases = tuple(each.encode() for each in passphrases)

    def seal(self, name: str, data: bytes) -> bytes:
        """The bytes of the object `name`, encrypted."""
        salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
        sealed = AESGCM(_key(self._passphrases[0], salt)).encrypt(nonce, data, name.encode())
        return _VERSION + salt + nonce + sealed

    def open(self, name: str, sealed: bytes) -> bytes:
        """The bytes of the object `name`. Raises WrongKey."""
        if not sealed.startswith(_VERSION):
            raise WrongKey
        body = memoryview(sealed)[len(_VERSION) :]
        salt, rest = bytes(body[:_SALT_BYTES]), body[_SALT_BYTES:]
        nonce, data = bytes(rest[:_NONCE_BYTES]), bytes(rest[_NONCE_BYTES:])
        for passphrase in self._passphrases:
            try:
                return AESGCM(_key(passphrase, salt)).decrypt(nonce, data, name.encode())
            except InvalidTag:
                continue
        raise WrongKey


def _key(passphrase: bytes, salt: bytes) -> bytes:
    """A key from a passphrase with much randomness, by HKDF (RFC 5869)."""
    return HKDF(SHA256(), 32, salt=salt, info=b"kefu attachments of customers").derive(passphrase)
