"""The attachment service with its store and its sweeper, opened and closed in one place."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kefu.common.errors import StartupError
from kefu.common.redis.commands import RedisCommands
from kefu.common.redis.memory_guard import MemoryGuard
from kefu.router.config import RouterConfig
from kefu.router.conversations.attachments.attachment_service import AttachmentService, Limits, Reader
from kefu.router.conversations.attachments.encryption import FileCipher
from kefu.router.conversations.attachments.file_store import S3Access, open_file_store
from kefu.router.conversations.attachments.sweeper import open_sweeper
from kefu.router.storage.attachment_store import AttachmentStore
from kefu.router.storage.sessions import SessionStore
from kefu.router.tenants.settings import SettingsStore


@asynccontextmanager
async def open_attachments(
    config: RouterConfig,
    commands: RedisCommands,
    sessions: SessionStore,
    settings: SettingsStore,
    guard: MemoryGuard,
    reader: Reader,
    router: str,
    *,
    sweep_seconds: float,
) -> AsyncIterator[AttachmentService]:
    """Keep customers' files, and delete those whose session is gone, while the block runs. `router` names this router.

    Raises StartupError where the store cannot be opened.
    """
    files = None
    if config.attachments:
        try:
            files = open_file_store(config.attachments, s3_access(config))
        except (ValueError, OSError) as error:
            raise StartupError(f"KEFU_ROUTER_ATTACHMENTS cannot be used: {error}.") from None
    records = AttachmentStore(commands, most=config.attachments_per_session)
    limits = Limits(config.attachment_mib * 2**20, config.attachments_per_session)
    async with open_sweeper(files, records, router, sweep_seconds):
        yield AttachmentService(
            records, sessions, settings, guard, reader, files, FileCipher(config.secrets_keys), limits
        )


def s3_access(config: RouterConfig) -> S3Access:
    """How the buckets of a configuration are reached: those of customers' files and of the archive."""
    secret = config.s3_secret_key.get_secret_value() if config.s3_secret_key else ""
    return S3Access(config.s3_endpoint, config.s3_region, config.s3_access_key, secret)
