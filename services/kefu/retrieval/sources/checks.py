"""The check of a source that somebody wants to store: each field that is wrong is named."""

import re
from collections.abc import Sequence
from pathlib import Path

from kefu.common.errors import BadRequest
from kefu.retrieval.sources.fetching.addresses import canonical
from kefu.retrieval.sources.fetching.folders import is_allowed
from kefu.retrieval.sources.fetching.recipe import recipe_of
from kefu.retrieval.sources.source import (
    CrawlOrigin,
    FeedOrigin,
    FolderOrigin,
    GitOrigin,
    Limits,
    RestOrigin,
    S3Origin,
    Schedule,
    SitemapOrigin,
    Source,
)

SECRET_PREFIX = "source-"  # noqa: S105 - the beginning of a name
"""Ids of secrets that sources may use begin with it: whoever keeps knowledge may send these to any address."""
_MOST = Limits(50_000, 64 * 1024 * 1024, 4 * 1024 * 1024 * 1024, 100, 500.0, 21_600.0)
_MOST_MINUTES = 43_200
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_HOST = re.compile(r"[a-z0-9.-]{1,253}(:\d{1,5})?", re.ASCII | re.IGNORECASE)
_BUCKET = re.compile(r"[A-Za-z0-9._-]{1,255}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}", re.ASCII)


def check_source(source: Source, folders: Sequence[Path]) -> None:
    """Raises BadRequest, naming the field, for a source that cannot be stored."""
    _refuse_unless(len(source.display_name) <= 100, "display_name", "must have at most 100 characters.")
    _check_schedule(source.schedule)
    _check_limits(source.limits)
    _refuse_unless(1 <= source.missing_runs <= 100, "missing_runs", "must be 1 to 100.")
    _refuse_unless(0 < source.most_gone <= 1, "most_gone", "must be more than 0 and at most 1.")
    _refuse_unless(
        not source.language or bool(_LANGUAGE.fullmatch(source.language)), "language", 'must be such as "en" or "zh".'
    )
    _refuse_unless(
        not source.secret or source.secret.startswith(SECRET_PREFIX),
        "secret",
        f'must name a secret whose id begins with "{SECRET_PREFIX}": only those are sent to sources.',
    )
    _check_origin(source, folders)


def _check_origin(source: Source, folders: Sequence[Path]) -> None:
    match source.origin:
        case SitemapOrigin() as origin:
            _check_address("sitemap.address", origin.address)
            wrong = [each for each in origin.hosts if not _HOST.fullmatch(each)]
            _refuse_unless(len(origin.hosts) <= 20 and not wrong, "sitemap.hosts", "must be at most 20 names of hosts.")
        case CrawlOrigin() as origin:
            _check_address("crawl.address", origin.address)
            if origin.prefix:
                _check_address("crawl.prefix", origin.prefix)
                begins = canonical(origin.address).startswith(canonical(origin.prefix))
                _refuse_unless(begins, "crawl.prefix", "must be the beginning of `address`.")
            _refuse_unless(len(origin.exclude) <= 50, "crawl.exclude", "must be at most 50 addresses.")
            for each in origin.exclude:
                _check_address("crawl.exclude", each)
        case FeedOrigin() as origin:
            _check_address("feed.address", origin.address)
        case GitOrigin() as origin:
            _check_address("git.address", origin.address)
            _refuse_unless(len(origin.branch) <= 200, "git.branch", "must have at most 200 characters.")
            _refuse_unless(".." not in origin.folder.split("/"), "git.folder", 'must not hold "..".')
            if origin.uri_prefix:
                _check_address("git.uri_prefix", origin.uri_prefix)
        case FolderOrigin() as origin:
            is_there = bool(origin.path) and is_allowed(origin.path, folders)
            _refuse_unless(
                is_there, "folder.path", "must lie within a folder that KEFU_RETRIEVAL_SOURCE_FOLDERS names."
            )
        case S3Origin() as origin:
            _check_address("s3.endpoint", origin.endpoint)
            _refuse_unless(bool(_BUCKET.fullmatch(origin.bucket)), "s3.bucket", "must be the name of a bucket.")
            _refuse_unless(bool(_BUCKET.fullmatch(origin.region)), "s3.region", "must be the name of a region.")
        case RestOrigin() as origin:
            recipe_of(origin)


def _check_address(field: str, address: str) -> None:
    _refuse_unless(
        bool(canonical(address)),
        field,
        "must begin with https:// or http://, hold neither user nor password, and have at most 1,000 characters.",
    )


def _check_schedule(schedule: Schedule) -> None:
    both = schedule.every_minutes and schedule.daily_at
    _refuse_unless(not both, "schedule", "must give `every_minutes` or `daily_at`, not both.")
    _refuse_unless(
        0 <= schedule.every_minutes <= _MOST_MINUTES, "schedule.every_minutes", f"must be at most {_MOST_MINUTES}."
    )
    is_time = not schedule.daily_at or bool(_TIME.fullmatch(schedule.daily_at))
    _refuse_unless(is_time, "schedule.daily_at", 'must be a time in UTC such as "03:30".')


def _check_limits(limits: Limits) -> None:
    for name in ("documents", "document_bytes", "total_bytes", "depth", "seconds"):
        value, most = getattr(limits, name), getattr(_MOST, name)
        _refuse_unless(1 <= value <= most, f"limits.{name}", f"must be 1 to {most:g}.")
    fits = 0.1 <= limits.requests_per_second <= _MOST.requests_per_second
    _refuse_unless(fits, "limits.requests_per_second", f"must be 0.1 to {_MOST.requests_per_second:g}.")


def _refuse_unless(holds: bool, field: str, message: str) -> None:
    if not holds:
        raise BadRequest(f"source.{field}", message)
