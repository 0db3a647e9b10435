"""
The record of the last backup: the job that makes backups leaves it in Redis, and routers show it to Prometheus.

A job is gone when Prometheus would ask it. Where no backup was ever made there is no record, and no such metric.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from redis.asyncio import Redis

from kefu.common.aio import cancel_and_wait
from kefu.common.redis.client import REDIS_FAILURES, CommandBreaker
from kefu.common.redis.schema.version import SCHEMA

RECORD_KEY = f"kefu:{SCHEMA}:backup"
READ_SECONDS = 30.0
"""Pause between two looks."""


@dataclass(frozen=True)
class BackupRecord:
    """The last backup that was checked and kept.

    `time`: seconds since the epoch at which its copy of Redis was asked for: what came later is not in it.
    `documents`: how many are in it, 0 where an older release made it.
    """

    name: str
    time: float
    bytes: int
    seconds: float
    documents: int = 0


async def write_record(client: Redis, record: BackupRecord) -> None:
    """Leave the record, in place of the one before."""
    fields: dict[str, str | float] = {
        "name": record.name,
        "time": record.time,
        "bytes": record.bytes,
        "seconds": record.seconds,
        "documents": record.documents,
    }
    redis: Any = client
    await redis.hset(RECORD_KEY, mapping=fields)


async def read_record(client: Redis) -> BackupRecord | None:
    """The record; None where no backup was ever made."""
    redis: Any = client
    found: dict[bytes, bytes] = await redis.hgetall(RECORD_KEY)
    if not found:
        return None
    return BackupRecord(
        found[b"name"].decode(),
        float(found[b"time"]),
        int(found[b"bytes"]),
        float(found[b"seconds"]),
        int(found.get(b"documents", 0)),
    )


class BackupMetrics:
    """The record as gauges; a collector of prometheus_client."""

    def __init__(self) -> None:
        self.record: BackupRecord | None = None

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The gauges without values."""
        return self._gauges()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges; none where no backup was ever made."""
        record = self.record
        if record is not None:
            gauges = self._gauges()
            values = (record.time, record.bytes, record.seconds, record.documents)
            for gauge, value in zip(gauges, values, strict=True):
                gauge.add_metric((), value)
            yield from gauges

    def _gauges(self) -> list[GaugeMetricFamily]:
        return [
            GaugeMetricFamily(
                "kefu_backup_last_success_timestamp_seconds",
                "When the copy of the last good backup was asked for; absent where none was ever made.",
            ),
            GaugeMetricFamily("kefu_backup_size_bytes", "Size of the last good backup's copy of Redis, as it is kept."),
            GaugeMetricFamily("kefu_backup_duration_seconds", "How long the last good backup took, with its checks."),
            GaugeMetricFamily("kefu_backup_documents", "Documents in the last good backup."),
        ]


BACKUP_METRICS = BackupMetrics()
REGISTRY.register(BACKUP_METRICS)  # pyright: ignore[reportArgumentType] - its own type is no protocol


@asynccontextmanager
async def open_backup_metrics(client: Redis) -> AsyncIterator[None]:
    """Follow the record while the block runs, one look before it."""
    breaker = CommandBreaker()

    async def look() -> None:
        try:
            async with breaker.sending():
                # What was last seen holds, also where Redis was emptied: its age goes on.
                BACKUP_METRICS.record = await read_record(client) or BACKUP_METRICS.record
        except REDIS_FAILURES:
            return

    async def follow() -> None:
        while True:
            await asyncio.sleep(READ_SECONDS)
            await look()

    BACKUP_METRICS.record = None
    await look()
    following = asyncio.create_task(follow(), name="backup metrics")
    try:
        yield
    finally:
        await cancel_and_wait(following)
