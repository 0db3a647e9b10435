"""Encryption of a copy with age: whoever makes backups has the public key alone, and can read none of them."""

from pathlib import Path
from typing import Any

import pyrage  # pyright: ignore[reportMissingTypeStubs]

from kefu.backup.errors import BackupFailed

_age: Any = pyrage


def seal(source: Path, target: Path, recipient: str) -> None:
    """Encrypt a file. `recipient`: age1…"""
    try:
        _age.encrypt_file(str(source), str(target), [_age.x25519.Recipient.from_str(recipient)])
    except _age.RecipientError as error:
        raise BackupFailed(f"KEFU_BACKUP_RECIPIENT is no public key of age: {error}.") from error


def unseal(source: Path, target: Path, identity: str) -> None:
    """Decrypt a file. `identity`: AGE-SECRET-KEY-1…"""
    try:
        _age.decrypt_file(str(source), str(target), [_age.x25519.Identity.from_str(identity.strip())])
    except (_age.IdentityError, _age.DecryptError) as error:
        raise BackupFailed(f"KEFU_BACKUP_IDENTITY does not open this backup: {error}.") from error
