"""
The sweeper: files whose session is gone.

A session ends in Redis by itself, and tells nobody. So one router, whoever has the lease, looks through the store now
and then, and deletes what Redis knows no session of. A file that has just come may not be known yet: it stays an hour.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog

from kefu.common.aio import cancel_and_wait
from kefu.common.errors import ServiceError
from kefu.router.conversations.attachments.file_store import FileStore
from kefu.router.storage import keys
from kefu.router.storage.attachment_store import AttachmentStore

_YOUNGEST = timedelta(hours=1)
_BATCH = 500
_log = structlog.stdlib.get_logger()


async def sweep(files: FileStore, records: AttachmentStore, now: datetime) -> int:
    """Delete the files of every session that is gone. Returns how many files that were. Raises BackendUnavailable."""
    old: dict[tuple[str, str], bool] = {}
    async for each in files.objects():
        tenant, _, rest = each.name.partition("/")
        session_id, _, part = rest.partition("/")
        if part:
            is_old = now - each.modified > _YOUNGEST
            old[tenant, session_id] = old.get((tenant, session_id), True) and is_old
    candidates = [session for session, is_old in old.items() if is_old]
    deleted = 0
    for at in range(0, len(candidates), _BATCH):
        batch = candidates[at : at + _BATCH]
        for (tenant, session_id), exists in zip(batch, await records.exist(batch), strict=True):
            if not exists:
                deleted += await files.delete(f"{tenant}/{session_id}")
    return deleted


@asynccontextmanager
async def open_sweeper(
    files: FileStore | None, records: AttachmentStore, router: str, seconds: float
) -> AsyncIterator[None]:
    """Sweep every `seconds` while the block runs, where this router gets the lease for it."""
    if files is None:
        yield
        return
    task = asyncio.create_task(_sweep_now_and_then(files, records, router, seconds), name="sweep files")
    try:
        yield
    finally:
        await cancel_and_wait(task)


async def _sweep_now_and_then(files: FileStore, records: AttachmentStore, router: str, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds / 4)
        try:
            if await records.takes_lease(keys.ATTACHMENT_SWEEP_LEASE, router, seconds * 0.9):
                deleted = await sweep(files, records, datetime.now(UTC))
                if deleted:
                    _log.info("attachments.swept", files=deleted)
        except ServiceError as error:
            _log.warning("attachments.not_swept", cause=error.message)
