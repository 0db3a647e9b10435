"""The choice of a collector for a source, with its secret."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from kefu.common.errors import BadRequest, SecretNotFound
from kefu.common.outbound.guarded_http import GuardedHttp
from kefu.retrieval.domain.collection_key import CollectionKey
from kefu.retrieval.sources.fetching.crawl import CrawlCollector
from kefu.retrieval.sources.fetching.feeds import FeedCollector
from kefu.retrieval.sources.fetching.findings import Collector, SourceFailed
from kefu.retrieval.sources.fetching.folders import FolderCollector
from kefu.retrieval.sources.fetching.links_reader import LinksReader
from kefu.retrieval.sources.fetching.politeness import HostBudgets
from kefu.retrieval.sources.fetching.rest import RestCollector
from kefu.retrieval.sources.fetching.site import Retries, SiteFetcher
from kefu.retrieval.sources.fetching.sitemaps import SitemapCollector
from kefu.retrieval.sources.source import (
    CrawlOrigin,
    FeedOrigin,
    FolderOrigin,
    GitOrigin,
    S3Origin,
    SitemapOrigin,
    Source,
)


@dataclass(frozen=True)
class Fetching:
    """What collectors share. `secret`: the value of a tenant's secret, by tenant and id; raises SecretNotFound."""

    http: GuardedHttp
    secret: Callable[[str, str], Awaitable[str]]
    links: LinksReader
    folders: Sequence[Path] = ()
    """Folders within which sources of the kind `folder` may lie."""
    budgets: HostBudgets = field(default_factory=HostBudgets)
    retries: Retries = field(default_factory=Retries)

    async def collector(self, key: CollectionKey, source: Source) -> Collector:
        """The collector of a source. Raises SourceFailed."""
        secret = ""
        if source.secret:
            try:
                secret = await self.secret(key.tenant, source.secret)
            except SecretNotFound as error:
                raise SourceFailed(error.message) from None
        origin, limits = source.origin, source.limits
        is_site = isinstance(origin, (SitemapOrigin, CrawlOrigin, FeedOrigin))
        site = SiteFetcher(self.http, self.budgets, limits, self.retries, obeys_robots=is_site)
        match origin:
            case SitemapOrigin():
                return SitemapCollector(origin, site, self.links, limits)
            case CrawlOrigin():
                return CrawlCollector(origin, site, self.links, limits)
            case FeedOrigin():
                return FeedCollector(origin, site, self.links)
            case GitOrigin():
                return (await _module("git")).GitCollector(origin, site, limits, secret)
            case FolderOrigin():
                return FolderCollector(origin, self.folders, limits)
            case S3Origin():
                return (await _module("buckets")).BucketCollector(origin, site, limits, secret)
            case _:
                try:
                    return RestCollector(origin, site, limits, secret)
                except BadRequest as error:
                    raise SourceFailed(error.message) from None


async def _module(name: str) -> Any:
    """A module of `fetching` whose library takes up to half a second to import: only a source that needs it waits."""
    return await asyncio.to_thread(import_module, f"kefu.retrieval.sources.fetching.{name}")
