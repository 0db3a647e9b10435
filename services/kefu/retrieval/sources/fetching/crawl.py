"""The pages below a prefix that links lead to, breadth first."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from kefu.retrieval.documents.links import Links
from kefu.retrieval.sources.fetching.addresses import canonical, folder_of, page_of
from kefu.retrieval.sources.fetching.findings import Enough, Failed, Found, Listing, Missing, SourceFailed, Take
from kefu.retrieval.sources.fetching.links_reader import LinksReader
from kefu.retrieval.sources.fetching.pages import PageReader, first_address
from kefu.retrieval.sources.fetching.parallel import in_parallel
from kefu.retrieval.sources.fetching.politeness import AT_ONCE
from kefu.retrieval.sources.fetching.site import SiteFetcher
from kefu.retrieval.sources.source import CrawlOrigin, Item, Limits

MAX_QUERIES = 50
"""Addresses that differ in their query alone: a calendar has one for each day, without end."""


@dataclass
class _Frontier:
    """Addresses that are still to be looked at, by how many links lead to them."""

    next_level: list[str] = field(default_factory=list[str])
    seen: set[str] = field(default_factory=set[str])
    queries: dict[str, int] = field(default_factory=dict[str, int])
    trapped: int = 0

    def add(self, address: str) -> None:
        if address in self.seen:
            return
        page = page_of(address)
        if page != address:
            if self.queries.get(page, 0) >= MAX_QUERIES:
                self.trapped += 1
                return
            self.queries[page] = self.queries.get(page, 0) + 1
        self.seen.add(address)
        self.next_level.append(address)


class CrawlCollector:
    """Collects the pages that links lead to. Pages of earlier runs are looked at, whether links lead there or not."""

    def __init__(self, origin: CrawlOrigin, site: SiteFetcher, links: LinksReader, limits: Limits) -> None:
        self._start = first_address(origin.address)
        self._prefix = canonical(origin.prefix) if origin.prefix else folder_of(self._start)
        self._exclude = tuple(found for each in origin.exclude if (found := canonical(each)))
        self._site = site
        self._links = links
        self._limits = limits

    async def collect(self, known: Mapping[str, Item], take: Take, *, trusting: bool) -> Listing:
        """See Collector."""
        frontier, notes = _Frontier(), list[str]()
        for address in (self._start, *known):
            frontier.add(address)
        pages = PageReader(self._site, self._within, known, set())
        looked = 0

        async def read(address: str) -> None:
            nonlocal looked
            if address in pages.done:
                return
            if looked >= 2 * self._limits.documents + AT_ONCE:
                raise Enough(f"More than {2 * self._limits.documents} addresses would have been looked at.")
            looked += 1
            optional = address not in known and address != self._start
            found = await pages.read(address, known.get(address), trusting=trusting, optional=optional)
            if found is None:
                return
            if isinstance(found, Found) and "html" in found.media_type.lower():
                links = await self._links.read("page", found.data, found.address)
                for link in await asyncio.to_thread(_canonical, links, found.address):
                    if self._within(link):
                        frontier.add(link)
            if address == self._start and isinstance(found, (Failed, Missing)) and not known:
                raise SourceFailed(f"The first page did not come: {found.reason}")
            await take(found)

        for _ in range(self._limits.depth + 1):
            level, frontier.next_level = frontier.next_level, []
            if not level:
                break
            await in_parallel(level, read, AT_ONCE)
        if frontier.next_level:
            notes.append(f"Links lead deeper than {self._limits.depth}; what lies there was left out.")
        if frontier.trapped:
            notes.append(
                f"{frontier.trapped} addresses that differ from others in their query alone were left out, like the "
                "days of a calendar."
            )
        return Listing(complete=False, notes=tuple(notes))

    def _within(self, address: str) -> bool:
        return address.startswith(self._prefix) and not address.startswith(self._exclude or ("\0",))


def _canonical(links: Links, page: str) -> list[str]:
    """The addresses of links of a page, each once."""
    base = canonical(links.base, page) or page if links.base else page
    return list(dict.fromkeys(address for each in links.addresses if (address := canonical(each, base))))
