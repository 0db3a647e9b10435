"""Secrets of tenants, encrypted with Fernet (AES-128-CBC, HMAC-SHA256). Settings name them; no call reads one."""

import base64
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kefu.common.errors import BadRequest, SecretNotFound
from kefu.common.redis.commands import RedisCommands
from kefu.common.redis.schema.version import SCHEMA

MAX_SECRETS = 100
MAX_CHARACTERS = 8_192

STORE = """
-- KEYS: secrets. ARGV: name, JSON, most secrets
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return -1 end
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
"""
"""Store a secret. Returns -1 when there are too many."""


def secrets_key(tenant: str) -> str:
    """The Redis key of a tenant's secrets: hash of secret id to the encrypted value."""
    return f"kefu:{SCHEMA}:{{tenant:{tenant}}}:secrets"


@dataclass(frozen=True)
class StoredSecret:
    """A secret without its value. `update_time` in seconds since the epoch."""

    id: str
    update_time: float


class SecretStore:
    """Stores secrets. `passphrases`: the first one encrypts, all decrypt, so that it can be changed."""

    def __init__(self, commands: RedisCommands, passphrases: Sequence[str]) -> None:
        self._commands = commands
        self._fernet = MultiFernet([_fernet(each) for each in passphrases])

    async def put(self, tenant: str, secret_id: str, value: str) -> StoredSecret:
        """Store a secret, in place of one of the same id. Raises BadRequest when there are too many."""
        if not 0 < len(value) <= MAX_CHARACTERS:
            raise BadRequest("value", f"must have 1 to {MAX_CHARACTERS} characters.")
        stored = StoredSecret(secret_id, time.time())
        # The name is encrypted too: a value that was copied to another place does not open there.
        sealed = self._fernet.encrypt(json.dumps([tenant, secret_id, value]).encode()).decode()
        fields = json.dumps({"sealed": sealed, "update_time": stored.update_time})
        if await self._commands.script(STORE, [secrets_key(tenant)], (secret_id, fields, MAX_SECRETS)) == -1:
            raise BadRequest("name", f"is one too many: a tenant has at most {MAX_SECRETS} secrets.")
        return stored

    async def get(self, tenant: str, secret_id: str) -> str:
        """The value of a secret. Raises SecretNotFound, also for one that none of the passphrases opens."""
        stored = await self._commands.hash_get(secrets_key(tenant), secret_id)
        if stored is None:
            raise SecretNotFound(f"There is no secret {secret_id}; list the secrets.")
        try:
            of_tenant, of_id, value = json.loads(self._fernet.decrypt(json.loads(stored)["sealed"].encode()))
        except InvalidToken:
            raise SecretNotFound(
                f"The secret {secret_id} was encrypted with another KEFU_ROUTER_SECRETS_KEY; store it again."
            ) from None
        if (of_tenant, of_id) != (tenant, secret_id):
            raise SecretNotFound(f"The secret {secret_id} is another one's; store it again.")
        return str(value)

    async def all(self, tenant: str) -> list[StoredSecret]:
        """A tenant's secrets, by id."""
        stored = await self._commands.hash(secrets_key(tenant))
        return [StoredSecret(each, float(json.loads(stored[each])["update_time"])) for each in sorted(stored)]

    async def delete(self, tenant: str, secret_id: str) -> None:
        """Forget a secret. Raises SecretNotFound."""
        [deleted] = await self._commands.pipeline([("HDEL", secrets_key(tenant), secret_id)])
        if not deleted:
            raise SecretNotFound(f"There is no secret {secret_id}; list the secrets.")


def _fernet(passphrase: str) -> Fernet:
    """A key from a passphrase with much randomness, by HKDF (RFC 5869)."""
    derived = HKDF(SHA256(), 32, salt=None, info=b"kefu secrets of tenants").derive(passphrase.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
