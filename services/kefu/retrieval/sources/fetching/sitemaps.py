"""The pages that a sitemap lists, and those of the sitemaps that it lists."""

from collections.abc import Mapping

from kefu.retrieval.documents.links import MAX_SITEMAP_BYTES
from kefu.retrieval.sources.fetching.addresses import canonical, host_of
from kefu.retrieval.sources.fetching.findings import Listing, Missing, SourceFailed, Take
from kefu.retrieval.sources.fetching.links_reader import LinksReader
from kefu.retrieval.sources.fetching.pages import PageReader, first_address, within_hosts
from kefu.retrieval.sources.fetching.parallel import in_parallel
from kefu.retrieval.sources.fetching.politeness import AT_ONCE
from kefu.retrieval.sources.fetching.site import LeftTheSite, NotFetched, SiteFetcher
from kefu.retrieval.sources.source import Item, Limits, SitemapOrigin

MAX_SITEMAPS = 200
MAX_DEPTH = 3
"""Sitemaps within sitemaps."""


class SitemapCollector:
    """Collects the pages of a sitemap."""

    def __init__(self, origin: SitemapOrigin, site: SiteFetcher, links: LinksReader, limits: Limits) -> None:
        self._address = first_address(origin.address)
        self._within = within_hosts({host_of(self._address), *(each.lower() for each in origin.hosts)})
        self._site = site
        self._links = links
        self._limits = limits
        self._skipped = 0

    async def collect(self, known: Mapping[str, Item], take: Take, *, trusting: bool) -> Listing:
        """See Collector."""
        listed = await self._listed()
        pages = PageReader(self._site, self._within, known, set())
        unlisted = [address for address in known if address not in listed]

        async def read_unlisted(address: str) -> None:
            found = await pages.read(address, known[address], trusting=trusting)
            if found is None or (found.address == address and not isinstance(found, Missing)):
                found = Missing(address, "The sitemap lists it no longer.")
            await take(found)

        async def read_listed(address: str) -> None:
            if address in pages.done:
                return  # a page that moved here was found already
            found = await pages.read(address, known.get(address), trusting=trusting)
            if found is not None:
                await take(found)

        await in_parallel(unlisted, read_unlisted, AT_ONCE)
        await in_parallel(listed, read_listed, AT_ONCE)
        notes = (f"{self._skipped} addresses on other hosts were left out.",) if self._skipped else ()
        return Listing(complete=True, notes=notes)

    async def _listed(self) -> dict[str, None]:
        """The addresses of pages, each once, in order. Raises SourceFailed where one of the sitemaps does not come."""
        listed = dict[str, None]()
        waiting, seen = [(self._address, 0)], {self._address}
        while waiting:
            address, depth = waiting.pop(0)
            links = await self._links.read("sitemap", await self._fetch(address), address)
            for page in links.addresses:
                if (found := canonical(page, address)) and self._within(found):
                    listed[found] = None
                else:
                    self._skipped += 1
                if len(listed) > self._limits.documents:
                    raise SourceFailed(f"The sitemap lists more than {self._limits.documents} pages; raise the limit.")
            for each in links.sitemaps:
                found = canonical(each, address)
                if not found or not self._within(found) or found in seen:
                    continue
                if depth == MAX_DEPTH or len(seen) == MAX_SITEMAPS:
                    raise SourceFailed(
                        f"There are more than {MAX_SITEMAPS} sitemaps within this one, or they lie more than "
                        f"{MAX_DEPTH} deep; name one of those within."
                    )
                seen.add(found)
                waiting.append((found, depth + 1))
        if not listed:
            raise SourceFailed("The sitemap lists no page of its host.")
        return listed

    async def _fetch(self, address: str) -> bytes:
        try:
            page = await self._site.get(address, self._within, most_bytes=MAX_SITEMAP_BYTES)
        except NotFetched as error:
            raise SourceFailed(f"The sitemap {address} did not come: {error}.") from None
        except LeftTheSite as error:
            raise SourceFailed(f"The sitemap {address} leads to {error.target}, outside of the source.") from None
        if page.status != 200:
            raise SourceFailed(f"The sitemap {address} answered with status {page.status}.")
        return page.body
